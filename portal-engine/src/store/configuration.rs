//! The company's configuration: platforms, options, environments and what plugins read there.
//!
//! It changes rarely and is read with every request, so a server keeps it whole, typed by the
//! plugins, and reads it again when the revision in the database has moved.

mod lack;
mod links;
mod load;
mod made_for;
mod render;
mod state;
pub mod write;

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use diesel::prelude::*;
use portal_core::environment::Environment;
use portal_core::template::{Fields, Template};
use portal_core::{Error, Id, Problems, Result};
use serde_json::Value;

pub use self::lack::Lack;
pub use self::links::UNUSABLE_LINK;
pub use self::render::{Places, Rendered, TechnicalInfo};
pub use self::state::{EnvironmentState, State};
use crate::access::AccessSettings;
use crate::db::Connection;
use crate::entries::Entries;
use crate::tables::{access, compatibility, configuration_revision};
use crate::wire_names::WireNames;

/// All configuration at one revision.
#[derive(Debug)]
pub struct Configuration {
    /// Number of the last change.
    pub revision: i64,
    /// Which names of plugins answers carry.
    pub wire_names: WireNames,
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
    /// What the results of each plugin follow from, by its id.
    made_for: HashMap<&'static str, String>,
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
    /// The option that forms start with: that of the entry which is marked as the default in the
    /// first environment that has one, the default environment before others.
    pub default_option: Option<String>,
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
    /// What it names and an entry or the platform's values may lack.
    pub(crate) may_lack: Vec<String>,
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
    pub(crate) typed: Option<Entries>,
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

/// Numbers of the last changes, by which servers notice each other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct Revisions {
    /// Of the configuration.
    pub configuration: i64,
    /// Of tokens.
    pub tokens: i64,
    /// Of sessions.
    pub sessions: i64,
}

/// The numbers of the last changes.
///
/// # Errors
///
/// What the database says.
pub fn revisions(connection: &mut Connection) -> Result<Revisions> {
    Ok(configuration_revision::table
        .select((
            configuration_revision::revision,
            configuration_revision::tokens,
            configuration_revision::sessions,
        ))
        .get_result(connection)?)
}

/// Who may do what, as far as the operator has said it.
///
/// # Errors
///
/// What the database says; [`Error::Internal`] when what is stored cannot be read, since no rule at
/// all would take its place.
pub fn stored_access(connection: &mut Connection) -> Result<Option<AccessSettings>> {
    let stored: Option<String> =
        access::table.select(access::settings).get_result(connection).optional()?;
    let read = stored.map(|text| serde_json::from_str(&text)).transpose();
    read.map_err(|error| {
        Error::internal(format!("who may do what cannot be read: {error}")).caused_by(error)
    })
}

/// Which names of plugins answers carry, as far as the operator has said it.
///
/// # Errors
///
/// What the database says.
pub fn stored_wire_names(connection: &mut Connection) -> Result<Option<WireNames>> {
    Ok(compatibility::table.select(compatibility::wire_names).get_result(connection).optional()?)
}
