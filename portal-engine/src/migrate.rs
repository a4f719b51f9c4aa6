//! Migrations: core's first, then each plugin's in id order, in one transaction under a lock.
//!
//! The layout is diesel's: a folder per migration, named `YYYY-MM-DD-HHMMSS_what`, with `up.sql`
//! and `down.sql`. The ledger is not: it keys on plugin and version, so that two crates may use
//! the same timestamp, and keeps a checksum, so that an edit of an applied migration is noticed.
//!
//! All that is pending runs in a single transaction, which doubles as the lock: either all of it
//! holds afterwards, or nothing has changed, however many servers start at once.

mod absent;
mod harness;
mod ledger;
mod platform_rows;
mod revert;
mod tables;

use diesel::connection::SimpleConnection as _;
use diesel::result::Error as DieselError;
pub use portal_core::__private::EmbeddedMigration;
use portal_core::{Error, Id, Problems, Result};
use serde::Serialize;

pub use self::absent::{AbsentPlugin, absent, absent_of};
use self::harness::Harness;
pub use self::platform_rows::MissingRow;
pub use self::revert::revert;
pub(crate) use self::revert::revert_all;
pub use self::tables::table_problems;
use crate::db::{
    Backend, Connection, ConnectionExt, lock_for_migrations, orphaned_tables, set_foreign_keys,
};
pub use crate::migration::{CORE, CORE_MIGRATIONS, checksum, version};
use crate::registry::Registry;

/// The migrations of core or of one plugin.
pub(crate) struct Scope {
    plugin: &'static str,
    migrations: &'static [EmbeddedMigration],
}

pub(crate) fn scopes(registry: &Registry) -> Vec<Scope> {
    let plugins = registry
        .outputs()
        .map(|plugin| Scope { plugin: plugin.id(), migrations: plugin.migrations() });
    std::iter::once(Scope { plugin: CORE, migrations: CORE_MIGRATIONS }).chain(plugins).collect()
}

/// One migration and whether it has been applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationStatus {
    /// `core` or a plugin's id.
    pub plugin: String,
    /// Version, 14 digits.
    pub version: String,
    /// Folder name, as far as it is known.
    pub name: String,
    /// What the ledger and this binary say of it.
    pub state: MigrationState,
    /// When it was applied, UTC, RFC 3339.
    pub applied_at: Option<String>,
}

/// What ledger and binary together say of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// In the ledger, unchanged.
    Applied,
    /// Not yet in the ledger.
    Pending,
    /// In the ledger with another checksum.
    Edited,
    /// In the ledger, but this binary, which has the plugin, does not know it.
    Unknown,
    /// In the ledger, but its plugin is not linked or not enabled here.
    Absent,
}

/// Every migration that the ledger or this binary knows, core first.
///
/// # Errors
///
/// What the database says.
pub fn status(connection: &mut Connection, registry: &Registry) -> Result<Vec<MigrationStatus>> {
    Ok(compared(&scopes(registry), ledger::read(connection)?))
}

/// As [`status`], of the migrations of one plugin.
///
/// # Errors
///
/// What the database says.
pub fn status_of(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
) -> Result<Vec<MigrationStatus>> {
    let (mut scopes, mut applied) = (scopes(registry), ledger::read(connection)?);
    scopes.retain(|scope| scope.plugin == plugin);
    applied.retain(|row| row.plugin == plugin);
    Ok(compared(&scopes, applied))
}

