//! A hint as it stands in the schema of a property, where the engine finds it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key under which a hint stands in the JSON Schema of a property.
pub const HINT_KEY: &str = "x-form";

/// A hint in the form in which it stands in the schema.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HintSpec {
    /// Which control.
    pub control: ControlKind,
    /// Replaces the field's name in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether it must be filled.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether it is kept out of sight.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether it cannot be changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Whether it is the data product's namespace in the default mapping.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub namespace: bool,
    /// Whether the operator configures its options.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub platform_options: bool,
    /// Fixed options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FormOption>,
    /// How many options may be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_count: Option<u32>,
    /// What an empty form starts with, when it is not the field's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<Value>,
    /// The conditions that must all hold for it to show.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shown_when: Vec<Condition>,
}

/// The controls of a form, and `Derived` for a property that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlKind {
    /// A line of text.
    String,
    /// A list to choose from.
    Select,
    /// A box to tick.
    Checkbox,
    /// Options side by side.
    Radio,
    /// No control: the plugin fills the field.
    Derived,
}

impl Default for HintSpec {
    fn default() -> Self {
        HintSpec::new(ControlKind::String)
    }
}

impl HintSpec {
    pub(super) fn new(control: ControlKind) -> Self {
        HintSpec {
            control,
            label: None,
            required: false,
            hidden: false,
            disabled: false,
            namespace: false,
            platform_options: false,
            options: Vec::new(),
            max_count: None,
            initial: None,
            shown_when: Vec::new(),
        }
    }

    /// Whether the control takes several values at once.
    pub fn is_multiple(&self) -> bool {
        self.control == ControlKind::Select && self.max_count != Some(1)
    }
}

/// One option of a select or radio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormOption {
    /// What people read.
    pub label: String,
    /// What is stored.
    pub value: Value,
}

/// A condition under which a field is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// The field that decides.
    pub field_name: String,
    /// The value it must have.
    pub value: Value,
}
