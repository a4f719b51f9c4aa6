//! A migration as a crate brings it: its folder's name and its SQL, part of the binary.

use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{self, Migration, MigrationMetadata, MigrationName, MigrationVersion};

use crate::db::MultiBackend;

/// A migration whose SQL is part of the binary. Made by `migrations!`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedMigration {
    /// Folder name: version, underscore, what it does.
    pub folder: &'static str,
    /// SQL that applies it.
    pub up: &'static str,
    /// SQL that takes it back.
    pub down: &'static str,
}

impl fmt::Display for EmbeddedMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.folder)
    }
}

impl MigrationName for EmbeddedMigration {
    /// The digits before the first underscore, without dashes, as of diesel's own folders.
    fn version(&self) -> MigrationVersion<'_> {
        let stamp = self.folder.split_once('_').map_or(self.folder, |(stamp, _)| stamp);
        MigrationVersion::from(stamp.replace('-', ""))
    }
}

impl Migration<MultiBackend> for EmbeddedMigration {
    fn run(&self, connection: &mut dyn BoxableConnection<MultiBackend>) -> migration::Result<()> {
        Ok(connection.batch_execute(self.up)?)
    }

    fn revert(
        &self,
        connection: &mut dyn BoxableConnection<MultiBackend>,
    ) -> migration::Result<()> {
        Ok(connection.batch_execute(self.down)?)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &InTransaction
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

/// Every migration runs in a transaction, as is diesel's default.
struct InTransaction;

impl MigrationMetadata for InTransaction {}

/// Lists migration folders below the crate's `migrations/`, oldest first, and embeds their SQL.
#[macro_export]
macro_rules! migrations {
    ($($folder:literal),* $(,)?) => {
        &[$($crate::__private::EmbeddedMigration {
            folder: $folder,
            up: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/up.sql")),
            down: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/", $folder, "/down.sql")),
        }),*]
    };
}
