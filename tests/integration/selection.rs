//! `ENABLED_PLUGINS`: what it enables, and what it refuses.

use portal_engine::Registry;
use portal_testing::each_database;
use portal_tests::harness::{TestServer, assets_of, example_of};
use serde_json::json;

fn linked() -> &'static Registry {
    Registry::load().unwrap()
}

fn ids(registry: &Registry) -> Vec<&'static str> {
    registry.plugins().iter().map(|plugin| plugin.id()).collect()
}

fn enabled(value: &str) -> Vec<&'static str> {
    ids(&linked().narrow(Some(value)).unwrap())
}

fn refusal(value: &str) -> String {
    linked().narrow(Some(value)).expect_err("the selection is wrong").to_string()
}

#[test]
fn unset_enables_everything_and_none_nothing() {
    assert_eq!(ids(&linked().narrow(None).unwrap()), ids(linked()));
    let nothing = linked().narrow(Some("none")).unwrap();
    assert!(nothing.plugins().is_empty());
    assert_eq!(nothing.disabled().len(), linked().plugins().len());
}

#[test]
fn every_name_of_a_plugin_enables_it() {
    for name in
        ["glue", "GlueDataOutput", "GlueTechnicalAssetConfiguration", " glue ,", "glue,glue"]
    {
        assert_eq!(enabled(name), ["glue"], "{name}");
    }
    assert_eq!(enabled("snowflake,s3"), ["s3", "snowflake"]);
}

#[test]
fn unknown_names_are_refused_with_the_nearest_one() {
    let linked = ids(linked()).join(", ");
    let sentence = "which is not linked into this binary";
    assert_eq!(
        refusal("glu, s3, oracle"),
        format!(
            "ENABLED_PLUGINS names \"glu\", {sentence}, did you mean glue? (linked: {linked})\nENABLED_PLUGINS names \"oracle\", {sentence} (linked: {linked})"
        )
    );
    assert!(refusal("Glue").contains("did you mean glue?"));
}

#[test]
fn empty_is_refused_with_both_remedies() {
    for empty in ["", " ", ",", " , "] {
        let refused = refusal(empty);
        assert!(refused.contains("unset it to enable all linked plugins"), "{refused}");
        assert!(refused.contains("set it to none to enable no plugin"), "{refused}");
    }
}

#[test]
fn none_stands_alone() {
    assert_eq!(
        refusal("glue,none"),
        "ENABLED_PLUGINS names none beside other plugins: none stands alone"
    );
}

#[test]
fn disabled_plugin_is_named_as_such() {
    let narrowed = linked().narrow(Some("glue")).unwrap();
    for name in ["s3", "S3DataOutput", "S3TechnicalAssetConfiguration"] {
        let error = narrowed.get(name).unwrap_err().to_string();
        assert_eq!(error, "the plugin s3 is disabled by ENABLED_PLUGINS");
    }
}

#[test]
fn disabled_plugin_is_gone_from_every_route() {
    each_database(|database| {
        drop(TestServer::start(database));
        let server = TestServer::with_plugins(database, Some("glue"));
        let listed = server.get("/api/v2/plugins").ok();
        assert_eq!(listed["plugins"].as_array().unwrap().len(), 1);
        let product = server.create_product("orders");
        let url = format!("url?id={product}&environment=production");
        for page in ["form", "schema", "icon", &url] {
            let answer = server.get(&format!("/api/v2/plugins/s3/{page}"));
            let reason = json!("the plugin s3 is disabled by ENABLED_PLUGINS");
            assert_eq!((answer.status, &answer.json()["detail"]), (404, &reason), "{page}");
        }
        let (display_name, configuration) = example_of("s3");
        let new = server.new_asset(display_name, &configuration);
        let answer = server.post(&assets_of(&product), &new);
        assert_eq!(answer.status, 422);
        let problem = &answer.json()["problems"][0];
        assert_eq!(problem["message"], "the plugin s3 is disabled by ENABLED_PLUGINS");
        assert_eq!(problem["hint"], "allowed: GlueDataOutput");
    });
}

#[test]
fn portal_without_any_plugin_still_serves() {
    each_database(|database| {
        let server = TestServer::with_plugins(database, Some("none"));
        assert_eq!(server.get("/api/v2/plugins").ok(), json!({"plugins": []}));
        let tiles = server.get("/api/v2/plugins/platform-tiles").ok();
        assert_eq!(tiles, json!({"platform_tiles": []}));
        let detail = server.get("/api/v2/plugins/glue/form").json()["detail"].clone();
        assert_eq!(detail, "the plugin glue is disabled by ENABLED_PLUGINS");
    });
}

#[test]
fn rows_of_a_disabled_plugin_stay_are_listed_with_the_reason_and_can_be_deleted() {
    each_database(|database| {
        let server = TestServer::start(database);
        let product = server.create_product("orders");
        let mut created = Vec::new();
        for id in ["s3", "glue", "snowflake"] {
            let (display_name, configuration) = example_of(id);
            let new = server.new_asset(display_name, &configuration);
            created.push(server.create_asset(&product, &new));
        }
        let before = server.asset(&product, &created[2]);
        drop(server);

        let narrowed = TestServer::with_plugins(database, Some("glue"));
        let listed = narrowed.get(&assets_of(&product)).ok();
        let listed = listed["technical_assets"].as_array().unwrap();
        let ids: Vec<&str> = listed.iter().map(|asset| asset["id"].as_str().unwrap()).collect();
        assert_eq!(ids, created);
        assert_eq!(listed[0]["unavailable"], "the plugin s3 is disabled by ENABLED_PLUGINS");
        assert_eq!(listed[0]["configuration"], json!({"configuration_type": "S3DataOutput"}));
        assert_eq!(listed[0]["result_string"], json!(null));
        for info in listed[0]["technical_info"].as_array().unwrap() {
            assert_eq!([&info["info"], &info["url"]], [&json!(null), &json!(null)]);
            assert_eq!(info["reason"], listed[0]["unavailable"]);
        }
        assert_eq!(listed[0]["technical_info"].as_array().unwrap().len(), 2);
        assert_eq!(
            (listed[1].get("unavailable"), &listed[1]["result_string"]),
            (None, &json!("analytics__raw.orders"))
        );
        let path = format!("{}/{}", assets_of(&product), created[0]);
        assert_eq!(narrowed.delete(&path).status, 200);
        drop(narrowed);

        let server = TestServer::start(database);
        assert_eq!(server.get(&path).status, 404);
        assert_eq!(server.asset(&product, &created[2]), before);
        let left = portal_tests::harness::count_rows(&mut database.connect(), "s3_data_outputs");
        assert_eq!(left, 0, "the row of the disabled plugin goes with its asset");
    });
}
