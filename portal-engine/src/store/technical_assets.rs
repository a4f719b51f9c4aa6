//! Technical assets: core's row and the plugin's row, written together or not at all.

mod list;

use chrono::{NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use portal_core::__private::AnyOutput;
use portal_core::{Error, Id, Problem, Result};
use serde::{Deserialize, Serialize};

pub(super) use self::list::with_configurations;
pub use self::list::{
    AssetFilter, AssetOrder, AssetPage, PlacesFilter, count_assets, count_assets_of,
    count_assets_with, list_assets,
};
pub(super) use self::list::{containing, lower};
use super::{no_asset, no_data_product, taken_namespace, taken_problem};
use crate::access::Author;
use crate::check::TechnicalMapping;
use crate::db::{Connection, ConnectionExt, MultiBackend};
use crate::registry::Registry;
use crate::tables::technical_assets;
use crate::text_enum::text_enum;

text_enum! {
    /// Where an asset is in its life.
    pub enum AssetStatus {
        /// Waits for approval.
        Pending,
        /// In use.
        Active,
        /// No longer in use.
        Archived,
    }
}

impl AssetStatus {
    /// The states that follow this one.
    pub fn next(self) -> &'static [AssetStatus] {
        match self {
            AssetStatus::Pending => &[AssetStatus::Active, AssetStatus::Archived],
            AssetStatus::Active => &[AssetStatus::Archived],
            AssetStatus::Archived => &[AssetStatus::Pending],
        }
    }

    /// Goes to another state.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] that lists the states which can follow.
    fn go_to(self, status: AssetStatus) -> Result<AssetStatus> {
        if self.next().contains(&status) {
            return Ok(status);
        }
        let next: Vec<&str> = self.next().iter().map(|next| next.as_str()).collect();
        Err(Error::Conflict(format!(
            "an asset that is {} cannot become {} (it can become {})",
            self.as_str(),
            status.as_str(),
            next.join(" or ")
        )))
    }

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            AssetStatus::Pending => "pending",
            AssetStatus::Active => "active",
            AssetStatus::Archived => "archived",
        }
    }
}

/// Core's row of a technical asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[derive(Queryable, Selectable, Insertable)]
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
    /// Who created it: the address of a person, or `token:` and the name of a token.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Who last changed it, likewise.
    #[serde(default)]
    pub updated_by: Option<String>,
    /// Who wrote its configuration: the address of a person, or `token:` and the name of a token that
    /// nobody who is known has created. They do not approve it.
    #[serde(default)]
    pub configured_by: Option<String>,
    /// Number of its last change, from 1.
    pub revision: i64,
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
            created_by: None,
            updated_by: None,
            configured_by: None,
            revision: 1,
        }
    }

    /// Whether going to that state would approve a configuration that the same person has written.
    pub fn is_self_approval(&self, status: AssetStatus, author: &Author) -> bool {
        self.technical_mapping == TechnicalMapping::Custom
            && status == AssetStatus::Active
            && author.person.is_some()
            && self.configured_by == author.person
    }

    /// The same row, written by somebody.
    pub fn by(mut self, author: &Author) -> Self {
        self.created_by.clone_from(&author.signature);
        self.updated_by.clone_from(&author.signature);
        self.configured_by.clone_from(&author.person);
        self
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
                    no_data_product(&row.data_product_id)
                }
                other => other.into(),
            },
        )?;
        Ok(output.insert(connection, &row.id)?)
    })
}

/// What [`create_asset`] would say of a namespace: the problem of one that is taken in the data
/// product.
///
/// # Errors
///
/// What the database says.
pub fn taken_asset_namespace(
    connection: &mut Connection,
    product: &Id,
    namespace: &str,
) -> Result<Option<Problem>> {
    let taken = technical_assets::table
        .filter(technical_assets::data_product_id.eq(product))
        .filter(technical_assets::namespace.eq(namespace))
        .count()
        .get_result::<i64>(connection)?;
    Ok((taken > 0).then(|| taken_problem(namespace, "this data product")))
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
    found.into_iter().next().ok_or_else(|| no_asset(product, asset))
}

/// What an update changes; `None` leaves a part as it is.
#[derive(Debug, Default)]
pub struct AssetChange<'a> {
    /// Name for people.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The data output, replaced whole.
    pub configuration: Option<&'a dyn AnyOutput>,
    /// Where it goes in its life.
    pub status: Option<AssetStatus>,
    /// Who changes it.
    pub author: Author,
    /// Whether somebody may approve what they alone have written.
    pub allows_self_approval: bool,
}

