//! Bad input over HTTP: a clear answer, nothing stored, never a 5xx.

use portal_core::Id;
use portal_testing::each_database;
use portal_tests::harness::{Answer, TestServer, assets_of, count_rows, each_server, example_of};
use serde_json::{Value, json};

const PRODUCTS: &str = "/api/v2/data_products";

/// What creating an S3 asset takes.
fn s3_asset(server: &TestServer) -> Value {
    let (display_name, configuration) = example_of("s3");
    server.new_asset(display_name, &configuration)
}

/// Type and place of every problem.
fn problems(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let body = answer.json();
    let problems = body["problems"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    problems.iter().map(|problem| (text(&problem["type"]), text(&problem["at"]))).collect()
}

fn has(answer: &Answer, expected: &[(&str, &str)]) {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let mut found = problems(answer);
    found.sort();
    let mut expected: Vec<_> =
        expected.iter().map(|(kind, at)| ((*kind).to_owned(), (*at).to_owned())).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn several_wrong_fields_are_reported_at_once() {
    each_server(|server| {
        let product = server.create_product("orders");
        let body = json!({
            "name": "",
            "description": 7,
            "namespace": "Daily",
            "platform_id": "not an id",
            "service_id": 5,
            "technical_mapping": "costum",
            "tag_ids": [1],
            "configuration": {
                "configuration_type": "S3DataOutput",
                "bucket": ["lake"],
                "pth": "daily",
            },
            "descripton": "",
        });
        let answer = server.post(&assets_of(&product), &body);
        assert_eq!(answer.status, 422);
        insta::assert_json_snapshot!("several-wrong-fields", answer.json());
    });
}

#[test]
fn absent_fields_are_reported_at_once() {
    each_server(|server| {
        let product = server.create_product("orders");
        let answer = server.post(&assets_of(&product), &json!({}));
        has(
            &answer,
            &[
                ("missing", "/name"),
                ("missing", "/namespace"),
                ("missing", "/platform_id"),
                ("missing", "/service_id"),
                ("missing", "/configuration"),
            ],
        );
        has(&server.post(PRODUCTS, &json!({})), &[("missing", "/name"), ("missing", "/namespace")]);
        let mut body = s3_asset(server);
        body["configuration"] = json!({"configuration_type": "S3DataOutput"});
        has(
            &server.post(&assets_of(&product), &body),
            &[("missing", "/configuration/bucket"), ("missing", "/configuration/path")],
        );
    });
}

#[test]
fn rules_of_the_form_hold_on_the_server() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("fixture");
        configuration["key_name"] = "  ".into();
        configuration["tags"] = json!(["public", "secret", "raw", "pii"]);
        configuration["place"] = "elsewhere".into();
        let body = server.new_asset(display_name, &configuration);
        let mut wrong = vec![
            ("missing", "/configuration/key_name"),
            ("value_error", "/configuration/tags"),
            ("enum", "/configuration/tags/1"),
            ("enum", "/configuration/place"),
        ];
        has(&server.post(&assets_of(&product), &body), &wrong);
        configuration["size_limit"] = 0.into();
        let body = server.new_asset(display_name, &configuration);
        wrong.push(("value_error", "/configuration/size_limit"));
        has(&server.post(&assets_of(&product), &body), &wrong);
    });
}

#[test]
fn own_rule_of_a_plugin_is_reported_at_its_field() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("fixture");
        configuration["key_name"] = "orders".into();
        let body = server.new_asset(display_name, &configuration);
        let answer = server.post(&assets_of(&product), &body);
        has(&answer, &[("value_error", "/configuration/key_name")]);
        let message = "the key must not be named like the data product";
        assert_eq!(answer.json()["detail"][0]["msg"], message);
    });
}

#[test]
fn integer_out_of_range_is_refused() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("fixture");
        configuration["kind"] = "stream".into();
        for number in [json!(4_000_000_000_u64), json!(1e300), json!(u64::MAX), json!(-1.5)] {
            configuration["retention_days"] = number.clone();
            let body = server.new_asset(display_name, &configuration);
            let answer = server.post(&assets_of(&product), &body);
            assert_eq!(answer.status, 422, "{number}: {}", answer.text);
            assert_eq!(problems(&answer)[0].1, "/configuration/retention_days");
        }
    });
}

