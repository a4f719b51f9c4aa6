//! What 10,000 data products cost under one pattern, beside ten: start, memory, lists.
//!
//! `cargo bench -p portal-tests --bench products`

use std::fs;
use std::time::Instant;

use portal_core::{Error, Id};
use portal_engine::Registry;
use portal_engine::check::TechnicalMapping;
use portal_engine::db::ConnectionExt;
use portal_engine::entries::generalised;
use portal_engine::store::{self, AssetRow, Configuration, NewDataProduct, places, write};
use portal_testing::{TestDatabase, add_examples, example_environments};
use portal_tests::harness::{Process, assets_of, command_on, quartiles};
use serde_json::Value;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// The sizes that are compared.
const COUNTS: [usize; 2] = [10, 10_000];

/// How often each is started, in turn.
const ROUNDS: usize = 9;

/// Requests for a list in each round.
const LISTS: usize = 400;

/// A company with one pattern of Glue in each environment and so many data products, each with an asset.
fn company(database: &TestDatabase, count: usize) -> Vec<Id> {
    let registry = Registry::load().expect("the linked plugins are sound");
    let connection = &mut *database.migrated(registry).get().expect("the database answers");
    let environments = example_environments();
    add_examples(connection, registry, &environments).expect("the examples can be stored");
    let output = registry.find("glue").and_then(|plugin| plugin.output()).expect("it is linked");
    for environment in &environments {
        let Value::Object(example) = output.example_entry(&environment.acronym) else { continue };
        let pattern = generalised(output, &example).expect("it can be a pattern");
        write::set_entries(connection, &environment.name, "glue", Some(vec![pattern]))
            .expect("it is sound");
    }
    write::bump_revision(connection).expect("the database answers");
    let configuration = Configuration::load(connection, registry).expect("it can be read");
    let service = configuration.service_of("glue").expect("it is configured").id.clone();
    let products = connection.write(|connection| {
        let mut products = Vec::with_capacity(count);
        for number in 0..count {
            let name = format!("product-{number}");
            let new = NewDataProduct {
                name: name.clone(),
                namespace: name.clone(),
                description: String::new(),
                kind: None,
                domain: None,
                ..NewDataProduct::default()
            };
            let product = store::create_data_product(connection, &new)?;
            let mut fields = output.example().fields();
            fields.insert("database".to_owned(), name.into());
            let made = output.preview(&fields, None).map_err(Error::from)?;
            let row = AssetRow {
                name: "Orders".to_owned(),
                namespace: "orders".to_owned(),
                ..AssetRow::new(
                    product.clone(),
                    service.clone(),
                    "GlueDataOutput",
                    TechnicalMapping::Custom,
                )
            };
            store::create_asset(connection, &row, made.as_ref())?;
            products.push(product);
        }
        Ok::<_, Error>(products)
    });
    let started = Instant::now();
    while places::refresh(connection, registry, &configuration).expect("the database answers") {}
    println!("{count} data products: all places made anew in {:?}", started.elapsed());
    products.expect("the database takes them")
}

/// Resident memory of a process in MB.
fn memory(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap_or_default() / 1024.0
}

fn main() {
    let databases = COUNTS.map(|count| {
        let database = TestDatabase::sqlite();
        let products = company(&database, count);
        (database, products)
    });
    // Of each size: start in ms, memory in MB, a list in µs.
    let mut measured = [const { [const { Vec::new() }; 3] }; COUNTS.len()];
    for _ in 0..ROUNDS {
        for ((database, products), [start, resident, list]) in databases.iter().zip(&mut measured) {
            let started = Instant::now();
            let portal = Process::serve(&mut command_on(PORTAL, database));
            start.push(started.elapsed().as_secs_f64() * 1e3);
            let started = Instant::now();
            for number in 0..LISTS {
                let product = &products[number * 7 % products.len()];
                let listed = portal.client().get(&assets_of(product.as_str())).text;
                assert!(listed.contains("\"with_place\":2"), "{listed}");
            }
            list.push(started.elapsed().as_secs_f64() * 1e6 / LISTS as f64);
            resident.push(memory(portal.id()));
        }
    }
    for (at, what) in ["start, ms", "memory, MB", "list of a data product, µs"].iter().enumerate()
    {
        let [few, many] = [0, 1].map(|size| quartiles(measured[size][at].iter().copied())[1]);
        println!(
            "{what}: {few:.1} with {}, {many:.1} with {}, ratio {:.2}",
            COUNTS[0],
            COUNTS[1],
            many / few
        );
    }
}
