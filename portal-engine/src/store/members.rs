//! Who works on a data product, and the ids of people.

use std::collections::BTreeSet;

use chrono::Utc;
use diesel::prelude::*;
use portal_core::{Error, Id, Result};

use super::find_or_add::find_or_add;
use crate::access::{Person, Subject};
use crate::check::TechnicalMapping;
use crate::db::{Connection, ConnectionExt};
use crate::tables::{data_product_members, data_products, domains, people, technical_assets};

/// The members of a data product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// Addresses, in lower case.
    pub people: BTreeSet<String>,
    /// Groups, whose people are members.
    pub groups: BTreeSet<String>,
}

impl Members {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.groups.is_empty()
    }
}

/// The members of a data product, and the number of their last change.
///
/// # Errors
///
/// [`Error::NotFound`] when there is no such data product.
pub fn members(connection: &mut Connection, product: &Id) -> Result<(Members, i64)> {
    connection.read(|connection| {
        let revision: Option<i64> = data_products::table
            .find(product)
            .select(data_products::members_revision)
            .get_result(connection)
            .optional()?;
        let revision = revision
            .ok_or_else(|| Error::NotFound(format!("no data product has the id {product}")))?;
        Ok((load(connection, product)?, revision))
    })
}

fn load(connection: &mut Connection, product: &Id) -> QueryResult<Members> {
    let rows: Vec<(bool, String)> = data_product_members::table
        .filter(data_product_members::data_product_id.eq(product))
        .select((data_product_members::is_group, data_product_members::name))
        .load(connection)?;
    let mut members = Members::default();
    for (is_group, name) in rows {
        let names = if is_group { &mut members.groups } else { &mut members.people };
        names.insert(name);
    }
    Ok(members)
}

/// Replaces the members of a data product, whose names keep the rules of
/// [`check_address`](crate::access::check_address) and its neighbour. People who are new here get an
/// id. `expected` is the revision that the caller has read; `None` lets the last writer win.
///
/// # Errors
///
/// [`Error::NotFound`] when there is no such data product, [`Error::Stale`] when its members have
/// changed since.
pub fn set_members(
    connection: &mut Connection,
    product: &Id,
    expected: Option<i64>,
    members: &Members,
) -> Result<()> {
    connection.write(|connection| {
        // It holds the row until the transaction ends.
        let touched = diesel::update(data_products::table.find(product))
            .set(data_products::members_revision.eq(data_products::members_revision + 1))
            .execute(connection)?;
        if touched == 0 {
            return Err(Error::NotFound(format!("no data product has the id {product}")));
        }
        let revision: i64 = data_products::table
            .find(product)
            .select(data_products::members_revision)
            .get_result(connection)?;
        let revision = revision - 1;
        if expected.is_some_and(|expected| expected != revision) {
            return Err(Error::Stale { revision });
        }
        let own =
            data_product_members::table.filter(data_product_members::data_product_id.eq(product));
        diesel::delete(own).execute(connection)?;
        add_members(connection, product, members)
    })
}

/// Adds members to a data product that has none.
pub(super) fn add_members(
    connection: &mut Connection,
    product: &Id,
    members: &Members,
) -> Result<()> {
    let people = members.people.iter().map(|name| (false, name));
    for (is_group, name) in people.chain(members.groups.iter().map(|name| (true, name))) {
        if !is_group {
            id_of_person(connection, name)?;
        }
        diesel::insert_into(data_product_members::table)
            .values((
                data_product_members::data_product_id.eq(product),
                data_product_members::is_group.eq(is_group),
                data_product_members::name.eq(name),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// The id of a person with that address, in lower case. They get one when they have none yet.
///
/// # Errors
///
/// What the database says.
pub fn id_of_person(connection: &mut Connection, address: &str) -> Result<Id> {
    let find = |connection: &mut Connection| find(connection, address);
    Ok(find_or_add(connection, find, |connection, id| {
        diesel::insert_into(people::table)
            .values((
                people::id.eq(id),
                people::address.eq(address),
                people::created_at.eq(Utc::now().naive_utc()),
            ))
            .execute(connection)
    })?)
}

/// The id of the person with that address, in lower case; `None` when they were never here.
///
/// # Errors
///
/// What the database says.
pub fn find_person(connection: &mut Connection, address: &str) -> Result<Option<Id>> {
    Ok(find(connection, address)?)
}

fn find(connection: &mut Connection, address: &str) -> QueryResult<Option<Id>> {
    let found = people::table.filter(people::address.eq(address)).select(people::id);
    found.get_result(connection).optional()
}

/// The address of the person with that id.
///
/// # Errors
///
/// What the database says.
pub fn address_of_person(connection: &mut Connection, id: &Id) -> Result<Option<String>> {
    let found = people::table.find(id).select(people::address);
    Ok(found.get_result(connection).optional()?)
}

/// The data products that somebody is a member of.
///
/// # Errors
///
/// What the database says.
pub fn data_products_of(connection: &mut Connection, person: &Person) -> Result<Vec<Id>> {
    let names: Vec<&str> = person.groups.iter().map(String::as_str).collect();
    let is_named = data_product_members::is_group
        .eq(false)
        .and(data_product_members::name.eq(&person.address))
        .or(data_product_members::is_group.eq(true).and(data_product_members::name.eq_any(names)));
    Ok(data_product_members::table
        .filter(is_named)
        .select(data_product_members::data_product_id)
        .distinct()
        .order(data_product_members::data_product_id)
        .load(connection)?)
}

/// A data product as permissions are asked for; `None` when there is none.
///
/// # Errors
///
/// What the database says.
pub fn subject_of_data_product(
    connection: &mut Connection,
    product: &Id,
) -> Result<Option<Subject>> {
    let found: Option<(String, String)> = data_products::table
        .inner_join(domains::table)
        .filter(data_products::id.eq(product))
        .select((data_products::name, domains::name))
        .get_result(connection)
        .optional()?;
    let Some((name, domain)) = found else { return Ok(None) };
    let Members { people, groups } = load(connection, product)?;
    let data_product = product.clone();
    Ok(Some(Subject { data_product, name, domain, people, groups, needs_approval: false }))
}

/// The same for one of its technical assets; `None` when there is none.
///
/// # Errors
///
/// What the database says.
pub fn subject_of_asset(
    connection: &mut Connection,
    product: &Id,
    asset: &Id,
) -> Result<Option<Subject>> {
    let mapping: Option<TechnicalMapping> = technical_assets::table
        .filter(technical_assets::id.eq(asset))
        .filter(technical_assets::data_product_id.eq(product))
        .select(technical_assets::technical_mapping)
        .get_result(connection)
        .optional()?;
    let Some(mapping) = mapping else { return Ok(None) };
    let subject = subject_of_data_product(connection, product)?;
    let needs_approval = mapping == TechnicalMapping::Custom;
    Ok(subject.map(|subject| Subject { needs_approval, ..subject }))
}
