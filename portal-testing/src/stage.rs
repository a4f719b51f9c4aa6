//! A database with the plugin under test in it, and one data product.

use std::cell::RefCell;

use portal_core::__private::AnyOutput;
use portal_core::template::Fields;
use portal_core::{Connection, DataProduct};
use portal_engine::check::TechnicalMapping;
use portal_engine::store::{
    self, AssetRow, Configuration, NewDataProduct, Rendered, ServiceRow, StoredConfiguration,
};
use portal_engine::{LinkedPlugin, Registry, migrate};

use crate::contract::Contract;
use crate::database::{TestDatabase, each_database};
use crate::examples::{add_examples, example_environments};

/// Everything that a rule about stored configurations needs.
pub(crate) struct Stage<'a> {
    pub(crate) connection: Connection,
    pub(crate) configuration: Configuration,
    pub(crate) product: DataProduct,
    registry: &'a Registry,
    pub(crate) plugin: &'a LinkedPlugin,
}

/// Runs a rule on every database.
///
/// # Errors
///
/// What the rule says on the first one where it is broken.
pub(crate) fn on_each(
    contract: &Contract,
    rule: impl Fn(&mut Stage<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let verdict = RefCell::new(Ok(()));
    each_database(|database| {
        if verdict.borrow().is_ok() {
            *verdict.borrow_mut() = rule(&mut Stage::set(contract, database));
        }
    });
    verdict.into_inner()
}

impl<'a> Stage<'a> {
    fn set(contract: &'a Contract, database: &TestDatabase) -> Self {
        let mut connection = database.connect();
        let registry = contract.registry();
        migrate::run(&mut connection, registry).expect("the migrations run");
        add_examples(&mut connection, registry, &example_environments())
            .expect("the examples can be stored");
        let new = NewDataProduct {
            name: "Orders".to_owned(),
            namespace: "orders".to_owned(),
            description: String::new(),
            kind: None,
            domain: None,
            ..NewDataProduct::default()
        };
        let id = store::create_data_product(&mut connection, &new).expect("it can be created");
        let product = store::find_data_product(&mut connection, &id).expect("it was created");
        let configuration =
            Configuration::load(&mut connection, registry).expect("the configuration can be read");
        assert!(configuration.problems.is_empty(), "{}", configuration.problems);
        Stage { connection, configuration, product, registry, plugin: contract.plugin() }
    }

    pub(crate) fn service(&self) -> &ServiceRow {
        self.configuration.service_of(self.plugin.id()).expect("it has a service")
    }

    /// Stores a new asset and returns its row.
    pub(crate) fn create(&mut self, output: &dyn AnyOutput) -> portal_core::Result<AssetRow> {
        let row = AssetRow::new(
            self.product.id.clone(),
            self.service().id.clone(),
            self.plugin.wire_name(),
            TechnicalMapping::Custom,
        );
        let namespace = row.id.to_string();
        let row = AssetRow { name: "Example".to_owned(), namespace, ..row };
        store::create_asset(&mut self.connection, &row, output)?;
        Ok(row)
    }

    /// The fields of a stored asset.
    ///
    /// # Errors
    ///
    /// Why they cannot be read.
    pub(crate) fn load(&mut self, row: &AssetRow) -> Result<Fields, String> {
        let found =
            store::find_asset(&mut self.connection, self.registry, &row.data_product_id, &row.id);
        match found.map_err(|error| error.to_string())?.configuration {
            StoredConfiguration::Available(output) => Ok(output.fields()),
            StoredConfiguration::Unavailable(reason) => Err(reason),
        }
    }

    /// Says what is wrong when a data output is not read as it was written.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub(crate) fn round_trip(&mut self, output: &dyn AnyOutput) -> Result<(), String> {
        let written = output.fields();
        let row = self
            .create(output)
            .map_err(|error| format!("cannot be stored: {error}: {}", shown(&written)))?;
        let read = self
            .load(&row)
            .map_err(|error| format!("cannot be read: {error}: {}", shown(&written)))?;
        if read == written {
            return Ok(());
        }
        let differ = written.keys().filter(|name| read.get(*name) != written.get(*name));
        let differ: Vec<String> = differ
            .map(|name| {
                let of = |fields: &Fields| fields.get(name).cloned().unwrap_or_default();
                format!("{name} was written as {} and read as {}", of(&written), of(&read))
            })
            .collect();
        Err(differ.join(", "))
    }

    pub(crate) fn render(&self, output: &dyn AnyOutput) -> Rendered<'_> {
        self.configuration.render(self.plugin, self.service(), &self.product, output)
    }
}

/// Fields for a message.
pub(crate) fn shown(fields: &Fields) -> String {
    serde_json::to_string(fields).expect("fields are JSON")
}
