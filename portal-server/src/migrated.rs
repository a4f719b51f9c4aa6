//! Whether a database has all that the enabled plugins need.

use portal_core::{Error, Result};
use portal_engine::db::Connection;
use portal_engine::{Registry, migrate};

/// Refuses a database that lacks something, and says how to have it brought up to date `otherwise`
/// than by `migrations run`.
pub(crate) fn check(
    connection: &mut Connection,
    registry: &Registry,
    otherwise: &str,
) -> Result<()> {
    let missing = migrate::missing(connection, registry)?;
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(Error::refused(format!(
        "the database lacks {missing}: run `migrations run`, or {otherwise}"
    )))
}
