//! Reading the configuration and typing it by the plugins of this binary.

use std::collections::HashMap;

use diesel::prelude::*;
use portal_core::environment::Environment;
use portal_core::template::{Fields, Purpose, Template};
use portal_core::{Id, Problem, ProblemKind, Problems, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Configuration, EnvironmentEntries, PlatformRow, ServiceRow, StoredValues, Templates, revisions,
    stored_wire_names,
};
use crate::db::{Connection, ConnectionExt};
use crate::entries::Entries;
use crate::linked::LinkedPlugin;
use crate::registry::Registry;
use crate::secret;
use crate::tables::{
    environment_platform_configurations, environment_service_configurations, environments,
    platform_service_configurations, platform_services, platforms,
};

type ServiceColumns = (Id, Id, String, String, Option<String>, Option<String>);

impl Configuration {
    /// Reads everything, at one point in time.
    ///
    /// Stored values that do not fit the plugins are kept, count as not configured, and are
    /// reported in [`Configuration::problems`]: one bad row must not take the portal down.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn load(connection: &mut Connection, registry: &Registry) -> Result<Configuration> {
        connection.read(|connection| load(connection, registry))
    }
}

fn load(connection: &mut Connection, registry: &Registry) -> Result<Configuration> {
    let revision = revisions(connection)?.configuration;
    let wire_names = stored_wire_names(connection)?.unwrap_or_default();
    let mut problems = Problems::new();
    let platforms: Vec<PlatformRow> = platforms::table.order(platforms::name).load(connection)?;
    let mut services = load_services(connection, registry, &mut problems)?;
    let environments = load_environments(connection)?;
    let values = load_values(connection, registry, &platforms, &mut problems)?;
    let entries = load_entries(connection, registry, &services, &environments, &mut problems)?;
    for service in &mut services {
        service.default_option = default_option(registry, service, &environments, &entries);
    }
    let missing_secrets = missing_secrets(registry, &services, &environments, &values, &entries);
    let environment_fields = environments.iter().map(environment_fields).collect();
    let mut configuration = Configuration {
        revision,
        wire_names,
        platforms,
        services,
        environments,
        values,
        entries,
        problems,
        missing_secrets,
        environment_fields,
        made_for: HashMap::new(),
    };
    configuration.made_for = configuration.all_made_for(registry);
    Ok(configuration)
}

/// What a template can name of an environment, by its id.
fn environment_fields(environment: &Environment) -> (Id, Fields) {
    let acronym = Value::from(environment.acronym.clone());
    (environment.id.clone(), Fields::from_iter([("environment".to_owned(), acronym)]))
}

fn load_environments(connection: &mut Connection) -> Result<Vec<Environment>> {
    let rows: Vec<(Id, String, String, String, bool)> =
        environments::table.order(environments::name).load(connection)?;
    Ok(rows
        .into_iter()
        .map(|(id, name, acronym, context, is_default)| Environment {
            id,
            name,
            acronym,
            context,
            is_default,
        })
        .collect())
}

fn load_services(
    connection: &mut Connection,
    registry: &Registry,
    problems: &mut Problems,
) -> Result<Vec<ServiceRow>> {
    let mut options: HashMap<Id, (Id, String)> = platform_service_configurations::table
        .select((
            platform_service_configurations::service_id,
            (platform_service_configurations::id, platform_service_configurations::options),
        ))
        .load(connection)?
        .into_iter()
        .collect();
    let rows: Vec<ServiceColumns> = platform_services::table
        .order(platform_services::name)
        .select((
            platform_services::id,
            platform_services::platform_id,
            platform_services::plugin,
            platform_services::name,
            platform_services::result_template,
            platform_services::technical_info_template,
        ))
        .load(connection)?;
    let mut services = Vec::with_capacity(rows.len());
    for (id, platform_id, plugin, name, result, technical_info) in rows {
        let at = format!("service {plugin}");
        let (options_id, options) = match options.remove(&id) {
            None => (None, Vec::new()),
            Some((options_id, stored)) => {
                (Some(options_id), parse_json(&stored, &at, problems).unwrap_or_default())
            }
        };
        let templates = registry
            .find_output(&plugin)
            .map(|plugin| effective_templates(plugin, [result, technical_info], &at, problems));
        let templates = templates.flatten();
        services.push(ServiceRow {
            id,
            platform_id,
            plugin,
            name,
            options_id,
            options,
            default_option: None,
            templates,
        });
    }
    Ok(services)
}

/// The option that forms of a service start with.
fn default_option(
    registry: &Registry,
    service: &ServiceRow,
    environments: &[Environment],
    entries: &[EnvironmentEntries],
) -> Option<String> {
    let output = registry.find_output(&service.plugin)?.output()?;
    let (name, mark) = (output.entries_named_by()?, output.entries_marked_by()?);
    let mut environments: Vec<&Environment> = environments.iter().collect();
    environments.sort_by_key(|environment| !environment.is_default);
    environments.into_iter().find_map(|environment| {
        let mut here = entries.iter().filter(|one| one.environment_id == environment.id);
        let here = here.find(|one| one.service_id == service.id)?;
        let mut marked = here.config.iter().filter(|entry| entry.get(mark) == Some(&true.into()));
        let names = marked.find_map(|entry| {
            let name = entry.get(name)?.as_str()?;
            service.options.iter().find(|option| *option == name)
        });
        names.cloned()
    })
}