/// What this binary has, beside what was applied.
fn compared(scopes: &[Scope], applied: Vec<ledger::Row>) -> Vec<MigrationStatus> {
    let mut statuses = Vec::new();
    for scope in scopes {
        for migration in scope.migrations {
            let version = version(migration);
            let row =
                applied.iter().find(|row| row.plugin == scope.plugin && row.version == version);
            statuses.push(MigrationStatus {
                plugin: scope.plugin.to_owned(),
                version,
                name: migration.folder.to_owned(),
                state: match row {
                    None => MigrationState::Pending,
                    Some(row) if row.checksum == checksum(migration) => MigrationState::Applied,
                    Some(_) => MigrationState::Edited,
                },
                applied_at: row.map(ledger::Row::applied_at),
            });
        }
    }
    for row in applied {
        if statuses.iter().any(|known| known.plugin == row.plugin && known.version == row.version) {
            continue;
        }
        let has_plugin = scopes.iter().any(|scope| scope.plugin == row.plugin);
        statuses.push(MigrationStatus {
            state: if has_plugin { MigrationState::Unknown } else { MigrationState::Absent },
            applied_at: Some(row.applied_at()),
            plugin: row.plugin,
            version: row.version,
            name: row.name,
        });
    }
    statuses
}

/// What [`run`] would do: nothing else, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The migrations it would apply.
    pub migrations: Vec<PlannedMigration>,
    /// The platform and service rows it would add for the enabled plugins.
    pub rows: Vec<MissingRow>,
}

/// A migration that a plan applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedMigration {
    /// `core` or a plugin's id.
    pub plugin: String,
    /// Folder name.
    pub name: String,
    /// The statements.
    pub sql: &'static str,
}

impl Plan {
    /// Whether nothing is left to do.
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty() && self.rows.is_empty()
    }
}

/// Works out what is pending.
///
/// # Errors
///
/// [`Error::Refused`] when an applied migration was edited, or when the database is newer than
/// this binary.
pub fn plan(connection: &mut Connection, registry: &Registry) -> Result<Plan> {
    refuse_drift(&status(connection, registry)?)?;
    let ledger = ledger::read(connection)?;
    let mut plan = Plan::default();
    for scope in scopes(registry) {
        let pending = Harness::new(connection, &scope, &ledger)
            .pending()
            .map_err(|error| Error::internal(error.to_string()).caused_by(error))?;
        plan.migrations.extend(pending.into_iter().map(|migration| PlannedMigration {
            plugin: scope.plugin.to_owned(),
            name: migration.folder.to_owned(),
            sql: migration.up,
        }));
    }
    plan.rows = platform_rows::missing(connection, registry)?;
    Ok(plan)
}

/// Names every applied migration that was edited or that this binary does not know.
fn refuse_drift(statuses: &[MigrationStatus]) -> Result<()> {
    let drift: Vec<String> = statuses
        .iter()
        .filter_map(|status| {
            let MigrationStatus { plugin, name, .. } = status;
            match status.state {
                MigrationState::Edited => Some(format!(
                    "the applied migration {plugin}/{name} was edited: restore its up.sql and put the change into a new migration"
                )),
                MigrationState::Unknown => Some(format!(
                    "the database has the migration {plugin}/{name}, which this binary does not know: it is older than the database; start a newer one, or take the migration back with the binary that knows it"
                )),
                _ => None,
            }
        })
        .collect();
    if drift.is_empty() { Ok(()) } else { Err(Error::refused(drift.join("\n"))) }
}

/// Applies everything that is pending and returns what was done.
///
/// Any number of processes may call this at once: one does the work, the others wait and find
/// nothing left. A failure changes nothing.
///
/// # Errors
///
/// As [`plan`]; [`Error::Refused`] naming the migration whose SQL failed, and each column in which the
/// tables differ from the structs of the plugins.
pub fn run(connection: &mut Connection, registry: &Registry) -> Result<Plan> {
    if plan(connection, registry)?.is_empty() {
        refuse_other_tables(connection, registry, "")?;
        return Ok(Plan::default());
    }
    locked(connection, |connection| {
        let plan = plan(connection, registry)?;
        apply_pending(connection, registry, |plugin, migration| {
            tracing::info!(plugin, migration, "applying");
        })?;
        refuse_other_tables(connection, registry, ", nothing was changed")?;
        platform_rows::ensure(connection, &plan.rows)?;
        Ok(plan)
    })
}

