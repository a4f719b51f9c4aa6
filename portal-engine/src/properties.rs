//! Walking through a JSON Schema: its properties, the values that it allows.

use portal_core::template::Fields;
use serde_json::Value;

/// Properties of an object schema, in order.
pub fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> + Clone {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), property))
}

/// What the properties of an object schema are when nobody says anything: their defaults, but for
/// null.
pub(crate) fn defaults(schema: &Value) -> Fields {
    let defaults = properties(schema).filter_map(|(name, property)| {
        let default = property.get("default").filter(|default| !default.is_null())?;
        Some((name.to_owned(), default.clone()))
    });
    defaults.collect()
}

/// The values that an enum-like schema allows: `enum`, `const`, and those within `oneOf`/`anyOf`.
pub fn enum_values(schema: &Value) -> Vec<&Value> {
    match schema {
        Value::Array(alternatives) => alternatives.iter().flat_map(enum_values).collect(),
        Value::Object(members) => {
            if let Some(value) = members.get("const") {
                return vec![value];
            }
            if let Some(Value::Array(values)) = members.get("enum") {
                return values.iter().collect();
            }
            ["oneOf", "anyOf"]
                .iter()
                .filter_map(|keyword| members.get(*keyword))
                .flat_map(enum_values)
                .collect()
        }
        scalar => vec![scalar],
    }
}
