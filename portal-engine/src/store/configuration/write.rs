//! Writing the configuration, one part at a time: the only place that does. What is written has
//! been checked before.

use diesel::prelude::*;
use portal_core::environment::Environment;
use portal_core::template::Fields;
use portal_core::{Error, Id, Result};
use serde_json::Value;

use crate::access::AccessSettings;
use crate::db::{Connection, ConnectionExt, lock_for_migrations};
use crate::store::sessions::end_sessions_of_others;
use crate::tables::{
    access, compatibility, configuration_revision, data_product_types, data_products, domains,
    environment_platform_configurations, environment_service_configurations, environments,
    platform_service_configurations, platform_services, platforms,
};
use crate::wire_names::WireNames;

/// Changes the row with these keys, or adds it under an id. A macro, because each table has types
/// of its own; not `ON CONFLICT`, which diesel does not offer where a connection may lead to one
/// database or another.
macro_rules! upsert {
    (
        $connection:expr, $table:ident ($id:expr),
        [$($key:ident = $name:expr),+], [$($column:ident = $value:expr),+ $(,)?]
    ) => {{
        let row = $table::table$(.filter($table::$key.eq($name)))+;
        let values = ($($table::$column.eq($value),)+);
        if diesel::update(row).set(values).execute($connection)? == 0 {
            diesel::insert_into($table::table)
                .values(($table::id.eq($id), $($table::$key.eq($name),)+ values))
                .execute($connection)?;
        }
    }};
}

/// Sets who may do what; `None` says nothing of it. Sessions of another provider than these settings name
/// end with that.
///
/// # Errors
///
/// What the database says.
pub fn set_access(connection: &mut Connection, settings: Option<&AccessSettings>) -> Result<()> {
    diesel::delete(access::table).execute(connection)?;
    let provider = settings.and_then(|settings| settings.oidc.as_ref());
    end_sessions_of_others(connection, provider)?;
    if let Some(settings) = settings {
        let text = serde_json::to_string(settings)
            .map_err(|error| Error::internal(error.to_string()).caused_by(error))?;
        diesel::insert_into(access::table)
            .values((access::id.eq(1), access::settings.eq(text)))
            .execute(connection)?;
    }
    Ok(())
}

/// Sets which names of plugins answers carry; `None` says nothing of it.
///
/// # Errors
///
/// What the database says.
pub fn set_wire_names(connection: &mut Connection, names: Option<WireNames>) -> Result<()> {
    diesel::delete(compatibility::table).execute(connection)?;
    if let Some(names) = names {
        diesel::insert_into(compatibility::table)
            .values((compatibility::id.eq(1), compatibility::wire_names.eq(names)))
            .execute(connection)?;
    }
    Ok(())
}

/// Sets the description of a domain, which exists from then on; `None` removes it.
///
/// # Errors
///
/// What the database says: a domain that data products use cannot be removed.
pub fn set_domain(
    connection: &mut Connection,
    name: &str,
    description: Option<&str>,
) -> Result<()> {
    let Some(description) = description else {
        diesel::delete(domains::table.filter(domains::name.eq(name))).execute(connection)?;
        return Ok(());
    };
    upsert!(connection, domains(Id::new()), [name = name], [description = description]);
    Ok(())
}

/// Sets description and icon of a data product type, which exists from then on; `None` removes it.
///
/// # Errors
///
/// What the database says: a type that data products use cannot be removed.
pub fn set_type(connection: &mut Connection, name: &str, kind: Option<(&str, &str)>) -> Result<()> {
    let Some((description, icon)) = kind else {
        let own = data_product_types::table.filter(data_product_types::name.eq(name));
        diesel::delete(own).execute(connection)?;
        return Ok(());
    };
    upsert!(
        connection,
        data_product_types(Id::new()),
        [name = name],
        [description = description, icon_key = icon]
    );
    Ok(())
}

/// Sets an environment by its name. One that is new gets the id given here, one that is there keeps
/// its own.
///
/// # Errors
///
/// What the database says.
pub fn set_environment(connection: &mut Connection, environment: &Environment) -> Result<()> {
    let Environment { id, name, acronym, context, is_default } = environment;
    upsert!(
        connection,
        environments(id),
        [name = name],
        [acronym = acronym, context = context, is_default = *is_default]
    );
    Ok(())
}

