//! Making results anew that were kept for another configuration or another version of a plugin.

use std::collections::HashMap;

use diesel::prelude::*;
use portal_core::{DataProduct, Id, Result};

use super::{add, remove};
use crate::db::{Backend, Connection, ConnectionExt};
use crate::linked::LinkedPlugin;
use crate::registry::Registry;
use crate::store::technical_assets::{AssetRow, StoredConfiguration, with_configurations};
use crate::store::{Configuration, Rendered, ServiceRow, find_data_product};
use crate::tables::{asset_results, technical_assets};

/// How many assets are made anew in one transaction, so that writers wait for milliseconds.
const AT_ONCE: i64 = 500;

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
