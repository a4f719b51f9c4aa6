//! The operator's page: what is in this binary, what is in its database, what is wrong.

use std::env::consts::{ARCH, OS};

use actix_web::web;
use askama::Template;
use chrono::DateTime;
use portal_engine::db::{Backend, ConnectionExt};
use portal_engine::migrate::{self, MigrationState, MigrationStatus};
use portal_engine::store::EnvironmentState;

use super::answer::show_with;
use super::catalogue::line_to_add;
use crate::frame::{Layout, Moment, PageResult, SECTIONS, render, sentence, statics};
use crate::listing::{Listed, listed};
use crate::log;
use crate::portal::Portal;

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage {
    layout: Layout,
    plugins: Vec<Listed>,
    migrations: Vec<MigrationRow>,
    /// What keeps something from working, each with a remedy where there is one line of it.
    problems: Vec<(String, Option<String>)>,
    environments: Vec<String>,
    /// Of each plugin: id, name, and its state in each environment.
    matrix: Vec<(&'static str, &'static str, Vec<&'static str>)>,
    build: Vec<(&'static str, String)>,
}

/// The state of a plugin in an environment, in a word.
pub(super) fn state_word(state: EnvironmentState) -> &'static str {
    if state.is_complete() {
        "configured"
    } else if state.is_started() {
        "incomplete"
    } else {
        "missing"
    }
}

/// A migration as pages show it.
#[derive(Debug)]
pub(super) struct MigrationRow {
    pub plugin: String,
    pub name: String,
    pub state: &'static str,
    pub applied: Option<Moment>,
}

impl From<MigrationStatus> for MigrationRow {
    fn from(status: MigrationStatus) -> Self {
        let applied = status.applied_at.as_deref().map(DateTime::parse_from_rfc3339);
        MigrationRow {
            plugin: status.plugin,
            name: status.name,
            state: match status.state {
                MigrationState::Applied => "applied",
                MigrationState::Pending => "pending",
                MigrationState::Edited => "edited",
                MigrationState::Unknown => "unknown",
                MigrationState::Absent => "absent",
            },
            applied: applied.and_then(Result::ok).map(|time| time.naive_utc().into()),
        }
    }
}

pub(super) async fn show(portal: web::Data<Portal>) -> PageResult {
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let configuration = &snapshot.configuration;
        let migrations = migrate::status(connection, portal.registry())?;
        let matrix = portal.registry().plugins().iter().map(|plugin| {
            let states = configuration
                .environments
                .iter()
                .map(|environment| state_word(configuration.state_in(plugin, &environment.id)));
            (plugin.id(), plugin.display_name(), states.collect())
        });
        let database = match connection.backend() {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        };
        render(&OperatorPage {
            layout: Layout::new(portal.prefix(), "Operator", "/operator"),
            plugins: listed(portal.registry(), &migrate::absent(connection, portal.registry())?),
            problems: problems(portal),
            environments: configuration
                .environments
                .iter()
                .map(|environment| environment.name.clone())
                .collect(),
            matrix: matrix.collect(),
            build: build(database, configuration.revision),
            migrations: migrations.into_iter().map(MigrationRow::from).collect(),
        })
    })
    .await
}

fn problems(portal: &Portal) -> Vec<(String, Option<String>)> {
    let snapshot = portal.snapshot();
    let configuration = &snapshot.configuration;
    let mut problems: Vec<(String, Option<String>)> = configuration
        .problems
        .iter()
        .map(|problem| (sentence(&problem.to_string()), None))
        .chain(configuration.missing_secrets.iter().map(|missing| {
            (sentence(&format!("a secret cannot be found on this server: {missing}")), None)
        }))
        .collect();
    if let dropped @ 1.. = log::dropped() {
        let message =
            format!("{dropped} entries of the log were dropped: standard error did not take them.");
        problems.push((message, None));
    }
    if let Some(why) = portal.reading_has_ended() {
        problems.push((sentence(why), None));
    }
    for plugin in portal.registry().outputs() {
        let Some(output) = plugin.output() else { continue };
        if output.lacks_options(configuration.options_of(plugin.id())) {
            let message = format!("The form of {} has no options to offer.", plugin.display_name());
            problems.push((message, Some(line_to_add(plugin, output))));
        }
    }
    if configuration.environments.is_empty() {
        problems.push((
            "No environment is configured, so that no asset has a place or a link.".to_owned(),
            Some("[environments.production]\nacronym = \"prd\"".to_owned()),
        ));
    }
    problems
}

fn build(database: &str, revision: i64) -> Vec<(&'static str, String)> {
    let profile = if cfg!(debug_assertions) { "with debug assertions" } else { "release" };
    vec![
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
        ("Build", format!("{profile}, {OS} on {ARCH}")),
        ("Rust", format!("{} or newer", env!("CARGO_PKG_RUST_VERSION"))),
        ("Database", database.to_owned()),
        ("Configuration", format!("revision {revision}")),
        ("Server", gethostname::gethostname().to_string_lossy().into_owned()),
    ]
}
