//! Taking migrations back, one plugin at a time.

use diesel::prelude::*;
use portal_core::__private::suggest;
use portal_core::{Error, Result};

use super::{
    CORE, Harness, MigrationState, MigrationStatus, Scope, ledger, locked, scopes, status,
};
use crate::db::{Connection, ConnectionExt};
use crate::registry::Registry;

/// Takes back the newest applied migration of one plugin, or all of them, newest first, and
/// returns their names.
///
/// # Errors
///
/// [`Error::Refused`] when the plugin is not linked here, has nothing applied, when rows would be
/// lost without `force`, or when plugins still build on the core that would go.
pub fn revert(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
    all: bool,
    force: bool,
) -> Result<Vec<String>> {
    let name = registry.find(plugin).map_or(plugin, |found| found.id());
    let scopes = scopes(registry);
    let scope = scopes.iter().find(|scope| scope.plugin == name).ok_or_else(|| {
        Error::refused(format!(
            "no plugin {plugin:?} with migrations is linked here ({})",
            suggest::hint(plugin, scopes.iter().map(|scope| scope.plugin))
        ))
    })?;
    locked(connection, |connection| {
        if name == CORE {
            refuse_while_plugins_remain(&status(connection, registry)?)?;
        }
        if !force {
            refuse_loss(connection, registry, name)?;
        }
        take_back(connection, scope, all)
    })
}

/// Takes back all migrations of a linked plugin, within a transaction of the caller's.
pub(crate) fn revert_all(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
) -> Result<Vec<String>> {
    let scopes = scopes(registry);
    let Some(scope) = scopes.iter().find(|scope| scope.plugin == plugin) else {
        return Ok(Vec::new());
    };
    take_back(connection, scope, true)
}

/// Takes back the newest applied migration, or all, newest first. One that this binary does not
/// know is in the way of the others.
fn take_back(connection: &mut Connection, scope: &Scope, all: bool) -> Result<Vec<String>> {
    let name = scope.plugin;
    let ledger = ledger::read(connection)?;
    if ledger.iter().all(|row| row.plugin != name) {
        return Err(Error::refused(format!("no migration of {name} is applied")));
    }
    let reverted = Harness::new(connection, scope, &ledger).revert(all).map_err(|error| {
        Error::refused(format!(
            "taking back migrations of {name} failed, nothing was changed: {error}"
        ))
        .caused_by(error)
    })?;
    Ok(reverted.into_iter().map(str::to_owned).collect())
}

fn refuse_while_plugins_remain(statuses: &[MigrationStatus]) -> Result<()> {
    let mut plugins: Vec<&str> = statuses
        .iter()
        .filter(|status| status.plugin != CORE && status.state != MigrationState::Pending)
        .map(|status| status.plugin.as_str())
        .collect();
    plugins.dedup();
    if plugins.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "plugins still build on core's tables: take back {} first",
        plugins.join(", ")
    )))
}

/// Refuses when the plugin's table, or for core the data products, still hold rows.
fn refuse_loss(connection: &mut Connection, registry: &Registry, name: &str) -> Result<()> {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let table = registry.find(name).and_then(|plugin| plugin.table()).unwrap_or("data_products");
    if !connection.has_table(table)? {
        return Ok(());
    }
    let rows: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"))
        .get_result(connection)?;
    match rows.count {
        0 => Ok(()),
        count => Err(Error::Unconfirmed(format!(
            "taking back migrations of {name} loses {count} rows of {table}"
        ))),
    }
}
