//! `/api/v2/configuration`: what the operator has configured, and the names that data products brought
//! with them; read only.

pub(super) mod kinds;
pub(super) mod view;

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::environment::Environment;
use portal_core::{Error, Id};
use portal_engine::store::{Configuration, EnvironmentEntries, PlatformRow, ServiceRow};
use serde::Serialize;

use self::view::{
    EntriesList, EnvironmentList, OptionsList, PlatformList, PlatformValuesView, ServiceEntries,
    ServiceList, ServiceOptions,
};
use crate::body::path_ids;
use crate::error::ApiError;
use crate::operation::OperationLink;
use crate::portal::Portal;

/// Where the options of services lead.
pub(super) const OPTIONS_LINKS: &[OperationLink] = &[
    OperationLink::new(
        "get_configuration_platforms_configs_config_id",
        &[("config_id", "/platform_service_configurations/0/id")],
    ),
    OperationLink::new(
        "get_configuration_platforms_id_services_service_id",
        &[
            ("id", "/platform_service_configurations/0/platform/id"),
            ("service_id", "/platform_service_configurations/0/service/id"),
        ],
    ),
    OperationLink::new(
        "get_configuration_environments_platforms_platform_id_services_service_id_config",
        &[
            ("platform_id", "/platform_service_configurations/0/platform/id"),
            ("service_id", "/platform_service_configurations/0/service/id"),
        ],
    ),
];

/// Where the entries of services lead.
pub(super) const ENTRIES_LINKS: &[OperationLink] = &[
    OperationLink::new(
        "get_configuration_environments_configs_config_id",
        &[("config_id", "/environment_configs/0/id")],
    ),
    OperationLink::new(
        "get_configuration_environments_id_platforms_platform_id_config",
        &[
            ("id", "/environment_configs/0/environment/id"),
            ("platform_id", "/environment_configs/0/platform/id"),
        ],
    ),
    OperationLink::new(
        "get_configuration_environments_id_platforms_platform_id_services_service_id_config",
        &[
            ("id", "/environment_configs/0/environment/id"),
            ("platform_id", "/environment_configs/0/platform/id"),
            ("service_id", "/environment_configs/0/service/id"),
        ],
    ),
];

type Answer = Result<HttpResponse, ApiError>;

fn missing(what: &str, id: &Id) -> ApiError {
    Error::NotFound(format!("no {what} has the id {id}")).into()
}

fn known_platform<'a>(
    configuration: &'a Configuration,
    id: &Id,
) -> Result<&'a PlatformRow, ApiError> {
    configuration.platform(id).ok_or_else(|| missing("platform", id))
}

fn known_service<'a>(
    configuration: &'a Configuration,
    platform: &Id,
    service: &Id,
) -> Result<&'a ServiceRow, ApiError> {
    known_platform(configuration, platform)?;
    configuration.service(service).filter(|found| found.platform_id == *platform).ok_or_else(|| {
        Error::NotFound(format!("the platform {platform} has no service {service}")).into()
    })
}

fn known_environment<'a>(
    configuration: &'a Configuration,
    id: &Id,
) -> Result<&'a Environment, ApiError> {
    configuration
        .environments
        .iter()
        .find(|one| one.id == *id)
        .ok_or_else(|| missing("environment", id))
}

fn ok(body: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

pub(super) async fn platforms(portal: web::Data<Portal>) -> Answer {
    let snapshot = portal.snapshot();
    let platforms = snapshot.configuration.platforms.iter().map(Into::into).collect();
    ok(&PlatformList { platforms })
}

pub(super) async fn services(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    let configuration = &portal.snapshot().configuration;
    known_platform(configuration, &id)?;
    let platform_services = configuration
        .services
        .iter()
        .filter(|service| service.platform_id == id)
        .map(|service| view::Service::new(configuration, service))
        .collect();
    ok(&ServiceList { platform_services })
}

pub(super) async fn options_of_service(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id, service_id] = path_ids(&request, ["id", "service_id"])?;
    let configuration = &portal.snapshot().configuration;
    let service = known_service(configuration, &id, &service_id)?;
    match ServiceOptions::new(configuration, service) {
        Some(options) => ok(&options),
        None => Err(Error::NotFound(format!("the service {} has no options", service.name)).into()),
    }
}

