//! The assets of a service in an environment, of all data products: those that lack something, or
//! those that an entry serves.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::environment::{Environment, encode};
use portal_core::{Error, Id, Result};
use portal_engine::LinkedPlugin;
use portal_engine::entries::Names;
use portal_engine::store::Configuration;
use portal_engine::store::places::{self, Placed};
use serde_json::Value;

use super::answer::show_with;
use super::paging::{PAGE, Pages, Query, offset};
use crate::frame::{Layout, PageResult, SECTIONS, in_parts, render, sentence, statics};
use crate::portal::Portal;
use crate::visitor::Visitor;

/// What parameters of an address the list keeps.
const KEPT: [&str; 3] = ["plugin", "environment", "entry"];

#[derive(Template)]
#[template(path = "service_assets.html")]
struct AssetsPage<'a> {
    layout: Layout,
    service: &'a str,
    environment: &'a str,
    /// The entry that serves them; without one they lack something.
    entry: Option<&'a str>,
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

pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
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
        let entry = Some(query.get("entry")).filter(|entry| !entry.is_empty());
        let (title, (found, total)) = match entry {
            Some(entry) => {
                let plugin = portal.registry().get(plugin)?;
                let names = names_of(configuration, plugin, environment, entry)?;
                let serves = |name: &str| names.find(name).is_some_and(|serving| *serving == entry);
                let all = places::looking_for(connection, &service.id, serves)?;
                let page = all.iter().skip(offset(&query) as usize).take(PAGE as usize);
                let page: Vec<Id> = page.cloned().collect();
                let found = places::these(connection, &page, &environment.id)?;
                let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
                (format!("Assets that {entry} serves"), (found, total))
            }
            None => {
                let (limit, offset) = (i64::from(PAGE), i64::from(offset(&query)));
                let title = "Assets that lack something".to_owned();
                let (service, environment) = (&service.id, &environment.id);
                (title, places::lacking(connection, service, environment, limit, offset)?)
            }
        };
        render(&AssetsPage {
            layout: Layout::new(&visitor, title, "/operator").below("Operator", "/operator"),
            service: &service.name,
            environment: &environment.name,
            entry,
            rows: found.into_iter().map(Row::from).collect(),
            pages: Pages::new("/operator/assets", &query, &KEPT, total),
        })
    })
    .await
}

impl From<Placed> for Row {
    fn from(asset: Placed) -> Self {
        let product_path = format!("/data_products/{}", asset.data_product_id);
        Row {
            path: format!("{product_path}/technical_assets/{}", asset.id),
            name: asset.name,
            data_product: asset.data_product,
            product_path,
            info: asset.info,
            reason: asset.reason.map_or(Vec::new(), |reason| in_parts(&sentence(&reason))),
        }
    }
}

/// The names of a plugin's entries in an environment, of which `entry` is one.
fn names_of<'a>(
    configuration: &'a Configuration,
    plugin: &LinkedPlugin,
    environment: &Environment,
    entry: &str,
) -> Result<Names<&'a str>> {
    let field = plugin.output().and_then(|output| output.entries_named_by());
    let entries = configuration.entries_in(plugin, &environment.id);
    let entries = entries.map_or(&[][..], |entries| &entries.config);
    let names: Vec<&str> =
        entries.iter().filter_map(|one| one.get(field?).and_then(Value::as_str)).collect();
    if !names.contains(&entry) {
        return Err(Error::NotFound(format!(
            "{} has no entry {entry:?} in the environment {:?}",
            plugin.display_name(),
            environment.name
        )));
    }
    Ok(names.into_iter().map(|name| (name.to_owned(), name)).collect())
}
