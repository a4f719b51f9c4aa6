//! The technical assets of a data product, as rows of a table.

use portal_core::{DataProduct, Error, Result};
use portal_engine::db::Connection;
use portal_engine::store::places;
use portal_engine::store::{self, AssetOrder, AssetPage, StoredConfiguration};

use super::paging::{PAGE, Pages, Query, offset};
use crate::assets::filter::filter_of;
use crate::frame::Moment;
use crate::portal::{Portal, Snapshot};

/// The orders of the list: value and label.
pub(super) const ORDERS: [(&str, &str); 4] = [
    ("newest", "Newest first"),
    ("oldest", "Oldest first"),
    ("changed", "Last changed"),
    ("name", "Name"),
];

/// The parameters that narrow the list.
pub(super) const FILTERS: [&str; 4] = ["text", "status", "plugin", "places"];

/// What parameters of an address a list keeps.
const KEPT: [&str; 5] = ["text", "status", "plugin", "places", "sort"];

/// One asset.
#[derive(Debug)]
pub(super) struct Row {
    pub path: String,
    pub name: String,
    pub namespace: String,
    pub plugin: String,
    /// Id of the plugin, when it is here and so has an icon.
    pub icon: Option<&'static str>,
    pub status: &'static str,
    pub result: Option<String>,
    /// In how many environments it has a place, once somebody has looked.
    pub places: Option<i64>,
    pub changed: Moment,
}

/// A page of assets.
#[derive(Debug)]
pub(super) struct Rows {
    pub rows: Vec<Row>,
    pub pages: Pages,
}

/// The assets that the query asks for.
pub(super) fn rows(
    portal: &Portal,
    snapshot: &Snapshot,
    connection: &mut Connection,
    product: &DataProduct,
    query: &Query,
) -> Result<Rows> {
    let path = format!("/data_products/{}", product.id);
    let mut parameters = query.0.clone();
    parameters.retain(|name, _| FILTERS.contains(&name.as_str()));
    let mut filter = filter_of(portal, &parameters).map_err(Error::from)?;
    filter.limit = Some(PAGE);
    filter.offset = offset(query);
    filter.order = match query.get("sort") {
        "oldest" => AssetOrder::Oldest,
        "changed" => AssetOrder::Changed,
        "name" => AssetOrder::Name,
        _ => AssetOrder::Newest,
    };
    let AssetPage { assets, next } =
        store::list_assets(connection, portal.registry(), &product.id, &filter)?;
    // The last page tells how many there are, and a list is mostly no longer than a page.
    let is_last = next.is_none() && (!assets.is_empty() || filter.offset == 0);
    let total = match is_last {
        true => i64::from(filter.offset) + assets.len() as i64,
        false => store::count_assets(connection, &product.id, &filter)?,
    };
    let ids: Vec<&str> = assets.iter().map(|asset| asset.row.id.as_str()).collect();
    let mut placed = places::placed(connection, &ids)?;
    let rows = assets
        .into_iter()
        .map(|asset| {
            let plugin = portal.registry().find_output(&asset.row.configuration_type);
            let service = snapshot.configuration.service(&asset.row.service_id);
            let result = match (&asset.configuration, service) {
                (StoredConfiguration::Available(output), Some(service)) => {
                    snapshot.configuration.result_string(service, output.as_ref())
                }
                _ => None,
            };
            Row {
                places: placed.remove(&asset.row.id),
                path: format!("{path}/technical_assets/{}", asset.row.id),
                name: asset.row.name,
                namespace: asset.row.namespace,
                plugin: plugin.map_or(asset.row.configuration_type, |plugin| {
                    plugin.display_name().to_owned()
                }),
                icon: plugin.map(|plugin| plugin.id()),
                status: asset.row.status.as_str(),
                result,
                changed: asset.row.updated_at.into(),
            }
        })
        .collect();
    Ok(Rows { rows, pages: Pages::new(&path, query, &KEPT, total) })
}
