//! `--database-url`, the same for every command that needs a database.

use clap::Args;
use portal_core::Result;
use portal_engine::db::DatabaseUrl;

/// Which database to use.
#[derive(Debug, Args)]
pub(super) struct DatabaseArgs {
    /// Database: sqlite://FILE, or postgres://USER@HOST/NAME with the feature `postgres`
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
    pub(super) fn url(&self) -> Result<DatabaseUrl> {
        self.database_url.parse()
    }
}
