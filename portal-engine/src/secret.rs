//! Finding the secrets in a configuration by its schema, to hide them and to look for them.

use portal_core::__private::{SECRET_KEY, escape};
use portal_core::Secret;
use serde_json::Value;

use crate::properties::properties;

/// Whether a schema is that of a secret, or of one that may be absent.
pub fn is_secret(schema: &Value) -> bool {
    let alternatives = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    schema.get(SECRET_KEY) == Some(&Value::Bool(true)) || alternatives.into_iter().any(is_secret)
}

/// Whether a schema has a secret anywhere in it.
pub(crate) fn is_in(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members
            .iter()
            .any(|(name, member)| (name == SECRET_KEY && *member == true) || is_in(member)),
        Value::Array(items) => items.iter().any(is_in),
        _ => false,
    }
}

/// The secrets in a value that cannot be found on this server: JSON pointer and reason.
pub(crate) fn unresolved(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    collect(schema, value, "", &mut all);
    all
}

fn collect(schema: &Value, value: &Value, at: &str, all: &mut Vec<(String, String)>) {
    if is_secret(schema) {
        if let Ok(secret) = serde_json::from_value::<Secret>(value.clone())
            && let Err(reason) = secret.reveal()
        {
            all.push((at.to_owned(), reason.to_owned()));
        }
        return;
    }
    match value {
        Value::Object(members) => {
            let properties: Vec<(&str, &Value)> = properties(schema).collect();
            for (name, member) in members {
                let known = properties.iter().find(|(known, _)| known == name);
                let schema =
                    known.map(|(_, schema)| *schema).or(schema.get("additionalProperties"));
                if let Some(schema) = schema {
                    collect(schema, member, &format!("{at}/{}", escape(name)), all);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    collect(schema, item, &format!("{at}/{index}"), all);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_secret_says_where_it_was_looked_for() {
        let schema = json!({"properties": {"key": {SECRET_KEY: true}}});
        let value = json!({"key": {"env": "PORTAL_NO_SUCH_SECRET"}});
        let missing = unresolved(&schema, &value);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].0, "/key");
        assert!(missing[0].1.contains("PORTAL_NO_SUCH_SECRET"));
    }
}
