//! The preview of a path: each plugin's way to render, and what a preview refuses.

use portal_engine::Registry;
use portal_engine::store::write;
use portal_testing::each_database;
use portal_tests::harness::{Answer, TestServer, each_server, example_of};
use serde_json::{Value, json};

const RENDER: &str = "/api/v2/plugins/render_technical_asset_access_path";

fn render(server: &TestServer, display_name: &str, configuration: &Value) -> Answer {
    let (platform, service) = server.service(display_name);
    let body = json!({
        "platform_id": platform,
        "service_id": service,
        "configuration": configuration,
    });
    server.post(RENDER, &body)
}

/// The path that a plugin's example has with some fields changed.
fn path(server: &TestServer, id: &str, changes: Value) -> String {
    let (display_name, mut configuration) = example_of(id);
    for (name, value) in changes.as_object().unwrap() {
        configuration[name] = value.clone();
    }
    let rendered = render(server, display_name, &configuration).ok();
    rendered["technical_asset_access_path"].as_str().unwrap().to_owned()
}

#[test]
fn snowflake_names_have_no_dashes() {
    each_server(|server| {
        let changes = json!({"database": "a-b", "schema": "c-d", "table": "e-f"});
        assert_eq!(path(server, "snowflake", changes), "a_b.c_d.e_f");
    });
}

#[test]
fn databricks_names_stay_as_they_are() {
    each_server(|server| {
        let changes = json!({"catalog": "a-b_", "schema": "c-d", "table": "e-f"});
        assert_eq!(path(server, "databricks", changes), "a-b_.c-d.e-f");
    });
}

#[test]
fn glue_and_redshift_drop_what_an_empty_name_leaves_behind() {
    each_server(|server| {
        for (id, second) in [("glue", "database_suffix"), ("redshift", "schema")] {
            let full = json!({"database": "a-b", second: "c", "table": "d"});
            assert_eq!(path(server, id, full), "a-b__c.d", "{id}");
            let empty = json!({"database": "a-b", second: "", "table": "d_"});
            assert_eq!(path(server, id, empty), "a-b.d", "{id}");
        }
    });
}

#[test]
fn s3_drops_empty_parts_of_the_path() {
    each_server(|server| {
        let changes = json!({"bucket": "lake", "suffix": "", "path": "/daily//raw/"});
        assert_eq!(path(server, "s3", changes), "lake/daily/raw");
        let changes = json!({"bucket": "lake", "suffix": "sales", "path": "daily"});
        assert_eq!(path(server, "s3", changes), "lake/sales/daily");
    });
}

#[test]
fn schema_level_renders_all_tables_whatever_the_table_says() {
    each_server(|server| {
        for (id, rendered) in [
            ("databricks", "analytics.reporting.*"),
            ("glue", "analytics__raw.*"),
            ("redshift", "analytics__reporting.*"),
            ("snowflake", "analytics.reporting.*"),
        ] {
            assert_eq!(path(server, id, json!({"access_granularity": "schema"})), rendered);
        }
    });
}

#[test]
fn preview_renders_whatever_text_is_there() {
    each_server(|server| {
        let empty = json!({"database": "", "schema": "", "table": ""});
        assert_eq!(path(server, "snowflake", empty), "..");
        assert_eq!(path(server, "s3", json!({"bucket": "", "path": ""})), "");
        assert_eq!(path(server, "s3", json!({"bucket": "not offered"})), "not offered/daily");
        assert_eq!(path(server, "s3", json!({"path": "{bucket}"})), "datalake/{bucket}");
    });
}