/// Changes an asset, core's row and the plugin's row in one transaction. Another configuration
/// in the custom mapping has to be approved again: it returns the asset to pending.
///
/// `expected` is the revision that the caller has read; `None` lets the last writer win.
///
/// # Errors
///
/// [`Error::NotFound`] when the data product has no such asset, [`Error::Stale`] when it has
/// changed since, [`Error::Conflict`] for a status it cannot go to from where it is,
/// [`Error::Forbidden`] for approving what they alone have written.
pub fn update_asset(
    connection: &mut Connection,
    registry: &Registry,
    product: &Id,
    asset: &Id,
    expected: Option<i64>,
    change: &AssetChange<'_>,
) -> Result<()> {
    connection.write(|connection| {
        let row = lock_row(connection, product, asset, expected)?;
        let is_configured_anew = match change.configuration {
            Some(output) => !is_stored(connection, registry, &row, output)?,
            None => false,
        };
        let needs_approval = row.technical_mapping == TechnicalMapping::Custom;
        let status = match change.status {
            Some(status) => {
                refuse_self_approval(&row, status, change)?;
                row.status.go_to(status)?
            }
            None if is_configured_anew && needs_approval => AssetStatus::Pending,
            None => row.status,
        };
        let configured_by = match is_configured_anew {
            true => &change.author.person,
            false => &row.configured_by,
        };
        diesel::update(technical_assets::table.find(asset))
            .set((
                technical_assets::name.eq(change.name.as_ref().unwrap_or(&row.name)),
                technical_assets::description
                    .eq(change.description.as_ref().unwrap_or(&row.description)),
                technical_assets::status.eq(status),
                technical_assets::updated_at.eq(Utc::now().naive_utc()),
                technical_assets::updated_by.eq(&change.author.signature),
                technical_assets::configured_by.eq(configured_by),
            ))
            .execute(connection)?;
        match change.configuration {
            Some(output) => Ok(output.replace(connection, asset)?),
            None => Ok(()),
        }
    })
}

/// Refuses to let somebody approve a configuration that they alone have written: it is replaced whole, so
/// nobody else has looked at it. What needs no approval is theirs.
fn refuse_self_approval(
    row: &AssetRow,
    status: AssetStatus,
    change: &AssetChange<'_>,
) -> Result<()> {
    if row.is_self_approval(status, &change.author) && !change.allows_self_approval {
        return Err(Error::Forbidden(
            "you alone wrote the configuration of this technical asset: ask another approver, or an operator, to approve it"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Whether a data output is the one that an asset has. Ask while its row is held: another writer
/// could change the answer.
fn is_stored(
    connection: &mut Connection,
    registry: &Registry,
    row: &AssetRow,
    output: &dyn AnyOutput,
) -> Result<bool> {
    let assets = with_configurations(connection, registry, vec![row.clone()])?;
    Ok(assets.iter().any(|asset| match &asset.configuration {
        StoredConfiguration::Available(stored) => stored.fields() == output.fields(),
        StoredConfiguration::Unavailable(_) => false,
    }))
}

/// Deletes an asset; the row in the plugin's table goes with it, linked or not. `expected` as in
/// [`update_asset`].
///
/// # Errors
///
/// [`Error::NotFound`] when the data product has no such asset, [`Error::Stale`] when it has
/// changed since.
pub fn delete_asset(
    connection: &mut Connection,
    product: &Id,
    asset: &Id,
    expected: Option<i64>,
) -> Result<()> {
    connection.write(|connection| {
        lock_row(connection, product, asset, expected)?;
        diesel::delete(technical_assets::table.find(asset)).execute(connection)?;
        Ok(())
    })
}

/// Counts the revision of an asset up, which holds its row until the transaction ends, and then
/// reads it: of two writers at once, the second one sees what the first one wrote.
fn lock_row(
    connection: &mut Connection,
    product: &Id,
    asset: &Id,
    expected: Option<i64>,
) -> Result<AssetRow> {
    let own = technical_assets::table
        .filter(technical_assets::id.eq(asset))
        .filter(technical_assets::data_product_id.eq(product));
    let touched = diesel::update(own)
        .set(technical_assets::revision.eq(technical_assets::revision + 1))
        .execute(connection)?;
    if touched == 0 {
        return Err(no_asset(product, asset));
    }
    let row = own.select(AssetRow::as_select()).get_result(connection)?;
    let revision = row.revision - 1;
    match expected {
        Some(expected) if expected != revision => Err(Error::Stale { revision }),
        _ => Ok(row),
    }
}
