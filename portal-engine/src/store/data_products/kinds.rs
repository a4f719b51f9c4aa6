//! Domains and types of data products.

use diesel::dsl::count_star;
use diesel::prelude::*;
use portal_core::{DataProductType, Domain, Id, Result};

use super::{DomainRow, TypeRow, with_counts};
use crate::db::{Connection, ConnectionExt};
use crate::tables::{data_product_types, data_products, domains};

/// All domains by name, each with the number of its data products.
///
/// # Errors
///
/// What the database says.
pub fn list_domains(connection: &mut Connection) -> Result<Vec<(Domain, i64)>> {
    connection.read(|connection| {
        let rows: Vec<DomainRow> = domains::table
            .order((domains::name, domains::id))
            .select(DomainRow::as_select())
            .load(connection)?;
        let counts = data_products::table
            .group_by(data_products::domain_id)
            .select((data_products::domain_id, count_star()))
            .load(connection)?;
        Ok(with_counts(rows.into_iter().map(Domain::from), |domain| &domain.id, counts))
    })
}

/// All types of data products by name, each with the number of its data products.
///
/// # Errors
///
/// What the database says.
pub fn list_types(connection: &mut Connection) -> Result<Vec<(DataProductType, i64)>> {
    connection.read(|connection| {
        let rows: Vec<TypeRow> = data_product_types::table
            .order((data_product_types::name, data_product_types::id))
            .select(TypeRow::as_select())
            .load(connection)?;
        let counts = data_products::table
            .group_by(data_products::type_id)
            .select((data_products::type_id, count_star()))
            .load(connection)?;
        Ok(with_counts(rows.into_iter().map(DataProductType::from), |kind| &kind.id, counts))
    })
}

/// The name of the domain with that id.
///
/// # Errors
///
/// What the database says.
pub fn domain_name(connection: &mut Connection, id: &Id) -> Result<Option<String>> {
    let found = domains::table.find(id).select(domains::name);
    Ok(found.get_result(connection).optional()?)
}

/// The name of the type with that id.
///
/// # Errors
///
/// What the database says.
pub fn type_name(connection: &mut Connection, id: &Id) -> Result<Option<String>> {
    let found = data_product_types::table.find(id).select(data_product_types::name);
    Ok(found.get_result(connection).optional()?)
}
