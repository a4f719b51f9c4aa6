//! `plugins list`, `describe`, `check`, `uninstall` and `import`.

mod transfer;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use clap::Subcommand;
use portal_core::{Error, Problem, Problems, Result};
use portal_engine::db::{Backend, DatabaseUrl, is_compiled_in};
use portal_engine::migrate::{self, AbsentPlugin};
use portal_engine::{LinkedPlugin, Registry};
use portal_plugins::BUNDLED;
use serde_json::Value;

use super::database::DatabaseArgs;
use super::print::{print_json, print_line, print_table, tell};
use crate::listing::{Listed, kind, listed};
use crate::registry::{self, Plugins};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the plugins: linked, disabled, known but not linked, and absent although the database
    /// knows them. Without a database it lists what the binary knows
    List {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Describe one plugin: its fields, templates, environment values and migrations
    Describe {
        /// Id, wire name or alias
        name: String,
        /// Print JSON, with all schemas
        #[arg(long)]
        json: bool,
    },
    /// Check everything about the linked plugins: examples, and the tables that their migrations make
    ///
    /// The migrations run on a scratch database: SQLite in memory where that is built in, and the
    /// PostgreSQL database that is named, in a schema of its own that is rolled back.
    Check {
        /// PostgreSQL database to try the migrations on as well
        #[arg(long, value_name = "URL", hide_env_values = true)]
        database_url: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Export a plugin's data, remove the plugin from the database, or both
    Uninstall(transfer::Uninstall),
    /// Put exported data of a plugin back
    Import(transfer::Import),
}

pub(crate) fn run(command: &Command, named: Plugins) -> Result<()> {
    match command {
        Command::List { database, json } => list(database, *json),
        Command::Describe { name, json } => describe(name, *json),
        Command::Check { database_url, json } => check(database_url.as_deref(), *json, named),
        Command::Uninstall(arguments) => transfer::uninstall(arguments),
        Command::Import(arguments) => transfer::import(arguments),
    }
}

/// A line of `plugins list`.
fn row(listed: &Listed) -> Vec<String> {
    let dash = || "-".to_owned();
    vec![
        listed.id.clone(),
        listed.state.in_words().to_owned(),
        listed.origin.map_or_else(dash, |origin| origin.version.to_owned()),
        listed.origin.map_or_else(dash, |origin| origin.crate_name.to_owned()),
        listed.origin.map_or_else(dash, |origin| format!("{}:{}", origin.file, origin.line)),
        listed.reason.clone().unwrap_or_default(),
    ]
}

/// How long a list waits for the database, without which it lists what the binary knows.
const LOOK_PATIENCE: Duration = Duration::from_secs(3);

/// What the database has of plugins that are not served.
fn look(database: &DatabaseArgs, registry: &Registry) -> Result<Vec<AbsentPlugin>> {
    let url = database.url()?;
    let (registry, at) = (registry.clone(), url.clone());
    let (sender, found) = mpsc::channel();
    // Connecting to a server that is gone takes minutes, and cannot be told to take less.
    thread::Builder::new()
        .name("look".to_owned())
        .spawn(move || {
            let looked = at.connect_to_look();
            let stored = looked.and_then(|mut found| migrate::absent(&mut found, &registry));
            // Nobody may wait for it any more.
            let _ = sender.send(stored);
        })
        .map_err(|error| Error::internal(format!("a thread could not be started: {error}")))?;
    found.recv_timeout(LOOK_PATIENCE).unwrap_or_else(|error| {
        let seconds = LOOK_PATIENCE.as_secs();
        Err(match error {
            RecvTimeoutError::Timeout => {
                Error::refused(format!("{url} gives no answer within {seconds} seconds"))
            }
            RecvTimeoutError::Disconnected => Error::internal("it ended in a panic"),
        })
    })
}

fn list(database: &DatabaseArgs, json: bool) -> Result<()> {
    let registry = registry::enabled()?;
    let stored = look(database, &registry).unwrap_or_else(|error| {
        let why: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        tell(&format!("warning: the database was not looked at: {}", why.join("; ")));
        Vec::new()
    });
    let listed = listed(&registry, &stored);
    if json {
        return print_json(&listed);
    }
    let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
    print_table(&["PLUGIN", "STATE", "VERSION", "CRATE", "SOURCE", "REASON"], &rows)
}

fn describe(name: &str, json: bool) -> Result<()> {
    let registry = registry::enabled()?;
    if !registry.is_linked(name) && BUNDLED.iter().any(|known| known.id == name) {
        return Err(Error::NotFound(format!(
            "the plugin {name} is not linked: build with `--features {name}`"
        )));
    }
    let plugin = registry.get(name)?;
    if json { print_json(&description(plugin)) } else { print_description(plugin) }
}

/// Everything about a plugin, for `--json`.
fn description(plugin: &LinkedPlugin) -> Value {
    let migrations: Vec<Value> = plugin
        .migrations()
        .iter()
        .map(|one| serde_json::json!({"name": one.folder, "checksum": migrate::checksum(one)}))
        .collect();
    let output = plugin.output().map(|output| {
        serde_json::json!({
            "table": plugin.table(),
            "schema_version": output.schema_version(),
            "schema": output.schema().as_value(),
            "environment_schema": output.entry_schema().as_value(),
            "form": output.form(&output.example_options()),
            "result_template": output.result_template().source(),
            "technical_info_template": output.technical_info_template().source(),
            "example": output.example().fields(),
            "example_entry": output.example_entry("dev"),
        })
    });
    serde_json::json!({
        "id": plugin.id(),
        "kind": kind(plugin),
        "display_name": plugin.display_name(),
        "platform": plugin.platform_key(),
        "wire_name": plugin.wire_name(),
        "aliases": plugin.aliases(),
        "origin": plugin.origin(),
        "platform_values_schema": plugin.values_schema().as_value(),
        "data_output": output,
        "migrations": migrations,
    })
}

fn print_description(plugin: &LinkedPlugin) -> Result<()> {
    print_line(&format!("{} ({})", plugin.display_name(), plugin.id()))?;
    if let Some(text) = plugin.output().and_then(|output| output.description()) {
        print_line(text)?;
    }
    print_line("")?;
    print_line(&format!("crate      {}", plugin.origin()))?;
    print_line(&format!("platform   {} ({})", plugin.platform_key(), plugin.platform_name()))?;
    print_line(&format!("wire name  {}", plugin.wire_name()))?;
    print_line(&format!("aliases    {}", or_none(plugin.aliases())))?;
    print_properties("values per environment of the platform", plugin.values_schema().as_value())?;
    let Some(output) = plugin.output() else {
        return print_line("\nA launcher: a tile and a link, nothing to store.");
    };
    print_properties("fields of the data output", output.schema().as_value())?;
    print_properties("an entry per environment", output.entry_schema().as_value())?;
    print_line(&format!("\nresult          {}", output.result_template().source()))?;
    print_line(&format!("technical info  {}", output.technical_info_template().source()))?;
    print_line(&format!("table           {}", plugin.table().unwrap_or("-")))?;
    let migrations: Vec<&str> = plugin.migrations().iter().map(|one| one.folder).collect();
    print_line(&format!("migrations      {}", or_none(&migrations)))
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Prints the properties of an object schema: name, type, whether they may be left out, text.
fn print_properties(title: &str, schema: &Value) -> Result<()> {
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name))
    };
    let Some(properties) = schema["properties"].as_object().filter(|some| !some.is_empty()) else {
        return Ok(());
    };
    print_line(&format!("\n{title}:"))?;
    let rows: Vec<Vec<String>> = properties
        .iter()
        .map(|(name, property)| {
            let text = |key: &str| property[key].as_str().unwrap_or_default().to_owned();
            let type_name = match &property["type"] {
                Value::String(one) => one.clone(),
                Value::Array(many) => {
                    many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
                }
                _ => "choice".to_owned(),
            };
            let needed = if required(name) { "required" } else { "optional" };
            vec![format!("  {name}"), type_name, needed.to_owned(), text("description")]
        })
        .collect();
    print_table(&["  NAME", "TYPE", "", ""], &rows)
}

