//! Data products: the owners of technical assets.

mod kinds;
mod search;

use std::collections::HashMap;

use chrono::Utc;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use portal_core::{DataProduct, DataProductType, Domain, Id, Problem, Result};

pub use self::kinds::{domain_name, list_domains, list_types, type_name};
pub use self::search::{
    DataProductFilter, DataProductOrder, DataProductPage, search_data_products,
};
use super::find_or_add::find_or_add;
use super::members::{Members, add_members};
use super::{no_data_product, taken_namespace, taken_problem};
use crate::db::{Connection, ConnectionExt, MultiBackend};
use crate::tables::{
    data_product_members, data_product_types, data_products, domains, technical_assets,
};

/// Domain of a data product that names none.
const DEFAULT_DOMAIN: &str = "General";

/// Where the namespaces of data products are unique.
const OWNER: &str = "the portal";

/// Type of a data product that names none.
const DEFAULT_TYPE: &str = "Data product";

/// The columns of a [`DataProduct`], which itself knows no table.
#[derive(Queryable, Selectable)]
#[diesel(table_name = data_products, check_for_backend(MultiBackend))]
struct ProductRow {
    id: Id,
    name: String,
    namespace: String,
    description: String,
    status: String,
    #[diesel(embed)]
    kind: TypeRow,
    #[diesel(embed)]
    domain: DomainRow,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = data_product_types, check_for_backend(MultiBackend))]
struct TypeRow {
    id: Id,
    name: String,
    description: String,
    icon_key: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = domains, check_for_backend(MultiBackend))]
struct DomainRow {
    id: Id,
    name: String,
    description: String,
}

impl From<ProductRow> for DataProduct {
    fn from(row: ProductRow) -> Self {
        let ProductRow { id, name, namespace, description, status, kind, domain } = row;
        let (kind, domain) = (kind.into(), domain.into());
        DataProduct { id, name, namespace, description, status, kind, domain }
    }
}

impl From<TypeRow> for DataProductType {
    fn from(row: TypeRow) -> Self {
        let TypeRow { id, name, description, icon_key } = row;
        DataProductType { id, name, description, icon_key }
    }
}

impl From<DomainRow> for Domain {
    fn from(row: DomainRow) -> Self {
        let DomainRow { id, name, description } = row;
        Domain { id, name, description }
    }
}

/// What creating a data product takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDataProduct {
    /// Name for people, not empty.
    pub name: String,
    /// Namespace, unique in the portal.
    pub namespace: String,
    /// What it is.
    pub description: String,
    /// Name of its type, which exists from then on; a default otherwise.
    pub kind: Option<String>,
    /// Name of its domain, which exists from then on; a default otherwise.
    pub domain: Option<String>,
    /// Who works on it.
    pub members: Members,
}

/// Stores a data product, whose texts keep the rules of [`check_name`](super::check_name) and its
/// neighbours.
///
/// # Errors
///
/// [`Error::Invalid`](portal_core::Error::Invalid) for a namespace that is taken.
pub fn create_data_product(connection: &mut Connection, new: &NewDataProduct) -> Result<Id> {
    let named = |name: &Option<String>, default: &'static str| {
        name.as_deref().map_or(default, str::trim).to_owned()
    };
    let (kind, domain) = (named(&new.kind, DEFAULT_TYPE), named(&new.domain, DEFAULT_DOMAIN));
    connection.write(|connection| {
        let type_id = ensure_type(connection, &kind)?;
        let domain_id = ensure_domain(connection, &domain)?;
        let id = Id::new();
        diesel::insert_into(data_products::table)
            .values((
                data_products::id.eq(&id),
                data_products::name.eq(new.name.trim()),
                data_products::namespace.eq(&new.namespace),
                data_products::description.eq(&new.description),
                data_products::status.eq("active"),
                data_products::type_id.eq(&type_id),
                data_products::domain_id.eq(&domain_id),
                data_products::created_at.eq(Utc::now().naive_utc()),
            ))
            .execute(connection)
            .map_err(|error| match error {
                DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                    taken_namespace(&new.namespace, OWNER)
                }
                other => other.into(),
            })?;
        add_members(connection, &id, &new.members)?;
        Ok(id)
    })
}

/// What [`create_data_product`] would say of a namespace: the problem of one that is taken.
///
/// # Errors
///
/// What the database says.
pub fn taken_product_namespace(
    connection: &mut Connection,
    namespace: &str,
) -> Result<Option<Problem>> {
    let taken = data_products::table
        .filter(data_products::namespace.eq(namespace))
        .count()
        .get_result::<i64>(connection)?;
    Ok((taken > 0).then(|| taken_problem(namespace, OWNER)))
}

