//! Rows of the fixture plugin, which has every kind of column, on every database.

use std::collections::BTreeSet;

use diesel::RunQueryDsl;
use portal_core::template::Fields;
use portal_core::{DataProduct, Error, Id, Problems};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::db::{Backend, Connection, ConnectionExt};
use portal_engine::store::{
    self, AssetChange, AssetFilter, AssetRow, Configuration, NewDataProduct, StoredConfiguration,
    TechnicalAsset,
};
use portal_engine::{AnyOutput, Registry, migrate};
use portal_testing::{TestDatabase, add_examples, each_database, example_environments};
use portal_tests::fixture::FixtureDataOutput;
use portal_tests::harness::{count_rows, execute};
use serde_json::{Value, json};

/// A database with one data product.
struct Store {
    connection: Connection,
    registry: &'static Registry,
    product: DataProduct,
    service: Id,
}

impl Store {
    fn new(database: &TestDatabase) -> Self {
        let registry = Registry::load().unwrap();
        let mut connection = database.connect();
        migrate::run(&mut connection, registry).unwrap();
        add_examples(&mut connection, registry, &example_environments()).unwrap();
        let new = NewDataProduct {
            name: "Orders".into(),
            namespace: "orders".into(),
            description: String::new(),
            kind: None,
            domain: None,
            ..NewDataProduct::default()
        };
        let id = store::create_data_product(&mut connection, &new).unwrap();
        let product = store::find_data_product(&mut connection, &id).unwrap();
        let configuration = Configuration::load(&mut connection, registry).unwrap();
        let service = configuration.service_of("fixture").unwrap().id.clone();
        Store { connection, registry, product, service }
    }

    /// Checks the example with some fields changed.
    fn check(&self, changes: &Value) -> Result<Box<dyn AnyOutput>, Problems> {
        let output = self.registry.find("fixture").unwrap().output().unwrap();
        let mut fields = output.example().fields();
        fields.extend(changes.as_object().unwrap().clone());
        let mut checks = Checks {
            product: &self.product,
            mapping: Some(TechnicalMapping::Custom),
            options: Some(&["shelf".to_owned()]),
            find_rivals: &mut |_| Ok(Vec::new()),
        };
        output.check(&fields, &mut checks).map_err(|error| match error {
            Error::Invalid(problems) => problems,
            other => panic!("{other}"),
        })
    }

    fn row(&self, namespace: &str) -> AssetRow {
        AssetRow {
            namespace: namespace.to_owned(),
            ..AssetRow::new(
                self.product.id.clone(),
                self.service.clone(),
                "FixtureDataOutput",
                TechnicalMapping::Custom,
            )
        }
    }

    /// Stores the example with some fields changed.
    fn create(&mut self, namespace: &str, changes: &Value) -> Id {
        let output = self.check(changes).unwrap_or_else(|problems| panic!("{problems}"));
        let row = self.row(namespace);
        store::create_asset(&mut self.connection, &row, output.as_ref()).unwrap();
        row.id
    }

    fn replace(&mut self, asset: &Id, changes: &Value) {
        let output = self.check(changes).unwrap_or_else(|problems| panic!("{problems}"));
        self.update(asset, output.as_ref()).unwrap();
    }

    fn update(&mut self, asset: &Id, output: &dyn AnyOutput) -> Result<(), Error> {
        let change = AssetChange { configuration: Some(output), ..AssetChange::default() };
        let (connection, registry) = (&mut self.connection, self.registry);
        store::update_asset(connection, registry, &self.product.id, asset, None, &change)
    }

    fn list(&mut self) -> Vec<TechnicalAsset> {
        let filter = AssetFilter::default();
        store::list_assets(&mut self.connection, self.registry, &self.product.id, &filter)
            .unwrap()
            .assets
    }

    fn read(&mut self, asset: &Id) -> Fields {
        let found = store::find_asset(&mut self.connection, self.registry, &self.product.id, asset)
            .unwrap();
        match found.configuration {
            StoredConfiguration::Available(output) => output.fields(),
            StoredConfiguration::Unavailable(reason) => panic!("{reason}"),
        }
    }
}

#[test]
fn every_kind_of_column_reads_as_it_was_written() {
    each_database(|database| {
        let mut store = Store::new(database);
        let values = json!({
            "place": "shelf",
            "kind": "stream",
            "retention_days": -2_147_483_648_i64,
            "size_limit": i64::MAX,
            "encrypted": false,
            "tags": ["pii", "public", "raw"],
            "tier": "hot",
            "note": "quotes ' \" and \\ ü 🦀\nlines",
            "hidden_mark": "kept",
        });
        let asset = store.create("one", &values);
        let read = store.read(&asset);
        for (name, value) in values.as_object().unwrap() {
            assert_eq!(read[name], *value, "{name}");
        }
        assert_eq!(read["full_name"], "shelf.stream");
    });
}

