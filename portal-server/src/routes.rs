//! Every URL of the API, on one screen. Those of the pages stand in `pages.rs`.

mod configuration;
mod data_products;
pub(crate) mod documentation;
mod health;
mod members;
mod plugins;
mod query;
mod technical_assets;
mod users;

use actix_web::http::Method;
use actix_web::web;
use portal_core::environment::Environment;
use portal_engine::access::Permission::{
    self, BeKnown, ChangeAssets, ChangeMembers, CreateDataProduct, MoveAssets, Open, Read,
};
use serde_json::{Map, Value};

use self::configuration::{kinds, view};
use self::health::Health;
use self::technical_assets::view::{AssetList, AssetView};
use crate::assets::Written;
use crate::assets::input::{ChangedTechnicalAsset, NewStatus, NewTechnicalAsset};
use crate::body::Identified;
use crate::catalogue::{PluginEntry, PluginList, TileList};
use crate::data_products::DataProductBody;
use crate::error::Explained;
use crate::members::MembersBody;
use crate::operation::{Operation, json, schema_of, text};
use crate::resource::{Handler, Line, resources};

/// A method on a path, and what the document says about it.
pub(crate) struct Route {
    pub method: Method,
    pub path: &'static str,
    pub permission: Permission,
    handler: Handler,
    pub operation: Operation,
}

const fn get(
    path: &'static str,
    permission: Permission,
    handler: Handler,
    operation: Operation,
) -> Route {
    Route { method: Method::GET, path, permission, handler, operation }
}

const fn post(
    path: &'static str,
    permission: Permission,
    handler: Handler,
    operation: Operation,
) -> Route {
    Route { method: Method::POST, path, permission, handler, operation }
}

const fn put(
    path: &'static str,
    permission: Permission,
    handler: Handler,
    operation: Operation,
) -> Route {
    Route { method: Method::PUT, path, permission, handler, operation }
}

const fn delete(
    path: &'static str,
    permission: Permission,
    handler: Handler,
    operation: Operation,
) -> Route {
    Route { method: Method::DELETE, path, permission, handler, operation }
}

