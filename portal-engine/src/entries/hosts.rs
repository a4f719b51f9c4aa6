//! Whether somebody who chooses a name chooses the host that links lead to.

use portal_core::__private::PlaceRef;
use portal_core::environment::Environment;
use portal_core::template::Fields;
use portal_core::{DataProduct, DataProductType, Domain, Id};

use super::{Meaning, Texts, read_one};
use crate::linked::{LinkedOutput, LinkedPlugin};

/// Names that nothing is called by chance.
const NAMES: [&str; 2] = ["example-one", "example-two"];

/// Whether the host of a plugin's link follows what an entry's placeholders stand for. An address in
/// an entry takes none in its host; a plugin may make a host of other texts.
pub(crate) fn link_follows(
    plugin: &LinkedPlugin,
    output: &LinkedOutput,
    entry: &Fields,
    acronym: &str,
) -> bool {
    let schema = output.entry_schema().as_value();
    let Ok(texts) = Texts::parse(schema, entry, output.entries_named_by()) else { return false };
    if texts.are_plain() {
        return false;
    }
    let [one, other] = NAMES.map(|name| host(plugin, output, &texts, name, acronym));
    one != other
}

/// The host that a link leads to when an entry is looked up by this name.
fn host(
    plugin: &LinkedPlugin,
    output: &LinkedOutput,
    texts: &Texts,
    name: &str,
    acronym: &str,
) -> Option<String> {
    let meaning = Meaning { identifier: Some(name), namespace: name, environment: acronym };
    let entries = read_one(output, texts.fill(meaning)).ok()?;
    let values = plugin.read_values(&plugin.example_values(acronym)).ok()?;
    let product = example_product();
    let environment = Environment {
        id: nobody(),
        name: acronym.to_owned(),
        acronym: acronym.to_owned(),
        context: String::new(),
        is_default: false,
    };
    let place = PlaceRef {
        product: &product,
        environment: Some(&environment),
        values: Some(values.as_ref()),
    };
    let url = output.example().asset_url(entries.as_ref(), 0, place).ok()?;
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next().map(str::to_owned)
}

fn nobody() -> Id {
    "00000000-0000-0000-0000-000000000000".parse().unwrap_or_else(|_| Id::new())
}

/// A data product that nobody has.
pub(crate) fn example_product() -> DataProduct {
    DataProduct {
        id: nobody(),
        name: String::new(),
        namespace: super::EXAMPLE.to_owned(),
        description: String::new(),
        status: String::new(),
        kind: DataProductType {
            id: nobody(),
            name: String::new(),
            description: String::new(),
            icon_key: String::new(),
        },
        domain: Domain { id: nobody(), name: String::new(), description: String::new() },
    }
}