#[test]
fn optional_that_is_cleared_stays_cleared() {
    each_database(|database| {
        let mut store = Store::new(database);
        let full = json!({"kind": "stream", "retention_days": 7, "tier": "cold", "note": "here"});
        let asset = store.create("one", &full);
        assert_eq!(store.read(&asset)["retention_days"], 7);
        let empty = json!({
            "kind": "stream", "retention_days": null, "tier": null, "note": null, "tags": [],
        });
        store.replace(&asset, &empty);
        let read = store.read(&asset);
        for name in ["retention_days", "tier", "note"] {
            assert_eq!(read[name], Value::Null, "{name}");
        }
        assert_eq!(read["tags"], json!([]));
        assert_eq!(count_rows(&mut store.connection, "fixture_data_outputs"), 1);
    });
}

#[test]
fn field_whose_condition_is_false_goes_back_to_its_default() {
    each_database(|database| {
        let mut store = Store::new(database);
        let stream = json!({"kind": "stream", "retention_days": 7, "key_name": "main"});
        let asset = store.create("one", &stream);
        let read = store.read(&asset);
        assert_eq!((&read["retention_days"], &read["key_name"]), (&json!(7), &json!("")));

        store.replace(&asset, &json!({"kind": "files", "retention_days": 7, "encrypted": false}));
        let read = store.read(&asset);
        assert_eq!((&read["retention_days"], &read["key_name"]), (&Value::Null, &json!("")));

        store.replace(&asset, &json!({"kind": "files", "encrypted": true, "key_name": "main"}));
        assert_eq!(store.read(&asset)["key_name"], "main");
        let problems = store.check(&json!({"key_name": ""})).unwrap_err();
        assert_eq!(problems.to_string(), "/key_name: the field \"key_name\" must not be empty");
    });
}

#[test]
fn hidden_field_is_kept_and_a_derived_one_is_filled() {
    each_database(|database| {
        let mut store = Store::new(database);
        let asset = store.create("one", &json!({"hidden_mark": "from a client", "full_name": "x"}));
        let read = store.read(&asset);
        assert_eq!(read["hidden_mark"], "from a client");
        assert_eq!(read["full_name"], "shelf.files");
    });
}

#[test]
fn select_of_several_takes_only_as_many_as_are_offered() {
    each_database(|database| {
        let store = Store::new(database);
        assert!(store.check(&json!({"tags": ["public", "internal", "raw"]})).is_ok());
        let problems = store.check(&json!({"tags": ["public", "internal", "raw", "pii"]}));
        assert_eq!(problems.unwrap_err().to_string(), "/tags: the list has 4 items, 3 are allowed");
        let problems = store.check(&json!({"tags": ["intern"]})).unwrap_err().to_string();
        assert!(problems.starts_with("/tags/0: \"intern\" is not one of"), "{problems}");
        assert!(problems.contains("did you mean internal?"), "{problems}");
    });
}

#[test]
fn text_that_one_of_the_databases_cannot_hold_is_refused_on_each() {
    each_database(|database| {
        let store = Store::new(database);
        let problems = store.check(&json!({"note": "a\0", "tags": ["\0"]})).unwrap_err();
        let places: BTreeSet<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(places, BTreeSet::from(["/note", "/tags/0"]));
    });
}

#[test]
fn assets_are_listed_in_the_order_they_were_created() {
    each_database(|database| {
        let mut store = Store::new(database);
        let created: Vec<Id> =
            (0..40).map(|index| store.create(&format!("asset-{index}"), &json!({}))).collect();
        let listed = store.list();
        let ids: Vec<Id> = listed.into_iter().map(|asset| asset.row.id).collect();
        assert_eq!(ids, created);
    });
}

#[test]
fn asset_and_its_row_are_written_together_or_not_at_all() {
    each_database(|database| {
        let mut store = Store::new(database);
        let output = store.check(&json!({})).unwrap();
        execute(&mut store.connection, "ALTER TABLE fixture_data_outputs RENAME TO put_aside");
        let row = store.row("one");
        let failed = store::create_asset(&mut store.connection, &row, output.as_ref());
        assert!(matches!(failed, Err(Error::Internal { .. })), "{failed:?}");
        assert_eq!(count_rows(&mut store.connection, "technical_assets"), 0);
        execute(&mut store.connection, "ALTER TABLE put_aside RENAME TO fixture_data_outputs");
        store::create_asset(&mut store.connection, &row, output.as_ref()).unwrap();
    });
}

