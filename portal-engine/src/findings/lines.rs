//! Lines for the operator's file that would mend what is missing, made of the plugin's own examples.

use portal_core::environment::Environment;
use portal_core::template::Fields;
use serde_json::{Value, json};

use crate::entries::{ANY, filled};
use crate::linked::{LinkedOutput, LinkedPlugin};
use crate::store::{Configuration, EnvironmentState, Lack};

/// How many entries are written out before a pattern takes their place.
const MOST_ENTRIES: usize = 3;

/// What would mend what an asset lacks in an environment; `None` where no line of the file would.
pub fn of_lack(
    lack: &Lack,
    plugin: &LinkedPlugin,
    configuration: &Configuration,
    environment: &Environment,
) -> Option<String> {
    let output = plugin.output()?;
    let acronym = environment.acronym.as_str();
    match lack {
        Lack::Entry(name) => {
            let entry = entry_for(output, name.as_deref(), acronym)?;
            Some(entries(plugin, environment, vec![entry]))
        }
        Lack::Values => values(plugin, configuration, environment),
        Lack::Member { entry, name } => {
            let of = |member: &Value| member.get(name).filter(|value| !value.is_null()).cloned();
            if output.entry_schema().property_names().any(|known| known == name) {
                let example = of(&output.example_entry(acronym));
                let value = example.unwrap_or_else(|| "…".into());
                let mut line = Fields::new();
                if let (Some(field), Some(entry)) = (output.entries_named_by(), entry) {
                    line.insert(field.to_owned(), entry.clone().into());
                }
                line.insert(name.clone(), value);
                return Some(entries(plugin, environment, vec![line]));
            }
            let value = of(&plugin.example_values(acronym)).unwrap_or_else(|| "…".into());
            let line = json!({ plugin.platform_key(): { name: value } });
            Some(written(environment, "platforms", line))
        }
        Lack::Unfit(..) | Lack::Unreadable | Lack::Link(_) => None,
    }
}

/// What would give a form options to offer: those of the plugin's example.
pub fn of_options(plugin: &LinkedPlugin, output: &LinkedOutput) -> String {
    let options = json!({ "options": output.example_options() });
    // Examples have been written into the file before: the contract test does.
    toml::to_string(&json!({ "services": { plugin.id(): options } })).unwrap_or_default()
}

/// What would complete how a plugin is configured in an environment.
pub fn of_state(
    state: &EnvironmentState,
    plugin: &LinkedPlugin,
    configuration: &Configuration,
    environment: &Environment,
) -> Option<String> {
    let mut parts = Vec::new();
    if state.has_values == Some(false) {
        parts.extend(values(plugin, configuration, environment));
    }
    if let Some(output) = plugin.output() {
        parts.extend(missing_entries(state, plugin, output, environment));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

fn missing_entries(
    state: &EnvironmentState,
    plugin: &LinkedPlugin,
    output: &LinkedOutput,
    environment: &Environment,
) -> Option<String> {
    let acronym = environment.acronym.as_str();
    let is_empty = state.entries == Some(0);
    if !is_empty && state.unserved.is_empty() {
        return None;
    }
    if output.entries_named_by().is_none() {
        return is_empty
            .then(|| entry_for(output, None, acronym))
            .flatten()
            .map(|entry| entries(plugin, environment, vec![entry]));
    }
    // Names that nobody can list, and many names, are a pattern's.
    let is_open = is_empty && output.is_found_by_namespace();
    let names = if is_open || state.unserved.len() > MOST_ENTRIES {
        vec![ANY.to_string()]
    } else if state.unserved.is_empty() {
        output.example().entry_name().map(str::to_owned).into_iter().collect()
    } else {
        state.unserved.clone()
    };
    let lines = names.iter().filter_map(|name| entry_for(output, Some(name), acronym));
    Some(entries(plugin, environment, lines.collect()))
}

/// The plugin's example of an entry, for this name.
fn entry_for(output: &LinkedOutput, name: Option<&str>, acronym: &str) -> Option<Fields> {
    let Value::Object(example) = output.example_entry(acronym) else { return None };
    let mut entry = without_nulls(match name {
        Some(name) => filled(output, &example, name, acronym),
        None => example,
    });
    // Another entry may be the default already.
    if let Some(mark) = output.entries_marked_by()
        && name.is_some()
    {
        entry.insert(mark.to_owned(), false.into());
    }
    Some(entry)
}

/// The values that a plugin reads and that are not there.
fn values(
    plugin: &LinkedPlugin,
    configuration: &Configuration,
    environment: &Environment,
) -> Option<String> {
    let stored = configuration.stored_values(plugin, &environment.id);
    let Value::Object(example) = plugin.example_values(&environment.acronym) else { return None };
    let is_stored = |name: &str| stored.is_some_and(|stored| stored.contains_key(name));
    let missing: Fields =
        without_nulls(example).into_iter().filter(|(name, _)| !is_stored(name)).collect();
    (!missing.is_empty())
        .then(|| written(environment, "platforms", json!({ plugin.platform_key(): missing })))
}

fn entries(plugin: &LinkedPlugin, environment: &Environment, entries: Vec<Fields>) -> String {
    written(environment, "services", json!({ plugin.id(): entries }))
}

/// As the file says it.
fn written(environment: &Environment, section: &str, what: Value) -> String {
    let document = json!({ "environments": { environment.name.as_str(): { section: what } } });
    // Examples have been written into the file before: the contract test does.
    toml::to_string(&document).unwrap_or_default()
}

fn without_nulls(fields: Fields) -> Fields {
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}
