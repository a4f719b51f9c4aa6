//! The catalogue: what a company's platforms offer, as tiles.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use portal_engine::findings::lines;
use portal_engine::store::Configuration;
use portal_engine::{LinkedPlugin, Registry};

use super::paging::Query;
use crate::frame::{Layout, PageResult, SECTIONS, html, prose, render, statics};
use crate::portal::Portal;
use crate::rule::QUERY_MAX;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "catalogue.html")]
struct CataloguePage {
    layout: Layout,
    q: String,
    groups: Vec<Group>,
    found: usize,
    is_empty: bool,
    /// Whether some data products are the visitor's own.
    has_own: bool,
}

/// A platform with its services.
#[derive(Debug)]
pub(super) struct Group {
    pub key: &'static str,
    pub name: &'static str,
    pub tiles: Vec<TileCard>,
}

/// What one plugin brings.
#[derive(Debug)]
pub(super) struct TileCard {
    pub id: &'static str,
    pub name: &'static str,
    pub description: String,
    /// Whether assets can be stored with it.
    pub stores: bool,
    /// What to add to the operator's file before its form can be filled.
    pub lacking: Option<String>,
}

/// The platforms whose services match a search, services under their parent.
pub(super) fn groups(registry: &Registry, configuration: &Configuration, q: &str) -> Vec<Group> {
    let mut groups: BTreeMap<(bool, &str), Group> = BTreeMap::new();
    let wanted = q.to_lowercase();
    for plugin in registry.plugins() {
        let parent = plugin.platform().parent;
        let platform = parent.map_or(plugin.display_name(), |parent| parent.display_name);
        let tile = tile(plugin, configuration);
        let texts = [tile.id, tile.name, &tile.description, platform, plugin.wire_name()];
        let matches = |text: &str| text.to_lowercase().contains(&wanted);
        if !texts.into_iter().any(matches) {
            continue;
        }
        // Platforms with several services first; those that stand alone share one group.
        let (key, name) = match parent {
            Some(parent) => ((false, parent.display_name), (parent.key, parent.display_name)),
            None => ((true, ""), ("others", "Other platforms")),
        };
        let group = groups.entry(key).or_insert_with(|| Group {
            key: name.0,
            name: name.1,
            tiles: Vec::new(),
        });
        group.tiles.push(tile);
    }
    groups.into_values().collect()
}

fn tile(plugin: &LinkedPlugin, configuration: &Configuration) -> TileCard {
    let output = plugin.output();
    let lacking =
        output.filter(|output| output.lacks_options(configuration.options_of(plugin.id())));
    TileCard {
        id: plugin.id(),
        name: plugin.display_name(),
        description: description(plugin),
        stores: output.is_some(),
        lacking: lacking.map(|output| lines::of_options(plugin, output)),
    }
}

/// What a plugin is, in a sentence or two.
pub(super) fn description(plugin: &LinkedPlugin) -> String {
    match plugin.output() {
        Some(output) => prose(output.description().unwrap_or_default()),
        None => "A place that data products open; nothing is stored for it here.".to_owned(),
    }
}

pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let q = Query::of(&request).text("q").unwrap_or_default();
    let snapshot = portal.snapshot();
    let groups = groups(portal.registry(), &snapshot.configuration, &q);
    let page = CataloguePage {
        layout: Layout::new(&visitor, "Catalogue", "/"),
        found: groups.iter().map(|group| group.tiles.len()).sum(),
        has_own: visitor.person().is_some(),
        is_empty: portal.registry().plugins().is_empty(),
        q,
        groups,
    };
    Ok(html(StatusCode::OK, render(&page)?))
}
