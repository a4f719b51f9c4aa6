//! What a file may speak of although no plugin of this binary reads it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use portal_core::Result;
use portal_core::template::Fields;

use super::file_schema::reads;
use crate::db::Connection;
use crate::registry::Registry;
use crate::tables::{
    environment_platform_configurations as configurations, platform_services, platforms,
};

/// The plugins that are known but not linked or not enabled: their sections, and the values that
/// they read of a platform that others read as well, are warned about and not looked into. What a
/// plugin of this binary reads is looked into all the same.
#[derive(Debug, Clone, Default)]
pub struct Absent {
    /// By id.
    plugins: BTreeSet<String>,
    /// By key.
    platforms: BTreeSet<String>,
    /// By key of the platform and name of the value: the plugin that reads it, if one is known.
    values: BTreeMap<(String, String), Option<String>>,
}

impl Absent {
    /// The plugins that are linked and switched off.
    pub fn disabled(registry: &Registry) -> Absent {
        let mut absent = Absent::default();
        for plugin in registry.disabled() {
            let values = plugin.values_schema().property_names();
            absent.add(plugin.id(), plugin.platform_key(), values);
        }
        absent
    }

    /// Adds a plugin, the key of its platform, and the values that it reads there.
    pub fn add<'a>(&mut self, id: &str, platform: &str, values: impl IntoIterator<Item = &'a str>) {
        self.plugins.insert(id.to_owned());
        self.platforms.insert(platform.to_owned());
        for value in values {
            let reader = self.values.entry((platform.to_owned(), value.to_owned())).or_default();
            reader.get_or_insert_with(|| id.to_owned());
        }
    }

    /// Adds what the database knows: plugins, platforms, and the values stored for these.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn add_stored(&mut self, connection: &mut Connection) -> Result<()> {
        let plugins: Vec<String> =
            platform_services::table.select(platform_services::plugin).load(connection)?;
        self.plugins.extend(plugins);
        let stored: Vec<(String, Option<String>)> = platforms::table
            .left_join(configurations::table)
            .select((platforms::key, configurations::config.nullable()))
            .load(connection)?;
        for (platform, config) in stored {
            // What cannot be read is reported where it is used.
            let config: Option<Fields> = config.and_then(|text| serde_json::from_str(&text).ok());
            for name in config.unwrap_or_default().keys() {
                self.values.entry((platform.clone(), name.clone())).or_default();
            }
            self.platforms.insert(platform);
        }
        Ok(())
    }

    /// Ids of the plugins, whose services and entries are not looked into.
    pub(super) fn plugins(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(String::as_str)
    }

    /// Keys of their platforms, whose values are not looked into.
    pub(super) fn platforms(&self) -> impl Iterator<Item = &str> {
        self.platforms.iter().map(String::as_str)
    }

    /// Why a section is left aside; `None` when nobody knows its name.
    pub(super) fn reason_for_section(&self, registry: &Registry, name: &str) -> Option<String> {
        let is_known = self.plugins.contains(name) || self.platforms.contains(name);
        is_known.then(|| registry.absence(name))
    }

    /// The values of a platform that others than the plugins of this binary read.
    pub(super) fn values<'a>(
        &'a self,
        registry: &'a Registry,
        platform: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let of_platform = self.values.keys().filter(move |(key, _)| key == platform);
        of_platform
            .map(|(_, name)| name.as_str())
            .filter(move |name| !reads(registry, platform, name))
    }

    /// Why a value of a platform is left aside; `None` when it is not, or nobody knows its name.
    pub(super) fn reason_for_value(
        &self,
        registry: &Registry,
        platform: &str,
        name: &str,
    ) -> Option<String> {
        let reader = self.values.get(&(platform.to_owned(), name.to_owned()))?;
        if reads(registry, platform, name) {
            return None;
        }
        Some(reader.as_ref().map_or_else(
            || "no plugin of this binary reads it".to_owned(),
            |plugin| registry.absence(plugin),
        ))
    }
}
