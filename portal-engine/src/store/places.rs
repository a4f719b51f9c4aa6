//! Results and places of assets, kept so that they can be searched, filtered and compared.
//!
//! All of it follows from the assets, the configuration and the plugins. Whoever writes an asset keeps
//! them with it; when configuration or plugins change, [`refresh`] makes them anew, some at a time.

mod anew;
mod lists;

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use portal_core::{Id, Result};

pub use self::anew::refresh;
pub use self::lists::{Placed, lacking, looking_for, these};
use super::{Configuration, Rendered, ServiceRow};
use crate::db::Connection;
use crate::linked::LinkedPlugin;
use crate::tables::{asset_places, asset_results, data_products, technical_assets};

/// How many assets with the same result are named.
const MOST_NAMED: i64 = 5;

/// Another asset, as it is named beside one with the same result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Namesake {
    /// Id of the asset.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Id of its data product.
    pub data_product_id: Id,
    /// Name of its data product.
    pub data_product: String,
}

/// Keeps what a new asset is called.
///
/// # Errors
///
/// What the database says.
pub fn keep_new(
    connection: &mut Connection,
    configuration: &Configuration,
    plugin: &LinkedPlugin,
    asset: &Id,
    rendered: &Rendered<'_>,
) -> Result<()> {
    let Some(service) = configuration.service_of(plugin.id()) else { return Ok(()) };
    add(connection, service, configuration.made_for(plugin), &[(asset, Some(rendered))])
}

/// Keeps what an asset is called, in place of what was kept of it before.
///
/// # Errors
///
/// What the database says.
pub fn keep(
    connection: &mut Connection,
    configuration: &Configuration,
    plugin: &LinkedPlugin,
    asset: &Id,
    rendered: &Rendered<'_>,
) -> Result<()> {
    remove(connection, &[asset.as_str()])?;
    keep_new(connection, configuration, plugin, asset, rendered)
}

fn remove(connection: &mut Connection, assets: &[&str]) -> Result<()> {
    diesel::delete(asset_places::table.filter(asset_places::asset_id.eq_any(assets)))
        .execute(connection)?;
    diesel::delete(asset_results::table.filter(asset_results::asset_id.eq_any(assets)))
        .execute(connection)?;
    Ok(())
}

fn add(
    connection: &mut Connection,
    service: &ServiceRow,
    made_for: &str,
    all: &[(&Id, Option<&Rendered<'_>>)],
) -> Result<()> {
    // One by one: diesel inserts no list where a connection may lead to either database.
    for (id, rendered) in all {
        let places = rendered.map(|one| i64::try_from(one.places().with_place).unwrap_or(i64::MAX));
        diesel::insert_into(asset_results::table)
            .values((
                asset_results::asset_id.eq(id),
                asset_results::service_id.eq(&service.id),
                asset_results::made_for.eq(made_for),
                asset_results::result.eq(rendered.and_then(|one| one.result_string.as_deref())),
                asset_results::entry_name.eq(rendered.and_then(|one| one.entry_name.as_deref())),
                asset_results::places.eq(places),
            ))
            .execute(connection)?;
        diesel::update(technical_assets::table.find(id.as_str()))
            .set(technical_assets::found_by.eq(rendered.map_or(String::new(), found_by)))
            .execute(connection)?;
        for info in rendered.iter().flat_map(|rendered| &rendered.technical_info) {
            diesel::insert_into(asset_places::table)
                .values((
                    asset_places::asset_id.eq(id),
                    asset_places::environment_id.eq(info.environment_id),
                    asset_places::info.eq(info.info.as_deref()),
                    asset_places::url.eq(info.url.as_deref()),
                    asset_places::reason.eq(info.reason.as_deref()),
                ))
                .execute(connection)?;
        }
    }
    Ok(())
}

/// What an asset is found by: its result and what it is in each environment, each once.
fn found_by(rendered: &Rendered<'_>) -> String {
    let infos = rendered.technical_info.iter().filter_map(|info| info.info.as_deref());
    let mut texts: Vec<&str> = rendered.result_string.as_deref().into_iter().chain(infos).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.join("\n")
}

/// How many assets of a service look for each name.
///
/// # Errors
///
/// What the database says.
pub fn uses(connection: &mut Connection, service: &Id) -> Result<HashMap<String, i64>> {
    let found: Vec<(Option<String>, i64)> = asset_results::table
        .filter(asset_results::service_id.eq(service))
        .group_by(asset_results::entry_name)
        .select((asset_results::entry_name, count_star()))
        .load(connection)?;
    Ok(found.into_iter().filter_map(|(name, count)| Some((name?, count))).collect())
}

/// In how many environments each of these assets has a place. Those that were not looked at yet are
/// left out.
///
/// # Errors
///
/// What the database says.
pub fn placed(connection: &mut Connection, assets: &[&str]) -> Result<HashMap<Id, i64>> {
    let found: Vec<(Id, Option<i64>)> = asset_results::table
        .filter(asset_results::asset_id.eq_any(assets))
        .select((asset_results::asset_id, asset_results::places))
        .load(connection)?;
    Ok(found.into_iter().filter_map(|(asset, places)| Some((asset, places?))).collect())
}

/// Other assets of the same service with the same result, the oldest first. Nothing has an empty result.
///
/// # Errors
///
/// What the database says.
pub fn namesakes(
    connection: &mut Connection,
    service: &Id,
    result: &str,
    except: Option<&Id>,
) -> Result<Vec<Namesake>> {
    if result.is_empty() {
        return Ok(Vec::new());
    }
    // No id is empty.
    let except = except.map_or("", Id::as_str);
    let same = || {
        asset_results::table
            .filter(asset_results::service_id.eq(service.as_str()))
            .filter(asset_results::result.eq(result))
            .filter(asset_results::asset_id.ne(except))
    };
    // Most assets have none, and one index says so, by a statement that is prepared once.
    let is_shared: bool = diesel::select(exists(same())).get_result(connection)?;
    if !is_shared {
        return Ok(Vec::new());
    }
    let found: Vec<(Id, String, Id, String)> = same()
        .inner_join(technical_assets::table.inner_join(data_products::table))
        .select((
            technical_assets::id,
            technical_assets::name,
            data_products::id,
            data_products::name,
        ))
        .order(asset_results::asset_id)
        .limit(MOST_NAMED)
        .load(connection)?;
    let named = found.into_iter().map(|(id, name, data_product_id, data_product)| Namesake {
        id,
        name,
        data_product_id,
        data_product,
    });
    Ok(named.collect())
}
