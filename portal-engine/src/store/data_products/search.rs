//! Some data products: filtered, sorted, a page of them, each with the number of its assets.

use diesel::dsl::count_star;
use diesel::prelude::*;
use portal_core::{DataProduct, Id, Result};

use super::{ProductRow, with_counts};
use crate::db::{Connection, ConnectionExt};
use crate::store::technical_assets::{containing, lower};
use crate::tables::{data_product_types, data_products, domains, technical_assets};

/// Which data products are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataProductFilter {
    /// Only those whose name, description, namespace or domain contains this text, in any case.
    pub text: Option<String>,
    /// Only these, when there are any to choose from.
    pub among: Option<Vec<Id>>,
    /// Which come first.
    pub order: DataProductOrder,
    /// How many of the first are left out.
    pub offset: u32,
    /// The most that are returned.
    pub limit: u32,
}

/// In which order data products are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DataProductOrder {
    /// By name, in any case.
    #[default]
    Name,
    /// By the name of the domain, then by their own.
    Domain,
    /// Those created last.
    Newest,
}

/// Some data products, and how many there are.
#[derive(Debug)]
pub struct DataProductPage {
    /// The data products, each with the number of its assets.
    pub products: Vec<(DataProduct, i64)>,
    /// How many the filter lets pass, on all pages together.
    pub total: i64,
}

/// Narrows a boxed query to what a filter lets pass. A macro, because the types of a list and of a
/// count have no name in common.
macro_rules! filtered {
    ($query:expr, $filter:expr) => {{
        let mut query = $query;
        if let Some(among) = &$filter.among {
            let ids: Vec<&str> = among.iter().map(Id::as_str).collect();
            query = query.filter(data_products::id.eq_any(ids));
        }
        if let Some(text) = &$filter.text {
            let pattern = lower(containing(text));
            query = query.filter(
                lower(data_products::name)
                    .like(pattern.clone())
                    .escape('\\')
                    .or(lower(data_products::description).like(pattern.clone()).escape('\\'))
                    .or(lower(data_products::namespace).like(pattern.clone()).escape('\\'))
                    .or(lower(domains::name).like(pattern).escape('\\')),
            );
        }
        query
    }};
}

/// The data products that a filter lets pass, in the order it asks for. Three statements.
///
/// # Errors
///
/// What the database says.
pub fn search_data_products(
    connection: &mut Connection,
    filter: &DataProductFilter,
) -> Result<DataProductPage> {
    let joined =
        || data_products::table.inner_join(data_product_types::table).inner_join(domains::table);
    connection.read(|connection| {
        let total = filtered!(joined().count().into_boxed(), filter).first(connection)?;
        let query = filtered!(joined().select(ProductRow::as_select()).into_boxed(), filter);
        let name = (lower(data_products::name), data_products::id);
        let query = match filter.order {
            DataProductOrder::Name => query.order(name),
            DataProductOrder::Domain => query.order((lower(domains::name), name)),
            DataProductOrder::Newest => query.order(data_products::id.desc()),
        };
        let rows: Vec<ProductRow> = query
            .limit(i64::from(filter.limit))
            .offset(i64::from(filter.offset))
            .load(connection)?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let counts = technical_assets::table
            .filter(technical_assets::data_product_id.eq_any(ids))
            .group_by(technical_assets::data_product_id)
            .select((technical_assets::data_product_id, count_star()))
            .load(connection)?;
        let products = rows.into_iter().map(DataProduct::from);
        Ok(DataProductPage { products: with_counts(products, |one| &one.id, counts), total })
    })
}
