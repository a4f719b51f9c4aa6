//! A company made of the plugins' own examples.

use std::collections::BTreeMap;

use portal_core::environment::Environment;
use portal_core::template::Fields;
use portal_core::{Connection, Id, Result};
use portal_engine::Registry;
use portal_engine::store::write;
use serde_json::Value;

/// Two environments, `development` (`dev`) and `production` (`prd`).
pub fn example_environments() -> Vec<Environment> {
    [("development", "dev", false), ("production", "prd", true)]
        .map(|(name, acronym, is_default)| Environment {
            id: Id::new(),
            name: name.to_owned(),
            acronym: acronym.to_owned(),
            context: String::new(),
            is_default,
        })
        .to_vec()
}

/// Configures every enabled plugin by its own examples: options, and for each of these
/// environments the platform's values and one entry.
///
/// # Errors
///
/// What the database says; the platform and service rows must exist.
pub fn add_examples(
    connection: &mut Connection,
    registry: &Registry,
    environments: &[Environment],
) -> Result<()> {
    for environment in environments {
        write::set_environment(connection, environment)?;
        for (platform, values) in example_values(registry, &environment.acronym) {
            write::set_platform_values(connection, &environment.name, platform, Some(values))?;
        }
    }
    for plugin in registry.outputs() {
        let Some(output) = plugin.output() else { continue };
        write::set_options(connection, plugin.id(), &output.example_options())?;
        for environment in environments {
            let Value::Object(entry) = output.example_entry(&environment.acronym) else { continue };
            write::set_entries(connection, &environment.name, plugin.id(), Some(vec![entry]))?;
        }
    }
    write::bump_revision(connection)
}

/// The example values of each platform: those of all its plugins together.
fn example_values(registry: &Registry, acronym: &str) -> BTreeMap<&'static str, Fields> {
    let mut all: BTreeMap<&str, Fields> = BTreeMap::new();
    for plugin in registry.plugins() {
        if let Value::Object(values) = plugin.example_values(acronym) {
            all.entry(plugin.platform_key()).or_default().extend(values);
        }
    }
    all
}