#[test]
fn unknown_configuration_type_lists_the_linked_ones() {
    each_server(|server| {
        let product = server.create_product("orders");
        let mut body = s3_asset(server);
        for wrong in [json!("S3Output"), json!("launcher"), json!(7), json!(null), json!("s3\u{0}")]
        {
            body["configuration"]["configuration_type"] = wrong;
            let answer = server.post(&assets_of(&product), &body);
            assert_eq!(answer.status, 422);
            let hints = answer.json()["problems"].to_string();
            for name in ["DatabricksDataOutput", "GlueDataOutput", "S3DataOutput"] {
                assert!(hints.contains(name), "{hints}");
            }
        }
        body["configuration"]["configuration_type"] = "S3Output".into();
        let answer = server.post(&assets_of(&product), &body);
        let hint = answer.json()["problems"][0]["hint"].as_str().unwrap().to_owned();
        assert!(hint.starts_with("did you mean S3DataOutput?"), "{hint}");
    });
}

#[test]
fn service_of_another_plugin_is_refused_in_both_mappings() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (platform, service) = server.service("Glue");
        for mapping in ["default", "custom"] {
            let mut body = s3_asset(server);
            body["platform_id"] = platform.clone().into();
            body["service_id"] = service.clone().into();
            body["technical_mapping"] = mapping.into();
            has(&server.post(&assets_of(&product), &body), &[("value_error", "/service_id")]);
        }
    });
}

#[test]
fn unknown_ids_are_not_found_and_malformed_ones_refused() {
    each_server(|server| {
        let product = server.create_product("orders");
        let unknown = Id::new();
        for field in ["platform_id", "service_id"] {
            let mut body = s3_asset(server);
            body[field] = unknown.as_str().into();
            assert_eq!(server.post(&assets_of(&product), &body).status, 404, "{field}");
            for malformed in ["", "1", "\u{0}", "é", &"0".repeat(500_000)] {
                body[field] = malformed.into();
                let answer = server.post(&assets_of(&product), &body);
                assert_eq!(answer.status, 422);
                assert_eq!(problems(&answer)[0].1, format!("/{field}"));
            }
        }
        let body = s3_asset(server);
        assert_eq!(server.post(&assets_of(unknown.as_str()), &body).status, 404);
        assert_eq!(server.get(&assets_of(unknown.as_str())).status, 404);
        for malformed in ["1", "%00", "%FF", "%C3%A9", "..%2F", "%7Bid%7D", "'; DROP TABLE x"] {
            let malformed = malformed.replace(' ', "%20");
            let path = assets_of(&malformed);
            for answer in [
                server.get(&path),
                server.post(&path, &body),
                server.get(&format!("{PRODUCTS}/{malformed}")),
                server.get(&format!("{}/{malformed}", assets_of(&product))),
                server.delete(&format!("{}/{malformed}", assets_of(&product))),
            ] {
                assert_eq!(answer.status, 422, "{malformed}: {}", answer.text);
                assert_eq!(answer.json()["detail"][0]["loc"][0], "path");
            }
        }
    });
}

#[test]
fn tags_and_access_modes_are_refused_with_the_reason() {
    each_server(|server| {
        let product = server.create_product("orders");
        let mut body = s3_asset(server);
        body["tag_ids"] = json!([Id::new()]);
        body["access_mode_ids"] = json!([7]);
        let answer = server.post(&assets_of(&product), &body);
        has(&answer, &[("value_error", "/tag_ids"), ("value_error", "/access_mode_ids")]);
        let message = answer.json()["problems"][0]["message"].clone();
        assert_eq!(message, "tags are not kept here: they belong to the portal around this one");
    });
}

#[test]
fn refused_asset_leaves_nothing_behind() {
    each_database(|database| {
        let server = TestServer::start(database);
        let product = server.create_product("orders");
        let asset = s3_asset(&server);
        server.create_asset(&product, &asset);
        assert_eq!(server.post(&assets_of(&product), &asset).status, 400);
        let mut wrong = asset;
        wrong["namespace"] = "other".into();
        wrong["configuration"]["path"] = "".into();
        assert_eq!(server.post(&assets_of(&product), &wrong).status, 422);
        let connection = &mut database.connect();
        assert_eq!(count_rows(connection, "technical_assets"), 1);
        assert_eq!(count_rows(connection, "s3_data_outputs"), 1);
    });
}
