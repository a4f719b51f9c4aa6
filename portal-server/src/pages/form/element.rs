//! What an element of a form says: its schema, its options, and a value in words.

use portal_engine::LinkedOutput;
use portal_engine::form::{FormElement, FormOption};
use serde_json::Value;

/// A value as people read and type it.
pub(in crate::pages) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The schema of a field.
pub(super) fn property<'a>(output: &'a LinkedOutput, name: &str) -> &'a Value {
    &output.schema().as_value()["properties"][name]
}

/// The options that an element offers, if it offers any.
pub(in crate::pages) fn options(element: &FormElement) -> &[FormOption] {
    match (&element.select, &element.radio) {
        (Some(select), _) => &select.options,
        (_, Some(radio)) => &radio.options,
        _ => &[],
    }
}
