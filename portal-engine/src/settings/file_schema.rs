//! The JSON Schema of the whole file, for this binary's plugins: the schema of [`Settings`], with
//! what each plugin reads in its place.

use std::collections::BTreeMap;

use portal_core::template::Fields;
use serde_json::{Map, Value, json};

use super::{Absent, Settings};
use crate::registry::Registry;
use crate::schema;
use crate::store::DESCRIPTION_MAX;

/// The JSON Schema (2020-12) of `portal.toml`. What only `absent` plugins read is allowed and
/// not looked into.
pub fn file_schema(registry: &Registry, absent: &Absent) -> Value {
    let mut file = schema::schema_of::<Settings>();
    file["properties"]["domains"]["additionalProperties"]["maxLength"] = DESCRIPTION_MAX.into();
    let services = &mut file["properties"]["services"];
    let service = services["additionalProperties"].take();
    let known = absent.plugins().chain(registry.outputs().map(|plugin| plugin.id()));
    close(services, known.map(|id| (id.to_owned(), service.clone())).collect());

    let environment = &mut file["properties"]["environments"]["additionalProperties"];
    // Serde gives what is missing a value, so that the rest of an environment can be checked.
    environment["required"] = json!(["acronym"]);
    let properties = &mut environment["properties"];
    close(&mut properties["platforms"], platforms(registry, absent));
    let list = |items: &Value| json!({"type": "array", "items": items});
    let unread = absent.plugins().map(|id| (id.to_owned(), list(&json!({"type": "object"}))));
    // A plugin that is here after all takes the place of its absence.
    let read = registry.outputs().filter_map(|plugin| {
        Some((plugin.id().to_owned(), list(plugin.output()?.entry_schema().as_value())))
    });
    close(&mut properties["services"], unread.chain(read).collect());

    // Likewise.
    let access = &mut file["properties"]["access"]["properties"];
    access["proxy"]["required"] = json!(["address_header", "networks"]);
    access["oidc"]["required"] = json!(["client_id", "client_secret", "issuer"]);

    file["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    file["title"] = "portal.toml".into();
    file
}

/// Makes the schema of a map by any name one of these members and no others.
fn close(map: &mut Value, members: Map<String, Value>) {
    map["properties"] = members.into();
    map["additionalProperties"] = false.into();
}

/// The values of each platform that a file may hold.
fn platforms(registry: &Registry, absent: &Absent) -> Map<String, Value> {
    let mut here = platform_schemas(registry);
    for (platform, schema) in &mut here {
        for name in absent.values(registry, platform) {
            schema["properties"][name] = json!({});
        }
    }
    let unread = absent.platforms().map(|key| (key.to_owned(), json!({"type": "object"})));
    unread.chain(here).collect()
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
