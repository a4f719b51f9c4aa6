//! The command line: what can be asked for, and where it is answered.

use std::env;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use portal_core::db::DatabaseUrl;
use portal_core::{Error, Registry, Result};

use crate::commands::{self, config, migrations, plugins};
use crate::guard::AllowedHost;
use crate::server;

/// A data product portal whose plugins are linked in.
///
/// Without a subcommand it serves. Set ENABLED_PLUGINS to a list of names, separated by commas,
/// to use only some of the linked plugins, or to `none`; unset, all of them are used. RUST_LOG
/// sets how much is logged, `info` by default.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal
    Serve(ServeArgs),
    /// Look at the plugins of this binary
    #[command(subcommand)]
    Plugins(plugins::Command),
    /// Check, plan and apply the operator's file, portal.toml
    #[command(subcommand)]
    Config(config::Command),
    /// Look at and change the database schema
    #[command(subcommand)]
    Migrations(migrations::Command),
    /// Print the OpenAPI document of this binary's plugins
    Openapi,
}

/// How to serve.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "PORTAL_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub bind: SocketAddr,
    /// Name under which people reach the portal, such as portal.example; several with commas.
    /// Requests for a host that is none of these, not loopback and not the address listened on
    /// are refused
    #[arg(
        long = "allowed-host",
        env = "PORTAL_ALLOWED_HOSTS",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allowed_hosts: Vec<AllowedHost>,
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Operator's file to apply at the start; what it omits stays
    #[arg(long, env = "PORTAL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Only check the database schema instead of bringing it up to date
    #[arg(long)]
    pub no_migrate: bool,
    /// Fill an empty database with an example company, which brings its own configuration
    #[arg(long, conflicts_with = "config")]
    pub demo: bool,
}

/// Which database to use.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    /// Database: sqlite://FILE, or postgres://USER@HOST/NAME with the feature `postgres`
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://portal.db",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: String,
}

impl DatabaseArgs {
    pub(crate) fn url(&self) -> Result<DatabaseUrl> {
        self.database_url.parse()
    }
}

/// Runs the command line of this process and says how it went: 0 when it did what was asked, 1
/// when it refused or failed, 2 when the arguments make no sense.
pub fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,actix_server=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let cli = Cli::parse();
    let done = match cli.command {
        None => server::serve(&cli.serve),
        Some(Command::Serve(serve)) => server::serve(&serve),
        Some(Command::Plugins(command)) => plugins::run(&command),
        Some(Command::Config(command)) => config::run(&command),
        Some(Command::Migrations(command)) => migrations::run(&command),
        Some(Command::Openapi) => commands::openapi(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The registry of this process: everything that is linked, narrowed by `ENABLED_PLUGINS`.
///
/// # Errors
///
/// [`Error::Refused`] with every problem of the linked plugins, or of the variable.
pub(crate) fn registry() -> Result<Registry> {
    let linked = linked()?;
    let enabled = match env::var("ENABLED_PLUGINS") {
        Ok(enabled) => Some(enabled),
        Err(env::VarError::NotPresent) => None,
        Err(env::VarError::NotUnicode(_)) => {
            return Err(Error::Refused("ENABLED_PLUGINS is not valid UTF-8".to_owned()));
        }
    };
    linked.narrow(enabled.as_deref())
}

/// Everything that is linked, whatever `ENABLED_PLUGINS` says.
///
/// # Errors
///
/// [`Error::Refused`] with every problem of the linked plugins.
pub(crate) fn linked() -> Result<&'static Registry> {
    Registry::load().map_err(|problems| {
        let count = problems.len();
        Error::Refused(format!("the linked plugins have {count} problem(s)\n{problems}"))
    })
}
