//! The settings that the database holds.

use std::collections::BTreeMap;

use diesel::prelude::*;
use portal_core::Result;
use portal_core::template::Fields;
use serde_json::Value;

use super::file_schema::read_here;
use super::{Compatibility, EnvironmentSettings, ServiceSettings, Settings, TypeSettings};
use crate::db::Connection;
use crate::registry::Registry;
use crate::store::{Configuration, stored_access, stored_wire_names};
use crate::tables::{data_product_types, domains, platform_services};

/// Reads the settings that a file can speak of: those of this binary's plugins.
///
/// # Errors
///
/// What the database says.
pub fn export(connection: &mut Connection, registry: &Registry) -> Result<Settings> {
    let configuration = Configuration::load(connection, registry)?;
    let domains: Vec<(String, String)> =
        domains::table.select((domains::name, domains::description)).load(connection)?;
    let types: Vec<(String, String, String)> = data_product_types::table
        .select((
            data_product_types::name,
            data_product_types::description,
            data_product_types::icon_key,
        ))
        .load(connection)?;
    Ok(Settings {
        access: stored_access(connection)?,
        compatibility: Compatibility { wire_names: stored_wire_names(connection)? },
        domains: domains.into_iter().collect(),
        data_product_types: types
            .into_iter()
            .map(|(name, description, icon)| (name, TypeSettings { description, icon }))
            .collect(),
        services: services(connection, registry, &configuration)?,
        environments: environments(registry, &configuration),
    })
}

fn services(
    connection: &mut Connection,
    registry: &Registry,
    configuration: &Configuration,
) -> Result<BTreeMap<String, ServiceSettings>> {
    let templates: Vec<(String, Option<String>, Option<String>)> = platform_services::table
        .select((
            platform_services::plugin,
            platform_services::result_template,
            platform_services::technical_info_template,
        ))
        .load(connection)?;
    Ok(templates
        .into_iter()
        .filter(|(plugin, ..)| registry.find_output(plugin).is_some())
        .map(|(plugin, result_template, technical_info_template)| {
            let options = configuration.options_of(&plugin).to_vec();
            (plugin, ServiceSettings { options, result_template, technical_info_template })
        })
        .filter(|(_, service)| !service.is_empty())
        .collect())
}

fn environments(
    registry: &Registry,
    configuration: &Configuration,
) -> BTreeMap<String, EnvironmentSettings> {
    let mut all: BTreeMap<String, EnvironmentSettings> = BTreeMap::new();
    for environment in &configuration.environments {
        let platforms = configuration
            .values
            .iter()
            .filter(|values| values.environment_id == environment.id)
            .filter_map(|values| {
                let key = &configuration.platform(&values.platform_id)?.key;
                let Value::Object(config) = &values.config else { return None };
                Some((key.clone(), without_nulls(config)))
            })
            .collect();
        let platforms = read_here(registry, platforms);
        let services = configuration
            .entries
            .iter()
            .filter(|entries| entries.environment_id == environment.id)
            .filter_map(|entries| {
                let plugin = &configuration.service(&entries.service_id)?.plugin;
                registry.find_output(plugin)?;
                Some((plugin.clone(), entries.config.iter().map(without_nulls).collect()))
            })
            .collect();
        all.insert(
            environment.name.clone(),
            EnvironmentSettings {
                acronym: environment.acronym.clone(),
                context: environment.context.clone(),
                default: environment.is_default,
                platforms,
                services,
            },
        );
    }
    all
}

/// The members that say something: a file cannot say null, which means the same as absence.
fn without_nulls(fields: &Fields) -> Fields {
    let said = fields.iter().filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| (name.clone(), value.clone())).collect()
}
