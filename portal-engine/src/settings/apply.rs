//! Making the database say what a file says, in one transaction.

use portal_core::environment::Environment;
use portal_core::{Error, Id, Result};

use super::file_schema::reads;
use super::plan::{SettingsPlan, Step, plan_from};
use super::{CheckedFile, Settings, export};
use crate::db::{Connection, ConnectionExt, lock_for_migrations};
use crate::registry::Registry;
use crate::store::{tokens, write};

/// Why settings are not applied by which nobody can become operator.
pub const LOCKS_OUT: &str = "the section `access` lets nobody become operator: it names no operators, or no way in which these are known, and no token of an operator exists";

/// Why settings are not applied that no longer say who may do what.
const OPENS: &str = "the file omits the section `access`: running servers answer nobody from then on, and one that starts on loopback takes everybody there for the operator";

/// What somebody has agreed to lose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Environments, and the section `access`, that the file omits.
    pub to_remove: bool,
    /// The role of the operator, which nobody would have any more.
    pub to_lock_out: bool,
}

/// Applies checked settings and returns what was changed. Applying them again changes nothing.
///
/// # Errors
///
/// [`Error::Unconfirmed`] for what nobody has agreed to lose, one a line; what the database says.
/// Then nothing is written.
pub fn apply(
    connection: &mut Connection,
    registry: &Registry,
    wanted: &Settings,
    agreed: Agreed,
) -> Result<SettingsPlan> {
    connection.write(|connection| {
        lock_for_migrations(connection)?;
        let stored = export(connection, registry)?;
        carry_out_all(connection, registry, &stored, wanted, agreed)
    })
}

/// Applies a file as a start of the server does, in one transaction: nothing is removed, not even
/// what another server applies at the same time. Returns what was changed.
///
/// # Errors
///
/// [`Error::Unconfirmed`] when an environment of the file cannot stand beside one that stays, each at
/// `file:line`, and for [`LOCKS_OUT`] unless somebody has agreed to that; what the database says.
/// Then nothing is written.
pub fn apply_and_keep(
    connection: &mut Connection,
    registry: &Registry,
    file: CheckedFile,
    agreed: Agreed,
) -> Result<SettingsPlan> {
    connection.write(|connection| {
        lock_for_migrations(connection)?;
        let stored = export(connection, registry)?;
        let wanted = file
            .with_stored(&stored, registry)
            .map_err(|problems| Error::Unconfirmed(problems.to_string()))?;
        carry_out_all(connection, registry, &stored, &wanted, agreed)
    })
}

fn carry_out_all(
    connection: &mut Connection,
    registry: &Registry,
    stored: &Settings,
    wanted: &Settings,
    agreed: Agreed,
) -> Result<SettingsPlan> {
    let plan = plan_from(connection, registry, stored, wanted)?;
    let mut losses = Vec::new();
    let removed = plan.removed_environments();
    if !agreed.to_remove && !removed.is_empty() {
        losses.push(format!(
            "the file omits the environments {}, which removes them with everything configured in them",
            removed.join(", ")
        ));
    }
    if !agreed.to_remove && plan.removes_access() {
        losses.push(OPENS.to_owned());
    }
    if !agreed.to_lock_out && plan.locks_out() && !tokens::has_operator(connection)? {
        losses.push(LOCKS_OUT.to_owned());
    }
    if !losses.is_empty() {
        return Err(Error::Unconfirmed(losses.join("\n")));
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
        Step::Access(access) => write::set_access(connection, access.as_deref()),
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
