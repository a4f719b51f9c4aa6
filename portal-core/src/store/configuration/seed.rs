//! Writing configuration that is known to be right, such as the demo's and the tests'.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::Value;

use super::super::tables::{
    configuration_revision, data_products, environment_platform_configurations,
    environment_service_configurations, environments, platform_service_configurations,
    platform_services, platforms,
};
use crate::db::Connection;
use crate::environment::Environment;
use crate::error::Result;
use crate::id::Id;
use crate::registry::Registry;
use crate::template::Fields;

/// Adds an environment.
///
/// # Errors
///
/// What the database says.
pub fn add_environment(connection: &mut Connection, environment: &Environment) -> Result<()> {
    diesel::insert_into(environments::table)
        .values((
            environments::id.eq(&environment.id),
            environments::name.eq(&environment.name),
            environments::acronym.eq(&environment.acronym),
            environments::context.eq(&environment.context),
            environments::is_default.eq(environment.is_default),
        ))
        .execute(connection)?;
    Ok(())
}

/// Sets the options that a plugin's service offers; an empty list removes them.
///
/// # Errors
///
/// What the database says; the plugin's service row must exist.
pub fn set_options(connection: &mut Connection, plugin: &str, options: &[String]) -> Result<()> {
    let service_id = service_id(connection, plugin)?;
    let table = platform_service_configurations::table;
    let own = table.filter(platform_service_configurations::service_id.eq(&service_id));
    if options.is_empty() {
        diesel::delete(own).execute(connection)?;
        return Ok(());
    }
    let stored = Value::from(options).to_string();
    let updated = diesel::update(own)
        .set(platform_service_configurations::options.eq(&stored))
        .execute(connection)?;
    if updated == 0 {
        diesel::insert_into(table)
            .values((
                platform_service_configurations::id.eq(Id::new()),
                platform_service_configurations::service_id.eq(&service_id),
                platform_service_configurations::options.eq(&stored),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// A platform's values in one environment, those that only plugins elsewhere read among them. What
/// cannot be read counts as none.
///
/// # Errors
///
/// What the database says; the platform row must exist.
pub fn platform_values(
    connection: &mut Connection,
    environment: &Id,
    platform: &str,
) -> Result<Fields> {
    let platform_id = platform_id(connection, platform)?;
    let stored: Option<String> = environment_platform_configurations::table
        .filter(environment_platform_configurations::environment_id.eq(environment))
        .filter(environment_platform_configurations::platform_id.eq(&platform_id))
        .select(environment_platform_configurations::config)
        .get_result(connection)
        .optional()?;
    Ok(stored.and_then(|stored| serde_json::from_str(&stored).ok()).unwrap_or_default())
}

/// Sets a platform's values in one environment; `None` removes them.
///
/// # Errors
///
/// What the database says; the platform row must exist.
pub fn set_platform_values(
    connection: &mut Connection,
    environment: &Id,
    platform: &str,
    values: Option<&Value>,
) -> Result<()> {
    use environment_platform_configurations as configurations;
    let platform_id = platform_id(connection, platform)?;
    let own = configurations::table
        .filter(configurations::environment_id.eq(environment))
        .filter(configurations::platform_id.eq(&platform_id));
    let Some(values) = values else {
        diesel::delete(own).execute(connection)?;
        return Ok(());
    };
    let stored = values.to_string();
    let updated =
        diesel::update(own).set(configurations::config.eq(&stored)).execute(connection)?;
    if updated == 0 {
        diesel::insert_into(configurations::table)
            .values((
                configurations::id.eq(Id::new()),
                configurations::environment_id.eq(environment),
                configurations::platform_id.eq(&platform_id),
                configurations::config.eq(&stored),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Sets the entries of a plugin's service in one environment; `None` removes them.
///
/// # Errors
///
/// What the database says; the plugin's service row must exist.
pub fn set_entries(
    connection: &mut Connection,
    environment: &Id,
    plugin: &str,
    entries: Option<&[Value]>,
) -> Result<()> {
    use environment_service_configurations as configurations;
    let service_id = service_id(connection, plugin)?;
    let own = configurations::table
        .filter(configurations::environment_id.eq(environment))
        .filter(configurations::service_id.eq(&service_id));
    let Some(entries) = entries else {
        diesel::delete(own).execute(connection)?;
        return Ok(());
    };
    let stored = Value::from(entries).to_string();
    let updated =
        diesel::update(own).set(configurations::config.eq(&stored)).execute(connection)?;
    if updated == 0 {
        diesel::insert_into(configurations::table)
            .values((
                configurations::id.eq(Id::new()),
                configurations::environment_id.eq(environment),
                configurations::service_id.eq(&service_id),
                configurations::config.eq(&stored),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Overrides the templates of a plugin's service; `None` goes back to the plugin's own.
///
/// # Errors
///
/// What the database says.
pub fn set_templates(
    connection: &mut Connection,
    plugin: &str,
    result: Option<&str>,
    technical_info: Option<&str>,
) -> Result<()> {
    diesel::update(platform_services::table.filter(platform_services::plugin.eq(plugin)))
        .set((
            platform_services::result_template.eq(result),
            platform_services::technical_info_template.eq(technical_info),
        ))
        .execute(connection)?;
    Ok(())
}

/// Tells every server that configuration has changed. Call it last, in the same transaction.
///
/// # Errors
///
/// What the database says.
pub fn bump_revision(connection: &mut Connection) -> Result<()> {
    diesel::update(configuration_revision::table)
        .set(configuration_revision::revision.eq(configuration_revision::revision + 1))
        .execute(connection)?;
    Ok(())
}

fn platform_id(connection: &mut Connection, key: &str) -> QueryResult<Id> {
    platforms::table.filter(platforms::key.eq(key)).select(platforms::id).first(connection)
}

fn service_id(connection: &mut Connection, plugin: &str) -> QueryResult<Id> {
    platform_services::table
        .filter(platform_services::plugin.eq(plugin))
        .select(platform_services::id)
        .first(connection)
}

/// Configures every enabled plugin by its own examples: options, and for each of these
/// environments the platform's values and one entry.
///
/// # Errors
///
/// What the database says; the platform and service rows must exist.
pub fn add_examples(
    connection: &mut Connection,
    registry: &Registry,
    environments: &[Environment],
) -> Result<()> {
    for environment in environments {
        add_environment(connection, environment)?;
        for (platform, values) in example_values(registry, &environment.acronym) {
            set_platform_values(connection, &environment.id, platform, Some(&values))?;
        }
    }
    for plugin in registry.outputs() {
        let Some(output) = plugin.output() else { continue };
        set_options(connection, plugin.id(), &output.example_options())?;
        for environment in environments {
            let entry = output.example_entry(&environment.acronym);
            set_entries(connection, &environment.id, plugin.id(), Some(&[entry]))?;
        }
    }
    bump_revision(connection)
}

/// The example values of each platform: those of all its plugins together.
fn example_values(registry: &Registry, acronym: &str) -> BTreeMap<&'static str, Value> {
    let mut all: BTreeMap<&str, Fields> = BTreeMap::new();
    for plugin in registry.plugins() {
        if let Value::Object(values) = plugin.example_values(acronym) {
            all.entry(plugin.platform_key()).or_default().extend(values);
        }
    }
    all.into_iter().map(|(platform, values)| (platform, Value::Object(values))).collect()
}

/// Runs `fill` in one transaction unless the database holds data products or environments
/// already; says whether it ran. Several servers may call this at once: one of them fills.
///
/// # Errors
///
/// What `fill` returns; then nothing is written.
pub fn if_empty(
    connection: &mut Connection,
    fill: impl FnOnce(&mut Connection) -> Result<()>,
) -> Result<bool> {
    connection.write(|connection| {
        connection.lock_for_migrations()?;
        let products: i64 = data_products::table.count().get_result(connection)?;
        let known: i64 = environments::table.count().get_result(connection)?;
        if products + known > 0 {
            return Ok(false);
        }
        fill(connection)?;
        Ok(true)
    })
}
