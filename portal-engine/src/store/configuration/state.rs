//! How a plugin is configured in an environment: one cell of the matrix.

use portal_core::Id;
use portal_core::template::Fields;
use serde_json::Value;

use super::{Configuration, EnvironmentEntries};
use crate::entries::is_pattern;
use crate::linked::LinkedPlugin;

/// How a plugin is configured in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentState {
    /// Whether the platform's values are there and can be read; `None` when the plugin reads none.
    pub has_values: Option<bool>,
    /// How many entries its service has that can be read; `None` when it stores nothing.
    pub entries: Option<usize>,
    /// How many of these are patterns.
    pub patterns: usize,
    /// How many options its forms offer.
    pub options: usize,
    /// The options that no entry serves.
    pub unserved: Vec<String>,
}

/// The same in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing is missing.
    Configured,
    /// Nothing is missing, and a pattern serves what has no entry of its own.
    ByPattern,
    /// Some options have no entry.
    Partial,
    /// Values or entries are missing, and the others are there.
    Incomplete,
    /// Nothing is there.
    Missing,
}

impl State {
    /// The word.
    pub fn in_words(self) -> &'static str {
        match self {
            State::Configured => "configured",
            State::ByPattern => "by pattern",
            State::Partial => "partial",
            State::Incomplete => "incomplete",
            State::Missing => "missing",
        }
    }

    /// Whether somebody has to do something.
    pub fn is_open(self) -> bool {
        !matches!(self, State::Configured | State::ByPattern)
    }
}

impl EnvironmentState {
    /// In a word.
    pub fn state(&self) -> State {
        let lacks_values = self.has_values == Some(false);
        let lacks_entries = self.entries == Some(0);
        let needs_both = self.has_values.is_some() && self.entries.is_some();
        match (lacks_values, lacks_entries) {
            (true, true) => State::Missing,
            (true, false) | (false, true) if needs_both => State::Incomplete,
            (true, false) | (false, true) => State::Missing,
            (false, false) if !self.unserved.is_empty() => State::Partial,
            (false, false) if self.patterns > 0 => State::ByPattern,
            (false, false) => State::Configured,
        }
    }

    /// What is there and what is not, in words.
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        if self.has_values == Some(true) {
            parts.push("values".to_owned());
        }
        match self.entries {
            None | Some(0) => {}
            Some(1) => parts.push("1 entry".to_owned()),
            Some(count) => parts.push(format!("{count} entries")),
        }
        parts.extend(self.missing());
        if parts.is_empty() { "needs nothing".to_owned() } else { parts.join(", ") }
    }

    /// What is not there, in words.
    pub fn missing_in_words(&self) -> String {
        self.missing().join(", ")
    }

    fn missing(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.has_values == Some(false) {
            parts.push("no values".to_owned());
        }
        if self.entries == Some(0) {
            parts.push("no entries".to_owned());
        } else if !self.unserved.is_empty() {
            let served = self.options - self.unserved.len();
            parts.push(format!("{served} of {} options have an entry", self.options));
        }
        parts
    }
}

impl Configuration {
    /// How a plugin is configured in one environment.
    pub fn state_in(&self, plugin: &LinkedPlugin, environment: &Id) -> EnvironmentState {
        let has_values = self
            .values
            .iter()
            .filter(|values| values.environment_id == *environment)
            .any(|values| values.typed.contains_key(plugin.id()));
        let here = self.entries_in(plugin, environment);
        let names = here.into_iter().flat_map(|entries| names_of(plugin, &entries.config));
        let is_named = plugin.output().is_some_and(|output| output.entries_named_by().is_some());
        let options = if is_named { self.options_of(plugin.id()) } else { &[] };
        let is_served = |option: &String| {
            here.and_then(|entries| entries.typed.as_ref())
                .is_some_and(|entries| entries.serves(Some(option)))
        };
        EnvironmentState {
            has_values: plugin.reads_values().then_some(has_values),
            entries: plugin.output().map(|_| here.map_or(0, |entries| entries.config.len())),
            patterns: names.filter(|name| is_pattern(name)).count(),
            options: options.len(),
            unserved: options.iter().filter(|option| !is_served(option)).cloned().collect(),
        }
    }

    /// The entries of a plugin's service in an environment, where they can be read.
    pub fn entries_in(
        &self,
        plugin: &LinkedPlugin,
        environment: &Id,
    ) -> Option<&EnvironmentEntries> {
        let service = self.service_of(plugin.id())?;
        let mut here = self.entries.iter().filter(|one| one.environment_id == *environment);
        here.find(|one| one.service_id == service.id && one.typed.is_some())
    }

    /// The values of a plugin's platform in an environment, as they are stored, whoever can read them.
    pub fn stored_values(&self, plugin: &LinkedPlugin, environment: &Id) -> Option<&Fields> {
        let platform = self.platforms.iter().find(|one| one.key == plugin.platform_key())?;
        let mut here = self.values.iter().filter(|one| one.environment_id == *environment);
        here.find(|one| one.platform_id == platform.id)?.config.as_object()
    }
}

fn names_of<'a>(
    plugin: &LinkedPlugin,
    entries: &'a [Fields],
) -> impl Iterator<Item = &'a str> + use<'a> {
    let field = plugin.output().and_then(|output| output.entries_named_by());
    entries.iter().filter_map(move |entry| entry.get(field?).and_then(Value::as_str))
}
