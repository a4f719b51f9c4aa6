//! What a plugin is made of in each environment: its values, its entries, what is missing.

use std::collections::HashMap;

use portal_core::Result;
use portal_core::template::Fields;
use portal_engine::db::Connection;
use portal_engine::entries::{Names, is_pattern};
use portal_engine::findings::lines;
use portal_engine::store::places;
use portal_engine::{LinkedPlugin, is_secret, schema};
use serde_json::Value;

use super::form::shown;
use super::service_assets;
use crate::portal::Snapshot;

/// How many entries of an environment a page shows.
const MOST_ENTRIES: usize = 50;

/// A plugin in one environment.
pub(super) struct EnvironmentShown<'a> {
    pub name: &'a str,
    pub word: &'static str,
    pub is_open: bool,
    /// What is there and what is not.
    pub text: String,
    /// The values of its platform that it reads: name and value.
    pub values: Vec<(String, String)>,
    pub entries: Vec<EntryShown>,
    /// How many more entries there are.
    pub more: usize,
    /// Lines of the operator's file that complete it.
    pub lines: Option<String>,
}

/// An entry.
pub(super) struct EntryShown {
    /// Empty where entries have none.
    pub name: String,
    pub is_pattern: bool,
    /// Its other members: name and value.
    pub members: Vec<(String, String)>,
    /// How many assets it serves; `None` where entries have no names.
    pub uses: Option<i64>,
    /// Where these are listed.
    pub path: String,
}

/// A plugin in each environment.
pub(super) fn environments_shown<'a>(
    connection: &mut Connection,
    snapshot: &'a Snapshot,
    plugin: &LinkedPlugin,
) -> Result<Vec<EnvironmentShown<'a>>> {
    let configuration = &snapshot.configuration;
    let uses = match configuration.service_of(plugin.id()) {
        Some(service) => places::uses(connection, &service.id)?,
        None => HashMap::new(),
    };
    let all = configuration.environments.iter().map(|environment| {
        let state = configuration.state_in(plugin, &environment.id);
        let stored = configuration.stored_values(plugin, &environment.id);
        let entries = configuration.entries_in(plugin, &environment.id);
        let entries = entries.map_or(&[][..], |entries| &entries.config);
        EnvironmentShown {
            name: &environment.name,
            word: state.state().in_words(),
            is_open: state.state().is_open(),
            text: state.in_words(),
            values: stored.map_or(Vec::new(), |stored| {
                members(plugin.values_schema().as_value(), stored, None)
            }),
            entries: entries_shown(plugin, &environment.name, entries, &uses),
            more: entries.len().saturating_sub(MOST_ENTRIES),
            lines: state
                .state()
                .is_open()
                .then(|| lines::of_state(&state, plugin, configuration, environment))
                .flatten(),
        }
    });
    Ok(all.collect())
}

fn entries_shown(
    plugin: &LinkedPlugin,
    environment: &str,
    entries: &[Fields],
    uses: &HashMap<String, i64>,
) -> Vec<EntryShown> {
    let Some(output) = plugin.output() else { return Vec::new() };
    let field = output.entries_named_by();
    let name_of = |entry: &Fields| entry.get(field?)?.as_str().map(str::to_owned);
    let names: Names<usize> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| Some((name_of(entry)?, index)))
        .collect();
    let mut served = vec![0; entries.len()];
    for (name, count) in uses {
        if let Some(index) = names.find(name)
            && let Some(served) = served.get_mut(*index)
        {
            *served += count;
        }
    }
    let shown = entries.iter().zip(served).take(MOST_ENTRIES).map(|(entry, served)| {
        let name = name_of(entry);
        EntryShown {
            is_pattern: name.as_deref().is_some_and(is_pattern),
            uses: name.as_ref().map(|_| served),
            path: service_assets::path_of_entry(
                plugin.id(),
                environment,
                name.as_deref().unwrap_or_default(),
            ),
            name: name.unwrap_or_default(),
            members: members(output.entry_schema().as_value(), entry, field),
        }
    });
    shown.collect()
}

/// What is configured, but for its name and what secrets refer to.
fn members(schema: &Value, fields: &Fields, name: Option<&str>) -> Vec<(String, String)> {
    let known = schema::properties(schema).filter(|(member, _)| Some(*member) != name);
    known
        .filter_map(|(member, schema)| {
            let value = fields.get(member).filter(|value| !value.is_null())?;
            let text = if is_secret(schema) { "a secret".to_owned() } else { told(value) };
            (!text.is_empty()).then(|| (member.to_owned(), text))
        })
        .collect()
}

/// A value for people: objects as their members, one after the other.
fn told(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let all: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}: {}", told(value))).collect();
            all.join(", ")
        }
        Value::Array(items) => items.iter().map(told).collect::<Vec<_>>().join(", "),
        other => shown(other),
    }
}
