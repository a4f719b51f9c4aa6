//! What an author's own tests need: a data product, a place, and a configuration that is checked as
//! the portal checks it.

use portal_core::__private::AnyOutput;
use portal_core::environment::Place;
use portal_core::template::Fields;
use portal_core::{DataOutput, DataProduct, DataProductType, Domain, Error, Id, Problems, Result};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::{LinkedOutput, Registry};
use serde_json::Value;

use crate::examples::example_environments;

/// A data product called "Orders", with the namespace `orders`, in the domain "Sales".
pub fn product() -> DataProduct {
    let described = |name: &str| (Id::new(), name.to_owned(), String::new());
    let (id, name, description) = described("Orders");
    let (type_id, type_name, type_description) = described("Source aligned");
    let (domain_id, domain_name, domain_description) = described("Sales");
    DataProduct {
        id,
        name,
        namespace: "orders".to_owned(),
        description,
        status: "active".to_owned(),
        kind: DataProductType {
            id: type_id,
            name: type_name,
            description: type_description,
            icon_key: String::new(),
        },
        domain: Domain { id: domain_id, name: domain_name, description: domain_description },
    }
}

/// A place for a link: [`product`] in the environment `production` (`prd`), where the platform has
/// these values, such as `AwsAccount::example("prd")`.
///
/// It lives as long as the process, so that a test has nothing to keep.
pub fn place<V>(values: V) -> Place<'static, V> {
    let production = example_environments().pop();
    Place::new(
        Box::leak(Box::new(product())),
        production.map(|environment| &*Box::leak(Box::new(environment))),
        Some(Box::leak(Box::new(values))),
    )
}

/// Checks a configuration as if somebody created an asset of it for [`product`] in the custom
/// mapping, and reads it. It holds the fields alone, without `configuration_type`. Whatever it names
/// of the platform's options counts as one of them.
///
/// # Errors
///
/// Everything that the portal would answer, with the field's JSON pointer in each problem's `at`.
///
/// # Panics
///
/// When the plugin is not registered, or its registration is not sound.
pub fn check<P: DataOutput>(configuration: Value) -> std::result::Result<P, Problems> {
    let registry = Registry::load().unwrap_or_else(|problems| panic!("\n{problems}\n"));
    let plugin = registry.find(P::ID);
    let output = plugin.and_then(|plugin| plugin.output()).unwrap_or_else(|| {
        panic!("{} is not registered: add portal_core::register!(…) to its file", P::ID)
    });
    let Value::Object(fields) = configuration else {
        panic!("a configuration is an object of fields: {configuration}")
    };
    match check_fields(output, &fields, &output.chosen_options(&fields)) {
        Ok(checked) => Ok(serde_json::from_value(Value::Object(checked.fields()))
            .expect("what was read can be read again")),
        Err(Error::Invalid(problems)) => Err(problems),
        Err(other) => panic!("{other}"),
    }
}

/// Checks the fields of a new asset of [`product`] in the custom mapping.
pub(crate) fn check_fields(
    output: &LinkedOutput,
    fields: &Fields,
    options: &[String],
) -> Result<Box<dyn AnyOutput>> {
    let mut checks = Checks {
        product: &product(),
        mapping: Some(TechnicalMapping::Custom),
        options: Some(options),
        find_rivals: &mut |_| Ok(Vec::new()),
    };
    output.check(fields, &mut checks)
}
