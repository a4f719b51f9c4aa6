//! The laws that every plugin with a data output keeps.

use std::collections::BTreeSet;
use std::path::Path;

use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::FileBasedMigrations;
use portal_core::{Connection, DataOutput, DataProduct, MultiBackend};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::db::ConnectionExt;
use portal_engine::form::FormElement;
use portal_engine::store::{
    self, AssetChange, AssetRow, Configuration, NewDataProduct, StoredConfiguration,
};
use portal_engine::{LinkedOutput, LinkedPlugin, Registry, migrate};
use serde_json::Value;

use crate::database::{TestDatabase, each_database};
use crate::examples::{add_examples, example_environments};

/// A plugin under test.
#[derive(Debug)]
pub struct Contract {
    registry: Registry,
    id: &'static str,
}

impl Contract {
    /// The plugin of a type, found through the linker.
    ///
    /// # Panics
    ///
    /// When the registry refuses the plugin, with every problem, or when it is not registered.
    pub fn of<P: DataOutput>() -> Self {
        let linked = Registry::load().unwrap_or_else(|problems| panic!("\n{problems}\n"));
        assert!(
            linked.find(P::ID).is_some(),
            "{} is not registered: add portal_core::register!(…) to its file",
            P::ID
        );
        let registry = linked.narrow(Some(P::ID)).expect("a linked plugin can be enabled");
        Contract { registry, id: P::ID }
    }

    fn plugin(&self) -> &LinkedPlugin {
        self.registry.find(self.id).expect("it was found before")
    }

    fn output(&self) -> &LinkedOutput {
        self.plugin().output().expect("the type is a data output")
    }

    /// The JSON Schema, for a snapshot.
    pub fn schema(&self) -> &Value {
        self.output().schema().as_value()
    }

    pub(crate) fn schema_version(&self) -> u32 {
        self.output().schema_version()
    }

    pub(crate) fn migration_names(&self) -> Vec<String> {
        self.plugin().migrations().iter().map(|one| one.folder.to_owned()).collect()
    }

    /// The form with the example's options, for a snapshot.
    pub fn form(&self) -> Vec<FormElement> {
        self.output().form(&self.output().example_options())
    }

    /// Migrates and fills a database, and returns its one data product.
    fn prepare(&self, database: &TestDatabase) -> (Connection, DataProduct) {
        let mut connection = database.connect();
        migrate::run(&mut connection, &self.registry).expect("the migrations run");
        add_examples(&mut connection, &self.registry, &example_environments())
            .expect("the examples can be stored");
        let new = NewDataProduct {
            name: "Orders".to_owned(),
            namespace: "orders".to_owned(),
            description: String::new(),
            kind: None,
            domain: None,
        };
        let id = store::create_data_product(&mut connection, &new).expect("it can be created");
        let product = store::find_data_product(&mut connection, &id).expect("it was created");
        (connection, product)
    }
}