pub(super) async fn service_options(portal: web::Data<Portal>) -> Answer {
    let configuration = &portal.snapshot().configuration;
    let platform_service_configurations = configuration
        .services
        .iter()
        .filter_map(|service| ServiceOptions::new(configuration, service))
        .collect();
    ok(&OptionsList { platform_service_configurations })
}

pub(super) async fn service_options_by_id(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Answer {
    let [id] = path_ids(&request, ["config_id"])?;
    let configuration = &portal.snapshot().configuration;
    configuration
        .services
        .iter()
        .find(|service| service.options_id.as_ref() == Some(&id))
        .and_then(|service| ServiceOptions::new(configuration, service))
        .map_or_else(|| Err(missing("platform service configuration", &id)), |options| ok(&options))
}

pub(super) async fn environments(portal: web::Data<Portal>) -> Answer {
    ok(&EnvironmentList { environments: &portal.snapshot().configuration.environments })
}

pub(super) async fn environment(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    ok(known_environment(&portal.snapshot().configuration, &id)?)
}

pub(super) async fn entries_of_environment(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    let configuration = &portal.snapshot().configuration;
    known_environment(configuration, &id)?;
    all_entries(configuration, |entries| entries.environment_id == id)
}

pub(super) async fn entries_everywhere(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [platform_id, service_id] = path_ids(&request, ["platform_id", "service_id"])?;
    let configuration = &portal.snapshot().configuration;
    known_service(configuration, &platform_id, &service_id)?;
    all_entries(configuration, |entries| entries.service_id == service_id)
}

fn all_entries(
    configuration: &Configuration,
    wanted: impl Fn(&EnvironmentEntries) -> bool,
) -> Answer {
    let environment_configs = configuration
        .entries
        .iter()
        .filter(|entries| wanted(entries))
        .map(|entries| ServiceEntries::new(configuration, entries))
        .collect();
    ok(&EntriesList { environment_configs })
}

pub(super) async fn entries_by_id(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["config_id"])?;
    let configuration = &portal.snapshot().configuration;
    configuration.entries.iter().find(|entries| entries.id == id).map_or_else(
        || Err(missing("environment configuration", &id)),
        |entries| ok(&ServiceEntries::new(configuration, entries)),
    )
}

pub(super) async fn entries(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id, platform_id, service_id] = path_ids(&request, ["id", "platform_id", "service_id"])?;
    let configuration = &portal.snapshot().configuration;
    let environment = known_environment(configuration, &id)?;
    let service = known_service(configuration, &platform_id, &service_id)?;
    configuration
        .entries
        .iter()
        .find(|entries| entries.environment_id == id && entries.service_id == service_id)
        .map_or_else(
            || Err(not_configured(&service.name, environment)),
            |entries| ok(&ServiceEntries::new(configuration, entries)),
        )
}

pub(super) async fn platform_values(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id, platform_id] = path_ids(&request, ["id", "platform_id"])?;
    let configuration = &portal.snapshot().configuration;
    let environment = known_environment(configuration, &id)?;
    let platform = known_platform(configuration, &platform_id)?;
    configuration
        .values
        .iter()
        .find(|values| values.environment_id == id && values.platform_id == platform_id)
        .map_or_else(
            || Err(not_configured(&platform.name, environment)),
            |values| {
                ok(&PlatformValuesView {
                    id: &values.id,
                    platform: platform.into(),
                    environment,
                    config: &values.config,
                })
            },
        )
}

fn not_configured(what: &str, environment: &Environment) -> ApiError {
    let name = &environment.name;
    Error::NotFound(format!("{what} is not configured in the environment {name:?}")).into()
}
