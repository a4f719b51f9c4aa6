//! What the engine reads of a migration, and core's own.

use diesel::migration::MigrationName;
use portal_core::__private::EmbeddedMigration;
use sha2::{Digest, Sha256};

/// Name under which the ledger keeps core's own migrations.
pub const CORE: &str = "core";

/// Core's migrations, oldest first.
pub const CORE_MIGRATIONS: &[EmbeddedMigration] =
    portal_core::migrations!["2026-01-01-000000_create_core"];

/// Name of the ledger's table.
pub(crate) const LEDGER: &str = "portal_migrations";

/// Whether a table is core's own, or the ledger.
pub(crate) fn is_core_table(table: &str) -> bool {
    let creates = format!("CREATE TABLE {table} (");
    table == LEDGER || CORE_MIGRATIONS.iter().any(|migration| migration.up.contains(&creates))
}

/// What orders migrations: the digits of the folder's timestamp.
pub fn version(migration: &EmbeddedMigration) -> String {
    MigrationName::version(migration).to_string()
}

/// SHA-256 of the SQL that applies it, in hexadecimal. Line ends do not count: a checkout on
/// another system may change them.
pub fn checksum(migration: &EmbeddedMigration) -> String {
    let digest = Sha256::digest(migration.up.replace("\r\n", "\n").as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the folder is named as the layout asks: a timestamp of 14 digits, then a name.
pub(crate) fn is_well_named(migration: &EmbeddedMigration) -> bool {
    let name = migration.folder.split_once('_').map_or("", |(_, name)| name);
    let version = version(migration);
    version.len() == 14
        && version.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
