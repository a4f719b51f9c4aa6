//! Entries: what a name in a data output stands for, and what is said of it in each environment.

use portal_core::__private::{OutputParts, Parts, from_parts, linked, parts};
use portal_core::Registration;
use portal_core::prelude::*;
use portal_engine::Registry;
use portal_engine::migrate::EmbeddedMigration;
use portal_engine::settings::{Absent, check_file};
use portal_engine::store::{Configuration, write};
use portal_testing::{add_examples, each_database, example_environments};
use portal_tests::harness::{TestServer, assets_of, example_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sketch::{origin, sketch};

/// Something with one entry in each environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Single {
    /// Its name.
    #[schemars(extend("x-form" = text().label("Its name")))]
    name: String,
}

sketch!(Single with columns ["name"], result "{name}");

static SINGLE: Registration = Registration::data_output::<Single>(
    origin("sketch-plugin", 7),
    &[EmbeddedMigration {
        folder: "2026-01-01-000000_create_sketch",
        up: "CREATE TABLE sketch_outputs (
            id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
            name TEXT NOT NULL
        )",
        down: "DROP TABLE sketch_outputs",
    }],
);

fn with_single() -> Registry {
    Registry::build(linked().chain([&SINGLE])).unwrap()
}

/// What a registry says of a plugin whose data output is changed.
fn refusals(of: &'static Registration, change: impl Fn(OutputParts) -> OutputParts) -> Vec<String> {
    let parts = parts(of).clone();
    let output = parts.output.clone().map(change);
    let changed = &*Box::leak(Box::new(from_parts(Parts { output, ..parts })));
    let problems = Registry::build([changed]).unwrap_err();
    problems.iter().map(|problem| problem.message.clone()).collect()
}

#[test]
fn outputs_and_entries_that_disagree_on_names_are_refused() {
    let s3 = linked().find(|registration| parts(registration).id == "s3").unwrap();
    let nameless =
        refusals(s3, |output| OutputParts { named_by: None, names: |_| vec![None], ..output });
    assert_eq!(
        nameless,
        [
            "the example refers to the entry \"datalake\", but entries have no names: write #[entry] above their type, not #[entry(single)]"
        ]
    );
    let unmeant = refusals(&SINGLE, |output| OutputParts {
        names: |_| vec![Some("main".to_owned())],
        ..output
    });
    assert_eq!(
        unmeant,
        [
            "entries have names, but the example refers to none: give one field of type String options_from_platform(), implement entry_name, or write #[entry(single)] above their type"
        ]
    );
    let other =
        refusals(s3, |output| OutputParts { names: |_| vec![Some("lake".to_owned())], ..output });
    assert_eq!(
        other,
        [
            "the example refers to the entry \"datalake\", but the example of its entries is called \"lake\""
        ]
    );
    let misspelt = refusals(s3, |output| OutputParts { named_by: Some("identifer"), ..output });
    assert_eq!(
        misspelt,
        [
            "entries are named by the field \"identifer\", which is none of theirs (identifier, bucket_name, bucket_arn, kms_key_arn, is_default)"
        ]
    );
}

#[test]
fn several_entries_where_one_is_possible_are_a_mistake_with_its_line() {
    let registry = with_single();
    let check = |entries: &str| {
        let text = format!("[environments.dev]\nacronym = \"dev\"\ncontext = \"x\"\n{entries}");
        check_file("portal.toml", &text, &registry, &Absent::default())
            .err()
            .map(|problems| problems.to_string())
    };
    let one = "[[environments.dev.services.sketch]]\n";
    assert_eq!(check(one), None);
    assert_eq!(
        check(&one.repeat(2)).unwrap(),
        "portal.toml:5: environments.dev.services.sketch.1: 2 entries, of which an asset could mean any: exactly one is possible"
    );
}

#[test]
fn several_stored_entries_where_one_is_possible_count_as_none_and_are_told() {
    each_database(|database| {
        let registry = with_single();
        let pool = database.migrated(&registry);
        let connection = &mut *pool.get().unwrap();
        add_examples(connection, &registry, &example_environments()).unwrap();
        assert!(Configuration::load(connection, &registry).unwrap().problems.is_empty());
        let entries = vec![serde_json::Map::new(); 2];
        write::set_entries(connection, "development", "sketch", Some(entries)).unwrap();
        let configuration = Configuration::load(connection, &registry).unwrap();
        let told = configuration.problems.to_string();
        assert_eq!(told, "service sketch: 2 entries, where exactly one is possible");
    });
}

#[test]
fn technical_information_names_values_of_the_platform_where_it_has_some() {
    each_database(|database| {
        let registry = Registry::load().unwrap();
        let pool = database.migrated(registry);
        let connection = &mut *pool.get().unwrap();
        add_examples(connection, registry, &example_environments()).unwrap();
        let template = "{account_id}:{region}:{bucket_name}/{path}@{environment}";
        write::set_templates(connection, "s3", None, Some(template)).unwrap();
        write::set_platform_values(connection, "production", "aws", None).unwrap();
        write::bump_revision(connection).unwrap();
        let server = TestServer::over(pool.clone(), registry.clone());
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let asset = server.create_asset(&product, &server.new_asset(display_name, &configuration));
        let read = server.get(&format!("{}/{asset}", assets_of(&product))).ok();
        let info: Vec<&Value> =
            read["technical_info"].as_array().unwrap().iter().map(|info| &info["info"]).collect();
        let known = json!("123456789012:eu-west-1:acme-datalake-dev/daily@dev");
        assert_eq!(info, [&known, &json!(null)]);
    });
}

#[test]
fn template_that_names_a_secret_is_refused() {
    let text = "[services.fixture]\ntechnical_info_template = \"{base_url}/{token}\"\n";
    let registry = Registry::load().unwrap();
    let told = check_file("portal.toml", text, registry, &Absent::default()).unwrap_err();
    let told = told.to_string();
    assert!(told.contains("names the unknown field \"token\""), "{told}");
    assert!(!told.contains("\"base_url\""), "{told}");
}
