//! The data output in the document: a union of exactly the plugins that are enabled, told apart
//! by `configuration_type`.

use portal_engine::{LinkedPlugin, Registry, WireNames};
use serde_json::{Map, Value, json};

use super::request::refine;
use crate::rule::{DATA_OUTPUT, SCHEMAS, STORED_DATA_OUTPUT};

/// What answers hold in place of a data output that cannot be shown.
const UNAVAILABLE: &str = "UnavailableDataOutput";

/// Adds the unions and their variants. A dot in a name keeps it apart from every Rust type.
pub(super) fn add_schemas(
    registry: &Registry,
    answered: WireNames,
    schemas: &mut Map<String, Value>,
) {
    let mut sent = Union::default();
    let mut stored = Union::default();
    for plugin in registry.outputs() {
        let name = format!("{DATA_OUTPUT}.{}", plugin.id());
        sent.add(&name, &names(plugin));
        schemas.insert(name, sent_variant(plugin));
        let name = format!("{STORED_DATA_OUTPUT}.{}", plugin.id());
        let answered = plugin.name_in_answers(answered);
        stored.add(&name, &[answered]);
        schemas.insert(name, stored_variant(plugin, answered));
    }
    schemas.insert(DATA_OUTPUT.to_owned(), sent.into_schema("What one plugin stores of an asset."));
    schemas.insert(UNAVAILABLE.to_owned(), unavailable());
    // No discriminator here: what is unavailable may have any type, also one of these.
    stored.variants.push(json!({"$ref": format!("{SCHEMAS}{UNAVAILABLE}")}));
    schemas.insert(
        STORED_DATA_OUTPUT.to_owned(),
        json!({
            "description": "What one plugin stores of an asset, with all its fields.",
            "oneOf": stored.variants,
        }),
    );
}

/// The alternatives of a union, and which `configuration_type` means which.
#[derive(Default)]
struct Union {
    variants: Vec<Value>,
    mapping: Map<String, Value>,
}

impl Union {
    fn add(&mut self, schema: &str, names: &[&str]) {
        let reference = format!("{SCHEMAS}{schema}");
        self.variants.push(json!({"$ref": reference}));
        for name in names {
            self.mapping.insert((*name).to_owned(), reference.clone().into());
        }
    }

    fn into_schema(self, description: &str) -> Value {
        if self.variants.is_empty() {
            // An empty `oneOf` is no valid schema.
            return json!({"description": "No plugin stores anything.", "not": {}});
        }
        json!({
            "description": description,
            "oneOf": self.variants,
            "discriminator": {"propertyName": "configuration_type", "mapping": self.mapping},
        })
    }
}

/// Every text that a request may name the plugin by: wire name, aliases, id.
fn names(plugin: &LinkedPlugin) -> Vec<&'static str> {
    let mut names = vec![plugin.wire_name()];
    names.extend(plugin.aliases());
    if !names.contains(&plugin.id()) {
        names.push(plugin.id());
    }
    names
}

/// A data output as a request holds it. The *namespace* field may be left out: in the default
/// mapping it is the data product's.
fn sent_variant(plugin: &LinkedPlugin) -> Value {
    let mut schema = with_type(plugin, &names(plugin));
    let namespace = plugin.output().and_then(|output| output.namespace_field_name());
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| name.as_str() != namespace);
    }
    refine(schema)
}

/// A data output as an answer holds it: with all its fields.
fn stored_variant(plugin: &LinkedPlugin, name: &str) -> Value {
    let mut schema = with_type(plugin, &[name]);
    let all: Vec<Value> = schema["properties"]
        .as_object()
        .map(|properties| properties.keys().map(|name| name.as_str().into()).collect())
        .unwrap_or_default();
    schema["required"] = all.into();
    schema
}

/// The plugin's own schema, with `configuration_type` before its properties.
fn with_type(plugin: &LinkedPlugin, names: &[&str]) -> Value {
    let mut schema = plugin.output().map_or(json!({}), |output| output.schema().as_value().clone());
    let mut properties = Map::new();
    properties.insert(
        "configuration_type".to_owned(),
        json!({"type": "string", "description": "Which plugin it belongs to.", "enum": names}),
    );
    if let Value::Object(own) = schema["properties"].take() {
        properties.extend(own);
    }
    schema["properties"] = properties.into();
    let mut required = vec![Value::from("configuration_type")];
    if let Value::Array(own) = schema["required"].take() {
        required.extend(own);
    }
    schema["required"] = required.into();
    schema
}

fn unavailable() -> Value {
    json!({
        "description": "A data output that cannot be shown here; `unavailable` says why.",
        "type": "object",
        "properties": {
            "configuration_type": {
                "type": "string",
                "description": "What answers call its plugin; the name that was stored when nobody here knows it.",
            },
        },
        "required": ["configuration_type"],
        "additionalProperties": false,
    })
}
