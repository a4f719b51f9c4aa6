//! `/api/v2/plugins`, as clients see it: forms, tiles, schemas and icons.

use std::collections::BTreeSet;

use portal_engine::Registry;
use portal_tests::harness::{bundled_and, each_server, without_ids};
use serde_json::{Value, json};

fn linked() -> &'static Registry {
    Registry::load().unwrap()
}

#[test]
fn all_linked_plugins_are_listed_by_id() {
    each_server(|server| {
        let listed = server.get("/api/v2/plugins/").ok();
        let listed = listed["plugins"].as_array().unwrap();
        let ids: Vec<&str> =
            listed.iter().map(|plugin| plugin["platform"].as_str().unwrap()).collect();
        let linked: Vec<&str> = linked().plugins().iter().map(|plugin| plugin.id()).collect();
        assert_eq!(ids, linked);
        for id in bundled_and(&["fixture", "launcher", "s3"]) {
            assert!(ids.contains(&id), "{id} is missing");
        }
    });
}

#[test]
fn entry_of_the_list_is_the_plugins_form() {
    each_server(|server| {
        let listed = server.get("/api/v2/plugins").ok();
        for entry in listed["plugins"].as_array().unwrap() {
            let id = entry["platform"].as_str().unwrap();
            let form = server.get(&format!("/api/v2/plugins/{id}/form")).ok();
            assert_eq!(*entry, form);
            insta::assert_json_snapshot!(format!("form@{id}"), without_ids(&form));
        }
    });
}

#[test]
fn form_element_sets_the_one_control_that_its_type_names() {
    each_server(|server| {
        let listed = server.get("/api/v2/plugins").ok();
        for plugin in listed["plugins"].as_array().unwrap() {
            for element in plugin["ui_metadata"].as_array().unwrap() {
                for control in ["checkbox", "select", "string", "radio"] {
                    let is_set = !element[control].is_null();
                    assert_eq!(is_set, element["type"] == control, "{element}");
                }
            }
        }
    });
}

#[test]
fn form_is_found_by_id_wire_name_and_alias() {
    each_server(|server| {
        for plugin in linked().plugins() {
            let form = server.get(&format!("/api/v2/plugins/{}/form", plugin.id()));
            for name in std::iter::once(&plugin.wire_name()).chain(plugin.aliases()) {
                let same = server.get(&format!("/api/v2/plugins/{name}/form"));
                assert_eq!((same.status, &same.text), (200, &form.text), "{name}");
            }
        }
    });
}

#[test]
fn every_bundled_plugin_still_answers_to_its_former_name() {
    for (id, alias) in [
        ("databricks", "DatabricksTechnicalAssetConfiguration"),
        ("glue", "GlueTechnicalAssetConfiguration"),
        ("redshift", "RedshiftTechnicalAssetConfiguration"),
        ("s3", "S3TechnicalAssetConfiguration"),
        ("snowflake", "SnowflakeTechnicalAssetConfiguration"),
    ] {
        assert_eq!(linked().find(alias).map(|plugin| plugin.id()), Some(id));
    }
}

#[test]
fn unknown_plugin_lists_what_is_linked_and_the_nearest_name() {
    each_server(|server| {
        for page in ["form", "schema", "icon"] {
            let answer = server.get(&format!("/api/v2/plugins/snowflke/{page}"));
            assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")));
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            let start = "no plugin is called \"snowflke\", did you mean snowflake? (linked: ";
            assert!(detail.starts_with(start), "{detail}");
            for plugin in linked().plugins() {
                assert!(detail.contains(plugin.id()), "{detail}");
            }
        }
    });
}

#[test]
fn tile_of_a_service_stands_below_its_parent() {
    each_server(|server| {
        let tiles = server.get("/api/v2/plugins/platform-tiles").ok();
        let tiles = tiles["platform_tiles"].as_array().unwrap();
        let values = |tiles: &[Value]| -> Vec<String> {
            tiles.iter().map(|tile| tile["value"].as_str().unwrap().to_owned()).collect()
        };
        let above: BTreeSet<&str> = linked()
            .plugins()
            .iter()
            .map(|plugin| plugin.platform().parent.map_or(plugin.id(), |parent| parent.key))
            .collect();
        assert!(["aws", "fixture", "launcher"].iter().all(|key| above.contains(key)), "{above:?}");
        assert_eq!(values(tiles), Vec::from_iter(above));
        for tile in tiles {
            let mut tile = tile.clone();
            if tile["value"] == "aws" {
                let children = tile["children"].as_array().unwrap().clone();
                assert!(values(&children).is_sorted(), "{children:?}");
                assert!(
                    ["glue", "redshift", "s3"]
                        .iter()
                        .all(|id| values(&children).contains(&(*id).to_owned()))
                );
                for child in children {
                    let name = format!("tile@{}", child["value"].as_str().unwrap());
                    insta::assert_json_snapshot!(name, child);
                }
                tile["children"] = json!("[the tiles of its services]");
            }
            insta::assert_json_snapshot!(format!("tile@{}", tile["value"].as_str().unwrap()), tile);
        }
    });
}

#[test]
fn schema_is_served_as_the_plugin_declares_it() {
    each_server(|server| {
        for plugin in linked().outputs() {
            let declared = plugin.output().unwrap().schema().as_value();
            for name in [plugin.id(), plugin.wire_name()] {
                let served = server.get(&format!("/api/v2/plugins/{name}/schema"));
                assert_eq!(served.text, declared.to_string(), "{name}");
                assert_eq!(served.header("content-type"), Some("application/json"));
            }
        }
        let launcher = server.get("/api/v2/plugins/launcher/schema");
        assert_eq!(launcher.status, 404);
        assert_eq!(launcher.json()["detail"], "launcher is a launcher: it stores nothing");
    });
}

#[test]
fn icon_comes_out_of_the_crate_and_cannot_run_scripts() {
    each_server(|server| {
        let parents = linked().plugins().iter().filter_map(|plugin| plugin.platform().parent);
        let icons = linked()
            .plugins()
            .iter()
            .map(|plugin| (plugin.id(), plugin.platform().icon))
            .chain(parents.map(|parent| (parent.key, parent.icon)));
        for (name, icon) in icons {
            let served = server.get(&format!("/api/v2/plugins/{name}/icon"));
            assert_eq!((served.status, served.text.as_str()), (200, icon.svg), "{name}");
            assert_eq!(served.header("content-type"), Some("image/svg+xml"));
            assert_eq!(served.header("x-content-type-options"), Some("nosniff"));
            let policy = served.header("content-security-policy").unwrap();
            assert_eq!(policy, "default-src 'none'; sandbox");
        }
    });
}

#[test]
fn metadata_that_a_client_already_has_is_not_sent_again() {
    each_server(|server| {
        for page in ["", "/platform-tiles", "/s3/form", "/s3/schema", "/s3/icon", "/aws/icon"] {
            let path = format!("/api/v2/plugins{page}");
            let first = server.get(&path);
            let tag = first.header("etag").unwrap();
            for known in [tag, "*", &format!("W/{tag}"), &format!("\"other\", {tag}")] {
                let again = server.send("GET", &path, &[("if-none-match", known)]);
                assert_eq!((again.status, again.text.as_str()), (304, ""), "{path} {known}");
                assert_eq!(again.header("etag"), Some(tag));
            }
            let stale = server.send("GET", &path, &[("if-none-match", "\"other\"")]);
            assert_eq!((stale.status, &stale.text), (200, &first.text), "{path}");
        }
    });
}
