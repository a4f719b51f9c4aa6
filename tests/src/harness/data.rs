//! Data that tests send, read back and compare.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use portal_core::{Error, Id};
use portal_engine::Registry;
use portal_engine::check::TechnicalMapping;
use portal_engine::db::{Connection, ConnectionExt};
use portal_engine::store::{self, AssetRow, Configuration, NewDataProduct};
use portal_plugins::BUNDLED;
use serde_json::Value;

/// The ids of the bundled plugins and these others, sorted.
pub fn bundled_and(others: &[&'static str]) -> Vec<&'static str> {
    let mut ids: Vec<&str> =
        BUNDLED.iter().map(|one| one.id).chain(others.iter().copied()).collect();
    ids.sort_unstable();
    ids
}

/// Five plugins to measure and count with.
pub const FIVE: [&str; 5] = ["databricks", "glue", "redshift", "s3", "snowflake"];

/// The ids of all linked plugins that store something.
pub fn output_ids() -> Vec<&'static str> {
    let linked = Registry::load().expect("the linked plugins are sound");
    linked.outputs().map(|plugin| plugin.id()).collect()
}

/// The display name of a linked plugin, and its own example as a `configuration` on the wire.
pub fn example_of(id: &str) -> (&'static str, Value) {
    let plugin = Registry::load().expect("the linked plugins are sound").find(id);
    let plugin = plugin.expect("it is linked");
    let mut configuration = plugin.output().expect("it stores something").example().fields();
    configuration.insert("configuration_type".to_owned(), plugin.wire_name().into());
    (plugin.display_name(), Value::Object(configuration))
}

/// The value with `[id]` in place of every id, for snapshots.
pub fn without_ids(value: &Value) -> Value {
    match value {
        Value::String(text) if text.parse::<Id>().is_ok() => "[id]".into(),
        Value::Array(items) => items.iter().map(without_ids).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), without_ids(member))).collect()
        }
        other => other.clone(),
    }
}

/// How many rows a table has.
pub fn count_rows(connection: &mut Connection, table: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let sql = format!("SELECT count(*) AS count FROM {table}");
    diesel::sql_query(sql).get_result::<Count>(connection).expect("the table is there").count
}

/// What a query tells that has one column, `text`.
pub fn texts_of(connection: &mut Connection, sql: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let rows: Vec<Row> = diesel::sql_query(sql).load(connection).expect("the query is sound");
    rows.into_iter().map(|row| row.text).collect()
}

/// Runs statements.
pub fn execute(connection: &mut Connection, sql: &str) {
    connection.batch_execute(sql).expect("the statements are sound");
}

/// A data product with `count` technical assets, the examples of the five plugins of
/// `examples/custom-portal` in turn, written in one transaction past all checks.
///
/// # Panics
///
/// When one of the plugins is not configured in the database.
pub fn product_with(connection: &mut Connection, namespace: &str, count: usize) -> Id {
    let registry = Registry::load().expect("the linked plugins are sound");
    let configuration = Configuration::load(connection, registry).expect("it can be read");
    let new = NewDataProduct {
        name: namespace.to_owned(),
        namespace: namespace.to_owned(),
        description: String::new(),
        kind: None,
        domain: None,
        ..NewDataProduct::default()
    };
    let product = store::create_data_product(connection, &new).expect("its namespace is free");
    let written = connection.write(|connection| {
        for index in 0..count {
            let plugin = registry.find(FIVE[index % FIVE.len()]).expect("it is linked");
            let service = configuration.service_of(plugin.id()).expect("it is configured");
            let row = AssetRow {
                name: format!("Asset {index}"),
                namespace: format!("asset-{index}"),
                ..AssetRow::new(
                    product.clone(),
                    service.id.clone(),
                    plugin.wire_name(),
                    TechnicalMapping::Custom,
                )
            };
            let output = plugin.output().expect("it stores something").example();
            store::create_asset(connection, &row, output.as_ref())?;
        }
        Ok::<(), Error>(())
    });
    written.expect("the database takes them");
    product
}

/// What is kept of an asset beside its row.
#[derive(Debug, PartialEq, Eq, diesel::QueryableByName)]
pub struct KeptResult {
    /// Id of the asset.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub asset_id: String,
    /// What it was made for.
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub made_for: String,
    /// The result.
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    pub result: Option<String>,
}

/// The kept results of all assets, the oldest first.
pub fn kept_results(connection: &mut Connection) -> Vec<KeptResult> {
    let query = "SELECT asset_id, made_for, result FROM asset_results ORDER BY asset_id";
    diesel::sql_query(query).load(connection).expect("the table is there")
}
