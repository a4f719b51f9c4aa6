//! Assets of a service in an environment, of all data products, as lists of operators show them.

use diesel::prelude::*;
use portal_core::{Id, Result};

use crate::db::Connection;
use crate::tables::{asset_places, asset_results, data_products, technical_assets};

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
