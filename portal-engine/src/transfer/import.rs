//! Putting a plugin's data back.

use std::collections::BTreeMap;

use diesel::prelude::*;
use portal_core::__private::AnyOutput;
use portal_core::{Error, Id, Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use super::rows::typed;
use super::{AppliedMigration, PluginExport, applied_migrations, known_service};
use crate::db::{Connection, ConnectionExt};
use crate::linked::{LinkedOutput, LinkedPlugin};
use crate::problems::{MOST_PROBLEMS, cut_to};
use crate::registry::Registry;
use crate::store::AssetRow;
use crate::tables::{data_products, technical_assets};

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
        for Paired { asset, output } in pairs(registry, plugin, output, export)? {
            insert(connection, asset, &service)?;
            output.insert(connection, &asset.id)?;
        }
        Ok(export.assets.len())
    })
}

/// An asset of a file, and the data output that the file has for it.
struct Paired<'a> {
    asset: &'a AssetRow,
    output: Box<dyn AnyOutput>,
}

/// The assets of a file, each with its data output.
///
/// # Errors
///
/// Everything in the file that does not fit together or does not fit the plugin.
fn pairs<'a>(
    registry: &Registry,
    plugin: &LinkedPlugin,
    output: &LinkedOutput,
    export: &'a PluginExport,
) -> Result<Vec<Paired<'a>>, Problems> {
    let mut problems = Problems::new();
    let mut wrong = |at: String, message: String| {
        problems.push(Problem::new(ProblemKind::ValueError, at, message));
    };
    let mut rows = BTreeMap::new();
    for (index, row) in export.rows.iter().enumerate() {
        let at = format!("/rows/{index}");
        match row.get("id").and_then(Value::as_str) {
            None => wrong(at, "the row has no id".to_owned()),
            Some(id) => {
                if rows.insert(id, (index, row)).is_some() {
                    wrong(at, format!("there are two rows for the technical asset {id}"));
                }
            }
        }
    }
    let mut found = Vec::with_capacity(export.assets.len());
    for (index, asset) in export.assets.iter().enumerate() {
        let at = format!("/assets/{index}");
        let kind = &asset.configuration_type;
        if registry.find_output(kind).is_none_or(|found| found.id() != plugin.id()) {
            let message = format!("{kind:?} is not a data output of {}", plugin.id());
            wrong(format!("{at}/configuration_type"), message);
        }
        match rows.remove(asset.id.as_str()) {
            None => wrong(at, format!("there is no row for the technical asset {}", asset.id)),
            Some(row) => found.push((asset, row)),
        }
    }
    for (id, (index, _)) in rows {
        wrong(format!("/rows/{index}"), format!("there is no technical asset {id} for the row"));
    }
    let mut read = Vec::with_capacity(found.len());
    for (asset, (index, row)) in found {
        let fields = Value::Object(typed(output, row.clone()));
        let shape = output.schema().shape_problems(&fields);
        match shape.into_result().and_then(|()| Ok(output.read(fields)?)) {
            Ok(output) => read.push(Paired { asset, output }),
            Err(wrong) => problems.extend_under(&format!("/rows/{index}"), wrong),
        }
    }
    cut_to(&mut problems, MOST_PROBLEMS);
    problems.into_result()?;
    Ok(read)
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
