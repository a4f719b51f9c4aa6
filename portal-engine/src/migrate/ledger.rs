//! The ledger of applied migrations: `(plugin, version)`, checksum and time.

use chrono::{NaiveDateTime, SecondsFormat, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use portal_core::__private::EmbeddedMigration;

use crate::db::{Connection, ConnectionExt};
use crate::migration::{LEDGER, checksum, version};

diesel::table! {
    portal_migrations (plugin, version) {
        plugin -> Text,
        version -> Text,
        name -> Text,
        checksum -> Text,
        applied_at -> Timestamp,
    }
}

/// One applied migration.
#[derive(Debug, Queryable)]
pub(super) struct Row {
    pub plugin: String,
    pub version: String,
    pub name: String,
    pub checksum: String,
    applied_at: NaiveDateTime,
}

impl Row {
    /// When it was applied, RFC 3339.
    pub(super) fn applied_at(&self) -> String {
        self.applied_at.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

/// Creates the ledger. Only under the migration lock: two transactions that create one table at
/// once are an error on PostgreSQL, `IF NOT EXISTS` or not.
pub(super) fn ensure(connection: &mut Connection) -> QueryResult<()> {
    connection.batch_execute(
        "CREATE TABLE IF NOT EXISTS portal_migrations (
            plugin TEXT NOT NULL,
            version TEXT NOT NULL,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            applied_at TIMESTAMP NOT NULL,
            PRIMARY KEY (plugin, version)
        )",
    )
}

/// All applied migrations, oldest first; none when there is no ledger yet.
pub(super) fn read(connection: &mut Connection) -> QueryResult<Vec<Row>> {
    if !connection.has_table(LEDGER)? {
        return Ok(Vec::new());
    }
    portal_migrations::table
        .order((portal_migrations::plugin, portal_migrations::version))
        .load(connection)
}

pub(super) fn add(
    connection: &mut Connection,
    plugin: &str,
    migration: &EmbeddedMigration,
) -> QueryResult<()> {
    diesel::insert_into(portal_migrations::table)
        .values((
            portal_migrations::plugin.eq(plugin),
            portal_migrations::version.eq(version(migration)),
            portal_migrations::name.eq(migration.folder),
            portal_migrations::checksum.eq(checksum(migration)),
            portal_migrations::applied_at.eq(Utc::now().naive_utc()),
        ))
        .execute(connection)
        .map(|_| ())
}

pub(super) fn remove(connection: &mut Connection, plugin: &str, version: &str) -> QueryResult<()> {
    diesel::delete(portal_migrations::table.find((plugin, version))).execute(connection).map(|_| ())
}
