//! The example company that `--demo` fills an empty database with.

use portal_core::{DataProduct, Error, Result};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::db::Connection;
use portal_engine::entries::generalised;
use portal_engine::settings::{self, Agreed, ServiceSettings, Settings, check_file};
use portal_engine::store::{self, AssetRow, Configuration, NewDataProduct, write};
use portal_engine::{LinkedOutput, LinkedPlugin, Registry};
use serde_json::{Map, Value};

use crate::operator_file;

/// The example company's file.
const COMPANY: &str = include_str!("../../examples/demo/portal.toml");

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
    write::if_empty(connection, |connection| {
        // Who may do what is nothing that an example company says.
        let settings =
            Settings { access: store::stored_access(connection)?, ..settings(registry)? };
        settings::apply(connection, registry, &settings, Agreed::default())?;
        for [name, namespace, description, kind, domain] in PRODUCTS {
            let new = NewDataProduct {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                description: description.to_owned(),
                kind: Some(kind.to_owned()),
                domain: Some(domain.to_owned()),
                ..NewDataProduct::default()
            };
            store::create_data_product(connection, &new)?;
        }
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

/// The example company's settings; plugins that the file does not know, such as one of your own,
/// are configured by their own examples.
fn settings(registry: &Registry) -> Result<Settings> {
    let absent = operator_file::absent(registry);
    let checked = check_file("examples/demo/portal.toml", COMPANY, registry, &absent)
        .map_err(|problems| Error::internal(problems.to_string()))?;
    let mut settings = checked.settings;
    for plugin in registry.plugins() {
        for environment in settings.environments.values_mut() {
            // Plugins of one platform share its values, and each may read some of its own.
            if let Value::Object(values) = plugin.example_values(&environment.acronym)
                && !values.is_empty()
            {
                let known = environment.platforms.entry(plugin.platform_key().to_owned());
                let known = known.or_default();
                for (name, value) in values {
                    known.entry(name).or_insert(value);
                }
            }
        }
        let Some(output) = plugin.output() else { continue };
        if settings.services.contains_key(plugin.id()) {
            continue;
        }
        let options = output.example_options();
        let service = ServiceSettings { options, ..ServiceSettings::default() };
        settings.services.insert(plugin.id().to_owned(), service);
        for environment in settings.environments.values_mut() {
            if let Value::Object(entry) = output.example_entry(&environment.acronym) {
                // Every data product has a place, without a line for each of them.
                let for_others =
                    generalised(output, &entry).filter(|_| output.is_found_by_namespace());
                let entries = for_others.into_iter().chain([entry]).collect();
                environment.services.insert(plugin.id().to_owned(), entries);
            }
        }
    }
    Ok(settings)
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
        TechnicalMapping::Default => without_names(output),
    };
    let mut checks = Checks {
        product,
        mapping: Some(mapping),
        options: Some(&service.options),
        find_rivals: &mut |_| Ok(Vec::new()),
    };
    let checked = output.check(&fields, &mut checks).map_err(|error| {
        Error::refused(format!("the example of {} is refused: {error}", plugin.id()))
            .caused_by(error)
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
        ..new
    };
    store::create_asset(connection, &row, checked.as_ref())
}

/// The example without what the namespace decides: the field itself, and derived fields.
fn without_names(output: &LinkedOutput) -> Map<String, Value> {
    let shown: Vec<String> = output.form(&[]).into_iter().map(|element| element.name).collect();
    let mut fields = output.example().fields();
    let namespace = output.namespace_field_name();
    fields.retain(|name, _| Some(name.as_str()) != namespace && shown.contains(name));
    fields
}
