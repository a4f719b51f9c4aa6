//! `serve`: from the command line to a server that answers.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

use actix_web::rt;
use clap::Args;
use clap::builder::BoolishValueParser;
use humantime::parse_duration;
use portal_core::{Error, Result};
use portal_engine::db::Patience;

use super::agree;
use super::database::{DatabaseArgs, SERVE};
use super::print::print_line;
use crate::builder::Builder;
use crate::hosts::AllowedHost;
use crate::listing;
use crate::server::{self, Mount};

/// How to serve.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "PORTAL_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    bind: SocketAddr,
    /// Name under which people reach the portal, such as portal.example; separate several with
    /// commas. The server refuses other hosts, except loopback names and the address it listens on
    #[arg(
        long = "allowed-host",
        env = "PORTAL_ALLOWED_HOSTS",
        value_name = "HOST",
        value_delimiter = ','
    )]
    allowed_hosts: Vec<AllowedHost>,
    /// Let everybody be the operator who reaches the server, from other machines as well, while
    /// portal.toml has no section [access]
    #[arg(long, env = "PORTAL_OPEN_TO_EVERYBODY", value_parser = BoolishValueParser::new())]
    open_to_everybody: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    patience: PatienceArgs,
    /// How long the body of a request may take to arrive
    #[arg(long, env = "PORTAL_BODY_TIMEOUT", default_value = "20s", value_name = "TIME", value_parser = parse_duration)]
    body_timeout: Duration,
    /// Operator's file to apply at the start; what it omits stays
    #[arg(long, env = "PORTAL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the database schema at the start, and change nothing
    #[arg(long)]
    no_migrate: bool,
    /// Fill an empty database with an example company, which brings its own configuration
    #[arg(long, conflicts_with = "config")]
    demo: bool,
}

/// How long PostgreSQL may take.
#[derive(Debug, Args)]
struct PatienceArgs {
    /// How long PostgreSQL may take to give a lock that somebody else holds
    #[arg(long, env = "PORTAL_DB_LOCK_TIMEOUT", default_value = "3s", value_name = "TIME", value_parser = parse_duration)]
    db_lock_timeout: Duration,
    /// How long PostgreSQL may take for one statement
    #[arg(long, env = "PORTAL_DB_STATEMENT_TIMEOUT", default_value = "5s", value_name = "TIME", value_parser = parse_duration)]
    db_statement_timeout: Duration,
    /// How long PostgreSQL may take to accept a connection, each host of the address
    #[arg(long, env = "PORTAL_DB_CONNECT_TIMEOUT", default_value = "3s", value_name = "TIME", value_parser = parse_duration)]
    db_connect_timeout: Duration,
    /// How long PostgreSQL may take for all that one request asks, before its connections are given
    /// up and new ones made
    #[arg(long, env = "PORTAL_DB_REQUEST_TIMEOUT", default_value = "8s", value_name = "TIME", value_parser = parse_duration)]
    db_request_timeout: Duration,
}

impl PatienceArgs {
    fn patience(&self) -> Patience {
        Patience {
            lock: self.db_lock_timeout,
            statement: self.db_statement_timeout,
            connect: self.db_connect_timeout,
            request: self.db_request_timeout,
        }
    }
}

/// Serves until a signal ends it.
pub(super) fn run(arguments: &ServeArgs) -> Result<()> {
    let bind = arguments.bind;
    let portal = builder(arguments).open_to_listen().map_err(|error| {
        let lock_out = "name some, or apply the file with `config apply --allow-lockout` before";
        agree(
            error,
            lock_out,
            "put it into the file, or remove it with `config apply --allow-remove`",
        )
    })?;
    let plugins = plugin_lines(&portal);
    let served = portal.clone();
    rt::System::new().block_on(async move {
        let (server, address) =
            server::listen(portal, bind, None).map_err(|error| cannot_listen(bind, error))?;
        let server = rt::spawn(server);
        // It listens for signals from its first turn on; one that comes earlier kills the process, and
        // whoever reads that it serves may send one at once.
        rt::task::yield_now().await;
        // Nobody needs to read it for the server to serve.
        if let Err(error) = print_line(&format!("{plugins}serving on http://{address}")) {
            tracing::warn!(%error, "serving on http://{address}, which cannot be printed");
        }
        let ended = server.await.map_err(io::Error::other).and_then(|ended| ended);
        if ended.is_ok() && served.hangs() {
            // A thread that hangs in the driver of a database would be waited for, for good.
            tracing::warn!("threads that wait for the database are left to themselves");
            process::exit(0);
        }
        ended.map_err(|error| Error::internal(error.to_string()).caused_by(error))
    })
}

fn builder(arguments: &ServeArgs) -> Builder {
    let mut builder = Builder::new(arguments.database.text())
        .bind(arguments.bind)
        .open_to_everybody_by(arguments.open_to_everybody, "start with --open-to-everybody")
        .patience(arguments.patience.patience())
        .body_patience(arguments.body_timeout)
        .demo(arguments.demo);
    if arguments.no_migrate {
        builder = builder.only_check(SERVE);
    }
    if let Some(file) = &arguments.config {
        builder = builder.operator_file(file);
    }
    arguments.allowed_hosts.iter().cloned().fold(builder, Builder::allowed_host)
}

/// One line per plugin: id, version, crate, source. Then one per plugin that somebody may miss.
fn plugin_lines(portal: &Mount) -> String {
    let mut lines = String::new();
    for plugin in portal.registry().plugins() {
        let origin = plugin.origin();
        lines.push_str(&format!(
            "plugin {} {} ({}, {}:{})\n",
            plugin.id(),
            origin.version,
            origin.crate_name,
            origin.file,
            origin.line
        ));
    }
    if lines.is_empty() {
        lines.push_str("no plugin is enabled\n");
    }
    for missed in listing::missed(portal.absent()) {
        lines.push_str(&format!("{}\n", listing::line(missed)));
    }
    lines
}

fn cannot_listen(bind: SocketAddr, error: io::Error) -> Error {
    let sentence = match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{bind} is already in use: stop the program that listens there, or choose another port with --bind"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("{bind} may not be used by this user: choose a port above 1023 with --bind")
        }
        _ => format!("cannot listen on {bind}: {error}"),
    };
    Error::refused(sentence).caused_by(error)
}
