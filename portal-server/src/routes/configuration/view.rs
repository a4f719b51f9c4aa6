//! The configuration as clients read it.

use portal_core::Id;
use portal_core::environment::Environment;
use portal_core::template::Fields;
use portal_engine::store::{Configuration, EnvironmentEntries, PlatformRow, ServiceRow};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

/// A platform.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Platform<'a> {
    id: &'a Id,
    /// Its name for people.
    name: &'a str,
}

impl<'a> From<&'a PlatformRow> for Platform<'a> {
    fn from(row: &'a PlatformRow) -> Self {
        Platform { id: &row.id, name: &row.name }
    }
}

/// A service of a platform.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlatformService")]
pub(crate) struct Service<'a> {
    id: &'a Id,
    /// Its name for people.
    name: &'a str,
    platform: Option<Platform<'a>>,
    /// The template that holds; null when its plugin is not here.
    result_string_template: Option<&'a str>,
    /// The template that holds; null when its plugin is not here.
    technical_info_template: Option<&'a str>,
}

impl<'a> Service<'a> {
    pub(super) fn new(configuration: &'a Configuration, row: &'a ServiceRow) -> Self {
        let templates = row.templates.as_ref();
        Service {
            id: &row.id,
            name: &row.name,
            platform: configuration.platform(&row.platform_id).map(Into::into),
            result_string_template: templates.map(|templates| templates.result.source()),
            technical_info_template: templates.map(|templates| templates.technical_info.source()),
        }
    }
}

/// The options that a service offers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ServiceOptions<'a> {
    id: &'a Id,
    platform: Option<Platform<'a>>,
    service: Service<'a>,
    config: &'a [String],
}

impl<'a> ServiceOptions<'a> {
    /// `None` when none are configured.
    pub(super) fn new(configuration: &'a Configuration, row: &'a ServiceRow) -> Option<Self> {
        Some(ServiceOptions {
            id: row.options_id.as_ref()?,
            platform: configuration.platform(&row.platform_id).map(Into::into),
            service: Service::new(configuration, row),
            config: &row.options,
        })
    }
}

/// The entries of a service in one environment.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ServiceEntries<'a> {
    id: &'a Id,
    platform: Option<Platform<'a>>,
    environment: Option<&'a Environment>,
    service: Option<Service<'a>>,
    config: &'a [Fields],
}

impl<'a> ServiceEntries<'a> {
    pub(super) fn new(configuration: &'a Configuration, entries: &'a EnvironmentEntries) -> Self {
        let service = configuration.service(&entries.service_id);
        let platform = service.and_then(|service| configuration.platform(&service.platform_id));
        let is_its = |environment: &&Environment| environment.id == entries.environment_id;
        ServiceEntries {
            id: &entries.id,
            platform: platform.map(Into::into),
            environment: configuration.environments.iter().find(is_its),
            service: service.map(|service| Service::new(configuration, service)),
            config: &entries.config,
        }
    }
}

/// The values of a platform in one environment.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlatformValues")]
pub(crate) struct PlatformValuesView<'a> {
    pub id: &'a Id,
    pub platform: Platform<'a>,
    pub environment: &'a Environment,
    #[schemars(schema_with = "object")]
    pub config: &'a Value,
}

fn object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object"})
}

/// All platforms.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlatformList<'a> {
    pub platforms: Vec<Platform<'a>>,
}

/// Services of a platform.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ServiceList<'a> {
    pub platform_services: Vec<Service<'a>>,
}

/// The options of all services that have any.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OptionsList<'a> {
    pub platform_service_configurations: Vec<ServiceOptions<'a>>,
}

/// All environments.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EnvironmentList<'a> {
    pub environments: &'a [Environment],
}

/// Entries of services in environments.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EntriesList<'a> {
    pub environment_configs: Vec<ServiceEntries<'a>>,
}
