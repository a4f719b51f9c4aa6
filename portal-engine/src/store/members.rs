//! Who works on a data product, and the ids of people.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Utc;
use diesel::prelude::*;
use portal_core::{Error, Id, Result};

use super::find_or_add::find_or_add;
use super::{no_asset, no_data_product};
use crate::access::{Person, Subject};
use crate::check::TechnicalMapping;
use crate::db::{Connection, ConnectionExt};
use crate::tables::{data_product_members, data_products, domains, people, technical_assets};

/// How many names one statement looks for.
const NAMES_PER_STATEMENT: usize = 500;

/// The members of a data product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// Addresses, in lower case.
    pub people: BTreeSet<String>,
    /// Groups, whose people are members.
    pub groups: BTreeSet<String>,
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
        let revision = revision.ok_or_else(|| no_data_product(product))?;
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
/// id. `expected` is the revision that the caller has read; `None` lets the last writer win. `may` is
/// asked once nobody else can change the members any more: whoever was removed while they waited for
/// their turn is no member now.
///
/// # Errors
///
/// [`Error::NotFound`] when there is no such data product, [`Error::Stale`] when its members have
/// changed since, and what `may` says.
pub fn set_members(
    connection: &mut Connection,
    product: &Id,
    expected: Option<i64>,
    members: &Members,
    may: impl FnOnce(&Subject) -> Result<()>,
) -> Result<()> {
    connection.write(|connection| {
        // It holds the row until the transaction ends.
        let touched = diesel::update(data_products::table.find(product))
            .set(data_products::members_revision.eq(data_products::members_revision + 1))
            .execute(connection)?;
        if touched == 0 {
            return Err(no_data_product(product));
        }
        let revision: i64 = data_products::table
            .find(product)
            .select(data_products::members_revision)
            .get_result(connection)?;
        let revision = revision - 1;
        may(&subject_of_data_product(connection, product)?)?;
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

/// The addresses of the people with these ids, as far as there are such people.
///
/// # Errors
///
/// What the database says.
pub fn addresses_of_people(
    connection: &mut Connection,
    ids: &BTreeSet<Id>,
) -> Result<BTreeMap<Id, String>> {
    let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
    let found = people::table.filter(people::id.eq_any(ids)).select((people::id, people::address));
    let rows: Vec<(Id, String)> = found.load(connection)?;
    Ok(rows.into_iter().collect())
}

/// The data products that somebody is a member of.
///
/// # Errors
///
/// What the database says.
pub fn data_products_of(connection: &mut Connection, person: &Person) -> Result<Vec<Id>> {
    let groups: Vec<&str> = person.groups.iter().map(String::as_str).collect();
    let own = [person.address.as_str()];
    // A statement takes so many names; nobody has said how many groups somebody is in.
    let lists = groups.chunks(NAMES_PER_STATEMENT).map(|names| (true, names));
    let mut found = BTreeSet::new();
    for (is_group, names) in lists.chain([(false, &own[..])]) {
        let ids: Vec<Id> = data_product_members::table
            .filter(data_product_members::is_group.eq(is_group))
            .filter(data_product_members::name.eq_any(names.to_vec()))
            .select(data_product_members::data_product_id)
            .load(connection)?;
        found.extend(ids);
    }
    Ok(found.into_iter().collect())
}

/// A data product as permissions are asked for.
///
/// # Errors
///
/// [`Error::NotFound`] when there is none.
pub fn subject_of_data_product(connection: &mut Connection, product: &Id) -> Result<Subject> {
    let found: Option<(String, String)> = data_products::table
        .inner_join(domains::table)
        .filter(data_products::id.eq(product))
        .select((data_products::name, domains::name))
        .get_result(connection)
        .optional()?;
    let (name, domain) = found.ok_or_else(|| no_data_product(product))?;
    let Members { people, groups } = load(connection, product)?;
    let data_product = product.clone();
    Ok(Subject { data_product, name, domain, people, groups, needs_approval: false })
}

/// The same for one of its technical assets.
///
/// # Errors
///
/// [`Error::NotFound`] when the data product has no such asset.
pub fn subject_of_asset(connection: &mut Connection, product: &Id, asset: &Id) -> Result<Subject> {
    let mapping: Option<TechnicalMapping> = technical_assets::table
        .filter(technical_assets::id.eq(asset))
        .filter(technical_assets::data_product_id.eq(product))
        .select(technical_assets::technical_mapping)
        .get_result(connection)
        .optional()?;
    let mapping = mapping.ok_or_else(|| no_asset(product, asset))?;
    let subject = subject_of_data_product(connection, product)?;
    Ok(Subject { needs_approval: mapping == TechnicalMapping::Custom, ..subject })
}
