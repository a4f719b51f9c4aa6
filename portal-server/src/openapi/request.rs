//! From the schemas that requests are checked against to those that the document shows.
//!
//! Some rules are checked by code, because it can say more about what is wrong than a schema. A
//! field states them beside its type under [`RULE`], and the document shows them as part of its
//! schema.

use schemars::Schema;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Value, json};

/// The key under which a field states what the document adds to its schema.
const RULE: &str = "x-rule";

/// Text that can be stored: without NUL characters.
pub(crate) const STORABLE: &str = r"^[^\u0000]*$";

/// The rule of a namespace.
pub(crate) fn namespace() -> Value {
    json!({"pattern": "^[a-z0-9+=,.@_-]+$", "maxLength": portal_core::store::NAMESPACE_MAX})
}

/// The schema of a request as the document shows it.
pub(crate) fn refine(schema: Value) -> Value {
    let Ok(mut schema) = Schema::try_from(schema) else { return Value::Bool(false) };
    RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::Object(rule)) = schema.remove(RULE) {
            for (keyword, value) in rule {
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
            schema.insert("pattern".to_owned(), STORABLE.into());
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
