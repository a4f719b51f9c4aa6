//! Taking a plugin's data out of the database, and putting it back.
//!
//! Exporting reads the plugin's table as it stands, so it works for a plugin that is no longer
//! linked. Uninstalling needs the plugin linked, because its own SQL takes its table away, and
//! disabled, because the next start would bring it back.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::db::{Backend, Connection};
use crate::error::{Error, Problems, Result};
use crate::id::Id;
use crate::linked::LinkedOutput;
use crate::migrate::{self, MigrationState};
use crate::registry::Registry;
use crate::schema;
use crate::store::tables::{
    data_products, environment_service_configurations, platform_service_configurations,
    platform_services, technical_assets,
};
use crate::store::{AssetRow, seed};

/// All data of one plugin, as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginExport {
    /// Id of the plugin.
    pub plugin: String,
    /// Name of its table.
    pub table: String,
    /// The migrations that gave the table its shape, oldest first.
    pub migrations: Vec<AppliedMigration>,
    /// Core's rows of its technical assets.
    pub assets: Vec<AssetRow>,
    /// The rows of its table, each with the asset's `id`.
    pub rows: Vec<Map<String, Value>>,
}

/// A migration that was applied when a file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedMigration {
    /// Folder name.
    pub name: String,
    /// Version, 14 digits.
    pub version: String,
}

/// What uninstalling a plugin would take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UninstallPlan {
    /// Id of the plugin.
    pub plugin: String,
    /// Its table.
    pub table: String,
    /// Rows of its table, each the configuration of a technical asset that goes as well.
    pub rows: i64,
    /// The migrations that would be taken back, newest first.
    pub migrations: Vec<String>,
}

/// Works out what uninstalling a plugin would take away; linked or not.
///
/// # Errors
///
/// [`Error::NotFound`] when the database does not know the plugin.
pub fn plan_uninstall(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
) -> Result<UninstallPlan> {
    let (_, table) = known_service(connection, plugin)?;
    let rows = if connection.has_table(&table)? { count_rows(connection, &table)? } else { 0 };
    let mut migrations: Vec<String> = applied_migrations(connection, registry, plugin)?
        .into_iter()
        .map(|migration| migration.name)
        .collect();
    migrations.reverse();
    Ok(UninstallPlan { plugin: plugin.to_owned(), table, rows, migrations })
}

/// Reads all data of a plugin, linked or not.
///
/// # Errors
///
/// [`Error::NotFound`] when the database does not know the plugin.
pub fn export_plugin(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
) -> Result<PluginExport> {
    connection.write(|connection| {
        let (service, table) = known_service(connection, plugin)?;
        let migrations = applied_migrations(connection, registry, plugin)?;
        let assets = technical_assets::table
            .filter(technical_assets::service_id.eq(&service))
            .order(technical_assets::id)
            .select(AssetRow::as_select())
            .load(connection)?;
        let rows = dump(connection, &table)?;
        Ok(PluginExport { plugin: plugin.to_owned(), table, migrations, assets, rows })
    })
}

/// Takes a plugin's assets, its service with all its configuration, and its migrations away.
///
/// `expected_rows` is how many rows the caller knows to be exported or lost.
///
/// # Errors
///
/// [`Error::Refused`] when the table holds another number of rows, or when the plugin is not
/// linked; then nothing is taken away.
pub fn uninstall(
    connection: &mut Connection,
    linked: &Registry,
    plugin: &str,
    expected_rows: i64,
) -> Result<UninstallPlan> {
    if linked.find_output(plugin).is_none() {
        return Err(Error::Refused(format!(
            "{} and its SQL is needed to take its table away: link it, and leave it out of ENABLED_PLUGINS",
            linked.absence(plugin)
        )));
    }
    let only = linked.narrow(Some(plugin))?;
    migrate::locked(connection, |connection| {
        let plan = plan_uninstall(connection, &only, plugin)?;
        if plan.rows != expected_rows {
            return Err(Error::Refused(format!(
                "{} holds {} rows, not {expected_rows}: export them, or confirm the loss with --confirm-rows {}",
                plan.table, plan.rows, plan.rows
            )));
        }
        let (service, table) = known_service(connection, plugin)?;
        diesel::sql_query(format!("DELETE FROM {table}")).execute(connection)?;
        delete_service(connection, &service)?;
        seed::bump_revision(connection)?;
        if !plan.migrations.is_empty() {
            migrate::revert_all(connection, &only, plugin)?;
        }
        Ok(plan)
    })
}

