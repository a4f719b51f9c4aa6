//! The elements of a form, and how clients receive them.

use std::borrow::Cow;

pub use portal_core::__private::{Condition, FormOption};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Labels of the controls that the form of every asset has, by the member of the request.
pub const OWN_LABELS: [(&str, &str); 4] = [
    ("name", "Name"),
    ("description", "Description"),
    ("namespace", "Namespace"),
    ("technical_mapping", "Technical mapping"),
];

/// Whether a value counts as not filled in.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// One element of a form. As JSON it has the shape of the Python portal's forms: `type` names the
/// control, and of `checkbox`, `select`, `string` and `radio` that one is set.
#[derive(Debug, Clone, PartialEq)]
pub struct FormElement {
    /// What people read beside the control.
    pub label: String,
    /// Name of the field in the data output.
    pub name: String,
    /// What the field is for.
    pub tooltip: Option<String>,
    /// Whether it must be filled.
    pub is_required: bool,
    /// Whether the element is kept out of sight.
    pub is_hidden: bool,
    /// Whether it cannot be changed.
    pub is_disabled: bool,
    /// Whether it is the data product's namespace in the default mapping.
    pub is_namespace: bool,
    /// The conditions that must all hold for the element to show.
    pub shown_when: Vec<Condition>,
    /// What people type or choose with.
    pub control: Control,
}

/// What people type or choose with.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// A line of text.
    Text {
        /// What it starts with.
        initial: Option<Value>,
    },
    /// A list to choose from.
    Select {
        /// How many options may be chosen; any number without it.
        max_count: Option<u32>,
        /// What can be chosen.
        options: Vec<FormOption>,
    },
    /// A box to tick.
    Checkbox {
        /// Whether it starts ticked.
        initial: Option<Value>,
    },
    /// Options side by side, of which one is chosen.
    Radio {
        /// Which one is chosen at first.
        initial: Option<Value>,
        /// What can be chosen.
        options: Vec<FormOption>,
    },
}

impl Control {
    /// What can be chosen, where that is what people do.
    pub fn options(&self) -> &[FormOption] {
        match self {
            Control::Select { options, .. } | Control::Radio { options, .. } => options,
            Control::Text { .. } | Control::Checkbox { .. } => &[],
        }
    }

    /// What it starts with; a select starts with the field's default.
    pub fn initial(&self) -> Option<&Value> {
        match self {
            Control::Text { initial }
            | Control::Checkbox { initial }
            | Control::Radio { initial, .. } => initial.as_ref(),
            Control::Select { .. } => None,
        }
    }

    /// Whether several options can be chosen at once.
    pub fn takes_several(&self) -> bool {
        matches!(self, Control::Select { max_count, .. } if *max_count != Some(1))
    }
}

impl Serialize for FormElement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        OnTheWire::from(self).serialize(serializer)
    }
}

impl JsonSchema for FormElement {
    fn schema_name() -> Cow<'static, str> {
        "FormElement".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OnTheWire::json_schema(generator)
    }
}

/// One element of a form, as clients receive it. Exactly one of `checkbox`, `select`, `string`
/// and `radio` is set: the one that `type` names.
#[derive(Serialize, JsonSchema)]
struct OnTheWire<'a> {
    /// What people read beside the control.
    label: &'a str,
    /// `string`, `select`, `checkbox` or `radio`.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["string", "select", "checkbox", "radio"]))]
    control: &'static str,
    /// Whether it must be filled.
    required: bool,
    /// Name of the field in the data output.
    name: &'a str,
    /// What the field is for.
    tooltip: Option<&'a str>,
    /// Whether the element is kept out of sight.
    hidden: Option<bool>,
    /// Details of a checkbox.
    checkbox: Option<CheckboxElement<'a>>,
    /// Details of a select.
    select: Option<SelectElement<'a>>,
    /// Details of a line of text.
    string: Option<StringElement<'a>>,
    /// Details of a radio group.
    radio: Option<RadioElement<'a>>,
    /// The conditions that must all hold for the element to show.
    depends_on: Option<&'a [Condition]>,
    /// Whether it cannot be changed.
    disabled: Option<bool>,
    /// Whether it is the data product's namespace in the default mapping.
    use_namespace_when_not_source_aligned: Option<bool>,
}

/// Details of a checkbox.
#[derive(Serialize, JsonSchema)]
struct CheckboxElement<'a> {
    /// Whether it starts ticked.
    initial_value: Option<&'a Value>,
}

/// Details of a line of text.
#[derive(Serialize, JsonSchema)]
struct StringElement<'a> {
    /// What it starts with.
    initial_value: Option<&'a Value>,
}

/// Details of a select.
#[derive(Serialize, JsonSchema)]
struct SelectElement<'a> {
    /// How many options may be chosen.
    max_count: Option<u32>,
    /// What can be chosen.
    options: &'a [FormOption],
}

/// Details of a radio group.
#[derive(Serialize, JsonSchema)]
struct RadioElement<'a> {
    /// How many options may be chosen: always one.
    max_count: Option<u32>,
    /// Which one is chosen at first.
    initial_value: Option<&'a Value>,
    /// What can be chosen.
    options: &'a [FormOption],
}

impl<'a> From<&'a FormElement> for OnTheWire<'a> {
    fn from(element: &'a FormElement) -> Self {
        let flag = |set: bool| set.then_some(true);
        let mut wire = OnTheWire {
            label: &element.label,
            control: "",
            required: element.is_required,
            name: &element.name,
            tooltip: element.tooltip.as_deref(),
            hidden: flag(element.is_hidden),
            checkbox: None,
            select: None,
            string: None,
            radio: None,
            depends_on: Some(element.shown_when.as_slice()).filter(|all| !all.is_empty()),
            disabled: flag(element.is_disabled),
            use_namespace_when_not_source_aligned: flag(element.is_namespace),
        };
        match &element.control {
            Control::Text { initial } => {
                wire.control = "string";
                wire.string = Some(StringElement { initial_value: initial.as_ref() });
            }
            Control::Select { max_count, options } => {
                wire.control = "select";
                wire.select = Some(SelectElement { max_count: *max_count, options });
            }
            Control::Checkbox { initial } => {
                wire.control = "checkbox";
                wire.checkbox = Some(CheckboxElement { initial_value: initial.as_ref() });
            }
            Control::Radio { initial, options } => {
                wire.control = "radio";
                let initial_value = initial.as_ref();
                wire.radio = Some(RadioElement { max_count: Some(1), initial_value, options });
            }
        }
        wire
    }
}