/// Applies what is pending, and says of each first which it is: plugin and folder.
fn apply_pending(
    connection: &mut Connection,
    registry: &Registry,
    mut announce: impl FnMut(&str, &str),
) -> Result<()> {
    let ledger = ledger::read(connection)?;
    for scope in scopes(registry) {
        let plugin = scope.plugin;
        let mut harness = Harness::new(connection, &scope, &ledger);
        let pending = harness
            .pending()
            .map_err(|error| Error::internal(error.to_string()).caused_by(error))?;
        for migration in pending {
            announce(plugin, migration.folder);
            harness.run(migration).map_err(|error| {
                Error::refused(format!(
                    "the migration {plugin}/{migration} failed, nothing was changed: {error}"
                ))
                .caused_by(error)
            })?;
        }
    }
    Ok(())
}

/// Refuses migrated tables that are not those of the plugins' structs.
fn refuse_other_tables(
    connection: &mut Connection,
    registry: &Registry,
    consequence: &str,
) -> Result<()> {
    let problems = table_problems(connection, registry)?;
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the tables differ from the structs of the plugins{consequence}\n{problems}"
    )))
}

/// Runs all migrations on a scratch database, compares the tables with the plugins' structs, and
/// takes everything back. On PostgreSQL it works in a schema of its own, within one transaction.
///
/// # Errors
///
/// As [`run`], and what the database says.
pub fn rehearse(connection: &mut Connection, registry: &Registry) -> Result<Problems> {
    let mut problems = None;
    let rehearsed: Result<()> = connection.write(|connection| {
        if connection.backend() == Backend::Postgres {
            let schema = format!("portal_check_{}", Id::new().as_str().replace('-', "_"));
            connection.batch_execute(&format!(
                "CREATE SCHEMA {schema}; SET LOCAL search_path TO {schema}"
            ))?;
        }
        ledger::ensure(connection)?;
        apply_pending(connection, registry, |_, _| {})?;
        problems = Some(table_problems(connection, registry)?);
        // Whatever was done is taken back.
        Err(DieselError::RollbackTransaction.into())
    });
    match (problems, rehearsed) {
        (Some(problems), _) => Ok(problems),
        (None, rehearsed) => rehearsed.map(|()| Problems::new()),
    }
}

/// What this binary needs and the database lacks, each in words; changes nothing.
///
/// # Errors
///
/// As [`plan`]; when no migration is pending, [`Error::Refused`] naming each column in which the tables
/// differ from the structs of the plugins.
pub fn missing(connection: &mut Connection, registry: &Registry) -> Result<Vec<String>> {
    let plan = plan(connection, registry)?;
    if plan.migrations.is_empty() {
        refuse_other_tables(connection, registry, "")?;
    }
    let migrations = plan
        .migrations
        .iter()
        .map(|planned| format!("migration {}/{}", planned.plugin, planned.name));
    Ok(migrations.chain(plan.rows.iter().map(ToString::to_string)).collect())
}

/// Whether the database has all that this binary needs. Unlike [`missing`], migrations of a newer
/// binary do not matter: they must not take the older servers out of service.
///
/// # Errors
///
/// [`Error::Refused`] naming what is missing, or what the database says.
pub fn ready(connection: &mut Connection, registry: &Registry) -> Result<()> {
    let pending: Vec<String> = status(connection, registry)?
        .into_iter()
        .filter(|status| status.state == MigrationState::Pending)
        .map(|status| format!("{}/{}", status.plugin, status.name))
        .collect();
    if pending.is_empty() {
        Ok(())
    } else {
        Err(Error::refused(format!("pending migrations: {}", pending.join(", "))))
    }
}

/// Runs `work` in one transaction under the migration lock, with foreign keys off on SQLite and
/// checked before the commit.
pub(crate) fn locked<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    set_foreign_keys(connection, false)?;
    let result = connection.write(|connection| {
        lock_for_migrations(connection)?;
        ledger::ensure(connection)?;
        let done = work(connection)?;
        match orphaned_tables(connection)?.as_slice() {
            [] => Ok(done),
            tables => Err(Error::refused(format!(
                "a migration leaves rows without their parent in {}, nothing was changed",
                tables.join(", ")
            ))),
        }
    });
    set_foreign_keys(connection, true)?;
    result
}
