//! Results and places of assets, kept so that they can be searched, filtered and compared.
//!
//! All of it follows from the assets, the configuration and the plugins. Whoever writes an asset keeps
//! them with it; when configuration or plugins change, [`refresh`] makes them anew, some at a time.

use std::collections::HashMap;

use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use portal_core::{DataProduct, Id, Result};

use super::technical_assets::{AssetRow, StoredConfiguration, with_configurations};
use super::{Configuration, Rendered, ServiceRow, find_data_product};
use crate::db::{Backend, Connection, ConnectionExt};
use crate::linked::LinkedPlugin;
use crate::registry::Registry;
use crate::tables::{asset_places, asset_results, data_products, technical_assets};

/// How many assets are made anew in one transaction, so that writers wait for milliseconds.
const AT_ONCE: i64 = 500;

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

/// Makes anew what was kept for another configuration or another version of a plugin, some assets at a
/// time; says whether there may be more. Assets of plugins that are not here keep what they have.
///
/// # Errors
///
/// What the database says.
pub fn refresh(
    connection: &mut Connection,
    registry: &Registry,
    configuration: &Configuration,
) -> Result<bool> {
    for plugin in registry.outputs() {
        let Some(service) = configuration.service_of(plugin.id()) else { continue };
        let made_for = configuration.made_for(plugin);
        let old = old_ones(connection, service, made_for)?;
        if old.is_empty() {
            continue;
        }
        connection.write(|connection| {
            let old: Vec<&str> = old.iter().map(Id::as_str).collect();
            lock(connection, &old)?;
            let rows = still_old(connection, &old, made_for)?;
            make_anew(connection, registry, configuration, (plugin, service), made_for, rows)
        })?;
        return Ok(true);
    }
    Ok(false)
}

/// Assets of a service whose results were made for something else, or never.
fn old_ones(connection: &mut Connection, service: &ServiceRow, made_for: &str) -> Result<Vec<Id>> {
    Ok(technical_assets::table
        .left_join(asset_results::table)
        .filter(technical_assets::service_id.eq(&service.id))
        .filter(asset_results::made_for.is_null().or(asset_results::made_for.ne(made_for)))
        .select(technical_assets::id)
        .limit(AT_ONCE)
        .load(connection)?)
}

/// Keeps others from changing these assets. Whoever changes one locks its row first as well, so that
/// neither waits for the other while it holds what that one needs. SQLite has one writer at a time.
fn lock(connection: &mut Connection, assets: &[&str]) -> Result<()> {
    if connection.backend() == Backend::Postgres {
        diesel::update(technical_assets::table.filter(technical_assets::id.eq_any(assets)))
            .set(technical_assets::found_by.eq(technical_assets::found_by))
            .execute(connection)?;
    }
    Ok(())
}

/// Those of these assets that nobody has written since.
fn still_old(
    connection: &mut Connection,
    assets: &[&str],
    made_for: &str,
) -> Result<Vec<AssetRow>> {
    Ok(technical_assets::table
        .left_join(asset_results::table)
        .filter(technical_assets::id.eq_any(assets))
        .filter(asset_results::made_for.is_null().or(asset_results::made_for.ne(made_for)))
        .select(AssetRow::as_select())
        .load(connection)?)
}

fn make_anew(
    connection: &mut Connection,
    registry: &Registry,
    configuration: &Configuration,
    (plugin, service): (&LinkedPlugin, &ServiceRow),
    made_for: &str,
    rows: Vec<AssetRow>,
) -> Result<()> {
    let mut products: HashMap<Id, DataProduct> = HashMap::new();
    for row in &rows {
        if !products.contains_key(&row.data_product_id) {
            let product = find_data_product(connection, &row.data_product_id)?;
            products.insert(row.data_product_id.clone(), product);
        }
    }
    let assets = with_configurations(connection, registry, rows)?;
    let rendered: Vec<(&Id, Option<Rendered<'_>>)> = assets
        .iter()
        .map(|asset| {
            let rendered = match (&asset.configuration, products.get(&asset.row.data_product_id)) {
                (StoredConfiguration::Available(output), Some(product)) => {
                    Some(configuration.render(plugin, service, product, output.as_ref()))
                }
                _ => None,
            };
            (&asset.row.id, rendered)
        })
        .collect();
    let all: Vec<(&Id, Option<&Rendered<'_>>)> =
        rendered.iter().map(|(id, rendered)| (*id, rendered.as_ref())).collect();
    let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    remove(connection, &ids)?;
    add(connection, service, made_for, &all)
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

/// The columns of a [`Placed`].
const PLACED: (
    technical_assets::id,
    technical_assets::name,
    data_products::id,
    data_products::name,
    asset_places::info,
    asset_places::reason,
) = (
    technical_assets::id,
    technical_assets::name,
    data_products::id,
    data_products::name,
    asset_places::info,
    asset_places::reason,
);

/// The assets that were looked at in an environment. A macro, because the type of a join has no name.
macro_rules! in_environment {
    ($environment:expr) => {
        technical_assets::table
            .inner_join(asset_places::table)
            .inner_join(data_products::table)
            .filter(asset_places::environment_id.eq($environment))
    };
}

/// An asset in an environment, as lists of a service show it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Placed {
    /// Id of the asset.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Id of its data product.
    pub data_product_id: Id,
    /// Name of its data product.
    pub data_product: String,
    /// What it is in the environment, where it has a place.
    pub info: Option<String>,
    /// What it lacks, if anything.
    pub reason: Option<String>,
}

/// The assets of a service that lack something in an environment, the oldest first, and how many there
/// are.
///
/// # Errors
///
/// What the database says.
pub fn lacking(
    connection: &mut Connection,
    service: &Id,
    environment: &Id,
    limit: i64,
    offset: i64,
) -> Result<(Vec<Placed>, i64)> {
    let all = || {
        in_environment!(environment)
            .filter(technical_assets::service_id.eq(service))
            .filter(asset_places::reason.is_not_null())
    };
    let found = all()
        .select(PLACED)
        .order(technical_assets::id)
        .limit(limit)
        .offset(offset)
        .load(connection)?;
    Ok((found, all().count().get_result(connection)?))
}

/// Ids of the assets of a service that look for a name which `is_meant`, the oldest first. All names
/// are looked at: which entry serves one is not for the database to say.
///
/// # Errors
///
/// What the database says.
pub fn looking_for(
    connection: &mut Connection,
    service: &Id,
    is_meant: impl Fn(&str) -> bool,
) -> Result<Vec<Id>> {
    let all: Vec<(Id, Option<String>)> = asset_results::table
        .filter(asset_results::service_id.eq(service))
        .select((asset_results::asset_id, asset_results::entry_name))
        .order(asset_results::asset_id)
        .load(connection)?;
    let meant = all.into_iter().filter(|(_, name)| name.as_deref().is_some_and(&is_meant));
    Ok(meant.map(|(id, _)| id).collect())
}

/// Some assets in an environment, the oldest first.
///
/// # Errors
///
/// What the database says.
pub fn these(connection: &mut Connection, assets: &[Id], environment: &Id) -> Result<Vec<Placed>> {
    let assets: Vec<&str> = assets.iter().map(Id::as_str).collect();
    Ok(in_environment!(environment)
        .filter(technical_assets::id.eq_any(assets))
        .select(PLACED)
        .order(technical_assets::id)
        .load(connection)?)
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
