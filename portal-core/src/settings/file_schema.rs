//! The JSON Schema of the whole file, for this binary's plugins.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Absent;
use crate::registry::Registry;
use crate::schema;
use crate::template::Fields;

/// The JSON Schema (2020-12) of `portal.toml`. What only `absent` plugins read is allowed and
/// not looked into.
pub fn file_schema(registry: &Registry, absent: &Absent) -> Value {
    let anything = |name: &str| (name.to_owned(), json!({}));
    let service = json!({
        "type": "object",
        "properties": {
            "options": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "uniqueItems": true,
                "description": "What forms offer."
            },
            "result_template": {
                "type": "string",
                "description": "Replaces the plugin's result template."
            },
            "technical_info_template": {
                "type": "string",
                "description": "Replaces the plugin's technical-info template."
            }
        },
        "additionalProperties": false
    });
    // A plugin that is here after all takes the place of its absence.
    let services: Map<String, Value> = absent
        .plugins()
        .map(anything)
        .chain(registry.outputs().map(|plugin| (plugin.id().to_owned(), service.clone())))
        .collect();
    let lists = registry.outputs().filter_map(|plugin| {
        let entry = plugin.output()?.entry_schema().as_value();
        Some((plugin.id().to_owned(), json!({"type": "array", "items": entry})))
    });
    let entries: Map<String, Value> = absent.plugins().map(anything).chain(lists).collect();
    let mut here = platform_schemas(registry);
    for (platform, schema) in &mut here {
        for name in absent.values(registry, platform) {
            schema["properties"][name] = json!({});
        }
    }
    let platforms: Map<String, Value> = absent.platforms().map(anything).chain(here).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "portal.toml",
        "type": "object",
        "properties": {
            "domains": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Domains and their descriptions, by name."
            },
            "data_product_types": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string"},
                        "icon": {"type": "string"}
                    },
                    "additionalProperties": false
                },
                "description": "Data product types, by name."
            },
            "services": {
                "type": "object",
                "properties": services,
                "additionalProperties": false,
                "description": "What the platform services offer, by plugin."
            },
            "environments": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "acronym": {
                            "type": "string",
                            "minLength": 1,
                            "description": "Short form used in rendered text."
                        },
                        "context": {"type": "string"},
                        "default": {"type": "boolean"},
                        "platforms": {
                            "type": "object",
                            "properties": platforms,
                            "additionalProperties": false
                        },
                        "services": {
                            "type": "object",
                            "properties": entries,
                            "additionalProperties": false
                        }
                    },
                    "required": ["acronym"],
                    "additionalProperties": false
                },
                "description": "Environments, by name."
            }
        },
        "additionalProperties": false
    })
}

/// The values of each platform: those of all its plugins together.
pub(crate) fn platform_schemas(registry: &Registry) -> BTreeMap<String, Value> {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    for plugin in registry.plugins() {
        let own = plugin.values_schema().as_value();
        let merged = schemas.entry(plugin.platform_key().to_owned()).or_insert_with(|| {
            json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
        });
        for (name, property) in schema::properties(own) {
            merged["properties"][name] = property.clone();
        }
        let required = own["required"].as_array().into_iter().flatten();
        if let Some(all) = merged["required"].as_array_mut() {
            for name in required {
                if !all.contains(name) {
                    all.push(name.clone());
                }
            }
        }
    }
    schemas
}

/// Whether a plugin of this binary reads a value of that name from a platform.
pub(super) fn reads(registry: &Registry, platform: &str, name: &str) -> bool {
    let mut names =
        registry.of_platform(platform).flat_map(|plugin| plugin.values_schema().property_names());
    names.any(|known| known == name)
}

/// The platforms and their values that plugins of this binary read.
pub(super) fn read_here(
    registry: &Registry,
    mut platforms: BTreeMap<String, Fields>,
) -> BTreeMap<String, Fields> {
    platforms.retain(|key, values| {
        let is_empty = values.is_empty();
        values.retain(|name, _| reads(registry, key, name));
        registry.of_platform(key).next().is_some() && (is_empty || !values.is_empty())
    });
    platforms
}
