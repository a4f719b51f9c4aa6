//! Putting a plugin's data back.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use portal_core::__private::AnyOutput;
use portal_core::template::Fields;
use portal_core::{DataProduct, Error, Id, Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use super::configured::read_service;
use super::rows::typed;
use super::{AppliedMigration, PluginExport, applied_migrations, known_service, restore};
use crate::check::{Checks, TechnicalMapping};
use crate::db::{Connection, ConnectionExt, keep_others_from_writing, lock_for_migrations};
use crate::linked::{LinkedOutput, LinkedPlugin};
use crate::problems::{MOST_PROBLEMS, cut_to, tidy};
use crate::registry::Registry;
use crate::schema::nul_problems;
use crate::store::{self, AssetRow, check_description, check_name, check_namespace, write};
use crate::tables::technical_assets;

/// What an import has done.
#[derive(Debug)]
pub struct Imported {
    /// How many technical assets it has put back.
    pub assets: usize,
    /// What it has put back although a new asset could not have it, and what it has left as it is
    /// configured here, with pointers into the file.
    pub warnings: Problems,
}

/// Puts exported data back, in one transaction: the service with its configuration, under the ids
/// of the file, and the assets. It checks what creating them would check; an option that is no
/// longer offered is a warning.
///
/// # Errors
///
/// [`Error::Refused`] when the plugin is not enabled here, when its service has assets, or when
/// the file was written under other migrations than the database has; [`Error::Invalid`] with all
/// problems of the file; [`Error::Conflict`] for ids that are taken.
pub fn import_plugin(
    connection: &mut Connection,
    registry: &Registry,
    export: &PluginExport,
) -> Result<Imported> {
    let plugin = registry.get(&export.plugin)?;
    let output =
        plugin.output().ok_or_else(|| Error::refused(format!("{} stores nothing", plugin.id())))?;
    connection.write(|connection| {
        lock_for_migrations(connection)?;
        let (fresh, table) = known_service(connection, plugin.id())?;
        keep_others_from_writing(connection, &["technical_assets", &table])?;
        let here = applied_migrations(connection, registry, plugin.id())?;
        if here != export.migrations {
            return Err(Error::refused(format!(
                "the file was written under the migrations {}, the database has {}: import it with the version of {} that wrote it, then upgrade",
                names(&export.migrations),
                names(&here),
                plugin.id()
            )));
        }
        refuse_beside_others(connection, plugin.id(), &fresh)?;
        let here = read_service(connection, &fresh)?.options;
        let offered = here.or_else(|| export.service.options.clone());
        let mut import = Import {
            products: store::list_data_products(connection)?,
            environments: restore::environment_ids(connection)?,
            connection,
            registry,
            plugin,
            output,
            export,
            offered: offered.map(|own| own.options).unwrap_or_default(),
            problems: Problems::new(),
            warnings: Problems::new(),
        };
        let pairs = import.check()?;
        let Import { connection, environments, mut warnings, .. } = import;
        restore::restore(connection, &fresh, export, &environments, &mut warnings)?;
        for Paired { asset, output } in pairs {
            insert(connection, asset)?;
            output.insert(connection, &asset.id)?;
        }
        write::bump_revision(connection)?;
        cut_to(&mut warnings, MOST_PROBLEMS);
        Ok(Imported { assets: export.assets.len(), warnings })
    })
}

/// The service takes over the id of the file, which it cannot while assets name the one it has.
fn refuse_beside_others(connection: &mut Connection, plugin: &str, service: &Id) -> Result<()> {
    let count: i64 = technical_assets::table
        .filter(technical_assets::service_id.eq(service))
        .count()
        .get_result(connection)?;
    if count == 0 {
        return Ok(());
    }
    Err(Error::refused(format!(
        "the service {plugin} has {count} technical assets already, and an import puts all of a plugin's data back: export them to another file and uninstall the plugin, run its migrations, and import again"
    )))
}

/// An asset of a file, and the data output that the file has for it.
struct Paired<'a> {
    asset: &'a AssetRow,
    output: Box<dyn AnyOutput>,
}