/// The id of the type with that name. Two requests that bring the same new name at once both get
/// it: the loser of the race finds the winner's row.
fn ensure_type(connection: &mut Connection, name: &str) -> QueryResult<Id> {
    let find = |connection: &mut Connection| {
        data_product_types::table
            .filter(data_product_types::name.eq(name))
            .select(data_product_types::id)
            .get_result::<Id>(connection)
            .optional()
    };
    find_or_add(connection, find, |connection, id| {
        diesel::insert_into(data_product_types::table)
            .values((
                data_product_types::id.eq(id),
                data_product_types::name.eq(name),
                data_product_types::description.eq(""),
                data_product_types::icon_key.eq("default"),
            ))
            .execute(connection)
    })
}

fn ensure_domain(connection: &mut Connection, name: &str) -> QueryResult<Id> {
    let find = |connection: &mut Connection| {
        domains::table
            .filter(domains::name.eq(name))
            .select(domains::id)
            .get_result::<Id>(connection)
            .optional()
    };
    find_or_add(connection, find, |connection, id| {
        diesel::insert_into(domains::table)
            .values((domains::id.eq(id), domains::name.eq(name), domains::description.eq("")))
            .execute(connection)
    })
}

/// All data products by name.
///
/// # Errors
///
/// What the database says.
pub fn list_data_products(connection: &mut Connection) -> Result<Vec<DataProduct>> {
    let rows: Vec<ProductRow> = data_products::table
        .inner_join(data_product_types::table)
        .inner_join(domains::table)
        .order((data_products::name, data_products::id))
        .select(ProductRow::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(DataProduct::from).collect())
}

/// How many there are of what belongs to a data product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Technical assets.
    pub assets: i64,
    /// People who are members by their address.
    pub people: i64,
}

/// As [`list_data_products`], each with what belongs to it.
///
/// # Errors
///
/// What the database says.
pub fn list_counted_data_products(
    connection: &mut Connection,
) -> Result<Vec<(DataProduct, Counts)>> {
    connection.read(|connection| {
        let products = list_data_products(connection)?;
        let assets = technical_assets::table
            .group_by(technical_assets::data_product_id)
            .select((technical_assets::data_product_id, count_star()))
            .load(connection)?;
        let people = data_product_members::table
            .filter(data_product_members::is_group.eq(false))
            .group_by(data_product_members::data_product_id)
            .select((data_product_members::data_product_id, count_star()))
            .load(connection)?;
        let counted = with_counts(products.into_iter(), |product| &product.id, assets);
        let counted = with_counts(counted.into_iter(), |(product, _)| &product.id, people);
        let counted = counted
            .into_iter()
            .map(|((product, assets), people)| (product, Counts { assets, people }));
        Ok(counted.collect())
    })
}

/// Each of `all` with its count, 0 where there is none.
fn with_counts<T>(
    all: impl Iterator<Item = T>,
    id: impl Fn(&T) -> &Id,
    counts: Vec<(Id, i64)>,
) -> Vec<(T, i64)> {
    let counts: HashMap<Id, i64> = counts.into_iter().collect();
    let counted = all.map(|one| {
        let count = counts.get(id(&one)).copied().unwrap_or(0);
        (one, count)
    });
    counted.collect()
}

/// One data product.
///
/// # Errors
///
/// [`Error::NotFound`](portal_core::Error::NotFound) when there is none.
pub fn find_data_product(connection: &mut Connection, id: &Id) -> Result<DataProduct> {
    // Not `first`: it binds a limit, and SQLite prepares a statement anew for each bound limit.
    data_products::table
        .inner_join(data_product_types::table)
        .inner_join(domains::table)
        .filter(data_products::id.eq(id))
        .select(ProductRow::as_select())
        .get_result(connection)
        .optional()?
        .map(DataProduct::from)
        .ok_or_else(|| no_data_product(id))
}

/// Those of `namespaces` that belong to other data products than `product`.
///
/// # Errors
///
/// What the database says.
pub fn rival_namespaces(
    connection: &mut Connection,
    product: &Id,
    namespaces: &[String],
) -> Result<Vec<String>> {
    if namespaces.is_empty() {
        return Ok(Vec::new());
    }
    Ok(data_products::table
        .filter(data_products::namespace.eq_any(namespaces))
        .filter(data_products::id.ne(product))
        .select(data_products::namespace)
        .load(connection)?)
}
