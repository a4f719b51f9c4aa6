//! `--database-url`, the same for every command that needs a database.

use clap::Args;
use portal_core::Result;
use portal_engine::Registry;
use portal_engine::db::{Connection, DatabaseUrl};

use crate::migrated;

/// How a database is brought up to date without being asked for it.
pub(super) const SERVE: &str = "serve without --no-migrate";

/// Which database to use.
#[derive(Debug, Args)]
pub(super) struct DatabaseArgs {
    /// Database: sqlite://FILE, or postgres://USER:PASSWORD@HOST/NAME in a build with the feature
    /// `postgres`
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "sqlite://portal.db",
        value_name = "URL",
        hide_env_values = true
    )]
    database_url: String,
}

impl DatabaseArgs {
    /// The address as it was given.
    pub(super) fn text(&self) -> &str {
        &self.database_url
    }

    pub(super) fn url(&self) -> Result<DatabaseUrl> {
        self.database_url.parse()
    }

    /// A connection to a database that has all that the enabled plugins need.
    pub(super) fn connect_to_migrated(&self, registry: &Registry) -> Result<Connection> {
        let mut connection = self.url()?.connect_to_look()?;
        migrated::check(&mut connection, registry, SERVE)?;
        Ok(connection)
    }
}
