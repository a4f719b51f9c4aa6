//! `plugins uninstall` and `plugins import`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use portal_core::{Error, Problems, Result};
use portal_engine::Registry;
use portal_engine::db::Connection;
use portal_engine::transfer::{self, Imported, PluginExport, RowsFate};

use crate::cli::database::DatabaseArgs;
use crate::cli::print::{print_json, print_line, tell};
use crate::operator_file::read_text;
use crate::registry;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Uninstall {
    /// Id of the plugin
    plugin: String,
    /// Show what would be removed, and remove nothing
    #[arg(long, group = "what", conflicts_with_all = ["export", "purge"])]
    plan: bool,
    /// Write the plugin's data to a new file; the plugin need not be linked
    #[arg(long, group = "what", value_name = "FILE")]
    export: Option<PathBuf>,
    /// Remove the plugin's assets, configuration and table. The plugin must be linked and left out of
    /// ENABLED_PLUGINS. Combine with --export, or confirm the loss with --confirm-rows
    #[arg(long, group = "what")]
    purge: bool,
    /// With --purge: the number of rows that you agree to lose
    #[arg(long, value_name = "ROWS", requires = "purge")]
    confirm_rows: Option<i64>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file that `plugins uninstall --export` wrote
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn uninstall(arguments: &Uninstall) -> Result<()> {
    let enabled = registry::enabled()?;
    let linked = registry::linked()?;
    // Rows and ledger are known by id; a name of a linked plugin will do as well.
    let plugin =
        linked.find(&arguments.plugin).map_or(arguments.plugin.as_str(), |plugin| plugin.id());
    let mut connection = arguments.database.url()?.connect_to_look()?;
    if arguments.plan {
        let plan = transfer::plan_uninstall(&mut connection, linked, plugin)?;
        return if arguments.json { print_json(&plan) } else { print_plan(&plan, "would take") };
    }
    if arguments.purge && enabled.find(plugin).is_some() {
        return Err(Error::refused(format!(
            "{plugin} is enabled, so the next start would bring it back: set ENABLED_PLUGINS to the plugins that stay ({}), here and for every server",
            others(&enabled, plugin)
        )));
    }
    let exported = match &arguments.export {
        None => None,
        Some(file) => {
            let exported = export(&mut connection, linked, plugin, file)?;
            if !arguments.purge {
                return report(arguments.json, exported.rows.len(), file);
            }
            Some(exported)
        }
    };
    let lost = RowsFate::Lost(arguments.confirm_rows.unwrap_or(0));
    let going = exported.as_ref().map_or(lost, RowsFate::Exported);
    let plan = match transfer::uninstall(&mut connection, linked, plugin, going) {
        Err(Error::Unconfirmed(loss)) => {
            let rows = transfer::plan_uninstall(&mut connection, linked, plugin)?.rows;
            return Err(Error::refused(format!(
                "{loss}: export them, or confirm the loss with --confirm-rows {rows}"
            )));
        }
        done => done?,
    };
    if arguments.json { print_json(&plan) } else { print_plan(&plan, "took") }
}

fn others(enabled: &Registry, plugin: &str) -> String {
    let ids: Vec<&str> =
        enabled.plugins().iter().map(|one| one.id()).filter(|id| *id != plugin).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(",") }
}

fn print_plan(plan: &transfer::UninstallPlan, took: &str) -> Result<()> {
    print_line(&format!(
        "{took} away {} technical assets with their rows of {}",
        plan.rows, plan.table
    ))?;
    print_line(&format!(
        "{took} away the service {} with its options ({}) and templates",
        plan.plugin, plan.options
    ))?;
    for (environment, count) in &plan.entries {
        print_line(&format!("{took} away its entries in {environment} ({count})"))?;
    }
    for migration in &plan.migrations {
        print_line(&format!("{took} back {}/{migration}", plan.plugin))?;
    }
    Ok(())
}

/// Writes a plugin's data to a file that does not exist yet.
fn export(
    connection: &mut Connection,
    linked: &Registry,
    plugin: &str,
    file: &Path,
) -> Result<PluginExport> {
    let export = transfer::export_plugin(connection, linked, plugin)?;
    let text = serde_json::to_string_pretty(&export)
        .map_err(|error| Error::internal(error.to_string()).caused_by(error))?;
    let written =
        fs::OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut opened| {
            std::io::Write::write_all(&mut opened, text.as_bytes())?;
            opened.sync_all()
        });
    written.map_err(|error| {
        Error::refused(format!("{} cannot be written: {error}", file.display())).caused_by(error)
    })?;
    Ok(export)
}

fn report(json: bool, rows: usize, file: &Path) -> Result<()> {
    if json {
        return print_json(&serde_json::json!({"exported": rows, "file": file}));
    }
    print_line(&format!("exported {rows} rows to {}", file.display()))
}

pub(super) fn import(arguments: &Import) -> Result<()> {
    let registry = registry::enabled()?;
    let file = arguments.file.display();
    let text = read_text(&arguments.file)?;
    let place = |problems: Problems| {
        let mut placed = Problems::new();
        placed.extend_under(&format!("{file}: "), problems);
        placed
    };
    let export = PluginExport::parse(&text).map_err(|error| match error {
        Error::Invalid(problems) => Error::Invalid(place(problems)),
        refused @ Error::Refused { .. } => {
            Error::refused(format!("{file}: {refused}")).caused_by(refused)
        }
        other => other,
    })?;
    let mut connection = arguments.database.connect_to_migrated(&registry)?;
    let imported = transfer::import_plugin(&mut connection, &registry, &export);
    let Imported { assets, warnings } = imported.map_err(|error| match error {
        Error::Invalid(problems) => Error::Invalid(place(problems)),
        other => other,
    })?;
    for warning in place(warnings) {
        tell(&format!("warning: {warning}"));
    }
    if arguments.json {
        return print_json(&serde_json::json!({"plugin": export.plugin, "imported": assets}));
    }
    print_line(&format!("imported {assets} technical assets of {}", export.plugin))
}
