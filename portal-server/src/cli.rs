//! The command line: what can be asked for, and where it is answered.

mod config;
mod database;
mod migrations;
mod openapi;
mod plugins;
mod print;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use portal_core::{Error, Result};

use self::print::tell;
use self::serve::ServeArgs;
use crate::log;
use crate::registry::{self, Plugins};

/// A data product portal whose plugins are linked in.
///
/// Without a subcommand it serves. There is no sign-in yet: whoever reaches the server can change
/// everything. ENABLED_PLUGINS names the linked plugins to enable, separated by commas, or is
/// `none`; when it is unset, all are enabled. RUST_LOG sets how much is logged, by default
/// `info,actix_server=warn`.
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

/// Says how to agree to a loss, where that is what an error lacks.
fn agree(error: Error, how: &str) -> Error {
    match error {
        Error::Unconfirmed(loss) => {
            let lines: Vec<String> = loss.lines().map(|line| format!("{line}: {how}")).collect();
            Error::refused(lines.join("\n"))
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
        Command::Openapi(args) => openapi::run(&args),
    }
}
