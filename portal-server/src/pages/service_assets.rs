//! The assets of a service in an environment, of all data products: those that lack something, or
//! those that an entry serves.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::environment::encode;
use portal_core::{Error, Result};
use portal_engine::entries::Served;
use portal_engine::store::places::{self, Wanted};
use serde_json::Value;

use super::answer::show_with;
use super::paging::{PAGE, Pages, Query, offset};
use crate::frame::{Layout, PageResult, SECTIONS, in_parts, render, sentence, statics};
use crate::portal::{Portal, Snapshot};

/// What parameters of an address the list keeps.
const KEPT: [&str; 3] = ["plugin", "environment", "entry"];

#[derive(Template)]
#[template(path = "service_assets.html")]
struct AssetsPage {
    layout: Layout,
    service: String,
    environment: String,
    /// The entry that serves them; without one they lack something.
    entry: Option<String>,
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

/// Path of the list of those that lack something, for a plugin and an environment.
pub(super) fn path(plugin: &str, environment: &str) -> String {
    format!("/operator/assets?plugin={}&environment={}", encode(plugin), encode(environment))
}

/// Path of the list of those that an entry serves.
pub(super) fn path_of_entry(plugin: &str, environment: &str, entry: &str) -> String {
    format!("{}&entry={}", path(plugin, environment), encode(entry))
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
        let entry = query.text("entry");
        let wanted = match &entry {
            Some(entry) => Wanted::Served(served_by(portal, &snapshot, [plugin, name], entry)?),
            None => Wanted::Lacking,
        };
        let (limit, offset) = (i64::from(PAGE), i64::from(offset(&query)));
        let (found, total) = places::in_environment(
            connection,
            &service.id,
            &environment.id,
            &wanted,
            limit,
            offset,
        )?;
        let rows = found.into_iter().map(|asset| {
            let product_path = format!("/data_products/{}", asset.data_product_id);
            Row {
                path: format!("{product_path}/technical_assets/{}", asset.id),
                name: asset.name,
                data_product: asset.data_product,
                product_path,
                info: asset.info,
                reason: asset.reason.map_or(Vec::new(), |reason| in_parts(&sentence(&reason))),
            }
        });
        let title = match &entry {
            Some(entry) => format!("Assets that {entry} serves"),
            None => "Assets that lack something".to_owned(),
        };
        render(&AssetsPage {
            layout: Layout::new(portal.prefix(), title, "/operator").below("Operator", "/operator"),
            service: service.name.clone(),
            environment: environment.name.clone(),
            entry,
            rows: rows.collect(),
            pages: Pages::new("/operator/assets", &query, &KEPT, total),
        })
    })
    .await
}

/// The names that an entry of a plugin serves in an environment.
fn served_by(
    portal: &Portal,
    snapshot: &Snapshot,
    [plugin, environment]: [&str; 2],
    entry: &str,
) -> Result<Served> {
    let configuration = &snapshot.configuration;
    let plugin = portal.registry().get(plugin)?;
    let place = configuration.environment(environment);
    let entries = place.and_then(|place| configuration.entries_in(plugin, &place.id));
    let field = plugin.output().and_then(|output| output.entries_named_by());
    let entries = entries.map_or(&[][..], |entries| &entries.config);
    let names = || entries.iter().filter_map(|one| one.get(field?).and_then(Value::as_str));
    if names().all(|name| name != entry) {
        let name = plugin.display_name();
        return Err(Error::NotFound(format!(
            "{name} has no entry {entry:?} in the environment {environment:?}"
        )));
    }
    Ok(Served::by(entry, names()))
}