/// Removes an environment with everything that is configured in it.
///
/// # Errors
///
/// What the database says.
pub fn remove_environment(connection: &mut Connection, name: &str) -> Result<()> {
    let own = environments::table.filter(environments::name.eq(name));
    diesel::delete(own).execute(connection)?;
    Ok(())
}

/// Lets an environment give its acronym up until it is set again: acronyms are unique after every
/// statement, and another one may take this one over. Until then it has its id for an acronym.
///
/// # Errors
///
/// What the database says.
pub fn release_acronym(connection: &mut Connection, environment: &str) -> Result<()> {
    diesel::update(environments::table.filter(environments::name.eq(environment)))
        .set(environments::acronym.eq(environments::id))
        .execute(connection)?;
    Ok(())
}

/// Sets the options that a plugin's service offers; an empty list removes them.
///
/// # Errors
///
/// What the database says; the plugin's service row must exist.
pub fn set_options(connection: &mut Connection, plugin: &str, options: &[String]) -> Result<()> {
    use platform_service_configurations as configurations;
    let service = service_id(connection, plugin)?;
    if options.is_empty() {
        let own = configurations::table.filter(configurations::service_id.eq(&service));
        diesel::delete(own).execute(connection)?;
        return Ok(());
    }
    let stored = Value::from(options).to_string();
    upsert!(connection, configurations(Id::new()), [service_id = &service], [options = &stored]);
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

/// A platform's values in one environment, those that only plugins elsewhere read among them. What
/// cannot be read counts as none.
///
/// # Errors
///
/// What the database says; the platform row must exist.
pub fn platform_values(
    connection: &mut Connection,
    environment: &str,
    platform: &str,
) -> Result<Fields> {
    use environment_platform_configurations as configurations;
    let environment = environment_id(connection, environment)?;
    let platform = platform_id(connection, platform)?;
    let stored: Option<String> = configurations::table
        .filter(configurations::environment_id.eq(&environment))
        .filter(configurations::platform_id.eq(&platform))
        .select(configurations::config)
        .get_result(connection)
        .optional()?;
    Ok(stored.and_then(|stored| serde_json::from_str(&stored).ok()).unwrap_or_default())
}

/// Sets a platform's values in one environment; `None` removes them.
///
/// # Errors
///
/// What the database says; the rows of environment and platform must exist.
pub fn set_platform_values(
    connection: &mut Connection,
    environment: &str,
    platform: &str,
    values: Option<Fields>,
) -> Result<()> {
    use environment_platform_configurations as configurations;
    let environment = environment_id(connection, environment)?;
    let platform = platform_id(connection, platform)?;
    let Some(values) = values else {
        let own = configurations::table
            .filter(configurations::environment_id.eq(&environment))
            .filter(configurations::platform_id.eq(&platform));
        diesel::delete(own).execute(connection)?;
        return Ok(());
    };
    let stored = Value::Object(values).to_string();
    upsert!(
        connection,
        configurations(Id::new()),
        [environment_id = &environment, platform_id = &platform],
        [config = &stored]
    );
    Ok(())
}

/// Sets the entries of a plugin's service in one environment; `None` removes them.
///
/// # Errors
///
/// What the database says; the rows of environment and service must exist.
pub fn set_entries(
    connection: &mut Connection,
    environment: &str,
    plugin: &str,
    entries: Option<Vec<Fields>>,
) -> Result<()> {
    use environment_service_configurations as configurations;
    let environment = environment_id(connection, environment)?;
    let service = service_id(connection, plugin)?;
    let Some(entries) = entries else {
        let own = configurations::table
            .filter(configurations::environment_id.eq(&environment))
            .filter(configurations::service_id.eq(&service));
        diesel::delete(own).execute(connection)?;
        return Ok(());
    };
    let stored = Value::from_iter(entries).to_string();
    upsert!(
        connection,
        configurations(Id::new()),
        [environment_id = &environment, service_id = &service],
        [config = &stored]
    );
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

fn environment_id(connection: &mut Connection, name: &str) -> QueryResult<Id> {
    environments::table
        .filter(environments::name.eq(name))
        .select(environments::id)
        .first(connection)
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
        lock_for_migrations(connection)?;
        let products: i64 = data_products::table.count().get_result(connection)?;
        let known: i64 = environments::table.count().get_result(connection)?;
        if products + known > 0 {
            return Ok(false);
        }
        fill(connection)?;
        Ok(true)
    })
}