/// The operator's templates where they are right, the plugin's own otherwise.
fn effective_templates(
    plugin: &LinkedPlugin,
    [result, technical_info]: [Option<String>; 2],
    at: &str,
    problems: &mut Problems,
) -> Option<Templates> {
    let output = plugin.output()?;
    let mut parse = |stored: Option<String>, purpose: Purpose, own: &Template| match stored
        .map(|source| output.parse_template(purpose, &source, at))
    {
        Some(Ok(template)) => template,
        Some(Err(wrong)) => {
            problems.extend_under("", wrong);
            own.clone()
        }
        None => own.clone(),
    };
    let result = parse(result, Purpose::Result, output.result_template());
    let own = output.technical_info_template();
    let technical_info = parse(technical_info, Purpose::TechnicalInfo, own);
    let needs_values = output.needs_values(&technical_info);
    let may_lack = output.may_lack(&technical_info, plugin.values_schema());
    Some(Templates { result, technical_info, needs_values, may_lack })
}

fn load_values(
    connection: &mut Connection,
    registry: &Registry,
    platforms: &[PlatformRow],
    problems: &mut Problems,
) -> Result<Vec<StoredValues>> {
    let rows: Vec<(Id, Id, Id, String)> = environment_platform_configurations::table
        .order(environment_platform_configurations::id)
        .load(connection)?;
    let mut all = Vec::with_capacity(rows.len());
    for (id, environment_id, platform_id, stored) in rows {
        let key = platforms
            .iter()
            .find(|platform| platform.id == platform_id)
            .map_or("", |platform| platform.key.as_str());
        let at = format!("platform {key}");
        let config: Value = parse_json(&stored, &at, problems).unwrap_or_default();
        let mut typed = HashMap::new();
        for plugin in registry.of_platform(key) {
            match plugin.read_values(&config) {
                Ok(values) => {
                    typed.insert(plugin.id(), values);
                }
                // Nothing of it is for this plugin: it is not configured here.
                Err(_) if is_of_others(plugin, &config) => {}
                Err(mut problem) => {
                    problem.at.insert_str(0, &at);
                    problems.push(problem);
                }
            }
        }
        all.push(StoredValues { id, environment_id, platform_id, config, typed });
    }
    Ok(all)
}

/// Whether a platform's values are there for other plugins alone.
fn is_of_others(plugin: &LinkedPlugin, config: &Value) -> bool {
    let mut names = plugin.values_schema().property_names();
    let is_empty = config.as_object().is_none_or(Fields::is_empty);
    !is_empty && names.all(|name| config.get(name).is_none())
}

fn load_entries(
    connection: &mut Connection,
    registry: &Registry,
    services: &[ServiceRow],
    environments: &[Environment],
    problems: &mut Problems,
) -> Result<Vec<EnvironmentEntries>> {
    let rows: Vec<(Id, Id, Id, String)> = environment_service_configurations::table
        .order(environment_service_configurations::id)
        .load(connection)?;
    let mut all = Vec::with_capacity(rows.len());
    for (id, environment_id, service_id, stored) in rows {
        let plugin = services
            .iter()
            .find(|service| service.id == service_id)
            .map_or("", |service| service.plugin.as_str());
        let at = format!("service {plugin}");
        let config: Vec<Fields> = parse_json(&stored, &at, problems).unwrap_or_default();
        let output = registry.find_output(plugin).and_then(|plugin| plugin.output());
        let acronym = environments
            .iter()
            .find(|environment| environment.id == environment_id)
            .map_or("", |environment| environment.acronym.as_str());
        let typed = output.and_then(|output| {
            Entries::read(output, &config, acronym)
                .map_err(|wrong| problems.extend_under(&at, wrong))
                .ok()
        });
        all.push(EnvironmentEntries { id, environment_id, service_id, config, typed });
    }
    Ok(all)
}

fn parse_json<T: DeserializeOwned>(stored: &str, at: &str, problems: &mut Problems) -> Option<T> {
    serde_json::from_str(stored)
        .map_err(|error| {
            problems.push(Problem::new(
                ProblemKind::JsonInvalid,
                at,
                format!("the stored configuration cannot be read: {error}"),
            ));
        })
        .ok()
}

/// Looks for every secret that the plugins read.
fn missing_secrets(
    registry: &Registry,
    services: &[ServiceRow],
    environments: &[Environment],
    values: &[StoredValues],
    entries: &[EnvironmentEntries],
) -> Vec<String> {
    let environment = |id: &Id| {
        let found = environments.iter().find(|one| one.id == *id);
        found.map_or("", |environment| environment.name.as_str())
    };
    let mut missing = Vec::new();
    let mut look = |schema: &Value, value: &Value, at: String| {
        for (below, reason) in secret::unresolved(schema, value) {
            let line = format!("{at}{}: {reason}", below.replace('/', "."));
            if !missing.contains(&line) {
                missing.push(line);
            }
        }
    };
    for stored in values {
        for plugin in registry.plugins().iter().filter(|one| stored.typed.contains_key(one.id())) {
            let at = format!(
                "environments.{}.platforms.{}",
                environment(&stored.environment_id),
                plugin.platform_key()
            );
            look(plugin.values_schema().as_value(), &stored.config, at);
        }
    }
    for stored in entries {
        let service = services.iter().find(|service| service.id == stored.service_id);
        let output = service
            .and_then(|service| registry.find_output(&service.plugin))
            .and_then(|plugin| Some((plugin.id(), plugin.output()?)));
        let Some((id, output)) = output else { continue };
        for (index, entry) in stored.config.iter().enumerate() {
            let name = environment(&stored.environment_id);
            let at = format!("environments.{name}.services.{id}.{index}");
            look(output.entry_schema().as_value(), &Value::Object(entry.clone()), at);
        }
    }
    missing
}
