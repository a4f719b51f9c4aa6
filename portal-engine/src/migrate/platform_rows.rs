//! The platform and service rows that enabled plugins need.
//!
//! They follow from the plugins, so nobody writes them by hand: they are added with the
//! migrations, and a plan shows them.

use std::collections::BTreeMap;
use std::fmt;

use diesel::prelude::*;
use portal_core::{Id, Result};
use serde::Serialize;

use crate::db::{Connection, ConnectionExt};
use crate::registry::Registry;
use crate::tables::{platform_services, platforms};

/// A row that a plugin needs and the database does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum MissingRow {
    /// A platform.
    Platform {
        /// Its key.
        key: String,
        /// Its name for people.
        name: String,
    },
    /// A service of a platform.
    Service {
        /// Id of the plugin that brings it.
        plugin: String,
        /// Key of its platform.
        platform: String,
        /// The table of its data outputs.
        table: String,
        /// Its name for people.
        name: String,
    },
}

impl fmt::Display for MissingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MissingRow::Platform { key, .. } => write!(f, "platform {key}"),
            MissingRow::Service { plugin, platform, .. } => {
                write!(f, "service {plugin} of platform {platform}")
            }
        }
    }
}

/// The rows that are missing; all of them when the tables themselves are.
pub(super) fn missing(connection: &mut Connection, registry: &Registry) -> Result<Vec<MissingRow>> {
    let (known_platforms, known_services) = if connection.has_table("platform_services")? {
        (
            platforms::table.select(platforms::key).load::<String>(connection)?,
            platform_services::table
                .select(platform_services::plugin)
                .load::<String>(connection)?,
        )
    } else {
        (Vec::new(), Vec::new())
    };
    let wanted: BTreeMap<&str, &str> = registry
        .plugins()
        .iter()
        .map(|plugin| (plugin.platform_key(), plugin.platform_name()))
        .collect();
    let platforms = wanted
        .into_iter()
        .filter(|(key, _)| !known_platforms.iter().any(|known| known == key))
        .map(|(key, name)| MissingRow::Platform { key: key.to_owned(), name: name.to_owned() });
    let services = registry
        .outputs()
        .filter(|plugin| !known_services.iter().any(|known| known == plugin.id()))
        .map(|plugin| MissingRow::Service {
            plugin: plugin.id().to_owned(),
            platform: plugin.platform_key().to_owned(),
            table: plugin.table().unwrap_or_default().to_owned(),
            name: plugin.display_name().to_owned(),
        });
    Ok(platforms.chain(services).collect())
}

/// Adds the rows, platforms before their services.
pub(super) fn ensure(connection: &mut Connection, rows: &[MissingRow]) -> Result<()> {
    for row in rows {
        match row {
            MissingRow::Platform { key, name } => {
                diesel::insert_into(platforms::table)
                    .values((
                        platforms::id.eq(Id::new()),
                        platforms::key.eq(key),
                        platforms::name.eq(name),
                    ))
                    .execute(connection)?;
            }
            MissingRow::Service { plugin, platform, table, name } => {
                let platform_id: Id = platforms::table
                    .filter(platforms::key.eq(platform))
                    .select(platforms::id)
                    .first(connection)?;
                diesel::insert_into(platform_services::table)
                    .values((
                        platform_services::id.eq(Id::new()),
                        platform_services::platform_id.eq(platform_id),
                        platform_services::plugin.eq(plugin),
                        platform_services::table_name.eq(table),
                        platform_services::name.eq(name),
                    ))
                    .execute(connection)?;
            }
        }
    }
    Ok(())
}
