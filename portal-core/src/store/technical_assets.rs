//! Technical assets: core's row and the plugin's row, written together or not at all.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tables::{platform_services, technical_assets};
use super::taken_namespace;
use crate::check::TechnicalMapping;
use crate::db::{Connection, MultiBackend};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::registration::AnyOutput;
use crate::registry::Registry;
use crate::text_column;

/// How many ids one statement binds at most; SQLite allows 32,766 variables.
const IDS_PER_STATEMENT: usize = 10_000;

/// Where an asset is in its life.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    AsExpression,
    FromSqlRow
)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum AssetStatus {
    /// Waits for approval.
    Pending,
    /// In use.
    Active,
    /// No longer in use.
    Archived,
}

text_column!(AssetStatus);

/// Core's row of a technical asset.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = technical_assets, treat_none_as_default_value = false)]
#[diesel(check_for_backend(MultiBackend))]
pub struct AssetRow {
    /// Its id, and the id of its row in the plugin's table.
    pub id: Id,
    /// The data product that owns it.
    pub data_product_id: Id,
    /// The platform service it is stored with.
    pub service_id: Id,
    /// Wire name of the plugin at the time of writing.
    pub configuration_type: String,
    /// Name for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Unique within the data product.
    pub namespace: String,
    /// Where it is in its life.
    pub status: AssetStatus,
    /// How its names relate to the data product's namespace.
    pub technical_mapping: TechnicalMapping,
    /// When it was created, UTC.
    pub created_at: NaiveDateTime,
    /// When it was last changed, UTC.
    pub updated_at: NaiveDateTime,
}

impl AssetRow {
    /// The row of a new asset: active at once in the default mapping, pending otherwise.
    pub fn new(
        data_product_id: Id,
        service_id: Id,
        configuration_type: &str,
        technical_mapping: TechnicalMapping,
    ) -> Self {
        let now = Utc::now().naive_utc();
        AssetRow {
            id: Id::new(),
            data_product_id,
            service_id,
            configuration_type: configuration_type.to_owned(),
            name: String::new(),
            description: String::new(),
            namespace: String::new(),
            status: match technical_mapping {
                TechnicalMapping::Default => AssetStatus::Active,
                TechnicalMapping::Custom => AssetStatus::Pending,
            },
            technical_mapping,
            created_at: now,
            updated_at: now,
        }
    }
}

/// A technical asset as it is stored.
#[derive(Debug)]
pub struct TechnicalAsset {
    /// Core's row.
    pub row: AssetRow,
    /// The plugin's row.
    pub configuration: StoredConfiguration,
}

/// The plugin's row of an asset, or why it cannot be shown here.
#[derive(Debug)]
pub enum StoredConfiguration {
    /// The data output.
    Available(Box<dyn AnyOutput>),
    /// The plugin is not linked, not enabled, or its row is gone; the text says which. What is
    /// stored stays.
    Unavailable(String),
}

/// Stores an asset: core's row and the plugin's row in one transaction.
///
/// # Errors
///
/// [`Error::Invalid`] when the namespace is taken in the data product, [`Error::NotFound`] when
/// the data product went away in the meantime.
pub fn create_asset(
    connection: &mut Connection,
    row: &AssetRow,
    output: &dyn AnyOutput,
) -> Result<()> {
    connection.write(|connection| {
        diesel::insert_into(technical_assets::table).values(row).execute(connection).map_err(
            |error| match error {
                DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                    taken_namespace(&row.namespace, "this data product")
                }
                DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                    Error::NotFound(format!("no data product has the id {}", row.data_product_id))
                }
                other => other.into(),
            },
        )?;
        Ok(output.insert(connection, &row.id)?)
    })
}

/// Replaces the configuration of an asset whole.
///
/// # Errors
///
/// [`Error::NotFound`] when there is no such asset.
pub fn replace_configuration(
    connection: &mut Connection,
    asset: &Id,
    output: &dyn AnyOutput,
) -> Result<()> {
    connection.write(|connection| {
        let touched = diesel::update(technical_assets::table.find(asset))
            .set(technical_assets::updated_at.eq(Utc::now().naive_utc()))
            .execute(connection)?;
        if touched == 0 {
            return Err(Error::NotFound(format!("no technical asset has the id {asset}")));
        }
        Ok(output.replace(connection, asset)?)
    })
}

/// All assets of a data product, oldest first: one statement, and one for each plugin present.
///
/// # Errors
///
/// What the database says.
pub fn list_assets(
    connection: &mut Connection,
    registry: &Registry,
    product: &Id,
) -> Result<Vec<TechnicalAsset>> {
    // One state of the database: an asset that is deleted in between would seem to lack its row.
    connection.read(|connection| {
        let rows = technical_assets::table
            .filter(technical_assets::data_product_id.eq(product))
            .order(technical_assets::id)
            .select(AssetRow::as_select())
            .load(connection)?;
        with_configurations(connection, registry, rows)
    })
}

/// One asset of a data product.
///
/// # Errors
///
/// [`Error::NotFound`] when the data product has no such asset.
pub fn find_asset(
    connection: &mut Connection,
    registry: &Registry,
    product: &Id,
    asset: &Id,
) -> Result<TechnicalAsset> {
    let found = connection.read(|connection| {
        let rows = technical_assets::table
            .filter(technical_assets::id.eq(asset))
            .filter(technical_assets::data_product_id.eq(product))
            .select(AssetRow::as_select())
            .load(connection)?;
        with_configurations(connection, registry, rows)
    })?;
    found.into_iter().next().ok_or_else(|| not_found(product, asset))
}

/// Deletes an asset; the row in the plugin's table goes with it, linked or not.
///
/// # Errors
///
/// [`Error::NotFound`] when the data product has no such asset.
pub fn delete_asset(connection: &mut Connection, product: &Id, asset: &Id) -> Result<()> {
    connection.write(|connection| {
        let deleted = diesel::delete(
            technical_assets::table
                .filter(technical_assets::id.eq(asset))
                .filter(technical_assets::data_product_id.eq(product)),
        )
        .execute(connection)?;
        if deleted == 0 { Err(not_found(product, asset)) } else { Ok(()) }
    })
}

fn not_found(product: &Id, asset: &Id) -> Error {
    Error::NotFound(format!("the data product {product} has no technical asset {asset}"))
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

/// How many assets of a plugin hold one of these texts in a field that takes platform options.
///
/// # Errors
///
/// What the database says.
pub fn count_assets_with(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
    options: &[&String],
) -> Result<i64> {
    let Some((plugin, output)) =
        registry.find_output(plugin).and_then(|plugin| Some((plugin, plugin.output()?)))
    else {
        return Ok(0);
    };
    let ids: Vec<Id> = technical_assets::table
        .inner_join(platform_services::table)
        .filter(platform_services::plugin.eq(plugin.id()))
        .select(technical_assets::id)
        .load(connection)?;
    let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
    let mut count = 0;
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        for (_, stored) in plugin.load_rows(connection, chunk)? {
            let chosen = output.chosen_options(&stored.fields());
            if chosen.iter().any(|one| options.iter().any(|option| *option == one)) {
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Joins core's rows with the plugins' rows, keeping the order.
fn with_configurations(
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