fn check(database_url: Option<&str>, json: bool, named: Plugins) -> Result<()> {
    let scratch = scratch_databases(database_url)?;
    let mut count = 0;
    let mut wrong = registry::problems(named);
    if wrong.is_empty() {
        match (registry::linked(), registry::enabled()) {
            (Ok(linked), Ok(_)) => {
                count = linked.plugins().len();
                let mut problems = example_problems(linked);
                for database in scratch {
                    let other = migrate::rehearse(&mut database.connect()?, linked)?;
                    // SQLite and PostgreSQL say the same of most.
                    let is_new = |one: &Problem| problems.iter().all(|known| known != one);
                    let new: Problems = other.into_iter().filter(is_new).collect();
                    problems.extend_under("", new);
                }
                wrong.extend(problems.iter().map(ToString::to_string));
            }
            (Err(error), _) | (_, Err(error)) => wrong.push(error.to_string()),
        }
    }
    if json {
        print_json(&serde_json::json!({"ok": wrong.is_empty(), "problems": wrong}))?;
    } else if wrong.is_empty() {
        print_line(&format!("{count} linked plugin(s), no problems"))?;
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::refused(wrong.join("\n"))) }
}

/// Where `plugins check` tries migrations.
fn scratch_databases(database_url: Option<&str>) -> Result<Vec<DatabaseUrl>> {
    let mut databases = Vec::new();
    if is_compiled_in(Backend::Sqlite) {
        databases.push(DatabaseUrl::sqlite(":memory:"));
    }
    if let Some(url) = database_url {
        let url: DatabaseUrl = url.parse()?;
        if url.backend() == Backend::Sqlite {
            return Err(Error::refused(
                "--database-url names a PostgreSQL database here: on SQLite, plugins are checked in memory"
                    .to_owned(),
            ));
        }
        databases.push(url);
    }
    if databases.is_empty() {
        return Err(Error::refused(
            "this binary is built without SQLite: name a PostgreSQL database to try the migrations on, with --database-url; everything is rolled back"
                .to_owned(),
        ));
    }
    Ok(databases)
}

/// What is wrong with the plugins' examples, which documentation and demo rely on.
fn example_problems(registry: &Registry) -> Problems {
    let mut problems = Problems::new();
    for plugin in registry.plugins() {
        let at = |what: &str| format!("{} ({}): {what}", plugin.id(), plugin.origin());
        let values = plugin.values_schema().problems(&plugin.example_values("dev"));
        problems.extend_under(&at("example_values"), values);
        let Some(output) = plugin.output() else { continue };
        if let Err(wrong) = output.preview(&output.example().fields(), None) {
            problems.extend_under(&at("example"), wrong);
        }
        let entry = output.entry_schema().problems(&output.example_entry("dev"));
        problems.extend_under(&at("example_entry"), entry);
    }
    problems
}
