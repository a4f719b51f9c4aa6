//! `/api/v2/configuration`: what the operator has configured, read only.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::environment::Environment;
use portal_core::store::{Configuration, EnvironmentEntries, PlatformRow, ServiceRow};
use portal_core::{Error, Id};
use serde_json::{Value, json};

use crate::body::path_ids;
use crate::error::ApiError;
use crate::portal::Portal;

type Answer = Result<HttpResponse, ApiError>;

fn platform_json(platform: &PlatformRow) -> Value {
    json!({"id": platform.id, "name": platform.name})
}

fn service_json(configuration: &Configuration, service: &ServiceRow) -> Value {
    let templates = service.templates.as_ref();
    json!({
        "id": service.id,
        "name": service.name,
        "platform": configuration.platform(&service.platform_id).map(platform_json),
        "result_string_template": templates.map(|templates| templates.result.source()),
        "technical_info_template": templates.map(|templates| templates.technical_info.source()),
    })
}

/// The options of a service; `None` when none are configured.
fn options_json(configuration: &Configuration, service: &ServiceRow) -> Option<Value> {
    Some(json!({
        "id": service.options_id.as_ref()?,
        "platform": configuration.platform(&service.platform_id).map(platform_json),
        "service": service_json(configuration, service),
        "config": service.options,
    }))
}

fn entries_json(configuration: &Configuration, entries: &EnvironmentEntries) -> Value {
    let service = configuration.service(&entries.service_id);
    let platform = service.and_then(|service| configuration.platform(&service.platform_id));
    let environment =
        configuration.environments.iter().find(|one| one.id == entries.environment_id);
    json!({
        "id": entries.id,
        "platform": platform.map(platform_json),
        "environment": environment,
        "service": service.map(|service| service_json(configuration, service)),
        "config": entries.config,
    })
}

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

fn ok(body: &Value) -> Answer {
    Ok(HttpResponse::Ok().json(body))
}

pub(super) async fn platforms(portal: web::Data<Portal>) -> Answer {
    let snapshot = portal.snapshot();
    let platforms: Vec<Value> =
        snapshot.configuration.platforms.iter().map(platform_json).collect();
    ok(&json!({"platforms": platforms}))
}

pub(super) async fn services(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    let configuration = &portal.snapshot().configuration;
    known_platform(configuration, &id)?;
    let services: Vec<Value> = configuration
        .services
        .iter()
        .filter(|service| service.platform_id == id)
        .map(|service| service_json(configuration, service))
        .collect();
    ok(&json!({"platform_services": services}))
}

pub(super) async fn options_of_service(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id, service_id] = path_ids(&request, ["id", "service_id"])?;
    let configuration = &portal.snapshot().configuration;
    let service = known_service(configuration, &id, &service_id)?;
    match options_json(configuration, service) {
        Some(options) => ok(&options),
        None => Err(Error::NotFound(format!("the service {} has no options", service.name)).into()),
    }
}

pub(super) async fn service_options(portal: web::Data<Portal>) -> Answer {
    let configuration = &portal.snapshot().configuration;
    let all: Vec<Value> = configuration
        .services
        .iter()
        .filter_map(|service| options_json(configuration, service))
        .collect();
    ok(&json!({"platform_service_configurations": all}))
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
        .and_then(|service| options_json(configuration, service))
        .map_or_else(|| Err(missing("platform service configuration", &id)), |options| ok(&options))
}

pub(super) async fn environments(portal: web::Data<Portal>) -> Answer {
    ok(&json!({"environments": portal.snapshot().configuration.environments}))
}

pub(super) async fn environment(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    ok(&json!(known_environment(&portal.snapshot().configuration, &id)?))
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
    let all: Vec<Value> = configuration
        .entries
        .iter()
        .filter(|entries| wanted(entries))
        .map(|entries| entries_json(configuration, entries))
        .collect();
    ok(&json!({"environment_configs": all}))
}

pub(super) async fn entries_by_id(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["config_id"])?;
    let configuration = &portal.snapshot().configuration;
    configuration.entries.iter().find(|entries| entries.id == id).map_or_else(
        || Err(missing("environment configuration", &id)),
        |entries| ok(&entries_json(configuration, entries)),
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
            |entries| ok(&entries_json(configuration, entries)),
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
                ok(&json!({
                    "id": values.id,
                    "platform": platform_json(platform),
                    "environment": environment,
                    "config": values.config,
                }))
            },
        )
}

fn not_configured(what: &str, environment: &Environment) -> ApiError {
    let name = &environment.name;
    Error::NotFound(format!("{what} is not configured in the environment {name:?}")).into()
}
