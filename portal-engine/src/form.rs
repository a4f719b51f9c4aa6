//! The elements of a form, as clients receive them.

pub use portal_core::__private::{Condition, FormOption};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// One element of a form, as clients receive it. Exactly one of `checkbox`, `select`, `string`
/// and `radio` is set: the one that `type` names.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FormElement {
    /// What people read beside the control.
    pub label: String,
    /// `string`, `select`, `checkbox` or `radio`.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["string", "select", "checkbox", "radio"]))]
    pub control: &'static str,
    /// Whether it must be filled.
    pub required: bool,
    /// Name of the field in the data output.
    pub name: String,
    /// What the field is for.
    pub tooltip: Option<String>,
    /// Whether the element is kept out of sight.
    pub hidden: Option<bool>,
    /// Details of a checkbox.
    pub checkbox: Option<CheckboxElement>,
    /// Details of a select.
    pub select: Option<SelectElement>,
    /// Details of a line of text.
    pub string: Option<StringElement>,
    /// Details of a radio group.
    pub radio: Option<RadioElement>,
    /// The conditions that must all hold for the element to show.
    pub depends_on: Option<Vec<Condition>>,
    /// Whether it cannot be changed.
    pub disabled: Option<bool>,
    /// Whether it is the data product's namespace in the default mapping.
    pub use_namespace_when_not_source_aligned: Option<bool>,
}

/// Details of a checkbox.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CheckboxElement {
    /// Whether it starts ticked.
    pub initial_value: Option<Value>,
}

/// Details of a line of text.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StringElement {
    /// What it starts with.
    pub initial_value: Option<Value>,
}

/// Details of a select.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SelectElement {
    /// How many options may be chosen.
    pub max_count: Option<u32>,
    /// What can be chosen.
    pub options: Vec<FormOption>,
}

/// Details of a radio group.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RadioElement {
    /// How many options may be chosen: always one.
    pub max_count: Option<u32>,
    /// Which one is chosen at first.
    pub initial_value: Option<Value>,
    /// What can be chosen.
    pub options: Vec<FormOption>,
}
