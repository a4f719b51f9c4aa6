//! The operator's settings: what `portal.toml` says, and what the database holds of it.
//!
//! The file speaks names, never ids, and is checked as a whole before anything is written. It is
//! the whole truth for the plugins of this binary: what it omits is removed. What is stored for
//! other plugins stays.

mod absent;
mod access;
mod apply;
mod checks;
mod file;
mod file_schema;
mod keep;
mod plan;
mod stored;
mod suggestions;

use std::collections::BTreeMap;

use portal_core::template::Fields;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::AccessSettings;
use crate::schema::TEXT_MAX;
use crate::store::{DESCRIPTION_MAX, NAME_MAX};
use crate::wire_names::WireNames;

pub use self::absent::Absent;
pub use self::apply::{Agreed, LOCKS_OUT, apply, apply_and_keep};
pub use self::file::{CheckedFile, FileProblem, FileProblems, check_file};
pub use self::file_schema::file_schema;
pub use self::plan::{Change, SettingsPlan, plan};
pub use self::stored::export;
pub use self::suggestions::unused_entries;

/// Everything that an operator sets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who may do what.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AccessSettings")]
    pub access: Option<AccessSettings>,
    /// What answers call plugins, for clients of another portal.
    #[serde(skip_serializing_if = "Compatibility::is_empty")]
    pub compatibility: Compatibility,
    /// Domains and their descriptions, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<String, String>,
    /// Data product types, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data_product_types: BTreeMap<String, TypeSettings>,
    /// Platform services, by plugin id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, ServiceSettings>,
    /// Environments, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environments: BTreeMap<String, EnvironmentSettings>,
}

/// What answers call plugins, for clients of another portal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Compatibility {
    /// Which name of a plugin answers carry; its own when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WireNames")]
    pub wire_names: Option<WireNames>,
}

impl Compatibility {
    fn is_empty(&self) -> bool {
        *self == Compatibility::default()
    }
}

/// A data product type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TypeSettings {
    /// What it is.
    #[schemars(length(max = DESCRIPTION_MAX))]
    pub description: String,
    /// Which icon stands for it.
    #[schemars(length(max = NAME_MAX))]
    pub icon: String,
}

impl Default for TypeSettings {
    fn default() -> Self {
        TypeSettings { description: String::new(), icon: "default".to_owned() }
    }
}

/// What a service offers, and how its results read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceSettings {
    /// What forms offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1, max = TEXT_MAX)), extend("uniqueItems" = true))]
    pub options: Vec<String>,
    /// Replaces the plugin's result template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = DESCRIPTION_MAX))]
    pub result_template: Option<String>,
    /// Replaces the plugin's technical-info template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = DESCRIPTION_MAX))]
    pub technical_info_template: Option<String>,
}

impl ServiceSettings {
    fn is_empty(&self) -> bool {
        *self == ServiceSettings::default()
    }
}

/// An environment, and what plugins read in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentSettings {
    /// Short form used in rendered text.
    #[schemars(length(min = 1, max = NAME_MAX))]
    pub acronym: String,
    /// Free text that the company's own tools read.
    #[schemars(length(max = DESCRIPTION_MAX))]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// Whether pages show it first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// Values per platform key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub platforms: BTreeMap<String, Fields>,
    /// Entries per plugin id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<String, Vec<Fields>>,
}

impl Settings {
    /// The settings as a TOML document.
    ///
    /// # Errors
    ///
    /// A sentence, for a stored value that TOML cannot express, such as null.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string_pretty(self).map_err(|error| error.to_string())
    }
}
