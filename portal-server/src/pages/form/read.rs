//! From what a browser sends to a configuration, as the API takes it.

use portal_core::template::Fields;
use portal_engine::LinkedOutput;
use portal_engine::form::FormElement;
use serde_json::{Map, Value};

use super::element::{property, shown};
use super::filled::Filled;

/// The configuration that a form holds.
///
/// Text becomes what the field's schema asks for; what cannot become that stays text, so that the
/// checks say what is wrong with it. Fields whose condition is false are left out, and the checks
/// give them their default. `kept` are fields that people cannot change here.
pub(in crate::pages) fn read(
    output: &LinkedOutput,
    elements: &[FormElement],
    filled: &Filled,
    kept: &Fields,
) -> Map<String, Value> {
    let mut fields = kept.clone();
    for element in elements.iter().filter(|element| !element.is_disabled) {
        let schema = property(output, &element.name);
        if let Some(value) = value(element, schema, filled.field(&element.name)) {
            fields.insert(element.name.clone(), value);
        }
    }
    let applying = output.applying_fields(&fields);
    for element in elements.iter().filter(|element| !element.is_hidden) {
        if !applying.contains(element.name.as_str()) {
            fields.shift_remove(&element.name);
        }
    }
    fields
}

/// The value of one field; `None` when it is left to its default, or missing.
fn value(element: &FormElement, schema: &Value, texts: &[String]) -> Option<Value> {
    if allows(schema, "boolean") {
        return Some(texts.iter().any(|text| text == "true").into());
    }
    if allows(schema, "array") {
        let items = schema.get("items").unwrap_or(&Value::Null);
        let texts = texts.iter().filter(|text| !text.is_empty());
        return Some(texts.map(|text| typed(element, items, text)).collect());
    }
    match texts.first().map_or("", String::as_str) {
        "" if allows(schema, "null") => Some(Value::Null),
        "" if allows(schema, "string") && !is_enum(schema) => Some(Value::from("")),
        "" => None,
        text => Some(typed(element, schema, text)),
    }
}

/// A text as one of the types that a schema allows.
fn typed(element: &FormElement, schema: &Value, text: &str) -> Value {
    let of_option = element.control.options().iter().find(|option| shown(&option.value) == text);
    if let Some(option) = of_option {
        return option.value.clone();
    }
    let number = text.trim();
    if allows(schema, "integer") {
        if let Ok(integer) = number.parse::<i64>() {
            return integer.into();
        }
        if let Ok(integer) = number.parse::<u64>() {
            return integer.into();
        }
    }
    if allows(schema, "number")
        && let Some(number) = number.parse().ok().and_then(serde_json::Number::from_f64)
    {
        return Value::Number(number);
    }
    text.into()
}

/// Whether a schema allows values of a JSON type.
fn allows(schema: &Value, wanted: &str) -> bool {
    let is = |value: &Value| match wanted {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        _ => false,
    };
    match &schema["type"] {
        Value::String(one) => return one == wanted,
        Value::Array(several) => return several.iter().any(|one| one == wanted),
        _ => {}
    }
    let listed = schema["enum"].as_array().into_iter().flatten();
    let alternatives = ["oneOf", "anyOf"].iter().filter_map(|key| schema[key].as_array());
    schema.get("const").into_iter().chain(listed).any(is)
        || alternatives.flatten().any(|alternative| allows(alternative, wanted))
}

/// Whether a schema lists the values it allows.
fn is_enum(schema: &Value) -> bool {
    ["const", "enum", "oneOf", "anyOf"].iter().any(|keyword| schema.get(keyword).is_some())
}