#[test]
fn asset_without_its_row_is_listed_with_the_reason() {
    each_database(|database| {
        let mut store = Store::new(database);
        let asset = store.create("one", &json!({}));
        execute(&mut store.connection, "DELETE FROM fixture_data_outputs");
        let listed = store.list();
        match &listed[0].configuration {
            StoredConfiguration::Unavailable(reason) => {
                assert_eq!(reason, "the table of fixture has no row for it");
            }
            StoredConfiguration::Available(output) => panic!("{output:?}"),
        }
        store::delete_asset(&mut store.connection, &store.product.id, &asset, None).unwrap();
    });
}

#[test]
fn replacing_what_is_not_there_is_not_found() {
    each_database(|database| {
        let mut store = Store::new(database);
        let output = store.check(&json!({})).unwrap();
        let failed = store.update(&Id::new(), output.as_ref());
        assert!(matches!(failed, Err(Error::NotFound(_))), "{failed:?}");
        assert_eq!(count_rows(&mut store.connection, "fixture_data_outputs"), 0);
    });
}

#[test]
fn row_that_must_be_there_is_a_defect_when_it_is_not() {
    each_database(|database| {
        let mut store = Store::new(database);
        let failed = store::write::platform_values(&mut store.connection, "nowhere", "nothing");
        assert!(matches!(failed, Err(Error::Internal { .. })), "{failed:?}");
        execute(&mut store.connection, "DELETE FROM configuration_revision");
        let failed = store::revisions(&mut store.connection);
        assert!(matches!(failed, Err(Error::Internal { .. })), "{failed:?}");
    });
}

#[test]
fn defect_within_a_savepoint_stays_a_defect() {
    each_database(|database| {
        let failed = database.connect().write(|connection| {
            let inner = connection.write(|_| Err::<(), _>(Error::internal("no reason")));
            assert!(matches!(inner, Err(Error::Internal { .. })), "{inner:?}");
            Ok::<_, Error>(())
        });
        assert!(failed.is_ok(), "{failed:?}");
    });
}

#[test]
fn connection_that_the_server_closes_is_not_a_defect_whatever_its_language() {
    each_database(|database| {
        if database.backend() == Backend::Sqlite {
            return;
        }
        let close = |connection: &mut Connection| {
            diesel::sql_query("SELECT pg_terminate_backend(pg_backend_pid())").execute(connection)
        };
        let failed = Error::from(close(&mut database.connect()).unwrap_err());
        assert_eq!(failed.code(), "unavailable", "{failed:?}");
        let failed = database.connect().write(|connection| {
            // A statement of the plugin's, whose error has lost its kind.
            close(connection).map_err(|error| Error::internal(error.to_string()))
        });
        assert!(matches!(failed, Err(Error::Unavailable { .. })), "{failed:?}");
    });
}

#[test]
fn deleting_a_data_product_takes_the_rows_of_its_plugins_along() {
    each_database(|database| {
        let mut store = Store::new(database);
        store.create("one", &json!({}));
        execute(&mut store.connection, "DELETE FROM data_products");
        assert_eq!(count_rows(&mut store.connection, "fixture_data_outputs"), 0);
    });
}

#[test]
fn new_domain_that_two_products_bring_exists_once() {
    each_database(|database| {
        let mut store = Store::new(database);
        for namespace in ["sales", "returns"] {
            let new = NewDataProduct {
                name: namespace.to_owned(),
                namespace: namespace.to_owned(),
                description: String::new(),
                kind: Some("Source aligned".into()),
                domain: Some("Commerce".into()),
                ..NewDataProduct::default()
            };
            store::create_data_product(&mut store.connection, &new).unwrap();
        }
        assert_eq!(count_rows(&mut store.connection, "domains WHERE name = 'Commerce'"), 1);
        let types = "data_product_types WHERE name = 'Source aligned'";
        assert_eq!(count_rows(&mut store.connection, types), 1);
    });
}

#[test]
fn example_of_the_fixture_is_what_this_file_assumes() {
    let example = <FixtureDataOutput as portal_core::DataOutput>::example();
    assert_eq!((example.place.as_str(), example.encrypted), ("shelf", true));
}
