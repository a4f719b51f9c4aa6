//! Writing configuration that is known to be right, such as the demo's and the tests'.

use diesel::prelude::*;
use serde_json::Value;

use super::super::tables::{
    configuration_revision, environment_platform_configurations,
    environment_service_configurations, environments, platform_service_configurations,
    platform_services, platforms,
};
use crate::db::Connection;
use crate::environment::Environment;
use crate::error::Result;
use crate::id::Id;

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

/// Sets the options that a plugin's service offers.
///
/// # Errors
///
/// What the database says; the plugin's service row must exist.
pub fn set_options(connection: &mut Connection, plugin: &str, options: &[String]) -> Result<()> {
    let service_id = service_id(connection, plugin)?;
    let table = platform_service_configurations::table;
    diesel::delete(table.filter(platform_service_configurations::service_id.eq(&service_id)))
        .execute(connection)?;
    diesel::insert_into(table)
        .values((
            platform_service_configurations::id.eq(Id::new()),
            platform_service_configurations::service_id.eq(&service_id),
            platform_service_configurations::options.eq(Value::from(options).to_string()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Sets a platform's values in one environment.
///
/// # Errors
///
/// What the database says; the platform row must exist.
pub fn set_platform_values(
    connection: &mut Connection,
    environment: &Id,
    platform: &str,
    values: &Value,
) -> Result<()> {
    let platform_id: Id = platforms::table
        .filter(platforms::key.eq(platform))
        .select(platforms::id)
        .first(connection)?;
    let table = environment_platform_configurations::table;
    diesel::delete(
        table
            .filter(environment_platform_configurations::environment_id.eq(environment))
            .filter(environment_platform_configurations::platform_id.eq(&platform_id)),
    )
    .execute(connection)?;
    diesel::insert_into(table)
        .values((
            environment_platform_configurations::id.eq(Id::new()),
            environment_platform_configurations::environment_id.eq(environment),
            environment_platform_configurations::platform_id.eq(&platform_id),
            environment_platform_configurations::config.eq(values.to_string()),
        ))
        .execute(connection)?;
    Ok(())
}

/// Sets the entries of a plugin's service in one environment.
///
/// # Errors
///
/// What the database says; the plugin's service row must exist.
pub fn set_entries(
    connection: &mut Connection,
    environment: &Id,
    plugin: &str,
    entries: &[Value],
) -> Result<()> {
    let service_id = service_id(connection, plugin)?;
    let table = environment_service_configurations::table;
    diesel::delete(
        table
            .filter(environment_service_configurations::environment_id.eq(environment))
            .filter(environment_service_configurations::service_id.eq(&service_id)),
    )
    .execute(connection)?;
    diesel::insert_into(table)
        .values((
            environment_service_configurations::id.eq(Id::new()),
            environment_service_configurations::environment_id.eq(environment),
            environment_service_configurations::service_id.eq(&service_id),
            environment_service_configurations::config.eq(Value::from(entries).to_string()),
        ))
        .execute(connection)?;
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

fn service_id(connection: &mut Connection, plugin: &str) -> QueryResult<Id> {
    platform_services::table
        .filter(platform_services::plugin.eq(plugin))
        .select(platform_services::id)
        .first(connection)
}
