//! Putting back what was configured for a plugin.
//!
//! `migrations run` has made a fresh service, to which nothing refers yet: it takes over the id of
//! the file. What an operator has configured for it since stays, and gets the ids of the file.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use portal_core::__private::suggest;
use portal_core::template::Fields;
use portal_core::{Error, Id, Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use super::configured::{
    ExportedEntries, ExportedOptions, ExportedService, parsed, read_service, stored_values,
};
use super::{ExportedPlatform, ExportedValues, PluginExport};
use crate::db::Connection;
use crate::entries::{self, EXAMPLE};
use crate::linked::{LinkedOutput, LinkedPlugin};
use crate::schema::escape;
use crate::store::check_name;
use crate::tables::{
    environment_platform_configurations, environment_service_configurations, environments,
    platform_service_configurations, platform_services,
};

/// The environments that are here, by name.
pub(super) fn environment_ids(connection: &mut Connection) -> QueryResult<Vec<(String, Id)>> {
    environments::table
        .order(environments::name)
        .select((environments::name, environments::id))
        .load(connection)
}

/// Checks what a file has configured: against the plugin, and against the environments here.
pub(super) fn check(
    plugin: &LinkedPlugin,
    output: &LinkedOutput,
    export: &PluginExport,
    environments: &[(String, Id)],
    problems: &mut Problems,
) {
    let PluginExport { service, platform, .. } = export;
    if platform.key != plugin.platform_key() {
        let message = format!("{} belongs to {}", plugin.id(), plugin.platform_key());
        problems.push(Problem::new(ProblemKind::ValueError, "/platform/key", message));
    }
    if let Err(problem) = check_name("name of the service", &service.name) {
        problems.push(Problem { at: "/service/name".to_owned(), ..problem });
    }
    let templates = [&service.result_template, &service.technical_info_template];
    problems.extend_under("/service", output.template_problems(templates));
    let names = service.entries.iter().map(|one| one.environment.as_str());
    check_environments("/service/entries", names, environments, problems);
    for (index, one) in service.entries.iter().enumerate() {
        check_entries(output, &format!("/service/entries/{index}/entries"), one, problems);
    }
    let names = platform.values.iter().map(|one| one.environment.as_str());
    check_environments("/platform/values", names, environments, problems);
    for (index, one) in platform.values.iter().enumerate() {
        check_values(plugin, &format!("/platform/values/{index}/values"), one, problems);
    }
}

/// Each environment must be here, once. An import is not repeated, so what belongs to one that is
/// gone is refused rather than left out.
fn check_environments<'a>(
    at: &str,
    names: impl Iterator<Item = &'a str>,
    environments: &[(String, Id)],
    problems: &mut Problems,
) {
    let mut known = BTreeSet::new();
    for (index, name) in names.enumerate() {
        let at = format!("{at}/{index}/environment");
        if !environments.iter().any(|(here, _)| here == name) {
            let here = environments.iter().map(|(name, _)| name.as_str());
            let hint = format!(
                "create it with `config apply`, or take this member out of the file; {}",
                suggest::hint(name, here)
            );
            let message = format!("the environment {name:?} is not here");
            problems.push(Problem::new(ProblemKind::ValueError, at, message).hint(hint));
        } else if !known.insert(name) {
            let message = format!("the environment {name:?} stands twice");
            problems.push(Problem::new(ProblemKind::ValueError, at, message));
        }
    }
}

fn check_entries(output: &LinkedOutput, at: &str, one: &ExportedEntries, problems: &mut Problems) {
    let before = problems.len();
    for (index, entry) in one.entries.iter().enumerate() {
        let at = format!("{at}/{index}");
        problems.extend_under(&at, entries::problems(output, entry));
        let filled = entries::example(output, entry, EXAMPLE);
        problems.extend_under(&at, output.entry_schema().problems(&Value::Object(filled)));
    }
    let list = one.entries.iter().map(|entry| entries::example(output, entry, EXAMPLE)).collect();
    if problems.len() == before
        && let Err(wrong) = output.read_entries(&list)
    {
        problems.extend_under(at, wrong.into());
    }
}

/// Those of the values that the plugin reads; the others are for plugins elsewhere.
fn check_values(plugin: &LinkedPlugin, at: &str, one: &ExportedValues, problems: &mut Problems) {
    let schema = plugin.values_schema();
    let mut own = one.values.clone();
    own.retain(|name, _| schema.property_names().any(|known| known == name));
    if own.is_empty() {
        return;
    }
    let own = Value::Object(own);
    let wrong = schema.problems(&own);
    if !wrong.is_empty() {
        problems.extend_under(at, wrong);
    } else if let Err(wrong) = plugin.read_values(&own) {
        problems.extend_under(at, wrong.into());
    }
}

/// Gives the fresh service the id, the name and the configuration of the file.
///
/// # Errors
///
/// [`Error::Conflict`] when an id of the file is taken by something else.
pub(super) fn restore(
    connection: &mut Connection,
    fresh: &Id,
    export: &PluginExport,
    environments: &[(String, Id)],
    warnings: &mut Problems,
) -> Result<()> {
    let here = read_service(connection, fresh)?;
    let service = merged(here, &export.service, warnings);
    replace_service(connection, fresh, &service, environments).map_err(taken)?;
    restore_values(connection, &service.id, &export.platform, environments, warnings)
}

