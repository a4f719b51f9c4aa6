//! The statements that the portal issues for S3 assets, written with plain diesel.

use chrono::{NaiveDateTime, Utc};
use diesel::prelude::*;
use portal_core::Id;
use portal_engine::db::{Connection, ConnectionExt};
use serde::Serialize;

diesel::table! {
    domains (id) { id -> Text, name -> Text, description -> Text }
}
diesel::table! {
    data_product_types (id) { id -> Text, name -> Text, description -> Text, icon_key -> Text }
}
diesel::table! {
    data_products (id) {
        id -> Text, name -> Text, namespace -> Text, description -> Text, status -> Text,
        type_id -> Text, domain_id -> Text,
    }
}
diesel::table! {
    technical_assets (id) {
        id -> Text, data_product_id -> Text, service_id -> Text, configuration_type -> Text,
        name -> Text, description -> Text, namespace -> Text, status -> Text,
        technical_mapping -> Text, created_at -> Timestamp, updated_at -> Timestamp,
        revision -> BigInt,
    }
}
diesel::table! {
    s3_data_outputs (id) { id -> Text, bucket -> Text, suffix -> Text, path -> Text }
}
diesel::joinable!(data_products -> data_product_types (type_id));
diesel::joinable!(data_products -> domains (domain_id));
diesel::allow_tables_to_appear_in_same_query!(data_products, data_product_types, domains);

#[derive(Serialize, Queryable, Selectable)]
#[diesel(table_name = data_products)]
struct Product {
    id: String,
    name: String,
    namespace: String,
    description: String,
    status: String,
    #[diesel(embed)]
    kind: Kind,
    #[diesel(embed)]
    domain: Domain,
}

#[derive(Serialize, Queryable, Selectable)]
#[diesel(table_name = data_product_types)]
struct Kind {
    id: String,
    name: String,
    description: String,
    icon_key: String,
}

#[derive(Serialize, Queryable, Selectable)]
#[diesel(table_name = domains)]
struct Domain {
    id: String,
    name: String,
    description: String,
}

#[derive(Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = technical_assets)]
struct Asset {
    id: String,
    data_product_id: String,
    service_id: String,
    configuration_type: String,
    name: String,
    description: String,
    namespace: String,
    status: String,
    technical_mapping: String,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    revision: i64,
}

#[derive(Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = s3_data_outputs)]
struct S3Output {
    bucket: String,
    suffix: String,
    path: String,
}

#[derive(Serialize)]
struct Listed {
    product: Product,
    assets: Vec<Asset>,
    configurations: Vec<(String, S3Output)>,
}

/// Reads one asset and serialises it.
pub fn find(connection: &mut Connection, product: &Id, asset: &Id) -> Vec<u8> {
    let found = find_product(connection, product);
    let rows = technical_assets::table
        .filter(technical_assets::id.eq(asset.as_str()))
        .filter(technical_assets::data_product_id.eq(product.as_str()));
    let listed = connection.read(|connection| {
        let assets = rows.select(Asset::as_select()).load(connection)?;
        with_configurations(connection, found, assets)
    });
    serialised(listed)
}

/// Lists the assets of a data product and serialises them.
pub fn list(connection: &mut Connection, product: &Id) -> Vec<u8> {
    let found = find_product(connection, product);
    let rows = technical_assets::table
        .filter(technical_assets::data_product_id.eq(product.as_str()))
        .order(technical_assets::id);
    let listed = connection.read(|connection| {
        let assets = rows.select(Asset::as_select()).load(connection)?;
        with_configurations(connection, found, assets)
    });
    serialised(listed)
}

/// Creates an asset in one transaction and answers with its id.
pub fn create(connection: &mut Connection, product: &Id, service: &Id) -> Vec<u8> {
    let now = Utc::now().naive_utc();
    let asset = Asset {
        id: Id::new().to_string(),
        data_product_id: product.to_string(),
        service_id: service.to_string(),
        configuration_type: "S3DataOutput".to_owned(),
        name: "Daily".to_owned(),
        description: String::new(),
        namespace: Id::new().to_string(),
        status: "pending".to_owned(),
        technical_mapping: "custom".to_owned(),
        created_at: now,
        updated_at: now,
        revision: 1,
    };
    let output =
        S3Output { bucket: "datalake".to_owned(), suffix: String::new(), path: "daily".to_owned() };
    let written: QueryResult<usize> = connection.write(|connection| {
        diesel::insert_into(technical_assets::table).values(&asset).execute(connection)?;
        diesel::insert_into(s3_data_outputs::table)
            .values((s3_data_outputs::id.eq(&asset.id), &output))
            .execute(connection)
    });
    assert_eq!(written, Ok(1));
    asset.id.into_bytes()
}

fn find_product(connection: &mut Connection, id: &Id) -> Product {
    data_products::table
        .inner_join(data_product_types::table)
        .inner_join(domains::table)
        .filter(data_products::id.eq(id.as_str()))
        .select(Product::as_select())
        .get_result(connection)
        .expect("the product is there")
}

fn with_configurations(
    connection: &mut Connection,
    product: Product,
    assets: Vec<Asset>,
) -> QueryResult<Listed> {
    let ids: Vec<&str> = assets.iter().map(|asset| asset.id.as_str()).collect();
    let rows = s3_data_outputs::table.select((s3_data_outputs::id, S3Output::as_select()));
    let configurations = match ids.as_slice() {
        [id] => rows.filter(s3_data_outputs::id.eq(*id)).load(connection)?,
        _ => rows.filter(s3_data_outputs::id.eq_any(ids)).load(connection)?,
    };
    Ok(Listed { product, assets, configurations })
}

fn serialised(listed: QueryResult<Listed>) -> Vec<u8> {
    serde_json::to_vec(&listed.expect("the database answers")).expect("rows are JSON")
}
