//! Every URL of the portal, on one screen.

mod configuration;
mod data_products;
mod health;
mod plugins;
mod technical_assets;

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, Resource, guard, web};
use serde_json::json;

/// A method on a path.
pub(crate) struct Route {
    method: Method,
    path: &'static str,
    handler: fn(actix_web::Route) -> actix_web::Route,
}

const fn get(path: &'static str, handler: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { method: Method::GET, path, handler }
}

const fn post(path: &'static str, handler: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { method: Method::POST, path, handler }
}

const fn put(path: &'static str, handler: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { method: Method::PUT, path, handler }
}

const fn delete(path: &'static str, handler: fn(actix_web::Route) -> actix_web::Route) -> Route {
    Route { method: Method::DELETE, path, handler }
}

/// All routes. Each path works with and without a trailing slash, and GET answers HEAD as well.
/// Literal segments stand before placeholders, because the first path that fits is taken.
#[rustfmt::skip]
const ROUTES: &[Route] = &[
    get("/healthz", |route| route.to(health::alive)),
    get("/readyz", |route| route.to(health::ready)),

    get("/api/v2/plugins", |route| route.to(plugins::list)),
    get("/api/v2/plugins/platform-tiles", |route| route.to(plugins::tiles)),
    post("/api/v2/plugins/render_technical_asset_access_path", |route| route.to(plugins::render_path)),
    get("/api/v2/plugins/{name}/form", |route| route.to(plugins::form)),
    get("/api/v2/plugins/{name}/schema", |route| route.to(plugins::schema)),
    get("/api/v2/plugins/{name}/icon", |route| route.to(plugins::icon)),
    get("/api/v2/plugins/{name}/url", |route| route.to(plugins::url)),

    get("/api/v2/data_products", |route| route.to(data_products::list)),
    post("/api/v2/data_products", |route| route.to(data_products::create)),
    get("/api/v2/data_products/{id}", |route| route.to(data_products::find)),
    get("/api/v2/data_products/{id}/technical_assets", |route| route.to(technical_assets::list)),
    post("/api/v2/data_products/{id}/technical_assets", |route| route.to(technical_assets::create)),
    get("/api/v2/data_products/{id}/technical_assets/{asset_id}", |route| route.to(technical_assets::find)),
    put("/api/v2/data_products/{id}/technical_assets/{asset_id}", |route| route.to(technical_assets::update)),
    put("/api/v2/data_products/{id}/technical_assets/{asset_id}/status", |route| route.to(technical_assets::set_status)),
    delete("/api/v2/data_products/{id}/technical_assets/{asset_id}", |route| route.to(technical_assets::delete)),

    get("/api/v2/configuration/platforms", |route| route.to(configuration::platforms)),
    get("/api/v2/configuration/platforms/configs", |route| route.to(configuration::service_options)),
    get("/api/v2/configuration/platforms/configs/{config_id}", |route| route.to(configuration::service_options_by_id)),
    get("/api/v2/configuration/platforms/{id}/services", |route| route.to(configuration::services)),
    get("/api/v2/configuration/platforms/{id}/services/{service_id}", |route| route.to(configuration::options_of_service)),
    get("/api/v2/configuration/environments", |route| route.to(configuration::environments)),
    get("/api/v2/configuration/environments/configs/{config_id}", |route| route.to(configuration::entries_by_id)),
    get("/api/v2/configuration/environments/platforms/{platform_id}/services/{service_id}/config", |route| route.to(configuration::entries_everywhere)),
    get("/api/v2/configuration/environments/{id}", |route| route.to(configuration::environment)),
    get("/api/v2/configuration/environments/{id}/configs", |route| route.to(configuration::entries_of_environment)),
    get("/api/v2/configuration/environments/{id}/platforms/{platform_id}/config", |route| route.to(configuration::platform_values)),
    get("/api/v2/configuration/environments/{id}/platforms/{platform_id}/services/{service_id}/config", |route| route.to(configuration::entries)),
];

/// Adds all routes to an app. A path that exists answers other methods with 405 and `Allow`.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    let mut paths: Vec<(&str, Vec<&Route>)> = Vec::new();
    for route in ROUTES {
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, routes)) => routes.push(route),
            None => paths.push((route.path, vec![route])),
        }
    }
    for (path, routes) in paths {
        // One resource for each spelling: a resource with two patterns is matched by a regular
        // expression, even where both are plain text.
        for spelling in [path.to_owned(), format!("{path}/")] {
            app.service(resource(&spelling, &routes));
        }
    }
    app.default_service(web::to(not_found));
}

fn resource(path: &str, routes: &[&Route]) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = Vec::new();
    for route in routes {
        allowed.push(route.method.to_string());
        let method = guard::Any(guard::Method(route.method.clone()));
        let method = if route.method == Method::GET {
            allowed.push(Method::HEAD.to_string());
            method.or(guard::Head())
        } else {
            method
        };
        resource = resource.route((route.handler)(web::route().guard(method)));
    }
    let allowed = allowed.join(", ");
    resource.default_service(web::to(move |request: HttpRequest| {
        std::future::ready(method_not_allowed(&request, &allowed))
    }))
}

fn method_not_allowed(request: &HttpRequest, allowed: &str) -> HttpResponse {
    let detail = format!("{} is not allowed here (allowed: {allowed})", request.method());
    HttpResponse::MethodNotAllowed()
        .insert_header(("Allow", allowed))
        .json(json!({"detail": detail, "code": "method_not_allowed"}))
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    let detail = format!("there is nothing at {}", request.path());
    HttpResponse::NotFound()
        .json(BTreeMap::from([("detail", detail.as_str()), ("code", "not_found")]))
}
