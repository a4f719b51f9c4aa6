//! What an element of a form says: its schema, and a value in words.

use portal_engine::LinkedOutput;
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