/// Deletes a service with its assets and its configuration. Foreign keys are off on SQLite while
/// migrations are taken back, so nothing cascades; the plugin's own rows go with its table.
fn delete_service(connection: &mut Connection, service: &Id) -> QueryResult<()> {
    diesel::delete(technical_assets::table.filter(technical_assets::service_id.eq(service)))
        .execute(connection)?;
    diesel::delete(
        platform_service_configurations::table
            .filter(platform_service_configurations::service_id.eq(service)),
    )
    .execute(connection)?;
    diesel::delete(
        environment_service_configurations::table
            .filter(environment_service_configurations::service_id.eq(service)),
    )
    .execute(connection)?;
    diesel::delete(platform_services::table.find(service)).execute(connection)?;
    Ok(())
}

/// Puts exported data back, in one transaction.
///
/// # Errors
///
/// [`Error::Refused`] when the plugin is not enabled here, or when the file was written under
/// other migrations than the database has; [`Error::Invalid`] for rows that do not fit the
/// plugin; [`Error::Conflict`] for assets whose data product is gone or whose namespace is taken.
pub fn import_plugin(
    connection: &mut Connection,
    registry: &Registry,
    export: &PluginExport,
) -> Result<usize> {
    let plugin = registry.get(&export.plugin)?;
    let output =
        plugin.output().ok_or_else(|| Error::Refused(format!("{} stores nothing", plugin.id())))?;
    connection.write(|connection| {
        let (service, _) = known_service(connection, plugin.id())?;
        let here = applied_migrations(connection, registry, plugin.id())?;
        if here != export.migrations {
            return Err(Error::Refused(format!(
                "the file was written under the migrations {}, the database has {}: import it with the version of {} that wrote it, then upgrade",
                names(&export.migrations),
                names(&here),
                plugin.id()
            )));
        }
        for row in &export.assets {
            let found = export.rows.iter().find(|fields| {
                fields.get("id").and_then(Value::as_str) == Some(row.id.as_str())
            });
            let fields = found.ok_or_else(|| {
                Error::Refused(format!("the file has no row for the technical asset {}", row.id))
            })?;
            let read = output.read(Value::Object(typed(output, fields.clone())));
            let read = read.map_err(Problems::from)?;
            insert(connection, row, &service)?;
            read.insert(connection, &row.id)?;
        }
        Ok(export.assets.len())
    })
}

fn insert(connection: &mut Connection, row: &AssetRow, service: &Id) -> Result<()> {
    let product: Option<String> = data_products::table
        .find(&row.data_product_id)
        .select(data_products::namespace)
        .first(connection)
        .optional()?;
    let Some(product) = product else {
        return Err(Error::Conflict(format!(
            "the data product {} of the technical asset {:?} is gone: create it again under that id, or take the asset out of the file",
            row.data_product_id, row.name
        )));
    };
    let row = AssetRow { service_id: service.clone(), ..row.clone() };
    diesel::insert_into(technical_assets::table).values(&row).execute(connection).map_err(
        |error| match error {
            diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::UniqueViolation,
                _,
            ) => Error::Conflict(format!(
                "the data product {product:?} has an asset {} or another one with the namespace {:?} already",
                row.id, row.namespace
            )),
            other => other.into(),
        },
    )?;
    Ok(())
}

fn names(migrations: &[AppliedMigration]) -> String {
    let names: Vec<&str> = migrations.iter().map(|migration| migration.name.as_str()).collect();
    if names.is_empty() { "(none)".to_owned() } else { names.join(", ") }
}

/// Service id and table of a plugin that the database knows.
fn known_service(connection: &mut Connection, plugin: &str) -> Result<(Id, String)> {
    let found = if connection.has_table("platform_services")? {
        platform_services::table
            .filter(platform_services::plugin.eq(plugin))
            .select((platform_services::id, platform_services::table_name))
            .first(connection)
            .optional()?
    } else {
        None
    };
    found.ok_or_else(|| Error::NotFound(format!("the database has no data of a plugin {plugin:?}")))
}

fn applied_migrations(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
) -> Result<Vec<AppliedMigration>> {
    Ok(migrate::status(connection, registry)?
        .into_iter()
        .filter(|status| status.plugin == plugin && status.state != MigrationState::Pending)
        .map(|status| AppliedMigration { name: status.name, version: status.version })
        .collect())
}

fn count_rows(connection: &mut Connection, table: &str) -> QueryResult<i64> {
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
fn dump(connection: &mut Connection, table: &str) -> Result<Vec<Map<String, Value>>> {
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
                .map_err(|error| Error::Internal(format!("a row of {table}: {error}")))
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
fn typed(output: &LinkedOutput, mut row: Map<String, Value>) -> Map<String, Value> {
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
