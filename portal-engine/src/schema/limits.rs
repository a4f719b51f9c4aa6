//! A longest length for every text that a plugin's type reads.

use serde_json::Value;

use super::TEXT_MAX;

/// Gives each text of a plugin's schema that states no length, and is none of a few values, a
/// longest one: `maxLength` is [`TEXT_MAX`].
pub(crate) fn limited(mut schema: Value) -> Value {
    limit(&mut schema);
    schema
}

fn limit(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    let is_text = match members.get("type") {
        Some(Value::String(one)) => one == "string",
        Some(Value::Array(several)) => several.iter().any(|one| one == "string"),
        _ => false,
    };
    if is_text && !["maxLength", "enum", "const"].iter().any(|key| members.contains_key(*key)) {
        members.insert("maxLength".to_owned(), TEXT_MAX.into());
    }
    for (keyword, below) in members {
        match (keyword.as_str(), below) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                named.values_mut().for_each(limit);
            }
            ("items" | "additionalProperties", schema) => limit(schema),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(limit);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_get_a_limit_unless_they_have_one_or_are_chosen() {
        let limited = limited(json!({
            "properties": {
                "free": {"type": "string", "default": {"type": "string"}},
                "own": {"type": "string", "maxLength": 63},
                "chosen": {"type": "string", "enum": ["a"]},
                "perhaps": {"type": ["string", "null"]},
                "list": {"type": "array", "items": {"type": "string"}},
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
                "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "number": {"type": "integer"},
            },
        }));
        let expected = json!({
            "properties": {
                "free": {"type": "string", "default": {"type": "string"}, "maxLength": 1024},
                "own": {"type": "string", "maxLength": 63},
                "chosen": {"type": "string", "enum": ["a"]},
                "perhaps": {"type": ["string", "null"], "maxLength": 1024},
                "list": {"type": "array", "items": {"type": "string", "maxLength": 1024}},
                "map": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "maxLength": 1024},
                },
                "either": {"anyOf": [{"type": "string", "maxLength": 1024}, {"type": "null"}]},
                "number": {"type": "integer"},
            },
        });
        assert_eq!(limited, expected);
    }
}