/// The list in `migrations![…]` equals the folders on disk, each with `up.sql` and `down.sql`.
///
/// # Panics
///
/// When it does not, naming the folder.
pub fn migrations_equal_the_folder(contract: &Contract, manifest_folder: &str) {
    let folder = Path::new(manifest_folder).join("migrations");
    let on_disk: Vec<Box<dyn Migration<MultiBackend>>> = FileBasedMigrations::from_path(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .migrations()
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for migration in &on_disk {
        assert!(
            migration.metadata().run_in_transaction(),
            "{}: every migration runs in a transaction, metadata.toml cannot change that",
            migration.name()
        );
    }
    let on_disk: BTreeSet<String> =
        on_disk.iter().map(|migration| migration.name().to_string()).collect();
    let listed: BTreeSet<String> = contract
        .plugin()
        .migrations()
        .iter()
        .map(|migration| migration.folder.to_owned())
        .collect();
    let missing: Vec<_> = on_disk.difference(&listed).collect();
    assert!(missing.is_empty(), "add to the list in migrations![…]: {missing:?}");
    for migration in contract.plugin().migrations() {
        assert!(!migration.down.trim().is_empty(), "{}: down.sql is empty", migration.folder);
    }
}

/// The example is accepted as it stands, renders, and is found in its own example environment.
///
/// # Panics
///
/// When it does not.
pub fn example_round_trips(contract: &Contract) {
    let (plugin, output) = (contract.plugin(), contract.output());
    for icon in [Some(plugin.platform().icon), plugin.platform().parent.map(|parent| parent.icon)] {
        let Some(icon) = icon else { continue };
        assert!(icon.svg.trim_start().starts_with("<svg"), "{} is no SVG", icon.name);
        assert!(icon.name.ends_with(".svg"), "{} does not end with .svg", icon.name);
    }
    if let Some(parent) = plugin.platform().parent {
        assert_eq!(parent.icon.name, format!("{}-logo.svg", parent.key));
    }
    let fields = output.example().fields();
    let read = output.preview(&fields).unwrap_or_else(|problems| panic!("\n{problems}\n"));
    assert_eq!(read.fields(), fields, "the example changes when it is read and normalised");
    let entry_problems = output.entry_schema().problems(&output.example_entry("dev"));
    assert!(entry_problems.is_empty(), "example_entry: {entry_problems}");
    let value_problems = plugin.values_schema().problems(&plugin.example_values("dev"));
    assert!(value_problems.is_empty(), "example_values: {value_problems}");
}

/// The migrations apply, revert and apply again, on every database.
///
/// # Panics
///
/// When they do not.
pub fn migrations_go_up_down_and_up(contract: &Contract) {
    each_database(|database| {
        let connection = &mut database.connect();
        let registry = &contract.registry;
        let table = contract.plugin().table().expect("a data output has a table");
        let first = migrate::run(connection, registry).expect("the migrations run");
        assert!(connection.has_table(table).expect("the database answers"), "no table {table}");
        let reverted = migrate::revert(connection, registry, contract.id, true, false)
            .expect("the migrations can be taken back");
        assert!(!connection.has_table(table).expect("the database answers"), "{table} is left");
        let again = migrate::run(connection, registry).expect("the migrations run again");
        let own = |plan: &migrate::Plan| {
            plan.migrations.iter().filter(|planned| planned.plugin == contract.id).count()
        };
        assert_eq!((own(&first), own(&again)), (reverted.len(), reverted.len()));
    });
}

/// A row reads as it was written, is replaced whole, renders in every environment, and goes with
/// its asset.
///
/// # Panics
///
/// When it does not.
pub fn rows_are_stored_replaced_and_deleted(contract: &Contract) {
    each_database(|database| {
        let (mut connection, product) = contract.prepare(database);
        let connection = &mut connection;
        let (registry, plugin) = (&contract.registry, contract.plugin());
        let configuration =
            Configuration::load(connection, registry).expect("the configuration can be read");
        assert!(configuration.problems.is_empty(), "{}", configuration.problems);
        let service = configuration.service_of(plugin.id()).expect("it has a service");
        let mut checks = Checks {
            product: &product,
            mapping: Some(TechnicalMapping::Custom),
            options: Some(&service.options),
            find_rivals: &mut |_| Ok(Vec::new()),
        };
        let output = contract
            .output()
            .check(&contract.output().example().fields(), &mut checks)
            .unwrap_or_else(|error| panic!("the example is refused:\n{error}"));

        let row = AssetRow {
            name: "Example".to_owned(),
            namespace: "example".to_owned(),
            ..AssetRow::new(
                product.id.clone(),
                service.id.clone(),
                plugin.wire_name(),
                TechnicalMapping::Custom,
            )
        };
        store::create_asset(connection, &row, output.as_ref()).expect("it can be stored");
        assert_eq!(stored_fields(connection, registry, &row), output.fields());
        let change = AssetChange { configuration: Some(output.as_ref()), ..AssetChange::default() };
        store::update_asset(connection, registry, &product.id, &row.id, Some(1), &change)
            .expect("it can be replaced");
        assert_eq!(stored_fields(connection, registry, &row), output.fields());

        let rendered = configuration.render(plugin, service, &product, output.as_ref());
        assert!(rendered.result_string.is_some_and(|result| !result.is_empty()), "empty result");
        assert_eq!(rendered.technical_info.len(), configuration.environments.len());
        for info in rendered.technical_info {
            assert!(info.info.is_some(), "no entry of {} fits the example", info.environment);
        }

        store::delete_asset(connection, &product.id, &row.id, Some(2)).expect("it can be deleted");
        let left = plugin.load_rows(connection, &[row.id.as_str()]).expect("the table answers");
        assert!(left.is_empty(), "the plugin's row is left behind: add ON DELETE CASCADE");
    });
}

fn stored_fields(
    connection: &mut Connection,
    registry: &Registry,
    row: &AssetRow,
) -> portal_core::template::Fields {
    let asset = store::find_asset(connection, registry, &row.data_product_id, &row.id)
        .expect("the asset is there");
    assert_eq!(asset.row.namespace, row.namespace);
    match asset.configuration {
        StoredConfiguration::Available(output) => output.fields(),
        StoredConfiguration::Unavailable(reason) => panic!("{reason}"),
    }
}
