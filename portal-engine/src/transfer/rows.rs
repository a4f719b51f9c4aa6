//! The rows of a plugin's table, whatever its columns.

use diesel::prelude::*;
use portal_core::{Error, Result};
use serde_json::{Map, Value};

use crate::db::{Backend, Connection, ConnectionExt};
use crate::linked::LinkedOutput;
use crate::schema;

/// How many rows a table has.
pub(super) fn count_rows(connection: &mut Connection, table: &str) -> QueryResult<i64> {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    diesel::sql_query(format!("SELECT count(*) AS count FROM {table}"))
        .get_result::<Count>(connection)
        .map(|row| row.count)
}

/// All rows of a table as JSON, whatever its columns. The table's name comes from a registration
/// that has been checked, by way of the database.
pub(super) fn dump(connection: &mut Connection, table: &str) -> Result<Vec<Map<String, Value>>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        row: String,
    }
    let sql = match connection.backend() {
        Backend::Postgres => {
            format!("SELECT row_to_json(t)::text AS row FROM {table} t ORDER BY id")
        }
        Backend::Sqlite => {
            let columns = sqlite_columns(connection, table)?;
            let members: Vec<String> =
                columns.iter().map(|name| format!("'{name}', \"{name}\"")).collect();
            format!("SELECT json_object({}) AS row FROM {table} ORDER BY id", members.join(", "))
        }
    };
    diesel::sql_query(sql)
        .load::<Row>(connection)?
        .into_iter()
        .map(|row| {
            serde_json::from_str(&row.row)
                .map_err(|error| Error::internal(format!("a row of {table}: {error}")))
        })
        .collect()
}

fn sqlite_columns(connection: &mut Connection, table: &str) -> QueryResult<Vec<String>> {
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    Ok(diesel::sql_query(format!("SELECT name FROM pragma_table_info('{table}')"))
        .load::<Column>(connection)?
        .into_iter()
        .map(|column| column.name)
        .collect())
}

/// A dumped row as the plugin reads it: a list was stored as text, and SQLite keeps a truth value
/// as a number.
pub(super) fn typed(output: &LinkedOutput, mut row: Map<String, Value>) -> Map<String, Value> {
    row.shift_remove("id");
    for (name, property) in schema::properties(output.schema().as_value()) {
        let Some(value) = row.get_mut(name) else { continue };
        match (property.get("type").and_then(Value::as_str), &*value) {
            (Some("array"), Value::String(text)) => {
                if let Ok(list) = serde_json::from_str(text) {
                    *value = list;
                }
            }
            (Some("boolean"), Value::Number(number)) => {
                *value = Value::Bool(number.as_i64() != Some(0));
            }
            _ => {}
        }
    }
    row
}