/// A row of the plugin's table, with its place in the file.
type Placed<'a> = (usize, &'a Fields);

/// A file that is being checked against the database.
struct Import<'a> {
    connection: &'a mut Connection,
    registry: &'a Registry,
    plugin: &'a LinkedPlugin,
    output: &'a LinkedOutput,
    export: &'a PluginExport,
    products: Vec<DataProduct>,
    environments: Vec<(String, Id)>,
    /// The options that new assets can have.
    offered: Vec<String>,
    problems: Problems,
    warnings: Problems,
}

impl<'a> Import<'a> {
    /// The assets of the file, each with its data output.
    ///
    /// # Errors
    ///
    /// Everything in the file that does not fit together, does not fit the plugin, or breaks a
    /// rule of its field.
    fn check(&mut self) -> Result<Vec<Paired<'a>>> {
        let export = self.export;
        let file =
            serde_json::to_value(export).map_err(|error| Error::internal(error.to_string()))?;
        self.problems.extend_under("", nul_problems(&file));
        let Import { plugin, output, environments, problems, .. } = self;
        restore::check(plugin, output, export, environments, problems);
        let mut read = Vec::with_capacity(export.assets.len());
        let mut taken = BTreeSet::new();
        for (index, asset, row) in self.pairs() {
            let at = format!("/assets/{index}");
            let first = taken.insert((&asset.data_product_id, &asset.namespace));
            self.check_asset(&at, asset, first)?;
            if let Some((index, row)) = row
                && let Some(output) = self.check_row(&format!("/rows/{index}"), asset, row)?
            {
                read.push(Paired { asset, output });
            }
            if self.problems.len() > MOST_PROBLEMS {
                break;
            }
        }
        // A NUL is looked for in the whole file and in each row.
        let mut problems = std::mem::take(&mut self.problems);
        tidy(&mut problems);
        problems.into_result()?;
        Ok(read)
    }

    /// The assets, each with its place and its row; what has no counterpart is a problem.
    fn pairs(&mut self) -> Vec<(usize, &'a AssetRow, Option<Placed<'a>>)> {
        let mut rows = BTreeMap::new();
        for (index, row) in self.export.rows.iter().enumerate() {
            let at = format!("/rows/{index}");
            match row.get("id").and_then(Value::as_str) {
                None => self.wrong(at, "the row has no id".to_owned()),
                Some(id) => {
                    if rows.insert(id, (index, row)).is_some() {
                        let message = format!("there are two rows for the technical asset {id}");
                        self.wrong(at, message);
                    }
                }
            }
        }
        let mut found = Vec::with_capacity(self.export.assets.len());
        for (index, asset) in self.export.assets.iter().enumerate() {
            let row = rows.remove(asset.id.as_str());
            if row.is_none() {
                let message = format!("there is no row for the technical asset {}", asset.id);
                self.wrong(format!("/assets/{index}"), message);
            }
            found.push((index, asset, row));
        }
        for (id, (index, _)) in rows {
            let message = format!("there is no technical asset {id} for the row");
            self.wrong(format!("/rows/{index}"), message);
        }
        found
    }

    fn wrong(&mut self, at: String, message: String) {
        self.problems.push(Problem::new(ProblemKind::ValueError, at, message));
    }

    /// Checks core's row; `is_first` says whether no other asset of the file has its namespace.
    fn check_asset(&mut self, at: &str, asset: &AssetRow, is_first: bool) -> Result<()> {
        let AssetRow { configuration_type: kind, namespace, .. } = asset;
        if self.registry.find_output(kind).is_none_or(|found| found.id() != self.plugin.id()) {
            let message = format!("{kind:?} is not a data output of {}", self.plugin.id());
            self.wrong(format!("{at}/configuration_type"), message);
        }
        if asset.service_id != self.export.service.id {
            let message = format!("the file's service is {}", self.export.service.id);
            self.wrong(format!("{at}/service_id"), message);
        }
        if asset.revision < 1 {
            self.wrong(format!("{at}/revision"), "revisions count from 1".to_owned());
        }
        if let Err(problem) = check_name("name", &asset.name) {
            self.problems.push(Problem { at: format!("{at}/name"), ..problem });
        }
        for problem in [check_namespace(namespace), check_description(&asset.description)] {
            self.problems.extend_under(at, problem.err().into_iter().collect());
        }
        let product = &asset.data_product_id;
        if self.product_of(asset).is_none() {
            let message = format!("the data product {product} is gone");
            let hint = "create it again under that id, or take the asset out of the file";
            self.problems.push(
                Problem::new(ProblemKind::ValueError, format!("{at}/data_product_id"), message)
                    .hint(hint),
            );
        } else if !is_first {
            let message =
                format!("two assets of the data product have the namespace {namespace:?}");
            self.wrong(format!("{at}/namespace"), message);
        } else if !namespace.contains('\0')
            && let Some(problem) =
                store::taken_asset_namespace(self.connection, product, namespace)?
        {
            self.problems.extend_under(at, problem.into());
        }
        Ok(())
    }

    fn product_of(&self, asset: &AssetRow) -> Option<&DataProduct> {
        self.products.iter().find(|product| product.id == asset.data_product_id)
    }

    /// Checks the plugin's row as the configuration of a new asset, but for its options: what was
    /// chosen once stays.
    fn check_row(
        &mut self,
        at: &str,
        asset: &AssetRow,
        row: &Fields,
    ) -> Result<Option<Box<dyn AnyOutput>>> {
        let fields = typed(self.output, row.clone());
        // Without its owner, its shape is all that can be looked at.
        let Some(product) = self.product_of(asset).cloned() else {
            let shape = self.output.schema().shape_problems(&Value::Object(fields));
            self.problems.extend_under(at, shape);
            return Ok(None);
        };
        let mut options = self.offered.clone();
        options.extend(self.output.chosen_options(&fields));
        let connection = &mut *self.connection;
        let mut checks = Checks {
            product: &product,
            mapping: Some(asset.technical_mapping),
            options: Some(&options),
            find_rivals: &mut |names| store::rival_namespaces(connection, &product.id, names),
        };
        match self.output.check(&fields, &mut checks) {
            Ok(output) => {
                self.warn_of_options(at, asset.technical_mapping, &output.fields());
                Ok(Some(output))
            }
            Err(Error::Invalid(wrong)) => {
                self.problems.extend_under(at, wrong);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    fn warn_of_options(&mut self, at: &str, mapping: TechnicalMapping, fields: &Fields) {
        for field in &self.output.fields {
            let is_name = field.hint.namespace && mapping == TechnicalMapping::Default;
            if !field.hint.platform_options || is_name || !field.applies(fields) {
                continue;
            }
            let several = |value: &Value| value.as_array().cloned();
            let value = fields.get(&field.name).cloned().unwrap_or_default();
            for chosen in several(&value).unwrap_or_else(|| vec![value]) {
                let is_gone = |option: &&str| !option.is_empty() && !self.is_offered(option);
                let Some(option) = chosen.as_str().filter(is_gone) else { continue };
                if self.warnings.len() > MOST_PROBLEMS {
                    return;
                }
                let message =
                    format!("the option {option:?} is no longer offered; the asset keeps it");
                let at = format!("{at}/{}", field.name);
                self.warnings.push(Problem::new(ProblemKind::Enum, at, message));
            }
        }
    }

    fn is_offered(&self, option: &str) -> bool {
        self.offered.iter().any(|offered| offered == option)
    }
}

fn insert(connection: &mut Connection, row: &AssetRow) -> Result<()> {
    let row = AssetRow { name: row.name.trim().to_owned(), ..row.clone() };
    diesel::insert_into(technical_assets::table).values(&row).execute(connection).map_err(
        |error| match error {
            diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::UniqueViolation,
                _,
            ) => Error::Conflict(format!(
                "there is another technical asset under the id {} already",
                row.id
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
