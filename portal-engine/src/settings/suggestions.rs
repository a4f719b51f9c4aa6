//! What a file could say shorter, and what nothing uses: no mistakes, so only suggested.

use std::collections::HashMap;

use portal_core::template::Fields;
use portal_core::{Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use super::Settings;
use crate::db::Connection;
use crate::entries::{Names, filled, generalised, is_pattern};
use crate::linked::LinkedOutput;
use crate::registry::Registry;
use crate::schema::escape;
use crate::store::{Configuration, places};

/// How many alike entries are worth a pattern.
const WORTH_A_PATTERN: usize = 3;

/// Entries with names, of one service in one environment.
struct Listed<'a> {
    plugin: &'a str,
    output: &'a LinkedOutput,
    named_by: &'static str,
    acronym: &'a str,
    /// Where they stand in the file.
    at: String,
    entries: &'a [Fields],
}

impl<'a> Listed<'a> {
    fn all(settings: &'a Settings, registry: &'a Registry) -> Vec<Listed<'a>> {
        let mut all = Vec::new();
        for (name, environment) in &settings.environments {
            for (id, entries) in &environment.services {
                let output = registry.find_output(id).and_then(|plugin| plugin.output());
                let named = output.and_then(|output| Some((output, output.entries_named_by()?)));
                if let Some((output, named_by)) = named {
                    all.push(Listed {
                        plugin: id,
                        output,
                        named_by,
                        acronym: &environment.acronym,
                        at: format!("/environments/{}/services/{}", escape(name), escape(id)),
                        entries,
                    });
                }
            }
        }
        all
    }

    /// The entries that are no patterns: index, name, entry.
    fn exact(&self) -> impl Iterator<Item = (usize, &'a str, &'a Fields)> {
        let named_by = self.named_by;
        let named = self.entries.iter().enumerate();
        named
            .filter_map(move |(index, entry)| Some((index, entry.get(named_by)?.as_str()?, entry)))
            .filter(|(_, name, _)| !is_pattern(name))
    }

    fn suggest(&self, index: usize, message: String) -> Problem {
        Problem::new(ProblemKind::ValueError, format!("{}/{index}", self.at), message)
    }

    /// Entries that say what a pattern says of them anyway.
    fn repeated(&self, suggestions: &mut Problems) {
        let patterns: Names<&Fields> = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.get(self.named_by)?.as_str()?.to_owned(), entry)))
            .filter(|(name, _)| is_pattern(name))
            .collect();
        for (index, name, entry) in self.exact() {
            let Some(pattern) = patterns.find(name) else { continue };
            if filled(self.output, pattern, name, self.acronym) == *entry {
                let message = format!("the entry {name:?} is what the pattern gives: it can go");
                suggestions.push(self.suggest(index, message));
            }
        }
    }

    /// Entries that differ in their names alone.
    fn alike(&self, suggestions: &mut Problems) {
        let mut groups: HashMap<String, (usize, usize, Fields)> = HashMap::new();
        for (index, _, entry) in self.exact() {
            let Some(pattern) = generalised(self.output, entry) else { continue };
            let key = Value::Object(pattern.clone()).to_string();
            groups.entry(key).or_insert((index, 0, pattern)).1 += 1;
        }
        for (index, count, pattern) in groups.into_values() {
            // Without a placeholder it would be one entry for everybody, which is another thing.
            let is_filled =
                pattern.values().any(|value| value.to_string().contains("{identifier}"));
            if count >= WORTH_A_PATTERN && (is_filled || pattern.len() == 1) {
                let message = format!(
                    "{count} entries differ in their names alone: one pattern would replace them"
                );
                let line = toml::to_string(&Value::Object(pattern)).unwrap_or_default();
                suggestions
                    .push(self.suggest(index, message).hint(line.trim().replace('\n', ", ")));
            }
        }
    }
}

/// What a file could say shorter.
pub(super) fn suggestions(settings: &Settings, registry: &Registry) -> Problems {
    let mut suggestions = Problems::new();
    for listed in Listed::all(settings, registry) {
        listed.repeated(&mut suggestions);
        listed.alike(&mut suggestions);
    }
    suggestions
}

/// Entries of a file that no option offers and that no stored asset looks for.
///
/// # Errors
///
/// What the database says.
pub fn unused_entries(
    connection: &mut Connection,
    registry: &Registry,
    configuration: &Configuration,
    settings: &Settings,
) -> Result<Problems> {
    let mut suggestions = Problems::new();
    let mut uses_of: HashMap<&str, HashMap<String, i64>> = HashMap::new();
    for listed in Listed::all(settings, registry) {
        if !uses_of.contains_key(listed.plugin) {
            let service = configuration.service_of(listed.plugin);
            let uses = service.map(|service| places::uses(connection, &service.id)).transpose()?;
            uses_of.insert(listed.plugin, uses.unwrap_or_default());
        }
        let uses = &uses_of[listed.plugin];
        let service = settings.services.get(listed.plugin);
        let options = service.map_or(&[][..], |service| &service.options);
        for (index, name, _) in listed.exact() {
            if !uses.contains_key(name) && options.iter().all(|option| option != name) {
                let message = format!(
                    "nothing uses the entry {name:?}: no asset looks for it, and no option offers it"
                );
                suggestions.push(listed.suggest(index, message));
            }
        }
    }
    Ok(suggestions)
}
