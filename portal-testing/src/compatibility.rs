//! Whether a data output still reads what its last release wrote.
//!
//! The last released schema is a file beside the plugin, `released-schema.json`. Stored data
//! evolves by SQL migrations alone, so a change that would make stored rows or clients' requests
//! unreadable needs one, and a raised [`DataOutput::SCHEMA_VERSION`](portal_core::DataOutput).

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use portal_engine::schema::{enum_values, properties};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::contract::Contract;

/// Names the variable under which the test writes the file instead of reading it: when a version
/// of the plugin is released.
pub const RELEASE: &str = "PORTAL_RELEASE_SCHEMA";

/// The name of the file.
const FILE: &str = "released-schema.json";

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Released {
    schema_version: u32,
    migrations: Vec<String>,
    schema: Value,
}

/// The data output reads everything that its last release wrote, or says that it does not by a
/// raised schema version and brings a migration.
///
/// # Panics
///
/// When it does not, naming each breaking change and the remedy; and when the file is missing.
pub fn schema_is_compatible_with_the_last_release(contract: &Contract, manifest_folder: &str) {
    let file = Path::new(manifest_folder).join(FILE);
    let now = Released {
        schema_version: contract.schema_version(),
        migrations: contract.migration_names(),
        schema: contract.schema().clone(),
    };
    if env::var_os(RELEASE).is_some() {
        let text = serde_json::to_string_pretty(&now).expect("a schema is JSON");
        fs::write(&file, text + "\n").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    let text = fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: it holds the last released schema; write it with {RELEASE}=1 cargo test, and commit it",
            file.display()
        )
    });
    let released: Released =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    if let Err(reason) = check(&released, &now) {
        panic!("{reason}");
    }
}

fn check(released: &Released, now: &Released) -> Result<(), String> {
    let breaking = breaking_changes(&released.schema, &now.schema);
    let is_raised = now.schema_version > released.schema_version;
    let has_migration = now.migrations.len() > released.migrations.len();
    if breaking.is_empty() || (is_raised && has_migration) {
        return Ok(());
    }
    let mut remedies = Vec::new();
    if !is_raised {
        remedies.push(format!("raise SCHEMA_VERSION to {}", released.schema_version + 1));
    }
    if !has_migration {
        remedies.push("add a migration that brings stored rows into the new shape".to_owned());
    }
    Err(format!(
        "the data output no longer reads what its last release wrote:\n- {}\nundo that, or {}",
        breaking.join("\n- "),
        remedies.join(" and ")
    ))
}

/// Everything in which `now` refuses what `released` accepted.
fn breaking_changes(released: &Value, now: &Value) -> Vec<String> {
    let mut changes = Vec::new();
    let (old_required, new_required) = (required(released), required(now));
    for (name, old) in properties(released) {
        match properties(now).find(|(known, _)| *known == name) {
            None => changes.push(format!("the field {name:?} is removed")),
            Some((_, new)) => narrowed(name, old, new, &mut changes),
        }
    }
    for name in new_required.difference(&old_required) {
        changes.push(format!("the field {name:?} is required now"));
    }
    changes
}

fn required(schema: &Value) -> BTreeSet<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Adds what one field no longer accepts.
fn narrowed(name: &str, old: &Value, new: &Value, changes: &mut Vec<String>) {
    let (old_types, new_types) = (types(old), types(new));
    let lost: Vec<&str> = old_types
        .iter()
        .filter(|one| !new_types.contains(*one))
        .filter(|one| !(**one == "integer" && new_types.contains("number")))
        .copied()
        .collect();
    if !lost.is_empty() && !new_types.is_empty() {
        changes.push(format!("the field {name:?} is no longer of type {}", lost.join(" or ")));
    }
    let (old_values, new_values) = (enum_values(old), enum_values(new));
    if !new_values.is_empty() {
        let lost: Vec<String> = old_values
            .iter()
            .filter(|value| !new_values.contains(value))
            .map(ToString::to_string)
            .collect();
        if old_values.is_empty() {
            changes.push(format!("the field {name:?} takes only some values now"));
        } else if !lost.is_empty() {
            changes.push(format!("the field {name:?} no longer takes {}", lost.join(", ")));
        }
    }
    for (keyword, is_upper) in [
        ("maxLength", true),
        ("maximum", true),
        ("maxItems", true),
        ("minLength", false),
        ("minimum", false),
        ("minItems", false),
    ] {
        let limit = |schema: &Value| schema[keyword].as_number().and_then(Number::as_f64);
        let is_tighter = match (limit(old), limit(new)) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(old), Some(new)) => (is_upper && new < old) || (!is_upper && new > old),
        };
        if is_tighter {
            changes.push(format!("the field {name:?} has a tighter {keyword}"));
        }
    }
    for keyword in ["pattern", "format"] {
        if !new[keyword].is_null() && new[keyword] != old[keyword] {
            changes.push(format!("the field {name:?} has another {keyword}"));
        }
    }
    if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
        narrowed(&format!("{name}[]"), old, new, changes);
    }
}

/// The JSON types that a schema allows; none when it does not say.
fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.as_str()]),
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn released(schema: Value) -> Released {
        Released { schema_version: 1, migrations: vec!["2026-01-01-000000_a".into()], schema }
    }

    fn before() -> Value {
        json!({
            "properties": {
                "bucket": {"type": "string"},
                "days": {"type": ["integer", "null"]},
                "tier": {"oneOf": [{"const": "hot"}, {"const": "cold"}]}
            },
            "required": ["bucket"]
        })
    }

    fn changes(edit: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut now = before();
        edit(&mut now);
        breaking_changes(&before(), &now)
    }

    #[test]
    fn wider_schema_is_compatible() {
        assert!(changes(|_| {}).is_empty());
        assert!(changes(|now| now["properties"]["new"] = json!({"type": "string"})).is_empty());
        assert!(
            changes(|now| now["properties"]["days"]["type"] = json!(["number", "null"])).is_empty()
        );
        assert!(changes(|now| now["required"] = json!([])).is_empty());
    }

    #[test]
    fn each_narrowing_is_named() {
        let removed = changes(|now| {
            now["properties"].as_object_mut().unwrap().remove("days");
        });
        assert_eq!(removed, ["the field \"days\" is removed"]);
        let required = changes(|now| now["required"] = json!(["bucket", "tier"]));
        assert_eq!(required, ["the field \"tier\" is required now"]);
        let typed = changes(|now| now["properties"]["bucket"]["type"] = json!("integer"));
        assert_eq!(typed, ["the field \"bucket\" is no longer of type string"]);
        let values = changes(|now| now["properties"]["tier"] = json!({"enum": ["hot"]}));
        assert_eq!(values, ["the field \"tier\" no longer takes \"cold\""]);
        let limit = changes(|now| now["properties"]["bucket"]["maxLength"] = json!(63));
        assert_eq!(limit, ["the field \"bucket\" has a tighter maxLength"]);
    }

    #[test]
    fn breaking_change_needs_both_a_version_and_a_migration() {
        let mut now = released(json!({"properties": {}}));
        let told = check(&released(before()), &now).unwrap_err();
        assert!(told.contains("raise SCHEMA_VERSION to 2 and add a migration"), "{told}");
        now.schema_version = 2;
        let told = check(&released(before()), &now).unwrap_err();
        assert!(!told.contains("SCHEMA_VERSION") && told.contains("add a migration"), "{told}");
        now.migrations.push("2026-02-01-000000_b".into());
        assert_eq!(check(&released(before()), &now), Ok(()));
    }
}