/// All routes of the API: the app and the OpenAPI document are built from nothing else. Each path works with
/// and without a trailing slash, and GET answers HEAD as well. Literal segments stand before
/// placeholders, because the first path that fits is taken.
#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("/healthz", Open, |route| route.to(health::alive),
        json::<Health>("Whether the process answers")),
    get("/readyz", Open, |route| route.to(health::ready),
        json::<Health>("Whether the server can serve").or(&[(503, schema_of::<Health>)])),

    get("/api/openapi.json", Read, |route| route.to(documentation::openapi),
        json::<Map<String, Value>>("This document").cached()),
    get("/api/docs", Read, |route| route.to(documentation::page),
        text("This document, for people", documentation::HTML).cached()),
    get("/api/docs/openapi-explorer.min.js", Read, |route| route.to(documentation::viewer),
        text("The viewer that shows it", documentation::SCRIPT).cached()),

    get("/api/v2/plugins", Read, |route| route.to(plugins::list),
        json::<PluginList>("The plugins with their forms").cached()),
    get("/api/v2/plugins/platform-tiles", Read, |route| route.to(plugins::tiles),
        json::<TileList>("The tiles of the catalogue").cached()),
    post("/api/v2/plugins/render_technical_asset_access_path", Read, |route| route.to(plugins::render_path),
        json::<plugins::RenderedPath>("What a data output will be called").reads::<plugins::RenderPath>()
            .query(plugins::RENDER_PARAMETERS).asks_database().fails(&[404])),
    get("/api/v2/plugins/{name}/form", Read, |route| route.to(plugins::form),
        json::<PluginEntry>("One plugin with its form").cached()),
    get("/api/v2/plugins/{name}/schema", Read, |route| route.to(plugins::schema),
        json::<Map<String, Value>>("The JSON Schema of its data output").cached()),
    get("/api/v2/plugins/{name}/icon", Read, |route| route.to(plugins::icon),
        text("Its icon, or its parent's", "image/svg+xml").cached()),
    get("/api/v2/plugins/{name}/url", Read, |route| route.to(plugins::url),
        json::<plugins::Address>("Where a data product, or one of its assets, is found")
            .query(plugins::URL_PARAMETERS).asks_database().fails(&[400, 501])),

    get("/api/v2/data_products", Read, |route| route.to(data_products::list),
        json::<data_products::DataProductList>("All data products").asks_database()),
    post("/api/v2/data_products", CreateDataProduct, |route| route.to(data_products::create),
        json::<Identified>("Create a data product").reads::<DataProductBody>().asks_database().fails(&[404])),
    get("/api/v2/data_products/{id}", Read, |route| route.to(data_products::find),
        json::<data_products::FoundDataProduct>("One data product").asks_database()),
    get("/api/v2/data_products/{id}/members", Read, |route| route.to(members::find),
        json::<members::Members>("The members of a data product").tagged().asks_database()),
    put("/api/v2/data_products/{id}/members", ChangeMembers, |route| route.to(members::replace),
        json::<()>("Replace the members of a data product").reads::<MembersBody>()
            .checks_revision().asks_database()),
    get("/api/v2/data_products/{id}/technical_assets", Read, |route| route.to(technical_assets::list::list),
        json::<AssetList<'_>>("The technical assets of a data product, oldest first")
            .query(technical_assets::list::PARAMETERS).asks_database()),
    post("/api/v2/data_products/{id}/technical_assets", ChangeAssets, |route| route.to(technical_assets::create),
        json::<Written>("Create a technical asset").reads::<NewTechnicalAsset>().asks_database()),
    get("/api/v2/data_products/{id}/technical_assets/{asset_id}", Read, |route| route.to(technical_assets::find),
        json::<AssetView<'_>>("One technical asset").tagged().asks_database()
            .leads_to(technical_assets::ASSET_LINKS)),
    put("/api/v2/data_products/{id}/technical_assets/{asset_id}", ChangeAssets, |route| route.to(technical_assets::update),
        json::<Written>("Change a technical asset").reads::<ChangedTechnicalAsset>()
            .checks_revision().asks_database().fails(&[409])),
    put("/api/v2/data_products/{id}/technical_assets/{asset_id}/status", MoveAssets, |route| route.to(technical_assets::set_status),
        json::<()>("Approve, archive or reopen a technical asset").reads::<NewStatus>()
            .checks_revision().asks_database().fails(&[409])),
    delete("/api/v2/data_products/{id}/technical_assets/{asset_id}", ChangeAssets, |route| route.to(technical_assets::delete),
        json::<()>("Delete a technical asset").checks_revision().asks_database()),

    get("/api/v2/users/current", BeKnown, |route| route.to(users::current),
        json::<users::CurrentUser>("Who is asking, and what they may do").asks_database()),

    get("/api/v2/configuration/domains", Read, |route| route.to(kinds::domains),
        json::<kinds::DomainList>("All domains, by name").asks_database()),
    get("/api/v2/configuration/domains/{id}", Read, |route| route.to(kinds::domain),
        json::<kinds::DomainView>("One domain").asks_database()),
    get("/api/v2/configuration/data_product_types", Read, |route| route.to(kinds::types),
        json::<kinds::TypeList>("All types of data products, by name").asks_database()),
    get("/api/v2/configuration/data_product_types/{id}", Read, |route| route.to(kinds::one_type),
        json::<kinds::TypeView>("One type of data products").asks_database()),
    get("/api/v2/configuration/platforms", Read, |route| route.to(configuration::platforms),
        json::<view::PlatformList<'_>>("All platforms")),
    get("/api/v2/configuration/platforms/configs", Read, |route| route.to(configuration::service_options),
        json::<view::OptionsList<'_>>("The options of all services").leads_to(configuration::OPTIONS_LINKS)),
    get("/api/v2/configuration/platforms/configs/{config_id}", Read, |route| route.to(configuration::service_options_by_id),
        json::<view::ServiceOptions<'_>>("The options of one service, by their own id")),
    get("/api/v2/configuration/platforms/{id}/services", Read, |route| route.to(configuration::services),
        json::<view::ServiceList<'_>>("The services of a platform")),
    get("/api/v2/configuration/platforms/{id}/services/{service_id}", Read, |route| route.to(configuration::options_of_service),
        json::<view::ServiceOptions<'_>>("The options of one service")),
    get("/api/v2/configuration/environments", Read, |route| route.to(configuration::environments),
        json::<view::EnvironmentList<'_>>("All environments")),
    get("/api/v2/configuration/environments/configs/{config_id}", Read, |route| route.to(configuration::entries_by_id),
        json::<view::ServiceEntries<'_>>("The entries of a service in an environment, by their own id")),
    get("/api/v2/configuration/environments/platforms/{platform_id}/services/{service_id}/config", Read, |route| route.to(configuration::entries_everywhere),
        json::<view::EntriesList<'_>>("The entries of a service in every environment")),
    get("/api/v2/configuration/environments/{id}", Read, |route| route.to(configuration::environment),
        json::<Environment>("One environment")),
    get("/api/v2/configuration/environments/{id}/configs", Read, |route| route.to(configuration::entries_of_environment),
        json::<view::EntriesList<'_>>("The entries of all services in an environment")
            .leads_to(configuration::ENTRIES_LINKS)),
    get("/api/v2/configuration/environments/{id}/platforms/{platform_id}/config", Read, |route| route.to(configuration::platform_values),
        json::<view::PlatformValuesView<'_>>("The values of a platform in an environment")),
    get("/api/v2/configuration/environments/{id}/platforms/{platform_id}/services/{service_id}/config", Read, |route| route.to(configuration::entries),
        json::<view::ServiceEntries<'_>>("The entries of a service in an environment")),
];

/// What the paths of all routes begin with that are not about the server itself.
pub(crate) const API: &str = "/api";

/// Adds the routes below [`API`] to a scope of that path. A path that exists answers other methods
/// with 405 and `Allow`.
pub(crate) fn configure_api(scope: &mut web::ServiceConfig) {
    add(scope, ROUTES.iter().filter_map(|route| Some((route.path.strip_prefix(API)?, route))));
}

/// Adds the other routes to an app, likewise.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    let others = ROUTES.iter().filter(|route| !route.path.starts_with(API));
    add(app, others.map(|route| (route.path, route)));
}

fn add(app: &mut web::ServiceConfig, routes: impl Iterator<Item = (&'static str, &'static Route)>) {
    let table = routes.map(|(path, route)| {
        let Route { method, permission, handler, .. } = route;
        Line { path, method, permission: *permission, handler: *handler }
    });
    for resource in resources(table, Explained::json) {
        app.service(resource);
    }
}
