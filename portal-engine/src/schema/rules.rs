//! The part of a schema that a validator works with.

use portal_core::__private::HINT_KEY;
use serde_json::{Map, Value};

/// A schema without what only people and forms read: the validator would keep a copy of it, and
/// loading many plugins would take longer for nothing.
pub(super) fn of(schema: &Value) -> Value {
    const PROSE: [&str; 5] = ["title", "description", "default", "examples", HINT_KEY];
    match schema {
        Value::Object(members) => {
            let mut rules = Map::with_capacity(members.len());
            for (keyword, rule) in members {
                if PROSE.contains(&keyword.as_str()) {
                    continue;
                }
                let rule = match (keyword.as_str(), rule) {
                    // Below these stand values, which may be objects with such members.
                    ("const" | "enum", values) => values.clone(),
                    // Below these stand names of the author's choice, which may be such words.
                    ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                        named.iter().map(|(name, one)| (name.clone(), of(one))).collect()
                    }
                    (_, rule) => of(rule),
                };
                rules.insert(keyword.clone(), rule);
            }
            Value::Object(rules)
        }
        Value::Array(schemas) => schemas.iter().map(of).collect(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn prose_and_hints_go_and_everything_else_stays() {
        let schema = json!({
            "title": "Sketch", "description": "Prose.", "type": "object",
            "properties": {
                // Fields may be called like keywords.
                "title": {"type": "string", "description": "Prose.", "default": "", "x-form": {}},
                "default": {"oneOf": [{"const": {"title": "kept"}, "title": "Gone"}]},
            },
            "required": ["title"], "additionalProperties": false,
        });
        let rules = json!({
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "default": {"oneOf": [{"const": {"title": "kept"}}]},
            },
            "required": ["title"], "additionalProperties": false,
        });
        assert_eq!(of(&schema), rules);
    }
}
