//! A data product with its technical assets.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::DataProduct;
use portal_engine::access::Permission;
use portal_engine::store;

use super::answer::show_with;
use super::asset_list::{FILTERS, ORDERS, Rows, rows};
use super::paging::Query;
use crate::body::path_ids;
use crate::frame::{Layout, PageResult, SECTIONS, render, statics};
use crate::portal::{Portal, Snapshot};
use crate::rule::QUERY_MAX;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "data_product.html")]
struct ProductPage {
    layout: Layout,
    product: DataProduct,
    rows: Rows,
    query: Query,
    /// Services to filter by: id and name.
    services: Vec<(String, String)>,
    /// Places that store nothing here: name and address.
    places: Vec<(&'static str, String)>,
    is_filtered: bool,
    /// How many there are.
    environments: i64,
    /// Whether the visitor may create assets.
    may_change: bool,
}

pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let query = Query::of(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let product = store::find_data_product(connection, &id)?;
        let subject = visitor.subject(connection, &id)?;
        let rows = rows(portal, &snapshot, connection, &product, &query)?;
        let services = snapshot.configuration.services.iter();
        let services = services.map(|one| (one.plugin.clone(), one.name.clone())).collect();
        render(&ProductPage {
            layout: Layout::new(&visitor, &product.name, "/data_products")
                .below("Data products", "/data_products"),
            places: places(portal, &snapshot, &product),
            is_filtered: FILTERS.iter().any(|name| !query.get(name).is_empty()),
            environments: snapshot.configuration.environments.len() as i64,
            may_change: visitor.may(Permission::ChangeAssets, subject.as_ref()),
            product,
            rows,
            query,
            services,
        })
    })
    .await
}

/// Where launchers lead for this data product.
fn places(
    portal: &Portal,
    snapshot: &Snapshot,
    product: &DataProduct,
) -> Vec<(&'static str, String)> {
    let environments = &snapshot.configuration.environments;
    let first = environments.iter().find(|one| one.is_default).or(environments.first());
    let launchers = portal.registry().plugins().iter().filter(|plugin| plugin.output().is_none());
    launchers
        .filter_map(|plugin| {
            let environment =
                first.filter(|_| plugin.platform().has_environments).map(|one| one.name.as_str());
            let url = snapshot
                .configuration
                .platform_url(portal.registry(), plugin.id(), product, environment)
                .ok()?;
            Some((plugin.display_name(), url))
        })
        .collect()
}
