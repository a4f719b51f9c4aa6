//! From the schemas that requests are checked against to those that the document shows.
//!
//! A rule that a field states beside its type becomes part of its schema.

use schemars::Schema;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

use crate::rule;

/// The schema of a request as the document shows it.
pub(crate) fn refine(schema: Value) -> Value {
    let Ok(mut schema) = Schema::try_from(schema) else { return Value::Bool(false) };
    RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::Object(stated)) = schema.remove(rule::KEY) {
            for (keyword, value) in stated {
                schema.insert(keyword, value);
            }
        }
        if schema.get("additionalProperties") == Some(&Value::Bool(true)) {
            // It says nothing, and viewers show it as a field.
            schema.remove("additionalProperties");
        }
        let is_free =
            ["enum", "const", "pattern", "format"].iter().all(|key| schema.get(*key).is_none());
        if is_free && is_text(schema) {
            schema.insert("pattern".to_owned(), rule::STORABLE.into());
        }
    })
    .transform(&mut schema);
    schema.to_value()
}

fn is_text(schema: &Schema) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == "string",
        Some(Value::Array(several)) => several.iter().any(|one| one == "string"),
        _ => false,
    }
}
