//! What the portal costs: loading the registry, and the work of one request.
//!
//! `cargo bench -p portal-tests`; the wire is measured in `wire.rs`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use portal_core::template::{Template, Values};
use portal_core::{DataProduct, Registration};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::store::{
    Configuration, NewDataProduct, create_data_product, find_data_product, write,
};
use portal_engine::{LinkedPlugin, Registry};
use portal_testing::{TestDatabase, add_examples, example_environments, renamed};
use portal_tests as _;
use serde_json::Value;

/// The plugins of `examples/custom-portal`.
const FIVE: &str = "databricks,glue,redshift,s3,snowflake";

fn five() -> Registry {
    let linked = Registry::load().expect("the linked plugins are sound");
    linked.narrow(Some(FIVE)).expect("they are linked")
}

/// As many registrations of different names, made in turn from the five plugins.
fn registrations(count: usize) -> Vec<&'static Registration> {
    let five = five();
    let named = |number: usize, plugin: &LinkedPlugin| {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let registration = renamed(
            plugin,
            leak(format!("plugin-{number}")),
            leak(format!("Plugin{number}DataOutput")),
            leak(format!("plugin_{number}_data_outputs")),
        );
        &*Box::leak(Box::new(registration))
    };
    five.plugins().iter().cycle().take(count).enumerate().map(|(n, p)| named(n, p)).collect()
}

fn registry_load(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("registry_load");
    for count in [5, 1_000] {
        let registrations = registrations(count);
        group.sample_size(if count > 5 { 20 } else { 100 });
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter_custom(|rounds| {
                // A server keeps its registry: dropping one is no part of a start.
                let mut loading = Duration::ZERO;
                for _ in 0..rounds {
                    let started = Instant::now();
                    let registry = Registry::build(registrations.iter().copied());
                    loading += started.elapsed();
                    assert_eq!(registry.expect("they are sound").plugins().len(), count);
                }
                loading
            });
        });
    }
}

fn forms(criterion: &mut Criterion) {
    let five = five();
    let options: Vec<String> = (0..10).map(|number| format!("option-{number}")).collect();
    criterion.bench_function("form_of_each_of_five", |bencher| {
        bencher.iter(|| {
            for output in five.plugins().iter().filter_map(|plugin| plugin.output()) {
                black_box(output.form(&options));
            }
        });
    });
}

/// A data product as the database gives it.
fn product() -> DataProduct {
    let database = TestDatabase::sqlite();
    let connection = &mut *database.migrated(&five()).get().expect("the database answers");
    let new = NewDataProduct {
        name: "Orders".to_owned(),
        namespace: "orders".to_owned(),
        description: String::new(),
        kind: None,
        domain: None,
        ..NewDataProduct::default()
    };
    let id = create_data_product(connection, &new).expect("it can be created");
    find_data_product(connection, &id).expect("it was created")
}

fn checking(criterion: &mut Criterion) {
    let (five, product) = (five(), product());
    let plugin = five.find("glue").expect("it is linked");
    let output = plugin.output().expect("it stores something");
    let options = output.example_options();
    let good = output.example().fields();
    let mut bad = good.clone();
    bad.insert("databse".to_owned(), "orders".into());
    bad.insert("table".to_owned(), 7.into());
    bad.insert("access_granularity".to_owned(), "tabel".into());
    for (name, fields, accepted) in
        [("check_accepted", &good, true), ("check_three_problems", &bad, false)]
    {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut checks = Checks {
                    product: &product,
                    mapping: Some(TechnicalMapping::Custom),
                    options: Some(&options),
                    find_rivals: &mut |_| Ok(Vec::new()),
                };
                let checked = output.check(black_box(fields), &mut checks);
                assert_eq!(checked.is_ok(), accepted);
            });
        });
    }
}

fn templates(criterion: &mut Criterion) {
    let five = five();
    let output = five.find("s3").and_then(LinkedPlugin::output).expect("it is linked");
    let (example, entry) = (output.example(), output.example_entry("dev"));
    let (fields, entry) = (example.fields(), entry.as_object().cloned().unwrap_or_default());
    let (template, layers) = (output.technical_info_template(), [&entry, &fields]);
    criterion.bench_function("template_render", |bencher| {
        bencher.iter(|| black_box(example.render(template, Values::new(&layers))));
    });
    let names: Vec<&str> =
        layers.iter().flat_map(|layer| layer.keys().map(String::as_str)).collect();
    criterion.bench_function("template_parse", |bencher| {
        bencher.iter(|| {
            Template::parse(template.purpose(), black_box(template.source()), "s3", &names).is_ok()
        });
    });
}

/// A list of 1,000 assets in two environments, of a service with ever more entries. The assets refer to
/// ten of them, or each to another one: then most are in none of the processor's caches.
fn finding_entries(criterion: &mut Criterion) {
    let (five, product) = (five(), product());
    let plugin = five.find("glue").expect("it is linked");
    let output = plugin.output().expect("it stores something");
    let mut group = criterion.benchmark_group("list_of_1000_over_entries");
    for (name, count, used) in
        [("10", 10, 10), ("10000", 10_000, 10), ("10000_all", 10_000, 10_000)]
    {
        let database = TestDatabase::sqlite();
        let connection = &mut *database.migrated(&five).get().expect("the database answers");
        let environments = example_environments();
        add_examples(connection, &five, &environments).expect("the examples can be stored");
        for environment in &environments {
            let Value::Object(example) = output.example_entry(&environment.acronym) else { return };
            let entries = (0..count).map(|number| {
                let mut entry = example.clone();
                entry.insert("identifier".to_owned(), format!("database-{number}").into());
                entry
            });
            let entries = Some(entries.collect());
            write::set_entries(connection, &environment.name, "glue", entries).expect("it is free");
        }
        let configuration = Configuration::load(connection, &five).expect("it can be read");
        assert!(configuration.problems.is_empty(), "{}", configuration.problems);
        let service = configuration.service_of("glue").expect("it has a service");
        let options: Vec<String> = (0..count).map(|number| format!("database-{number}")).collect();
        let assets: Vec<_> = (0..1_000)
            .map(|number| {
                let mut fields = output.example().fields();
                fields.insert("database".to_owned(), options[number * 7 % used].clone().into());
                let mut checks = Checks {
                    product: &product,
                    mapping: Some(TechnicalMapping::Custom),
                    options: Some(&options),
                    find_rivals: &mut |_| Ok(Vec::new()),
                };
                output.check(&fields, &mut checks).expect("it is sound")
            })
            .collect();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for asset in &assets {
                    let rendered = configuration.render(plugin, service, &product, asset.as_ref());
                    assert!(rendered.technical_info.iter().all(|info| info.info.is_some()));
                    black_box(rendered);
                }
            });
        });
    }
}

criterion_group!(benches, registry_load, forms, checking, templates, finding_entries);
criterion_main!(benches);
