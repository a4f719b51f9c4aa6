//! The columns that the tables of a database have, read from its own catalogue.

use diesel::sql_types::{Bool, Nullable, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl};
use portal_core::__private::db::{Backend, backend};
use portal_core::Connection;

/// A column of a table.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct TableColumn {
    /// The table.
    #[diesel(sql_type = Text)]
    pub table_name: String,
    /// The column.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Its type as it is declared, in upper case.
    #[diesel(sql_type = Text)]
    pub declared: String,
    /// Whether it can be NULL.
    #[diesel(sql_type = Bool)]
    pub is_nullable: bool,
    /// The table that it refers to.
    #[diesel(sql_type = Nullable<Text>)]
    pub parent: Option<String>,
    /// Whether its row goes with the row that it refers to.
    #[diesel(sql_type = Bool)]
    pub is_cascading: bool,
}

/// The columns of all tables, in their order.
pub(crate) fn table_columns(connection: &mut Connection) -> QueryResult<Vec<TableColumn>> {
    diesel::sql_query(match backend(connection) {
        Backend::Postgres => POSTGRES,
        Backend::Sqlite => SQLITE,
    })
    .load(connection)
}

/// Table-valued functions read what `PRAGMA table_info` and `PRAGMA foreign_key_list` tell.
const SQLITE: &str = "
    SELECT tables.name AS table_name, columns.name AS name, upper(columns.type) AS declared,
        columns.\"notnull\" = 0 AS is_nullable, keys.\"table\" AS parent,
        coalesce(keys.on_delete = 'CASCADE', 0) AS is_cascading
    FROM sqlite_master AS tables
    JOIN pragma_table_info(tables.name) AS columns
    LEFT JOIN pragma_foreign_key_list(tables.name) AS keys ON keys.\"from\" = columns.name
    WHERE tables.type = 'table'
    ORDER BY tables.name, columns.cid";

/// Foreign keys of several columns say nothing about one of them.
const POSTGRES: &str = "
    SELECT tables.relname::text AS table_name, columns.attname::text AS name,
        upper(format_type(columns.atttypid, columns.atttypmod)) AS declared,
        NOT columns.attnotnull AS is_nullable, parents.relname::text AS parent,
        coalesce(keys.confdeltype = 'c', false) AS is_cascading
    FROM pg_class AS tables
    JOIN pg_attribute AS columns
        ON columns.attrelid = tables.oid AND columns.attnum > 0 AND NOT columns.attisdropped
    LEFT JOIN pg_constraint AS keys
        ON keys.conrelid = tables.oid AND keys.contype = 'f' AND keys.conkey = ARRAY[columns.attnum]
    LEFT JOIN pg_class AS parents ON parents.oid = keys.confrelid
    WHERE tables.relkind = 'r' AND tables.relnamespace = current_schema()::regnamespace
    ORDER BY tables.relname, columns.attnum";
