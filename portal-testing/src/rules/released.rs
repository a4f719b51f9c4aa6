//! Whether a data output still reads what its last release wrote.
//!
//! What the last release was is a file beside the plugin, `released-schema.json`. Stored data evolves
//! by SQL migrations alone, so a change that would make stored rows or clients' requests unreadable
//! needs one, and a raised [`DataOutput::SCHEMA_VERSION`](portal_core::DataOutput). Released
//! migrations have been applied somewhere, so that they cannot be edited any more.

use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

use portal_engine::migrate;
use portal_engine::schema::{enum_values, properties};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::Verdict;
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
    wire_name: String,
    /// Folder and checksum, oldest first.
    migrations: BTreeMap<String, String>,
    schema: Value,
}

/// The data output reads everything that its last release wrote, or says that it does not by a
/// raised schema version and brings a migration; and the released migrations are as they were.
///
/// With [`RELEASE`] set it writes the file, unless that would hide a breaking change.
pub(super) fn released_schema_is_still_read(contract: &Contract) -> Verdict {
    read_or_write(contract, env::var_os(RELEASE).is_some())
}

impl Contract {
    /// Writes the file of the released schema, as the test does with [`RELEASE`] set.
    ///
    /// # Errors
    ///
    /// What would be hidden by that: a breaking change without a raised version and a migration, an
    /// edited migration.
    #[doc(hidden)]
    pub fn release(&self) -> Result<(), String> {
        read_or_write(self, true)
    }
}

fn read_or_write(contract: &Contract, releases: bool) -> Verdict {
    let file = contract.folder.join(FILE);
    let at_file = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let (plugin, output) = (contract.plugin(), contract.output());
    let now = Released {
        schema_version: output.schema_version(),
        wire_name: plugin.wire_name().to_owned(),
        migrations: plugin
            .migrations()
            .iter()
            .map(|one| (one.folder.to_owned(), migrate::checksum(one)))
            .collect(),
        schema: output.schema().as_value().clone(),
    };
    match fs::read_to_string(&file) {
        Ok(text) => {
            let released: Released =
                serde_json::from_str(&text).map_err(|error| at_file(&error))?;
            check(&released, &now, plugin.aliases())?;
        }
        Err(error) if !releases => {
            return Err(format!(
                "{}: it holds the last released schema; write it with {RELEASE}=1 cargo test released, and commit it",
                at_file(&error)
            ));
        }
        Err(_) => {}
    }
    if releases {
        let text = serde_json::to_string_pretty(&now).expect("a schema is JSON");
        fs::write(&file, text + "\n").map_err(|error| at_file(&error))?;
    }
    Ok(())
}

fn check(released: &Released, now: &Released, aliases: &[&str]) -> Verdict {
    let mut objections = Vec::new();
    for (folder, checksum) in &released.migrations {
        match now.migrations.get(folder) {
            None => objections.push(format!(
                "the released migration {folder} is gone: restore it, and put the change into a new migration"
            )),
            Some(other) if other != checksum => objections.push(format!(
                "the released migration {folder} was edited: restore its up.sql, and put the change into a new migration"
            )),
            Some(_) => {}
        }
    }
    let former = &released.wire_name;
    if *former != now.wire_name && !aliases.contains(&former.as_str()) {
        objections.push(format!(
            "the wire name was {former:?} and is {:?} now: add the former one to ALIASES, or keep it with const WIRE_NAME",
            now.wire_name
        ));
    }
    let breaking = breaking_changes(&released.schema, &now.schema);
    let is_raised = now.schema_version > released.schema_version;
    let has_migration = now.migrations.len() > released.migrations.len();
    let is_announced = is_raised && has_migration;
    if !breaking.is_empty() && !is_announced {
        let mut remedies = Vec::new();
        if !is_raised {
            remedies.push(format!("raise SCHEMA_VERSION to {}", released.schema_version + 1));
        }
        if !has_migration {
            remedies.push("add a migration that brings stored rows into the new shape".to_owned());
        }
        objections.push(format!(
            "the data output no longer reads what its last release wrote:\n- {}\nundo that, or {}",
            breaking.join("\n- "),
            remedies.join(" and ")
        ));
    }
    if now.schema_version < released.schema_version {
        objections.push(format!(
            "SCHEMA_VERSION was {} and is {} now: it never goes down",
            released.schema_version, now.schema_version
        ));
    }
    if objections.is_empty() { Ok(()) } else { Err(objections.join("\n")) }
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
        Released {
            schema_version: 1,
            wire_name: "Thing".to_owned(),
            migrations: [("2026-01-01-000000_a".to_owned(), "1f".to_owned())].into(),
            schema,
        }
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
        let told = check(&released(before()), &now, &[]).unwrap_err();
        assert!(told.contains("raise SCHEMA_VERSION to 2 and add a migration"), "{told}");
        now.schema_version = 2;
        let told = check(&released(before()), &now, &[]).unwrap_err();
        assert!(!told.contains("SCHEMA_VERSION") && told.contains("add a migration"), "{told}");
        now.migrations.insert("2026-02-01-000000_b".into(), "2f".into());
        assert_eq!(check(&released(before()), &now, &[]), Ok(()));
        assert!(check(&now, &released(json!({})), &[]).unwrap_err().contains("never goes down"));
    }

    #[test]
    fn released_migration_is_neither_edited_nor_removed() {
        let (before, mut now) = (released(before()), released(before()));
        now.migrations = [("2026-01-01-000000_a".to_owned(), "2f".to_owned())].into();
        let told = check(&before, &now, &[]).unwrap_err();
        assert!(told.contains("2026-01-01-000000_a was edited: restore its up.sql"), "{told}");
        now.migrations.clear();
        assert!(check(&before, &now, &[]).unwrap_err().contains("2026-01-01-000000_a is gone"));
    }

    #[test]
    fn former_wire_name_becomes_an_alias() {
        let (before, mut now) = (released(before()), released(before()));
        now.wire_name = "Other".to_owned();
        let told = check(&before, &now, &[]).unwrap_err();
        assert!(told.contains("add the former one to ALIASES"), "{told}");
        assert_eq!(check(&before, &now, &["Thing"]), Ok(()));
    }
}
