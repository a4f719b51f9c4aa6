//! The registry: all plugins of this binary, sorted, checked against each other.
//!
//! This is the only place that iterates what the linker collected.

mod selection;
mod shared;

use std::collections::BTreeMap;
use std::sync::Arc;

use once_cell::sync::OnceCell;
use portal_core::__private::{Parts, Registration, linked, parts, suggest};
use portal_core::platform::Parent;
use portal_core::{Error, Origin, Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use crate::linked::{LinkedOutput, LinkedPlugin, at, is_id};
use crate::schema::{InputSchema, limited};
use crate::wire_names::WireNames;

/// The plugins of this binary, or of a part of it.
#[derive(Debug, Clone)]
pub struct Registry {
    plugins: Vec<Arc<LinkedPlugin>>,
    disabled: Vec<Arc<LinkedPlugin>>,
    /// Every name by which a plugin can be asked for, and its index in `plugins`.
    names: BTreeMap<&'static str, usize>,
    parents: BTreeMap<&'static str, Parent>,
}

impl Registry {
    /// The process-wide registry of everything that is linked, built on first use.
    ///
    /// # Errors
    ///
    /// Every problem of every registration, at once. The next call tries again.
    pub fn load() -> std::result::Result<&'static Registry, Problems> {
        static REGISTRY: OnceCell<Registry> = OnceCell::new();
        REGISTRY.get_or_try_init(|| Registry::build(linked()))
    }

    /// Where the registrations of this binary are, sound or not, in any order.
    pub fn origins() -> Vec<Origin> {
        linked().map(|registration| parts(registration).origin).collect()
    }

    /// Builds a registry from registrations in any order; they are sorted by id.
    ///
    /// # Errors
    ///
    /// Every problem at once: malformed ids, schema, form or template that disagree, names,
    /// tables and platforms that collide. Each names crate, version, file and line, and a
    /// collision names both sides.
    pub fn build(
        registrations: impl IntoIterator<Item = &'static Registration>,
    ) -> std::result::Result<Registry, Problems> {
        let mut registrations: Vec<&'static Registration> = registrations.into_iter().collect();
        registrations.sort_by_key(|registration| {
            let Parts { id, origin, .. } = parts(registration);
            (*id, origin.crate_name)
        });
        let mut problems = Problems::new();
        shared::name_collisions(&registrations, &mut problems);
        shared::table_collisions(&registrations, &mut problems);
        shared::parent_conflicts(&registrations, &mut problems);
        let values: Vec<Value> = registrations
            .iter()
            .map(|registration| limited((parts(registration).values.schema)()))
            .collect();
        shared::value_conflicts(&registrations, &values, &mut problems);
        let mut plugins = Vec::with_capacity(registrations.len());
        for (registration, values) in registrations.iter().zip(values) {
            match LinkedPlugin::link(registration, InputSchema::compile(values)) {
                Ok(plugin) => plugins.push(Arc::new(plugin)),
                Err(wrong) => problems.extend_under("", wrong),
            }
        }
        problems.into_result()?;
        Ok(Registry::of(plugins, Vec::new()))
    }

    fn of(plugins: Vec<Arc<LinkedPlugin>>, disabled: Vec<Arc<LinkedPlugin>>) -> Registry {
        let mut names = BTreeMap::new();
        let mut parents = BTreeMap::new();
        for (index, plugin) in plugins.iter().enumerate() {
            names.extend(plugin_names(plugin).map(|name| (name, index)));
            parents.extend(plugin.platform().parent.map(|parent| (parent.key, parent)));
        }
        Registry { plugins, disabled, names, parents }
    }

    /// The enabled plugins, sorted by id.
    pub fn plugins(&self) -> &[Arc<LinkedPlugin>] {
        &self.plugins
    }

    /// The plugins that are linked but switched off, sorted by id.
    pub fn disabled(&self) -> &[Arc<LinkedPlugin>] {
        &self.disabled
    }

    /// The enabled plugins of a platform.
    pub(crate) fn of_platform(&self, key: &str) -> impl Iterator<Item = &LinkedPlugin> {
        self.plugins.iter().map(Arc::as_ref).filter(move |plugin| plugin.platform_key() == key)
    }

    /// The enabled plugins that store something.
    pub fn outputs(&self) -> impl Iterator<Item = &LinkedPlugin> {
        self.plugins.iter().map(Arc::as_ref).filter(|plugin| plugin.output().is_some())
    }

    /// Whether a plugin with that id, wire name or alias is linked, enabled or not.
    pub fn is_linked(&self, name: &str) -> bool {
        self.find(name).or_else(|| self.find_disabled(name)).is_some()
    }

    /// The plugin with that id, wire name or alias.
    pub fn find(&self, name: &str) -> Option<&LinkedPlugin> {
        self.names.get(name).map(|index| self.plugins[*index].as_ref())
    }

    /// The plugin with that id, wire name or alias, if it stores something.
    pub fn find_output(&self, name: &str) -> Option<&LinkedPlugin> {
        self.find(name).filter(|plugin| plugin.output().is_some())
    }

    /// As [`find`](Self::find), with an answer for a name that nobody has.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] that lists the plugins and the nearest name.
    pub fn get(&self, name: &str) -> Result<&LinkedPlugin> {
        self.find(name).ok_or_else(|| Error::NotFound(self.unknown(name)))
    }

    /// The plugin that a `configuration_type` names, with its data output.
    ///
    /// # Errors
    ///
    /// A problem at `/configuration_type` that lists what answers call the plugins, and the nearest
    /// name.
    pub fn get_output(
        &self,
        configuration_type: &str,
        names: WireNames,
    ) -> std::result::Result<(&LinkedPlugin, &LinkedOutput), Problem> {
        self.find(configuration_type)
            .and_then(|plugin| Some((plugin, plugin.output()?)))
            .ok_or_else(|| {
                let names = self.outputs().map(|plugin| plugin.name_in_answers(names));
                let names: Vec<&str> = names.collect();
                let message = match self.find_disabled(configuration_type) {
                    Some(_) => self.absence(configuration_type),
                    None => format!("no plugin stores {configuration_type:?}"),
                };
                Problem::new(ProblemKind::Enum, "/configuration_type", message)
                    .hint(suggest::hint(configuration_type, names.iter().copied()))
            })
    }

    /// The parent platform with that key.
    pub fn parent(&self, key: &str) -> Option<&Parent> {
        self.parents.get(key)
    }

    /// A sentence about a plugin name that nobody here has: whether it is switched off, what is
    /// linked, the nearest name.
    pub fn unknown(&self, name: &str) -> String {
        if let Some(plugin) = self.find_disabled(name) {
            return format!("the plugin {} is disabled by ENABLED_PLUGINS", plugin.id());
        }
        let nearest = suggest::question(name, self.names.keys().copied());
        format!("no plugin is called {name:?}{nearest} (linked: {})", self.ids())
    }

    /// What answers call the plugin of a stored row: the name in the row when nothing is known of it.
    pub fn name_in_answers<'a>(&self, stored: &'a str, names: WireNames) -> &'a str {
        let plugin = self.find(stored).or_else(|| self.find_disabled(stored));
        plugin.map_or(stored, |plugin| plugin.name_in_answers(names))
    }

    /// Why rows of a plugin cannot be shown here.
    pub fn absence(&self, name: &str) -> String {
        match self.find_disabled(name) {
            Some(plugin) => format!("the plugin {} is disabled by ENABLED_PLUGINS", plugin.id()),
            None => format!("the plugin of {name} is not linked into this binary"),
        }
    }

    fn find_disabled(&self, name: &str) -> Option<&LinkedPlugin> {
        self.disabled
            .iter()
            .map(Arc::as_ref)
            .find(|plugin| plugin_names(plugin).any(|known| known == name))
    }

    fn ids(&self) -> String {
        if self.plugins.is_empty() {
            return "none".to_owned();
        }
        self.plugins.iter().map(|plugin| plugin.id()).collect::<Vec<_>>().join(", ")
    }
}

/// Id, wire name and aliases, without repetition.
fn plugin_names(plugin: &LinkedPlugin) -> impl Iterator<Item = &'static str> + use<> {
    let wire_name = Some(plugin.wire_name()).filter(|name| *name != plugin.id());
    std::iter::once(plugin.id()).chain(wire_name).chain(plugin.aliases().iter().copied())
}

/// The names that a registration claims in the one namespace of all plugins, with what they are.
fn claimed_names(registration: &Registration) -> Vec<(&'static str, &'static str)> {
    let registration = parts(registration);
    let mut names = vec![("id", registration.id)];
    if let Some(output) = &registration.output {
        names.push(("wire name", output.wire_name));
        names.extend(output.aliases.iter().map(|alias| ("alias", *alias)));
    }
    names
}
