//! The command line: what can be asked for, and where it is answered.

mod config;
mod database;
mod migrations;
mod openapi;
mod permissions;
mod plugins;
mod print;
mod serve;
mod sessions;
mod tokens;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use portal_core::{Error, Result};
use portal_engine::settings::LOCKS_OUT;

use self::print::tell;
use self::serve::ServeArgs;
use crate::log;
use crate::registry::{self, Plugins};

/// A data product portal whose plugins are linked in.
///
/// Without a subcommand it serves. Who may do what stands in the section [access] of portal.toml;
/// without it a server listens on loopback only, and everybody there is the operator. These
/// commands open the database themselves, and so are the operator's. ENABLED_PLUGINS names the
/// linked plugins to enable, separated by commas, or is `none`; when it is unset, all are
/// enabled. RUST_LOG sets how much is logged, by default `info,actix_server=warn`.
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
    /// List, describe and check plugins; export, remove and import their data
    #[command(subcommand)]
    Plugins(plugins::Command),
    /// Check, plan, apply and export the operator's file, portal.toml
    #[command(subcommand)]
    Config(config::Command),
    /// Show, apply and revert migrations of the database
    #[command(subcommand)]
    Migrations(migrations::Command),
    /// Create, list and revoke tokens: what programs show to be known
    #[command(subcommand)]
    Tokens(tokens::Command),
    /// List who is signed in, and end sessions
    #[command(subcommand)]
    Sessions(sessions::Command),
    /// Print who may ask for what: every route and page with the permission that it needs
    Permissions(permissions::PermissionsArgs),
    /// Print the OpenAPI document of this binary's plugins
    Openapi(openapi::OpenApiArgs),
}

/// Runs the command line of this process, of a binary that names these plugin crates, and says how
/// it went: 0 when it did what was asked, 1 when it refused or failed, 2 when the arguments make no
/// sense. [`main!`](crate::main) is a `main` that does nothing else.
pub fn run(plugins: Plugins) -> ExitCode {
    let cli = Cli::parse();
    let done = log::start().and_then(|()| answer(cli, plugins));
    // A log that does not get through would keep the process from ending here as well.
    let is_written = log::finish();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let lines = error.to_string();
            for line in lines.lines().filter(|_| is_written) {
                tell(&format!("error: {line}"));
            }
            ExitCode::FAILURE
        }
    }
}

/// Says how to agree to a loss, where that is what an error lacks: to being locked out, and to
/// anything else.
fn agree(error: Error, how_to_lock_out: &str, how: &str) -> Error {
    match error {
        Error::Unconfirmed(losses) => {
            let agreed = losses.lines().map(|loss| {
                let how = if loss == LOCKS_OUT { how_to_lock_out } else { how };
                format!("{loss}: {how}")
            });
            Error::refused(agreed.collect::<Vec<_>>().join("\n"))
        }
        other => other,
    }
}

fn answer(cli: Cli, named: Plugins) -> Result<()> {
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    // `plugins check` tells what is wrong itself.
    if !matches!(command, Command::Plugins(plugins::Command::Check { .. })) {
        registry::check(named)?;
    }
    match command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Plugins(command) => plugins::run(&command, named),
        Command::Config(command) => config::run(&command),
        Command::Migrations(command) => migrations::run(&command),
        Command::Tokens(command) => tokens::run(&command),
        Command::Sessions(command) => sessions::run(&command),
        Command::Permissions(args) => permissions::run(&args),
        Command::Openapi(args) => openapi::run(&args),
    }
}
