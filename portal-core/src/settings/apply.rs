//! Making the database say what a file says, in one transaction.

use diesel::prelude::*;
use serde_json::Value;

use super::file_schema::reads;
use super::plan::{SettingsPlan, Step, plan_from};
use super::{CheckedFile, EnvironmentSettings, Settings, export};
use crate::db::Connection;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::registry::Registry;
use crate::store::seed;
use crate::store::tables::{data_product_types, domains, environments};

/// Applies checked settings and returns what was changed. Applying them again changes nothing.
///
/// # Errors
///
/// [`Error::Refused`] when environments would be removed without `allow_remove`; what the
/// database says. Then nothing is written.
pub fn apply(
    connection: &mut Connection,
    registry: &Registry,
    wanted: &Settings,
    allow_remove: bool,
) -> Result<SettingsPlan> {
    connection.write(|connection| {
        connection.lock_for_migrations()?;
        let stored = export(connection, registry)?;
        carry_out_all(connection, registry, &stored, wanted, allow_remove)
    })
}

/// Applies a file as a start of the server does, in one transaction: nothing is removed, not even
/// what another server applies at the same time. Returns what was changed.
///
/// # Errors
///
/// [`Error::Refused`] when an environment of the file cannot stand beside one that stays, each at
/// `file:line`; what the database says. Then nothing is written.
pub fn apply_and_keep(
    connection: &mut Connection,
    registry: &Registry,
    file: CheckedFile,
) -> Result<SettingsPlan> {
    connection.write(|connection| {
        connection.lock_for_migrations()?;
        let stored = export(connection, registry)?;
        let wanted =
            file.beside(&stored).map_err(|problems| Error::Refused(problems.to_string()))?;
        carry_out_all(connection, registry, &stored, &wanted, false)
    })
}

fn carry_out_all(
    connection: &mut Connection,
    registry: &Registry,
    stored: &Settings,
    wanted: &Settings,
    allow_remove: bool,
) -> Result<SettingsPlan> {
    let plan = plan_from(connection, registry, stored, wanted)?;
    let removed = plan.removed_environments();
    if !allow_remove && !removed.is_empty() {
        return Err(Error::Refused(format!(
            "the file omits the environments {}: add --allow-remove to remove them with everything configured in them, or put them back",
            removed.join(", ")
        )));
    }
    if plan.is_empty() {
        return Ok(plan);
    }
    release_acronyms(connection, &plan)?;
    for change in &plan.changes {
        carry_out(connection, registry, &change.step)?;
    }
    seed::bump_revision(connection)?;
    Ok(plan)
}

/// Lets environments that change give their acronyms up, so that one may take over another's: they
/// are unique after every statement. Until it gets its own again, each has its id for an acronym.
fn release_acronyms(connection: &mut Connection, plan: &SettingsPlan) -> QueryResult<()> {
    for change in &plan.changes {
        if let Step::Environment(name, Some(_)) = &change.step {
            diesel::update(environments::table.filter(environments::name.eq(name)))
                .set(environments::acronym.eq(environments::id))
                .execute(connection)?;
        }
    }
    Ok(())
}

fn carry_out(connection: &mut Connection, registry: &Registry, step: &Step) -> Result<()> {
    match step {
        Step::Domain(name, description) => set_domain(connection, name, description.as_deref())?,
        Step::Type(name, kind) => {
            let table = data_product_types::table;
            match kind {
                None => {
                    diesel::delete(table.filter(data_product_types::name.eq(name)))
                        .execute(connection)?;
                }
                Some(kind) => {
                    let told = (
                        data_product_types::description.eq(&kind.description),
                        data_product_types::icon_key.eq(&kind.icon),
                    );
                    let updated = diesel::update(table.filter(data_product_types::name.eq(name)))
                        .set(told)
                        .execute(connection)?;
                    if updated == 0 {
                        diesel::insert_into(table)
                            .values((
                                data_product_types::id.eq(Id::new()),
                                data_product_types::name.eq(name),
                                told,
                            ))
                            .execute(connection)?;
                    }
                }
            }
        }
        Step::Service(plugin, service) => {
            seed::set_options(connection, plugin, &service.options)?;
            seed::set_templates(
                connection,
                plugin,
                service.result_template.as_deref(),
                service.technical_info_template.as_deref(),
            )?;
        }
        Step::Environment(name, None) => {
            diesel::delete(environments::table.filter(environments::name.eq(name)))
                .execute(connection)?;
        }
        Step::Environment(name, Some(settings)) => set_environment(connection, name, settings)?,
        Step::Values { environment, platform, values } => {
            let environment = environment_id(connection, environment)?;
            let mut all = seed::platform_values(connection, &environment, platform)?;
            all.retain(|name, _| !reads(registry, platform, name));
            all.extend(values.clone().unwrap_or_default());
            let is_left = values.is_some() || !all.is_empty();
            let all = is_left.then_some(Value::Object(all));
            seed::set_platform_values(connection, &environment, platform, all.as_ref())?;
        }
        Step::Entries { environment, plugin, entries } => {
            let environment = environment_id(connection, environment)?;
            let entries: Option<Vec<Value>> = entries
                .as_ref()
                .map(|entries| entries.iter().cloned().map(Value::Object).collect());
            seed::set_entries(connection, &environment, plugin, entries.as_deref())?;
        }
    }
    Ok(())
}

fn set_domain(
    connection: &mut Connection,
    name: &str,
    description: Option<&str>,
) -> QueryResult<()> {
    let Some(description) = description else {
        return diesel::delete(domains::table.filter(domains::name.eq(name)))
            .execute(connection)
            .map(|_| ());
    };
    let updated = diesel::update(domains::table.filter(domains::name.eq(name)))
        .set(domains::description.eq(description))
        .execute(connection)?;
    if updated == 0 {
        diesel::insert_into(domains::table)
            .values((
                domains::id.eq(Id::new()),
                domains::name.eq(name),
                domains::description.eq(description),
            ))
            .execute(connection)?;
    }
    Ok(())
}

fn set_environment(
    connection: &mut Connection,
    name: &str,
    settings: &EnvironmentSettings,
) -> Result<()> {
    let updated = diesel::update(environments::table.filter(environments::name.eq(name)))
        .set((
            environments::acronym.eq(&settings.acronym),
            environments::context.eq(&settings.context),
            environments::is_default.eq(settings.default),
        ))
        .execute(connection)?;
    if updated > 0 {
        return Ok(());
    }
    seed::add_environment(
        connection,
        &Environment {
            id: Id::new(),
            name: name.to_owned(),
            acronym: settings.acronym.clone(),
            context: settings.context.clone(),
            is_default: settings.default,
        },
    )
}

fn environment_id(connection: &mut Connection, name: &str) -> QueryResult<Id> {
    environments::table
        .filter(environments::name.eq(name))
        .select(environments::id)
        .first(connection)
}
