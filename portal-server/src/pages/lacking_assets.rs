//! The assets of a service that lack something in an environment, of all data products.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::Error;
use portal_core::environment::encode;
use portal_engine::store::places;

use super::answer::show_with;
use super::paging::{PAGE, Pages, Query, offset};
use crate::frame::{Layout, PageResult, SECTIONS, in_parts, render, sentence, statics};
use crate::portal::Portal;

/// What parameters of an address the list keeps.
const KEPT: [&str; 2] = ["plugin", "environment"];

#[derive(Template)]
#[template(path = "lacking_assets.html")]
struct LackingPage {
    layout: Layout,
    service: String,
    environment: String,
    rows: Vec<Row>,
    pages: Pages,
}

struct Row {
    path: String,
    name: String,
    data_product: String,
    product_path: String,
    info: Option<String>,
    reason: Vec<String>,
}

/// Path of the list for a plugin and an environment.
pub(super) fn path(plugin: &str, environment: &str) -> String {
    format!("/operator/assets?plugin={}&environment={}", encode(plugin), encode(environment))
}

pub(super) async fn show(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let query = Query::of(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let configuration = &snapshot.configuration;
        let (plugin, name) = (query.get("plugin"), query.get("environment"));
        let service = configuration
            .service_of(plugin)
            .ok_or_else(|| Error::NotFound(format!("no service is stored for {plugin:?}")))?;
        let environment = configuration
            .environment(name)
            .ok_or_else(|| Error::NotFound(format!("no environment is called {name:?}")))?;
        let (limit, offset) = (i64::from(PAGE), i64::from(offset(&query)));
        let (found, total) =
            places::lacking(connection, &service.id, &environment.id, limit, offset)?;
        let rows = found.into_iter().map(|asset| {
            let product_path = format!("/data_products/{}", asset.data_product_id);
            Row {
                path: format!("{product_path}/technical_assets/{}", asset.id),
                name: asset.name,
                data_product: asset.data_product,
                product_path,
                info: asset.info,
                reason: in_parts(&sentence(&asset.reason.unwrap_or_default())),
            }
        });
        render(&LackingPage {
            layout: Layout::new(portal.prefix(), "Assets that lack something", "/operator")
                .below("Operator", "/operator"),
            service: service.name.clone(),
            environment: environment.name.clone(),
            rows: rows.collect(),
            pages: Pages::new("/operator/assets", &query, &KEPT, total),
        })
    })
    .await
}
