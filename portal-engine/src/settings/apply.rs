//! Making the database say what a file says, in one transaction.

use portal_core::environment::Environment;
use portal_core::{Error, Id, Result};

use super::file_schema::reads;
use super::plan::{SettingsPlan, Step, plan_from};
use super::{CheckedFile, Settings, export};
use crate::db::{Connection, ConnectionExt, lock_for_migrations};
use crate::registry::Registry;
use crate::store::write;

/// Applies checked settings and returns what was changed. Applying them again changes nothing.
///
/// # Errors
///
/// [`Error::Unconfirmed`] when environments would be removed without `allow_remove`; what the
/// database says. Then nothing is written.
pub fn apply(
    connection: &mut Connection,
    registry: &Registry,
    wanted: &Settings,
    allow_remove: bool,
) -> Result<SettingsPlan> {
    connection.write(|connection| {
        lock_for_migrations(connection)?;
        let stored = export(connection, registry)?;
        carry_out_all(connection, registry, &stored, wanted, allow_remove)
    })
}

/// Applies a file as a start of the server does, in one transaction: nothing is removed, not even
/// what another server applies at the same time. Returns what was changed.
///
/// # Errors
///
/// [`Error::Unconfirmed`] when an environment of the file cannot stand beside one that stays, each at
/// `file:line`; what the database says. Then nothing is written.
pub fn apply_and_keep(
    connection: &mut Connection,
    registry: &Registry,
    file: CheckedFile,
) -> Result<SettingsPlan> {
    connection.write(|connection| {
        lock_for_migrations(connection)?;
        let stored = export(connection, registry)?;
        let wanted = file
            .with_stored(&stored, registry)
            .map_err(|problems| Error::Unconfirmed(problems.to_string()))?;
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
        return Err(Error::Unconfirmed(format!(
            "the file omits the environments {}, which removes them with everything configured in them",
            removed.join(", ")
        )));
    }
    if plan.is_empty() {
        return Ok(plan);
    }
    for change in &plan.changes {
        if let Step::Environment(name, Some(_)) = &change.step {
            write::release_acronym(connection, name)?;
        }
    }
    for change in &plan.changes {
        carry_out(connection, registry, &change.step)?;
    }
    write::bump_revision(connection)?;
    Ok(plan)
}

fn carry_out(connection: &mut Connection, registry: &Registry, step: &Step) -> Result<()> {
    match step {
        Step::WireNames(names) => write::set_wire_names(connection, *names),
        Step::Domain(name, description) => {
            write::set_domain(connection, name, description.as_deref())
        }
        Step::Type(name, kind) => {
            let kind = kind.as_ref().map(|kind| (kind.description.as_str(), kind.icon.as_str()));
            write::set_type(connection, name, kind)
        }
        Step::Service(plugin, service) => {
            write::set_options(connection, plugin, &service.options)?;
            write::set_templates(
                connection,
                plugin,
                service.result_template.as_deref(),
                service.technical_info_template.as_deref(),
            )
        }
        Step::Environment(name, None) => write::remove_environment(connection, name),
        Step::Environment(name, Some(settings)) => {
            let environment = Environment {
                id: Id::new(),
                name: name.clone(),
                acronym: settings.acronym.clone(),
                context: settings.context.clone(),
                is_default: settings.default,
            };
            write::set_environment(connection, &environment)
        }
        Step::Values { environment, platform, values } => {
            let mut all = write::platform_values(connection, environment, platform)?;
            all.retain(|name, _| !reads(registry, platform, name));
            all.extend(values.clone().unwrap_or_default());
            let is_left = values.is_some() || !all.is_empty();
            write::set_platform_values(connection, environment, platform, is_left.then_some(all))
        }
        Step::Entries { environment, plugin, entries } => {
            write::set_entries(connection, environment, plugin, entries.clone())
        }
    }
}
