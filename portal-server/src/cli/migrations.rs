//! `migrations status`, `plan`, `run` and `revert`.

use clap::{Args, Subcommand};
use portal_core::Result;
use portal_engine::Registry;
use portal_engine::migrate::{self, CORE, MigrationState, Plan};

use super::agree;
use super::database::DatabaseArgs;
use super::print::{print_json, print_line, print_table};
use crate::registry;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show which migrations are applied
    Status(Common),
    /// Show what `run` would do, and do nothing
    Plan(PlanArgs),
    /// Bring the database up to date
    Run(Common),
    /// Take back the newest migration of one plugin, or all with --all
    Revert(Revert),
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Consider only core and this plugin
    #[arg(long, value_name = "ID")]
    plugin: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    common: Common,
    /// Print the SQL as well; --json always includes it
    #[arg(long)]
    sql: bool,
}

impl Common {
    /// The registry, narrowed to the plugin that was asked for.
    fn registry(&self) -> Result<Registry> {
        let registry = registry::enabled()?;
        match self.plugin.as_deref() {
            None => Ok(registry),
            Some(CORE) => registry.narrow(Some("none")),
            Some(name) => registry.narrow(Some(registry.get(name)?.id())),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Revert {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The plugin, or `core`
    #[arg(long, value_name = "ID")]
    plugin: String,
    /// Take back all of its migrations
    #[arg(long)]
    all: bool,
    /// Go on although rows are lost
    #[arg(long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Status(common) => status(common),
        Command::Plan(PlanArgs { common, sql }) => {
            let plan =
                migrate::plan(&mut common.database.url()?.connect_to_look()?, &common.registry()?)?;
            print_plan(&plan, ["would apply", "would add"], *sql, common.json)
        }
        Command::Run(common) => {
            let done = migrate::run(&mut common.database.url()?.connect()?, &common.registry()?)?;
            print_plan(&done, ["applied", "added"], false, common.json)
        }
        Command::Revert(revert) => take_back(revert),
    }
}

fn status(common: &Common) -> Result<()> {
    let mut statuses =
        migrate::status(&mut common.database.url()?.connect_to_look()?, &common.registry()?)?;
    if common.plugin.is_some() {
        statuses.retain(|status| status.state != MigrationState::Absent);
    }
    if common.json {
        return print_json(&statuses);
    }
    let rows: Vec<Vec<String>> = statuses
        .into_iter()
        .map(|status| {
            let state = match status.state {
                MigrationState::Applied => "applied",
                MigrationState::Pending => "pending",
                MigrationState::Edited => "applied, but edited since",
                MigrationState::Unknown => "newer than this binary",
                MigrationState::Absent => "its plugin is not here",
            };
            let applied_at = status.applied_at.unwrap_or_default();
            vec![status.plugin, status.name, state.to_owned(), applied_at]
        })
        .collect();
    print_table(&["PLUGIN", "MIGRATION", "STATE", "APPLIED AT"], &rows)
}

fn print_plan(plan: &Plan, [apply, add]: [&str; 2], sql: bool, json: bool) -> Result<()> {
    if json {
        return print_json(plan);
    }
    if plan.is_empty() {
        return print_line("nothing to do");
    }
    for planned in &plan.migrations {
        print_line(&format!("{apply} {}/{}", planned.plugin, planned.name))?;
        if sql {
            print_line(planned.sql.trim_end())?;
        }
    }
    for row in &plan.rows {
        print_line(&format!("{add} {row}"))?;
    }
    Ok(())
}

fn take_back(revert: &Revert) -> Result<()> {
    let mut connection = revert.database.url()?.connect_to_look()?;
    let registry = registry::enabled()?;
    let names =
        migrate::revert(&mut connection, &registry, &revert.plugin, revert.all, revert.force)
            .map_err(|error| agree(error, "", "add --force to lose them"))?;
    if revert.json {
        return print_json(&serde_json::json!({"reverted": names}));
    }
    let plugin = registry.find(&revert.plugin).map_or(revert.plugin.as_str(), |found| found.id());
    for name in names {
        print_line(&format!("took back {plugin}/{name}"))?;
    }
    Ok(())
}
