//! What is configured for a plugin, as a file holds it: its service with options and entries, and
//! its platform's values.

use std::collections::BTreeMap;

use diesel::prelude::*;
use portal_core::template::Fields;
use portal_core::{Error, Id, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::db::Connection;
use crate::linked::LinkedPlugin;
use crate::tables::{
    environment_platform_configurations, environment_service_configurations, environments,
    platform_service_configurations, platform_services, platforms,
};

/// A plugin's service with all that is configured for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedService {
    /// Its id, which its assets name.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// The operator's template of the result, if there is one.
    pub result_template: Option<String>,
    /// The operator's template of the technical information, if there is one.
    pub technical_info_template: Option<String>,
    /// What forms offer, if anything is configured.
    pub options: Option<ExportedOptions>,
    /// Its entries, one member for each environment that has any.
    pub entries: Vec<ExportedEntries>,
}

/// The options of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedOptions {
    /// Id of this configuration.
    pub id: Id,
    /// The options.
    pub options: Vec<String>,
}

/// The entries of a service in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedEntries {
    /// Id of this configuration.
    pub id: Id,
    /// Name of the environment.
    pub environment: String,
    /// The entries.
    pub entries: Vec<Fields>,
}

/// The platform of a plugin, which may have other plugins as well, and outlives all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedPlatform {
    /// Its key.
    pub key: String,
    /// Its values, one member for each environment that has any: those that the plugin reads, or
    /// all when the plugin was not linked.
    pub values: Vec<ExportedValues>,
}

/// The values of a platform in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedValues {
    /// Id of this configuration.
    pub id: Id,
    /// Name of the environment.
    pub environment: String,
    /// The values; secrets are references here as everywhere.
    pub values: Fields,
}

/// Reads a service with its options and entries.
///
/// # Errors
///
/// [`Error::Refused`] when something stored is no JSON, which a file could not hold as it is.
pub(super) fn read_service(connection: &mut Connection, service: &Id) -> Result<ExportedService> {
    let (name, result_template, technical_info_template) = platform_services::table
        .find(service)
        .select((
            platform_services::name,
            platform_services::result_template,
            platform_services::technical_info_template,
        ))
        .get_result(connection)?;
    let options = stored_options(connection, service)?
        .map(|(id, stored)| {
            let options = parsed("the options", &stored)?;
            Ok::<_, Error>(ExportedOptions { id, options })
        })
        .transpose()?;
    let entries = stored_entries(connection, service)?
        .into_iter()
        .map(|(id, environment, stored)| {
            let entries = parsed(&format!("the entries in {environment}"), &stored)?;
            Ok(ExportedEntries { id, environment, entries })
        })
        .collect::<Result<_>>()?;
    let id = service.clone();
    Ok(ExportedService { id, name, result_template, technical_info_template, options, entries })
}

/// Reads the platform of a service. A plugin that is not linked cannot say which values it reads.
pub(super) fn read_platform(
    connection: &mut Connection,
    service: &Id,
    linked: Option<&LinkedPlugin>,
) -> Result<ExportedPlatform> {
    let (platform, key): (Id, String) = platform_services::table
        .inner_join(platforms::table.on(platforms::id.eq(platform_services::platform_id)))
        .filter(platform_services::id.eq(service))
        .select((platforms::id, platforms::key))
        .get_result(connection)?;
    let mut values = Vec::new();
    for (id, environment, stored) in stored_values(connection, &platform)? {
        let mut own: Fields = parsed(&format!("the values in {environment}"), &stored)?;
        let is_empty = own.is_empty();
        if let Some(plugin) = linked {
            own.retain(|name, _| plugin.values_schema().property_names().any(|one| one == name));
        }
        if is_empty || !own.is_empty() {
            values.push(ExportedValues { id, environment, values: own });
        }
    }
    Ok(ExportedPlatform { key, values })
}

/// How much is configured for a service: its options, its entries by environment. What cannot be
/// read counts as nothing, so that it can be taken away.
pub(super) fn count_configured(
    connection: &mut Connection,
    service: &Id,
) -> QueryResult<(usize, BTreeMap<String, usize>)> {
    fn count(stored: &str) -> usize {
        serde_json::from_str::<Vec<serde_json::Value>>(stored).map_or(0, |list| list.len())
    }
    let options = stored_options(connection, service)?.map_or(0, |(_, stored)| count(&stored));
    let entries = stored_entries(connection, service)?;
    let entries = entries.into_iter().map(|(_, name, stored)| (name, count(&stored))).collect();
    Ok((options, entries))
}

fn stored_options(connection: &mut Connection, service: &Id) -> QueryResult<Option<(Id, String)>> {
    use platform_service_configurations as configurations;
    configurations::table
        .filter(configurations::service_id.eq(service))
        .select((configurations::id, configurations::options))
        .get_result(connection)
        .optional()
}

/// Id, name of the environment, and text.
type Stored = (Id, String, String);

fn stored_entries(connection: &mut Connection, service: &Id) -> QueryResult<Vec<Stored>> {
    use environment_service_configurations as configurations;
    configurations::table
        .inner_join(environments::table.on(environments::id.eq(configurations::environment_id)))
        .filter(configurations::service_id.eq(service))
        .order(environments::name)
        .select((configurations::id, environments::name, configurations::config))
        .load(connection)
}

pub(super) fn stored_values(
    connection: &mut Connection,
    platform: &Id,
) -> QueryResult<Vec<Stored>> {
    use environment_platform_configurations as configurations;
    configurations::table
        .inner_join(environments::table.on(environments::id.eq(configurations::environment_id)))
        .filter(configurations::platform_id.eq(platform))
        .order(environments::name)
        .select((configurations::id, environments::name, configurations::config))
        .load(connection)
}

pub(super) fn parsed<T: DeserializeOwned>(what: &str, stored: &str) -> Result<T> {
    serde_json::from_str(stored).map_err(|error| {
        Error::refused(format!("{what} cannot be read as they are stored: {error}; set them again"))
            .caused_by(error)
    })
}
