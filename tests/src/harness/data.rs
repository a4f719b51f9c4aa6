//! Data that tests send, read back and compare.

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use portal_core::db::Connection;
use portal_core::{Id, Registry};
use serde_json::Value;

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

/// Runs statements.
pub fn execute(connection: &mut Connection, sql: &str) {
    connection.batch_execute(sql).expect("the statements are sound");
}