/// What the service is to be: what is configured here, under the ids of the file, and what only
/// the file has.
fn merged(
    here: ExportedService,
    file: &ExportedService,
    warnings: &mut Problems,
) -> ExportedService {
    let options = match (here.options, &file.options) {
        (Some(here), Some(file)) => {
            if here.options != file.options {
                warnings.push(stays("/service/options", "the options"));
            }
            Some(ExportedOptions { id: file.id.clone(), ..here })
        }
        (here, file) => here.or_else(|| file.clone()),
    };
    let mut entries = here.entries;
    for (index, one) in file.entries.iter().enumerate() {
        match entries.iter_mut().find(|here| here.environment == one.environment) {
            None => entries.push(one.clone()),
            Some(here) => {
                if here.entries != one.entries {
                    let what = format!("the entries in {}", one.environment);
                    warnings.push(stays(&format!("/service/entries/{index}"), &what));
                }
                here.id = one.id.clone();
            }
        }
    }
    let mut template = |at: &str, here: Option<String>, file: &Option<String>| {
        if here.is_some() && file.is_some() && here != *file {
            warnings.push(stays(at, "the templates"));
        }
        here.or_else(|| file.clone())
    };
    ExportedService {
        id: file.id.clone(),
        name: file.name.clone(),
        result_template: template(
            "/service/result_template",
            here.result_template,
            &file.result_template,
        ),
        technical_info_template: template(
            "/service/technical_info_template",
            here.technical_info_template,
            &file.technical_info_template,
        ),
        options,
        entries,
    }
}

/// What is told of configuration that somebody has set since, otherwise than the file has it.
fn stays(at: &str, what: &str) -> Problem {
    let message = format!("{what} here and in the file differ: what is configured here stays");
    Problem::new(ProblemKind::ValueError, at, message)
}

/// Writes the service anew: what refers to it goes first, because its id changes.
fn replace_service(
    connection: &mut Connection,
    fresh: &Id,
    service: &ExportedService,
    environments: &[(String, Id)],
) -> QueryResult<()> {
    use environment_service_configurations as entries;
    use platform_service_configurations as options;
    diesel::delete(options::table.filter(options::service_id.eq(fresh))).execute(connection)?;
    diesel::delete(entries::table.filter(entries::service_id.eq(fresh))).execute(connection)?;
    diesel::update(platform_services::table.find(fresh))
        .set((
            platform_services::id.eq(&service.id),
            platform_services::name.eq(&service.name),
            platform_services::result_template.eq(&service.result_template),
            platform_services::technical_info_template.eq(&service.technical_info_template),
        ))
        .execute(connection)?;
    if let Some(own) = &service.options {
        let stored = Value::from(own.options.as_slice()).to_string();
        diesel::insert_into(options::table)
            .values((
                options::id.eq(&own.id),
                options::service_id.eq(&service.id),
                options::options.eq(stored),
            ))
            .execute(connection)?;
    }
    for one in &service.entries {
        let Some(environment) = id_of(environments, &one.environment) else { continue };
        let stored = Value::from_iter(one.entries.iter().cloned()).to_string();
        diesel::insert_into(entries::table)
            .values((
                entries::id.eq(&one.id),
                entries::environment_id.eq(environment),
                entries::service_id.eq(&service.id),
                entries::config.eq(stored),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// Adds the values that are not there. Other plugins of the platform may read the same ones, so
/// those that are there stay.
fn restore_values(
    connection: &mut Connection,
    service: &Id,
    platform: &ExportedPlatform,
    environments: &[(String, Id)],
    warnings: &mut Problems,
) -> Result<()> {
    use environment_platform_configurations as configurations;
    let platform_id: Id = platform_services::table
        .find(service)
        .select(platform_services::platform_id)
        .get_result(connection)?;
    let stored = stored_values(connection, &platform_id)?;
    for (index, one) in platform.values.iter().enumerate() {
        let Some(environment) = id_of(environments, &one.environment) else { continue };
        let Some((id, _, text)) = stored.iter().find(|(_, name, _)| *name == one.environment)
        else {
            diesel::insert_into(configurations::table)
                .values((
                    configurations::id.eq(&one.id),
                    configurations::environment_id.eq(environment),
                    configurations::platform_id.eq(&platform_id),
                    configurations::config.eq(Value::Object(one.values.clone()).to_string()),
                ))
                .execute(connection)
                .map_err(taken)?;
            continue;
        };
        let mut here: Fields = parsed(&format!("the values in {}", one.environment), text)?;
        let before = here.len();
        let at = format!("/platform/values/{index}/values");
        for (name, value) in &one.values {
            let known = here.entry(name.clone()).or_insert_with(|| value.clone());
            if known != value {
                let what = format!("the values of {} in {}", platform.key, one.environment);
                warnings.push(stays(&format!("{at}/{}", escape(name)), &what));
            }
        }
        if here.len() > before {
            diesel::update(configurations::table.find(id))
                .set(configurations::config.eq(Value::Object(here).to_string()))
                .execute(connection)?;
        }
    }
    Ok(())
}

fn id_of<'a>(environments: &'a [(String, Id)], name: &str) -> Option<&'a Id> {
    environments.iter().find(|(here, _)| here == name).map(|(_, id)| id)
}

fn taken(error: DieselError) -> Error {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Error::Conflict(
            "the database has other configuration under an id that the file gives to its service, options, entries or values: leave the ids as they were exported"
                .to_owned(),
        ),
        other => other.into(),
    }
}
