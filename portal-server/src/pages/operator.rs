//! The operator's page: what is in this binary, what is in its database, what is wrong.

use std::env::consts::{ARCH, OS};

use actix_web::web;
use askama::Template;
use chrono::DateTime;
use portal_core::Result;
use portal_engine::access::Permission;
use portal_engine::db::{Backend, Connection, ConnectionExt};
use portal_engine::findings::{APPLY, Finding, findings};
use portal_engine::migrate::{self, AbsentPlugin, MigrationState, MigrationStatus};
use portal_engine::store::EnvironmentState;

use super::answer::show_with;
use super::service_assets;
use crate::frame::{Layout, Moment, PageResult, SECTIONS, in_parts, render, sentence, statics};
use crate::listing::{Listed, listed};
use crate::log;
use crate::portal::{Portal, Snapshot};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "operator.html")]
struct OperatorPage {
    layout: Layout,
    plugins: Vec<Listed>,
    migrations: Vec<MigrationRow>,
    problems: Vec<ProblemShown>,
    /// What applies the lines of problems.
    command: &'static str,
    environments: Vec<String>,
    /// Of each plugin: id, name, and what it is in each environment.
    matrix: Vec<(&'static str, &'static str, Vec<CellShown>)>,
    build: Vec<(&'static str, String)>,
    may_manage_tokens: bool,
    /// Whether people sign in here, and these are theirs to see.
    may_manage_sessions: bool,
}

/// A plugin in an environment.
struct CellShown {
    word: &'static str,
    /// What is there and what is not.
    text: String,
    is_open: bool,
}

impl CellShown {
    fn new(state: &EnvironmentState) -> Self {
        let word = state.state();
        CellShown { word: word.in_words(), text: state.in_words(), is_open: word.is_open() }
    }
}

/// What needs the operator.
struct ProblemShown {
    /// A sentence in parts, every second of which is a name.
    text: Vec<String>,
    /// Where these assets are listed.
    path: Option<String>,
    /// How many assets it affects.
    assets: i64,
    remedy: String,
    lines: Option<String>,
}

impl From<Finding> for ProblemShown {
    fn from(finding: Finding) -> Self {
        ProblemShown {
            text: in_parts(&sentence(&finding.message)),
            path: finding
                .plugin
                .as_deref()
                .zip(finding.environment.as_deref())
                .filter(|_| finding.assets > 0)
                .map(|(plugin, environment)| service_assets::path(plugin, environment)),
            assets: finding.assets,
            remedy: match &finding.lines {
                Some(_) => format!("{}:", finding.remedy),
                None => sentence(&finding.remedy),
            },
            lines: finding.lines,
        }
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
            applied: applied.and_then(std::result::Result::ok).map(|time| time.naive_utc().into()),
        }
    }
}

pub(super) async fn show(visitor: Visitor, portal: web::Data<Portal>) -> PageResult {
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let configuration = &snapshot.configuration;
        let migrations = migrate::status(connection, portal.registry())?;
        let absent = migrate::absent_of(connection, portal.registry(), &migrations)?;
        let standing = snapshot.standing(portal.registry());
        let mut states = standing.states().map(CellShown::new);
        let matrix = portal.registry().plugins().iter().map(|plugin| {
            let cells = states.by_ref().take(configuration.environments.len());
            (plugin.id(), plugin.display_name(), cells.collect())
        });
        let database = match connection.backend() {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        };
        render(&OperatorPage {
            layout: Layout::new(&visitor, "Operator", "/operator"),
            plugins: listed(portal.registry(), &absent),
            problems: problems(portal, &snapshot, connection, &absent)?,
            command: APPLY,
            environments: configuration
                .environments
                .iter()
                .map(|environment| environment.name.clone())
                .collect(),
            matrix: matrix.collect(),
            may_manage_tokens: visitor.may(Permission::ManageTokens, None),
            may_manage_sessions: visitor.may(Permission::ManageSessions, None)
                && visitor.access().sign_in.is_some(),
            build: build(database, configuration.revision),
            migrations: migrations.into_iter().map(MigrationRow::from).collect(),
        })
    })
    .await
}

fn problems(
    portal: &Portal,
    snapshot: &Snapshot,
    connection: &mut Connection,
    absent: &[AbsentPlugin],
) -> Result<Vec<ProblemShown>> {
    let (registry, configuration) = (portal.registry(), &snapshot.configuration);
    let standing = snapshot.standing(registry);
    let findings = findings(connection, registry, configuration, standing, absent)?;
    let mut problems: Vec<ProblemShown> = findings.into_iter().map(ProblemShown::from).collect();
    let of_server = |text: String| ProblemShown {
        text: vec![text],
        path: None,
        assets: 0,
        remedy: "The server's log says why.".to_owned(),
        lines: None,
    };
    if let dropped @ 1.. = log::dropped() {
        problems.push(of_server(format!(
            "{dropped} entries of the log were dropped: standard error did not take them."
        )));
    }
    problems.extend(portal.reading_has_ended().map(|why| of_server(sentence(why))));
    Ok(problems)
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