#[test]
fn derived_fields_follow_the_names_unless_they_are_given() {
    each_server(|server| {
        let product = server.create_product("orders");
        for (id, field, path_field) in [
            ("databricks", "catalog", "catalog_path"),
            ("glue", "database", "database_path"),
            ("redshift", "database", "database_path"),
            ("snowflake", "database", "database_path"),
        ] {
            let (display_name, configuration) = example_of(id);
            for (index, given) in ["", "some/where"].into_iter().enumerate() {
                let mut new = server.new_asset(display_name, &configuration);
                new["namespace"] = format!("{id}-{index}").into();
                new["configuration"][path_field] = given.into();
                new["configuration"]["table_path"] = given.into();
                let read = server.asset(&product, &server.create_asset(&product, &new));
                let read = &read["configuration"];
                let or =
                    |derived: &Value| if given.is_empty() { derived.clone() } else { given.into() };
                assert_eq!(read[path_field], or(&read[field]), "{id}");
                assert_eq!(read["table_path"], or(&read["table"]), "{id}");
            }
        }
    });
}

#[test]
fn preview_checks_the_shape_and_reports_all_of_it() {
    each_server(|server| {
        let configuration = json!({
            "configuration_type": "SnowflakeDataOutput",
            "database": 7,
            "schma": "reporting",
            "access_granularity": "tables",
        });
        let answer = render(server, "Snowflake", &configuration);
        assert_eq!(answer.status, 422);
        insta::assert_json_snapshot!("preview-of-a-wrong-shape", answer.json());
        let missing = json!({"configuration_type": "S3DataOutput"});
        let answer = render(server, "S3", &missing);
        let at = |index: usize| answer.json()["problems"][index]["at"].clone();
        assert_eq!(
            (answer.status, at(0), at(1)),
            (422, "/configuration/bucket".into(), "/configuration/path".into())
        );
    });
}

#[test]
fn preview_needs_a_known_service_that_belongs_to_the_plugin() {
    each_server(|server| {
        let (_, configuration) = example_of("s3");
        let (platform, _) = server.service("S3");
        let unknown = portal_core::Id::new();
        let body =
            json!({"platform_id": platform, "service_id": unknown, "configuration": configuration});
        let answer = server.post(RENDER, &body);
        assert_eq!(answer.status, 404);
        let sentence = format!("the platform {platform} has no service {unknown}");
        assert_eq!(answer.json()["detail"], sentence.as_str());
        let answer = render(server, "Glue", &configuration);
        assert_eq!(answer.status, 422);
        let message = "the service Glue stores glue, not S3DataOutput";
        assert_eq!(answer.json()["problems"][0]["message"], message);
    });
}

#[test]
fn preview_takes_the_former_name_of_a_plugin() {
    each_server(|server| {
        let (display_name, mut configuration) = example_of("s3");
        configuration["configuration_type"] = "S3TechnicalAssetConfiguration".into();
        let rendered = render(server, display_name, &configuration).ok();
        assert_eq!(rendered["technical_asset_access_path"], "datalake/daily");
    });
}

#[test]
fn operators_template_holds_and_a_wrong_one_does_not() {
    each_database(|database| {
        let registry = Registry::load().unwrap();
        let mut connection = database.migrated(registry).get().unwrap();
        write::set_templates(&mut connection, "s3", Some("{path} in {bucket}"), None).unwrap();
        write::set_templates(&mut connection, "glue", Some("{databse}"), Some("{unbalanced"))
            .unwrap();
        drop(connection);
        let server = TestServer::start(database);
        assert_eq!(path(&server, "s3", json!({})), "daily in datalake");
        assert_eq!(path(&server, "glue", json!({})), "analytics__raw.orders");
    });
}

#[test]
fn empty_name_of_an_entry_is_a_reason_of_its_own() {
    each_server(|server| {
        let (display_name, mut configuration) = example_of("s3");
        configuration["bucket"] = "".into();
        let (platform, service) = server.service(display_name);
        let body = json!({
            "data_product": server.create_product("orders"),
            "technical_mapping": "custom",
            "platform_id": platform,
            "service_id": service,
            "configuration": configuration,
        });
        let shown = server.post(&format!("{RENDER}?environments=true"), &body).ok();
        let infos = shown["technical_info"].as_array().unwrap();
        assert!(!infos.is_empty(), "there is no environment");
        for info in infos {
            let environment = info["environment"].as_str().unwrap();
            let reason = format!(
                "no entry for {display_name} in {environment}: the name to look for is empty"
            );
            assert_eq!(info["reason"], reason);
        }
    });
}
