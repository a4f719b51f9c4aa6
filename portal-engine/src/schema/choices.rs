//! What a data output's hints say of its values: fixed options are an `enum`, and a list of choices
//! holds none twice, and no more than may be chosen.

use portal_core::__private::{ControlKind, HINT_KEY, HintSpec};
use serde::Deserialize;
use serde_json::{Value, json};

/// Adds to the schema of a data output what its hints say. A hint that cannot be read is reported
/// with the fields.
pub(crate) fn with_choices(mut schema: Value) -> Value {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for property in properties.into_iter().flat_map(|properties| properties.values_mut()) {
        let hint = property.get(HINT_KEY).cloned().unwrap_or_default();
        let Ok(hint) = HintSpec::deserialize(hint) else { continue };
        if !matches!(hint.control, ControlKind::Select | ControlKind::Radio) {
            continue;
        }
        let mut values: Vec<Value> = hint.options.into_iter().map(|option| option.value).collect();
        let is_list = property["type"] == "array";
        if is_list {
            property["uniqueItems"] = true.into();
            if let Some(count) = hint.max_count {
                property["maxItems"] = count.into();
            }
        }
        if values.is_empty() {
            continue;
        }
        if is_list {
            property["items"]["enum"] = values.into();
        } else {
            if property["type"].as_array().is_some_and(|types| types.contains(&json!("null"))) {
                values.push(Value::Null);
            }
            property["enum"] = values.into();
        }
    }
    schema
}
