//! The company's configuration: platforms, options, environments and what plugins read there.
//!
//! It changes rarely and is read with every request, so a server keeps it whole, typed by the
//! plugins, and reads it again when the revision in the database has moved.

mod load;
mod render;
pub mod write;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use diesel::prelude::*;
use portal_core::environment::Environment;
use portal_core::template::{Fields, Template};
use portal_core::{Id, Problems, Result};
use serde_json::Value;

pub use self::render::{Rendered, TechnicalInfo, UNUSABLE_LINK};
use crate::db::Connection;
use crate::linked::LinkedPlugin;
use crate::tables::configuration_revision;

/// All configuration at one revision.
#[derive(Debug)]
pub struct Configuration {
    /// Number of the last change.
    pub revision: i64,
    /// The platforms, by name.
    pub platforms: Vec<PlatformRow>,
    /// Their services, by name.
    pub services: Vec<ServiceRow>,
    /// The environments, by name.
    pub environments: Vec<Environment>,
    /// The platforms' values, per environment.
    pub values: Vec<StoredValues>,
    /// The services' entries, per environment.
    pub entries: Vec<EnvironmentEntries>,
    /// What is stored but does not fit the plugins of this binary. Such a part counts as not
    /// configured.
    pub problems: Problems,
    /// The secrets that cannot be found on this server, each with its key.
    pub missing_secrets: Vec<String>,
    environment_fields: HashMap<Id, Fields>,
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct PlatformRow {
    /// Its id.
    pub id: Id,
    /// Its key, such as `aws`.
    pub key: String,
    /// Its name for people.
    pub name: String,
}

/// A service of a platform: what one plugin brings.
#[derive(Debug)]
pub struct ServiceRow {
    /// Its id.
    pub id: Id,
    /// The platform it belongs to.
    pub platform_id: Id,
    /// Id of the plugin.
    pub plugin: String,
    /// Its name for people.
    pub name: String,
    /// Id of its options, when there are any.
    pub options_id: Option<Id>,
    /// What forms offer.
    pub options: Vec<String>,
    /// The templates that hold: the operator's, or the plugin's own. `None` when the plugin is
    /// not here.
    pub templates: Option<Templates>,
}

/// The templates of a service.
#[derive(Debug)]
pub struct Templates {
    /// Renders the result.
    pub result: Template,
    /// Renders the technical information per environment.
    pub technical_info: Template,
    /// Whether that names a value of the platform.
    pub(crate) needs_values: bool,
}

/// A platform's values in one environment.
pub struct StoredValues {
    /// Id of this configuration.
    pub id: Id,
    /// The environment.
    pub environment_id: Id,
    /// The platform.
    pub platform_id: Id,
    /// The values as they are stored.
    pub config: Value,
    /// The values as each plugin of the platform reads them, by plugin id.
    pub(crate) typed: HashMap<&'static str, Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for StoredValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredValues").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A service's entries in one environment.
pub struct EnvironmentEntries {
    /// Id of this configuration.
    pub id: Id,
    /// The environment.
    pub environment_id: Id,
    /// The service.
    pub service_id: Id,
    /// The entries as they are stored.
    pub config: Vec<Fields>,
    /// The entries as the plugin reads them; `None` when it is not here or cannot read them.
    pub(crate) typed: Option<TypedEntries>,
}

/// Entries as their plugin reads them.
pub(crate) struct TypedEntries {
    entries: Box<dyn Any + Send + Sync>,
    /// Index of an entry by its name; empty when entries have none.
    by_name: HashMap<String, usize>,
}

impl fmt::Debug for EnvironmentEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentEntries").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Configuration {
    /// The platform with that id.
    pub fn platform(&self, id: &Id) -> Option<&PlatformRow> {
        self.platforms.iter().find(|platform| platform.id == *id)
    }

    /// The service with that id.
    pub fn service(&self, id: &Id) -> Option<&ServiceRow> {
        self.services.iter().find(|service| service.id == *id)
    }

    /// The service that a plugin brings.
    pub fn service_of(&self, plugin: &str) -> Option<&ServiceRow> {
        self.services.iter().find(|service| service.plugin == plugin)
    }

    /// The options that a plugin's form offers.
    pub fn options_of(&self, plugin: &str) -> &[String] {
        self.service_of(plugin).map_or(&[], |service| &service.options)
    }

    /// The environment with that name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

/// How a plugin is configured in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvironmentState {
    /// Whether the platform's values are there and can be read; `None` when the plugin reads none.
    pub has_values: Option<bool>,
    /// How many entries its service has that can be read; `None` when it stores nothing.
    pub entries: Option<usize>,
}

impl EnvironmentState {
    /// Whether something is configured.
    pub fn is_started(&self) -> bool {
        self.has_values == Some(true) || self.entries.is_some_and(|count| count > 0)
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.has_values != Some(false) && self.entries != Some(0)
    }
}

impl Configuration {
    /// How a plugin is configured in one environment.
    pub fn state_in(&self, plugin: &LinkedPlugin, environment: &Id) -> EnvironmentState {
        let reads_values = plugin.values_schema().property_names().next().is_some();
        let has_values = self
            .values
            .iter()
            .filter(|values| values.environment_id == *environment)
            .any(|values| values.typed.contains_key(plugin.id()));
        let service = self.service_of(plugin.id());
        let entries = self
            .entries
            .iter()
            .filter(|one| one.environment_id == *environment && one.typed.is_some())
            .find(|one| service.is_some_and(|service| service.id == one.service_id))
            .map_or(0, |entries| entries.config.len());
        EnvironmentState {
            has_values: reads_values.then_some(has_values),
            entries: plugin.output().map(|_| entries),
        }
    }
}

/// The number of the last configuration change.
///
/// # Errors
///
/// What the database says.
pub fn configuration_revision(connection: &mut Connection) -> Result<i64> {
    Ok(configuration_revision::table
        .select(configuration_revision::revision)
        .get_result(connection)?)
}
