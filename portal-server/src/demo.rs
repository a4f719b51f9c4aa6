//! The example company that `--demo` fills an empty database with.

use portal_core::check::{Checks, TechnicalMapping};
use portal_core::db::Connection;
use portal_core::environment::Environment;
use portal_core::store::{
    self, AssetRow, AssetStatus, Configuration, DataProduct, NewDataProduct, seed,
};
use portal_core::{Error, Id, LinkedOutput, LinkedPlugin, Registry, Result};
use serde_json::{Map, Value};

/// Name, namespace, description, type and domain of the example data products.
const PRODUCTS: [[&str; 5]; 3] = [
    [
        "Sales orders",
        "sales",
        "All orders of the web shop, one row per order line",
        "Source aligned",
        "Sales",
    ],
    [
        "Revenue report",
        "revenue-report",
        "Monthly revenue per region, as finance publishes it",
        "Reporting",
        "Finance",
    ],
    [
        "Customer 360",
        "customer-360",
        "Everything known about a customer, for other teams",
        "Aggregate",
        "General",
    ],
];

/// Fills the database unless it holds data products or environments already; says whether it
/// did. All of it is written, or nothing.
///
/// # Errors
///
/// What the database says, or a plugin whose own example is refused.
pub(crate) fn fill(connection: &mut Connection, registry: &Registry) -> Result<bool> {
    seed::if_empty(connection, |connection| {
        let environments = environments();
        seed::add_examples(connection, registry, &environments)?;
        for [name, namespace, description, kind, domain] in PRODUCTS {
            let new = NewDataProduct {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                description: description.to_owned(),
                kind: Some(kind.to_owned()),
                domain: Some(domain.to_owned()),
            };
            store::create_data_product(connection, &new)?;
        }
        add_entries_for_namespaces(connection, registry, &environments)?;
        let configuration = Configuration::load(connection, registry)?;
        for product in store::list_data_products(connection)? {
            for plugin in registry.outputs() {
                for mapping in [TechnicalMapping::Default, TechnicalMapping::Custom] {
                    add_asset(connection, &configuration, &product, plugin, mapping)?;
                }
            }
        }
        Ok(())
    })
}

fn environments() -> [Environment; 2] {
    [("development", "dev", false), ("production", "prd", true)].map(
        |(name, acronym, is_default)| Environment {
            id: Id::new(),
            name: name.to_owned(),
            acronym: acronym.to_owned(),
            context: format!("acme {name}"),
            is_default,
        },
    )
}

/// In the default mapping an asset's name is the data product's namespace: adds an entry for
/// each, made from the plugin's example by putting the namespace in place of the example's name.
fn add_entries_for_namespaces(
    connection: &mut Connection,
    registry: &Registry,
    environments: &[Environment],
) -> Result<()> {
    for plugin in registry.outputs() {
        let Some((output, example)) = plugin.output().and_then(|output| {
            Some((output, output.example().fields().get(output.namespace_field_name()?)?.clone()))
        }) else {
            continue;
        };
        let Some(example) = example.as_str().filter(|name| !name.is_empty()) else { continue };
        for environment in environments {
            let entry = output.example_entry(&environment.acronym);
            let mut entries = vec![entry.clone()];
            for [_, namespace, ..] in PRODUCTS {
                entries.push(with_name(&entry, example, namespace));
            }
            seed::set_entries(connection, &environment.id, plugin.id(), &entries)?;
        }
    }
    seed::bump_revision(connection)
}

/// The entry with `name` in place of `example` in every text.
fn with_name(entry: &Value, example: &str, name: &str) -> Value {
    match entry {
        Value::String(text) => Value::String(text.replace(example, name)),
        Value::Array(items) => items.iter().map(|item| with_name(item, example, name)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), with_name(member, example, name)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Adds the plugin's example to a data product: under the product's own namespace, active, or
/// under the example's name, waiting for approval.
fn add_asset(
    connection: &mut Connection,
    configuration: &Configuration,
    product: &DataProduct,
    plugin: &LinkedPlugin,
    mapping: TechnicalMapping,
) -> Result<()> {
    let (Some(output), Some(service)) = (plugin.output(), configuration.service_of(plugin.id()))
    else {
        return Ok(());
    };
    let fields = match mapping {
        TechnicalMapping::Custom => output.example().fields(),
        TechnicalMapping::Default => without_names(output, plugin),
    };
    let mut checks = Checks {
        product,
        mapping,
        options: &service.options,
        find_rivals: &mut |_| Ok(Vec::new()),
    };
    let checked = output.check(&fields, &mut checks).map_err(|error| {
        Error::Refused(format!("the example of {} is refused: {error}", plugin.id()))
    })?;
    let (suffix, what) = match mapping {
        TechnicalMapping::Default => ("", "published for everybody"),
        TechnicalMapping::Custom => ("-shared", "beside the data of other teams"),
    };
    let new = AssetRow::new(product.id.clone(), service.id.clone(), plugin.wire_name(), mapping);
    let row = AssetRow {
        name: format!("{} in {}", product.name, plugin.display_name()),
        description: format!("{} in {}, {what}", product.name, plugin.display_name()),
        namespace: format!("{}{suffix}", plugin.id()),
        status: match mapping {
            TechnicalMapping::Default => AssetStatus::Active,
            TechnicalMapping::Custom => AssetStatus::Pending,
        },
        ..new
    };
    store::create_asset(connection, &row, checked.as_ref())
}

/// The example without what the namespace decides: the field itself, and derived fields.
fn without_names(output: &LinkedOutput, plugin: &LinkedPlugin) -> Map<String, Value> {
    let shown: Vec<String> = output.form(&[]).into_iter().map(|element| element.name).collect();
    let mut fields = output.example().fields();
    let namespace = output.namespace_field_name();
    fields.retain(|name, _| Some(name.as_str()) != namespace && shown.contains(name));
    tracing::debug!(plugin = plugin.id(), "adding an example in the default mapping");
    fields
}
