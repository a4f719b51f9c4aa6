//! What the database has of plugins that this binary does not serve.
//!
//! Their rows stay, so that the plugin can come back. But a crate that somebody forgot to name is
//! not there either, and then the rows are all that knows of it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use portal_core::{Id, Result};

use super::{MigrationState, MigrationStatus, status};
use crate::db::{Connection, ConnectionExt};
use crate::registry::Registry;
use crate::tables::{platform_services, technical_assets};

/// A plugin that the database knows, by its migrations or its service, and this binary does not
/// serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsentPlugin {
    /// Its id.
    pub id: String,
    /// Whether it is linked, and only disabled.
    pub is_disabled: bool,
    /// How many technical assets it has.
    pub assets: i64,
}

/// The plugins that the database knows and this binary does not serve, by id; none of a database
/// that is empty.
///
/// # Errors
///
/// What the database says.
pub fn absent(connection: &mut Connection, registry: &Registry) -> Result<Vec<AbsentPlugin>> {
    let statuses = status(connection, registry)?;
    absent_of(connection, registry, &statuses)
}

/// The same for whoever has the migrations at hand.
///
/// # Errors
///
/// What the database says.
pub fn absent_of(
    connection: &mut Connection,
    registry: &Registry,
    statuses: &[MigrationStatus],
) -> Result<Vec<AbsentPlugin>> {
    let mut known: BTreeMap<String, Option<Id>> = statuses
        .iter()
        .filter(|status| status.state == MigrationState::Absent)
        .map(|status| (status.plugin.clone(), None))
        .collect();
    if connection.has_table("platform_services")? {
        let services: Vec<(String, Id)> = platform_services::table
            .select((platform_services::plugin, platform_services::id))
            .load(connection)?;
        known.extend(services.into_iter().map(|(plugin, service)| (plugin, Some(service))));
    }
    known.retain(|id, _| registry.plugins().iter().all(|plugin| plugin.id() != id));
    let absent = known.into_iter().map(|(id, service)| {
        let assets = match service {
            Some(service) => technical_assets::table
                .filter(technical_assets::service_id.eq(service))
                .count()
                .get_result(connection)?,
            None => 0,
        };
        let is_disabled = registry.disabled().iter().any(|plugin| plugin.id() == id);
        Ok(AbsentPlugin { id, is_disabled, assets })
    });
    absent.collect()
}
