//! Many assets at once: lists, filters, pages, counts. Never one statement per asset.

use std::collections::{BTreeMap, HashMap};

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use portal_core::__private::AnyOutput;
use portal_core::{Id, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{AssetRow, AssetStatus, StoredConfiguration, TechnicalAsset};
use crate::db::{Connection, ConnectionExt};
use crate::registry::Registry;
use crate::tables::{asset_results, environments, platform_services, technical_assets};

/// How many ids one statement binds at most; SQLite allows 32,766 variables.
const IDS_PER_STATEMENT: usize = 10_000;

diesel::define_sql_function! {
    /// Lower case, as the database knows it: SQLite, and PostgreSQL under the locale C, know that
    /// of ASCII only.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Which assets of a data product are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetFilter {
    /// Only those in this state.
    pub status: Option<AssetStatus>,
    /// Only those stored with this service.
    pub service: Option<Id>,
    /// Only those whose name, description, namespace, result or name in an environment contains this
    /// text, in any case.
    pub text: Option<String>,
    /// Only those that are somewhere in so many environments.
    pub places: Option<PlacesFilter>,
    /// Only those after this one, in id order.
    pub after: Option<Id>,
    /// The most that are returned.
    pub limit: Option<u32>,
    /// How many of the first are left out.
    pub offset: u32,
    /// Which come first. `after` goes with the default alone.
    pub order: AssetOrder,
}

/// In how many environments an asset has a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlacesFilter {
    /// In each.
    All,
    /// In some, and not in others.
    Some,
    /// In none.
    None,
}

/// In which order assets are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AssetOrder {
    /// Those created first.
    #[default]
    Oldest,
    /// Those created last.
    Newest,
    /// Those changed last.
    Changed,
    /// By name, in any case.
    Name,
}

/// Some assets, and whether there are more.
#[derive(Debug)]
pub struct AssetPage {
    /// The assets, oldest first.
    pub assets: Vec<TechnicalAsset>,
    /// The last asset of this page, when others follow it.
    pub next: Option<Id>,
}

/// Narrows a boxed query to what a filter lets pass. A macro, because the types of a list and of a
/// count have no name in common.
macro_rules! filtered {
    ($query:expr, $product:expr, $filter:expr) => {{
        let mut query = $query.filter(technical_assets::data_product_id.eq($product));
        if let Some(status) = $filter.status {
            query = query.filter(technical_assets::status.eq(status));
        }
        if let Some(service) = &$filter.service {
            query = query.filter(technical_assets::service_id.eq(service));
        }
        if let Some(text) = &$filter.text {
            let pattern = lower(containing(text));
            // One text is searched faster than four.
            let all = technical_assets::name
                .concat("\n")
                .concat(technical_assets::description)
                .concat("\n")
                .concat(technical_assets::namespace)
                .concat("\n")
                .concat(technical_assets::found_by);
            query = query.filter(lower(all).like(pattern).escape('\\'));
        }
        if let Some(places) = $filter.places {
            let own =
                || asset_results::table.filter(asset_results::asset_id.eq(technical_assets::id));
            let all = || environments::table.count().single_value();
            let with = exists(own().filter(asset_results::places.gt(0)));
            query = match places {
                PlacesFilter::All => query.filter(exists(
                    own()
                        .filter(asset_results::places.gt(0))
                        .filter(asset_results::places.ge(all())),
                )),
                PlacesFilter::Some => query.filter(exists(
                    own()
                        .filter(asset_results::places.gt(0))
                        .filter(asset_results::places.lt(all())),
                )),
                PlacesFilter::None => query.filter(not(with)),
            };
        }
        query
    }};
}

