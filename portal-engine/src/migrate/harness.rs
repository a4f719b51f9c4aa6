//! Diesel's harness over one part of the ledger: what is pending, run and taken back is diesel's to
//! say; that core and each plugin have a ledger of their own, with checksums, is ours.
//!
//! The transaction and the lock around all of it are the caller's.

use diesel::migration::{Migration, MigrationSource, MigrationVersion, Result};
use diesel_migrations::MigrationHarness;
use portal_core::MultiBackend;

use super::{EmbeddedMigration, Scope, ledger};
use crate::db::Connection;
use crate::migration::version;

/// One scope of the ledger, and the connection to change it with.
pub(super) struct Harness<'a> {
    connection: &'a mut Connection,
    scope: &'a Scope,
    /// Versions that are applied, newest first.
    applied: Vec<String>,
}

impl<'a> Harness<'a> {
    /// `ledger` are the rows of all scopes, oldest first.
    pub(super) fn new(
        connection: &'a mut Connection,
        scope: &'a Scope,
        ledger: &[ledger::Row],
    ) -> Self {
        let own = ledger.iter().rev().filter(|row| row.plugin == scope.plugin);
        let applied = own.map(|row| row.version.clone()).collect();
        Harness { connection, scope, applied }
    }

    /// What is not applied yet, oldest first.
    #[expect(clippy::disallowed_methods, reason = "it is called on this harness")]
    pub(super) fn pending(&mut self) -> Result<Vec<&'a EmbeddedMigration>> {
        let pending = self.pending_migrations(self.scope)?;
        pending.iter().map(|migration| self.embedded(migration.name().version())).collect()
    }

    /// Applies one.
    #[expect(clippy::disallowed_methods, reason = "it is called on this harness")]
    pub(super) fn run(&mut self, migration: &EmbeddedMigration) -> Result<()> {
        self.run_migration(migration).map(drop)
    }

    /// Takes back the newest, or all, and returns their folders.
    #[expect(clippy::disallowed_methods, reason = "it is called on this harness")]
    pub(super) fn revert(&mut self, all: bool) -> Result<Vec<&'static str>> {
        let scope = self.scope;
        let versions = if all {
            self.revert_all_migrations(scope)?
        } else {
            vec![self.revert_last_migration(scope)?]
        };
        let embedded = |version| scope.embedded(&version).map(|migration| migration.folder);
        versions.iter().map(MigrationVersion::as_owned).map(embedded).collect()
    }

    fn embedded(&self, version: MigrationVersion<'_>) -> Result<&'a EmbeddedMigration> {
        self.scope.embedded(&version)
    }
}

impl Scope {
    fn embedded(&self, wanted: &MigrationVersion<'_>) -> Result<&'static EmbeddedMigration> {
        let wanted = wanted.to_string();
        let found = self.migrations.iter().find(|migration| version(migration) == wanted);
        found.ok_or_else(|| format!("{} has no migration {wanted}", self.plugin).into())
    }
}

impl MigrationSource<MultiBackend> for &Scope {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<MultiBackend>>>> {
        let all = self.migrations.iter();
        Ok(all.map(|migration| Box::new(*migration) as Box<dyn Migration<MultiBackend>>).collect())
    }
}

impl MigrationHarness<MultiBackend> for Harness<'_> {
    fn run_migration(
        &mut self,
        migration: &dyn Migration<MultiBackend>,
    ) -> Result<MigrationVersion<'static>> {
        let version = migration.name().version().as_owned();
        let embedded = self.embedded(version.as_owned())?;
        migration.run(self.connection)?;
        ledger::add(self.connection, self.scope.plugin, embedded)?;
        self.applied.insert(0, version.to_string());
        Ok(version)
    }

    fn revert_migration(
        &mut self,
        migration: &dyn Migration<MultiBackend>,
    ) -> Result<MigrationVersion<'static>> {
        let version = migration.name().version().as_owned();
        migration.revert(self.connection)?;
        ledger::remove(self.connection, self.scope.plugin, &version.to_string())?;
        self.applied.retain(|applied| *applied != version.to_string());
        Ok(version)
    }

    fn applied_migrations(&mut self) -> Result<Vec<MigrationVersion<'static>>> {
        Ok(self.applied.iter().cloned().map(MigrationVersion::from).collect())
    }
}
