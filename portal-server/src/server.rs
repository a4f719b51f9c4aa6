//! `serve`: from the command line to a server that answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App as ActixApp, HttpServer, rt, web};
use portal_core::db::Database;
use portal_core::{Error, Registry, Result, migrate};

use crate::body::BODY_MAX;
use crate::cli::{self, ServeArgs};
use crate::guard::{self, AllowedHost, Hosts};
use crate::portal::Portal;
use crate::{commands, demo, pages, routes};

/// Connections to the database per server. SQLite has one writer at a time, and PostgreSQL
/// servers share their connections.
const POOL_SIZE: u32 = 8;

/// How long requests in flight may take after SIGTERM, in seconds.
const SHUTDOWN_PATIENCE: u64 = 30;

/// Starts a server for a portal and returns it with the address it listens on. It stops
/// gracefully on SIGTERM; await it to keep it running.
///
/// # Errors
///
/// When the address cannot be listened on.
pub fn start(portal: Arc<Portal>, bind: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    start_for(portal, bind, Vec::new())
}

/// As [`start`], for requests to these hosts as well.
///
/// # Errors
///
/// When the address cannot be listened on.
pub fn start_for(
    portal: Arc<Portal>,
    bind: SocketAddr,
    allowed: Vec<AllowedHost>,
) -> io::Result<(Server, SocketAddr)> {
    let data = web::Data::from(portal);
    let hosts = web::Data::new(Hosts::new(bind, allowed));
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(data.clone())
            .app_data(hosts.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .configure(routes::configure)
            .configure(pages::configure)
            .wrap(from_fn(guard::guard))
            .wrap(safe_headers())
    })
    .shutdown_timeout(SHUTDOWN_PATIENCE)
    // A compressed page leaves in several writes; the last one would wait for the acknowledgement
    // of the others, which clients put off for 40 milliseconds.
    .tcp_nodelay(true)
    .bind(bind)?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), address))
}

/// What a browser may do with any answer: nothing but what the portal itself serves. The few
/// answers that need more, or less, bring a policy of their own.
fn safe_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, pages::POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "same-origin"))
}

/// Serves until a signal ends it.
pub(crate) fn serve(arguments: &ServeArgs) -> Result<()> {
    let registry = cli::registry()?;
    let url = arguments.database.url()?;
    bring_up_to_date(arguments, &registry, &url)?;
    let database = Database::open(url, POOL_SIZE)?;
    let plugins = plugin_lines(&registry);
    let portal = Portal::open(registry, database)?;
    rt::System::new().block_on(async move {
        let (server, address) = start_for(portal, arguments.bind, arguments.allowed_hosts.clone())
            .map_err(|error| cannot_listen(arguments.bind, &error))?;
        commands::print_line(&format!("{plugins}serving on http://{address}"))?;
        server.await.map_err(|error| Error::Internal(error.to_string()))
    })
}

fn bring_up_to_date(
    arguments: &ServeArgs,
    registry: &Registry,
    url: &portal_core::db::DatabaseUrl,
) -> Result<()> {
    if arguments.no_migrate {
        migrate::verify(&mut url.connect_to_look()?, registry)?;
    }
    let mut connection = url.connect()?;
    if !arguments.no_migrate {
        migrate::run(&mut connection, registry)?;
    }
    if let Some(file) = &arguments.config {
        commands::config::apply_at_start(&mut connection, registry, file)?;
    }
    if arguments.demo && !demo::fill(&mut connection, registry)? {
        tracing::info!("the database is not empty, so --demo leaves it as it is");
    }
    Ok(())
}

/// One line per plugin: id, version, crate, source.
fn plugin_lines(registry: &Registry) -> String {
    let mut lines = String::new();
    for plugin in registry.plugins() {
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
    lines
}

fn cannot_listen(bind: SocketAddr, error: &io::Error) -> Error {
    Error::Refused(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{bind} is already in use: stop the program that listens there, or choose another port with --bind"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("{bind} may not be used by this user: choose a port above 1023 with --bind")
        }
        _ => format!("cannot listen on {bind}: {error}"),
    })
}