/// The assets of a data product that a filter lets pass, in the order it asks for: one statement, and one
/// for each plugin present and started 10,000 assets.
///
/// # Errors
///
/// What the database says.
pub fn list_assets(
    connection: &mut Connection,
    registry: &Registry,
    product: &Id,
    filter: &AssetFilter,
) -> Result<AssetPage> {
    let query = technical_assets::table.select(AssetRow::as_select()).into_boxed();
    let mut query = filtered!(query, product, filter);
    query = match filter.order {
        AssetOrder::Oldest => query.order(technical_assets::id),
        AssetOrder::Newest => query.order(technical_assets::id.desc()),
        AssetOrder::Changed => {
            query.order((technical_assets::updated_at.desc(), technical_assets::id.desc()))
        }
        AssetOrder::Name => query.order((lower(technical_assets::name), technical_assets::id)),
    };
    if let Some(after) = &filter.after {
        query = query.filter(technical_assets::id.gt(after));
    }
    // SQLite takes no offset without a limit.
    if let Some(limit) = filter.limit {
        query = query.limit(i64::from(limit) + 1).offset(i64::from(filter.offset));
    }
    // One state of the database: an asset that is deleted in between would seem to lack its row.
    connection.read(|connection| {
        let mut rows = query.load(connection)?;
        let mut next = None;
        if let Some(limit) = filter.limit
            && rows.len() > limit as usize
        {
            rows.truncate(limit as usize);
            next = rows.last().map(|row| row.id.clone());
        }
        Ok(AssetPage { assets: with_configurations(connection, registry, rows)?, next })
    })
}

/// How many assets of a data product a filter lets pass, on all pages together.
///
/// # Errors
///
/// What the database says.
pub fn count_assets(
    connection: &mut Connection,
    product: &Id,
    filter: &AssetFilter,
) -> Result<i64> {
    let query = technical_assets::table.count().into_boxed();
    Ok(filtered!(query, product, filter).first(connection)?)
}

/// The pattern of texts that contain `text`, whatever wildcards it holds. Its case is left to
/// [`lower`], so that the database does to both sides what it does to one.
pub(in crate::store) fn containing(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// How many assets are stored with the services of these plugins.
///
/// # Errors
///
/// What the database says.
pub fn count_assets_of(connection: &mut Connection, plugins: &[&String]) -> Result<i64> {
    Ok(technical_assets::table
        .inner_join(platform_services::table)
        .filter(platform_services::plugin.eq_any(plugins))
        .count()
        .get_result(connection)?)
}

/// How many assets of a plugin are stored with something that is meant.
///
/// # Errors
///
/// What the database says.
pub fn count_assets_with(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
    is_meant: impl Fn(&dyn AnyOutput) -> bool,
) -> Result<i64> {
    let Some(plugin) = registry.find_output(plugin) else { return Ok(0) };
    let ids: Vec<Id> = technical_assets::table
        .inner_join(platform_services::table)
        .filter(platform_services::plugin.eq(plugin.id()))
        .select(technical_assets::id)
        .load(connection)?;
    let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
    let mut count = 0;
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let rows = plugin.load_rows(connection, chunk)?;
        count += rows.iter().filter(|(_, stored)| is_meant(stored.as_ref())).count();
    }
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Joins core's rows with the plugins' rows, keeping the order.
pub(in crate::store) fn with_configurations(
    connection: &mut Connection,
    registry: &Registry,
    rows: Vec<AssetRow>,
) -> Result<Vec<TechnicalAsset>> {
    let mut ids_by_plugin: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &rows {
        if let Some(plugin) = registry.find_output(&row.configuration_type) {
            ids_by_plugin.entry(plugin.id()).or_default().push(row.id.as_str());
        }
    }
    let mut outputs: HashMap<Id, Box<dyn AnyOutput>> = HashMap::with_capacity(rows.len());
    for (plugin, ids) in ids_by_plugin {
        let Some(plugin) = registry.find_output(plugin) else { continue };
        for chunk in ids.chunks(IDS_PER_STATEMENT) {
            outputs.extend(plugin.load_rows(connection, chunk)?);
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let configuration = match outputs.remove(&row.id) {
                Some(output) => StoredConfiguration::Available(output),
                None => StoredConfiguration::Unavailable(
                    match registry.find_output(&row.configuration_type) {
                        Some(plugin) => format!("the table of {} has no row for it", plugin.id()),
                        None => registry.absence(&row.configuration_type),
                    },
                ),
            };
            TechnicalAsset { row, configuration }
        })
        .collect())
}
