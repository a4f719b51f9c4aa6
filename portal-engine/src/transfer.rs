//! Taking a plugin's data out of the database, and putting it back.
//!
//! Exporting reads the plugin's table as it stands, so it works for a plugin that is no longer
//! linked. Uninstalling needs the plugin linked, because its own SQL takes its table away, and
//! disabled, because the next start would bring it back.

mod configured;
mod import;
mod restore;
mod rows;

use std::collections::BTreeMap;

use diesel::prelude::*;
use portal_core::__private::suggest;
use portal_core::{Error, Id, Problems, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::configured::{
    ExportedEntries, ExportedOptions, ExportedPlatform, ExportedService, ExportedValues,
};
use self::configured::{count_configured, read_platform, read_service};
pub use self::import::{Imported, import_plugin};
use self::rows::{count_rows, dump};
use crate::db::{Connection, ConnectionExt, keep_others_from_writing};
use crate::migrate::{self, MigrationState};
use crate::registry::Registry;
use crate::schema;
use crate::store::{AssetRow, write};
use crate::tables::{
    asset_places, asset_results, environment_service_configurations,
    platform_service_configurations, platform_services, technical_assets,
};

/// All data of one plugin, as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an export of a plugin")]
pub struct PluginExport {
    /// Id of the plugin.
    pub plugin: String,
    /// Name of its table.
    pub table: String,
    /// The migrations that gave the table its shape, oldest first.
    pub migrations: Vec<AppliedMigration>,
    /// Its service, with options and entries.
    pub service: ExportedService,
    /// Its platform, with the values that it reads.
    pub platform: ExportedPlatform,
    /// Core's rows of its technical assets.
    pub assets: Vec<AssetRow>,
    /// The rows of its table, each with the asset's `id`.
    pub rows: Vec<Map<String, Value>>,
}

impl PluginExport {
    /// Reads the text of a file.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a text that is no JSON, and for a file of a version whose exports
    /// lacked the configuration; [`Error::Invalid`] for one of another shape.
    pub fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            Error::refused(format!("no export of a plugin: {error}")).caused_by(error)
        })?;
        let has = |name: &str| value.get(name).is_some();
        if has("plugin") && has("rows") && !has("service") && !has("platform") {
            return Err(Error::refused(
                "the export lacks the plugin's service and platform: an earlier version wrote it, which left options, entries and platform values out; import it with that version, then export it with this one"
                    .to_owned(),
            ));
        }
        schema::read(value).map_err(|problem| Problems::from(problem).into())
    }
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
    /// How many options its service offers.
    pub options: usize,
    /// How many entries its service has, by the name of the environment.
    pub entries: BTreeMap<String, usize>,
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
    let (service, table) = known_service(connection, plugin)?;
    let (options, entries) = count_configured(connection, &service)?;
    let rows = if connection.has_table(&table)? { count_rows(connection, &table)? } else { 0 };
    let mut migrations: Vec<String> = applied_migrations(connection, registry, plugin)?
        .into_iter()
        .map(|migration| migration.name)
        .collect();
    migrations.reverse();
    Ok(UninstallPlan { plugin: plugin.to_owned(), table, rows, options, entries, migrations })
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
    // One state of the database: an asset that is added in between would seem to lack its row.
    connection.read(|connection| read_all(connection, registry, plugin))
}

fn read_all(
    connection: &mut Connection,
    registry: &Registry,
    plugin: &str,
) -> Result<PluginExport> {
    let (service, table) = known_service(connection, plugin)?;
    let migrations = applied_migrations(connection, registry, plugin)?;
    let assets = technical_assets::table
        .filter(technical_assets::service_id.eq(&service))
        .order(technical_assets::id)
        .select(AssetRow::as_select())
        .load(connection)?;
    let rows = dump(connection, &table)?;
    let platform = read_platform(connection, &service, registry.find(plugin))?;
    let service = read_service(connection, &service)?;
    let plugin = plugin.to_owned();
    Ok(PluginExport { plugin, table, migrations, service, platform, assets, rows })
}

/// What becomes of the rows that uninstalling takes away.
#[derive(Debug, Clone, Copy)]
pub enum RowsFate<'a> {
    /// They are all in this export, which is kept.
    Exported(&'a PluginExport),
    /// That many are given up for lost.
    Lost(i64),
}

/// Takes a plugin's assets, its service with all its configuration, and its migrations away.
///
/// # Errors
///
/// [`Error::Unconfirmed`] for another number of rows than is given up; [`Error::Refused`] when
/// there is anything that is not in the export, or when the plugin is not linked. Then nothing is
/// taken away.
pub fn uninstall(
    connection: &mut Connection,
    linked: &Registry,
    plugin: &str,
    going: RowsFate<'_>,
) -> Result<UninstallPlan> {
    if linked.find_output(plugin).is_none() {
        return Err(Error::refused(format!(
            "{} and its SQL is needed to take its table away: link it, and leave it out of ENABLED_PLUGINS",
            linked.absence(plugin)
        )));
    }
    let only = linked.narrow(Some(plugin))?;
    migrate::locked(connection, |connection| {
        let (service, table) = known_service(connection, plugin)?;
        keep_others_from_writing(connection, &["technical_assets", &table])?;
        let plan = plan_uninstall(connection, &only, plugin)?;
        match going {
            RowsFate::Lost(rows) if rows != plan.rows => {
                return Err(Error::Unconfirmed(format!(
                    "{table} holds {} rows, not {rows}",
                    plan.rows
                )));
            }
            RowsFate::Exported(export) if *export != read_all(connection, &only, plugin)? => {
                return Err(Error::refused(format!(
                    "the data of {plugin} has changed since it was exported: leave the plugin out of ENABLED_PLUGINS of every server, and export it to another file"
                )));
            }
            _ => {}
        }
        diesel::sql_query(format!("DELETE FROM {table}")).execute(connection)?;
        delete_service(connection, &service)?;
        write::bump_revision(connection)?;
        if !plan.migrations.is_empty() {
            migrate::revert_all(connection, &only, plugin)?;
        }
        Ok(plan)
    })
}

/// Deletes a service with its assets and its configuration. Foreign keys are off on SQLite while
/// migrations are taken back, so nothing cascades; the plugin's own rows go with its table.
fn delete_service(connection: &mut Connection, service: &Id) -> QueryResult<()> {
    let assets = || {
        let service = service.as_str();
        let own = technical_assets::table.filter(technical_assets::service_id.eq(service));
        own.select(technical_assets::id)
    };
    diesel::delete(asset_places::table.filter(asset_places::asset_id.eq_any(assets())))
        .execute(connection)?;
    diesel::delete(asset_results::table.filter(asset_results::asset_id.eq_any(assets())))
        .execute(connection)?;
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

/// Service id and table of a plugin that the database knows.
fn known_service(connection: &mut Connection, plugin: &str) -> Result<(Id, String)> {
    let known: Vec<(String, Id, String)> = if connection.has_table("platform_services")? {
        platform_services::table
            .select((
                platform_services::plugin,
                platform_services::id,
                platform_services::table_name,
            ))
            .order(platform_services::plugin)
            .load(connection)?
    } else {
        Vec::new()
    };
    if let Some((_, service, table)) = known.iter().find(|(id, ..)| id == plugin) {
        return Ok((service.clone(), table.clone()));
    }
    let nearest = suggest::question(plugin, known.iter().map(|(id, ..)| id.as_str()));
    let known: Vec<&str> = known.iter().map(|(id, ..)| id.as_str()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Error::NotFound(format!(
        "the database has no data of a plugin {plugin:?}{nearest} (it has data of: {known})"
    )))
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
