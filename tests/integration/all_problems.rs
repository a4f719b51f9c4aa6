//! Everything that is wrong with a request is told at once, whichever check finds it.

use std::collections::BTreeSet;

use portal_tests::harness::{
    Answer, Form, TestServer, assets_of, each_server, example_of, fixture_fields as fixture,
    with_fields as with,
};
use serde_json::{Value, json};

/// Type and place of every problem.
fn problems(answer: &Answer) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let body = answer.json();
    let found = body["problems"].as_array().cloned().unwrap_or_default();
    found.iter().map(|problem| (text(&problem["type"]), text(&problem["at"]))).collect()
}

fn expected(list: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    list.iter().map(|(kind, at)| ((*kind).to_owned(), (*at).to_owned())).collect()
}

/// Each with what breaks, and the one problem that it is. None rests on another one's field.
fn mistakes() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/name", json!(" "), "missing"),
        ("/description", json!(7), "type_error"),
        ("/namespace", json!("Daily"), "namespace"),
        ("/tag_ids", json!(["a"]), "value_error"),
        ("/colour", json!("red"), "extra_forbidden"),
        ("/platform_id", json!("none"), "value_error"),
        ("/configuration/size_limit", json!("much"), "type_error"),
        ("/configuration/tier", json!("warm"), "enum"),
        ("/configuration/colour", json!("red"), "extra_forbidden"),
        ("/configuration/tags", json!(["public", "internal", "raw", "pii"]), "value_error"),
        ("/configuration/note", json!("x".repeat(1025)), "value_error"),
        ("/configuration/hidden_mark", json!("a\u{0}"), "value_error"),
        ("/configuration/key_name", json!("orders"), "value_error"),
    ]
}

fn new_asset(server: &TestServer) -> Value {
    let (display_name, configuration) = example_of("fixture");
    server.new_asset(display_name, &configuration)
}

fn set(body: &mut Value, pointer: &str, value: &Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.insert(name.to_owned(), value.clone());
}

#[test]
fn mistakes_are_told_together_as_they_are_told_alone() {
    each_server(|server| {
        let assets = assets_of(&server.create_product("orders"));
        let mistakes = mistakes();
        let answer_to = |some: &[&(&'static str, Value, &'static str)]| {
            let mut body = new_asset(server);
            for (at, value, _) in some {
                set(&mut body, at, value);
            }
            server.post(&assets, &body)
        };
        let told = |some: &[&(&'static str, Value, &'static str)]| {
            let of: Vec<(&str, &str)> = some.iter().map(|(at, _, kind)| (*kind, *at)).collect();
            let answer = answer_to(some);
            assert_eq!(problems(&answer), expected(&of), "{}", answer.text);
        };
        for (index, one) in mistakes.iter().enumerate() {
            told(&[one]);
            for other in &mistakes[index + 1..] {
                told(&[one, other]);
            }
        }
        let all: Vec<_> = mistakes.iter().collect();
        told(&all);
        assert_eq!(answer_to(&all).status, 422);
    });
}

#[test]
fn change_tells_everything_at_once_as_well() {
    each_server(|server| {
        let product = server.create_product("orders");
        let asset = server.create_asset(&product, &new_asset(server));
        let mut body = json!({"name": "", "configuration": example_of("fixture").1});
        body["configuration"]["size_limit"] = 0.into();
        body["configuration"]["place"] = "elsewhere".into();
        body["configuration"]["retention_days"] = json!(4_000_000_000_u64);
        body["configuration"]["key_name"] = "orders".into();
        let answer =
            server.send_json("PUT", &format!("{}/{asset}", assets_of(&product)), &[], &body);
        let wrong = [
            ("missing", "/name"),
            ("missing", "/description"),
            ("value_error", "/configuration/size_limit"),
            ("enum", "/configuration/place"),
            ("value_error", "/configuration/key_name"),
        ];
        // Days of retention do not count for files.
        assert_eq!(problems(&answer), expected(&wrong), "{}", answer.text);
        body["configuration"] = example_of("s3").1;
        let answer =
            server.send_json("PUT", &format!("{}/{asset}", assets_of(&product)), &[], &body);
        let wrong = [
            ("missing", "/name"),
            ("missing", "/description"),
            ("value_error", "/configuration/configuration_type"),
        ];
        assert_eq!(problems(&answer), expected(&wrong), "{}", answer.text);
    });
}

#[test]
fn what_only_the_type_refuses_hides_nothing() {
    each_server(|server| {
        let assets = assets_of(&server.create_product("orders"));
        let mut body = new_asset(server);
        let configuration = &mut body["configuration"];
        configuration["kind"] = "stream".into();
        configuration["retention_days"] = json!(4_000_000_000_u64);
        configuration["size_limit"] = json!(u64::MAX);
        configuration["place"] = "elsewhere".into();
        let wrong = [
            ("value_error", "/configuration/retention_days"),
            ("value_error", "/configuration/size_limit"),
            ("enum", "/configuration/place"),
        ];
        let answer = server.post(&assets, &body);
        assert_eq!(problems(&answer), expected(&wrong), "{}", answer.text);
    });
}

#[test]
fn nothing_is_said_of_what_rests_on_something_wrong() {
    each_server(|server| {
        let assets = assets_of(&server.create_product("orders"));
        // Whether a key is needed rests on the kind, and what a place may be on the mapping.
        for (at, value, kind) in [
            ("/configuration/kind", json!("video"), "enum"),
            ("/configuration/encrypted", json!("yes"), "type_error"),
            ("/technical_mapping", json!("costum"), "enum"),
        ] {
            let mut body = new_asset(server);
            set(&mut body, at, &value);
            if at == "/technical_mapping" {
                body["configuration"]["place"] = "elsewhere".into();
            } else {
                body["configuration"]["key_name"] = "".into();
            }
            let answer = server.post(&assets, &body);
            assert_eq!(problems(&answer), expected(&[(kind, at)]), "{}", answer.text);
        }
    });
}

#[test]
fn absent_service_hides_nothing_and_is_not_found_when_it_is_all() {
    each_server(|server| {
        let assets = assets_of(&server.create_product("orders"));
        let mut body = new_asset(server);
        body["service_id"] = body["platform_id"].clone();
        assert_eq!(server.post(&assets, &body).status, 404);
        body["configuration"]["tier"] = "warm".into();
        body["configuration"]["place"] = "an option of nobody knows whom".into();
        let answer = server.post(&assets, &body);
        let wrong = [("enum", "/configuration/tier"), ("value_error", "/service_id")];
        assert_eq!(problems(&answer), expected(&wrong), "{}", answer.text);
        let mut render = body.clone();
        render.as_object_mut().unwrap().retain(|name, _| {
            ["platform_id", "service_id", "configuration"].contains(&name.as_str())
        });
        let answer = server.post("/api/v2/plugins/render_technical_asset_access_path", &render);
        assert_eq!(problems(&answer), expected(&wrong), "{}", answer.text);
    });
}

#[test]
fn namespace_beside_other_problems_is_one_of_them() {
    each_server(|server| {
        let product = server.create_product("orders");
        let assets = assets_of(&product);
        server.create_asset(&product, &new_asset(server));
        let mut body = new_asset(server);
        body["technical_mapping"] = "default".into();
        let namespace = body["namespace"].clone();
        body["namespace"] = "other".into();
        body["configuration"]["place"] = "elsewhere".into();
        let foreign = ("namespace", "/configuration/place");
        let alone = server.post(&assets, &body);
        assert_eq!((alone.status, problems(&alone)), (400, expected(&[foreign])));
        assert!(alone.json()["detail"].is_string(), "{}", alone.text);
        body["namespace"] = namespace;
        body["name"] = "".into();
        let answer = server.post(&assets, &body);
        let wrong = [foreign, ("namespace", "/namespace"), ("missing", "/name")];
        assert_eq!((answer.status, problems(&answer)), (422, expected(&wrong)), "{}", answer.text);
        assert!(answer.json()["detail"].is_array(), "{}", answer.text);
    });
}

#[test]
fn data_product_is_told_everything_at_once() {
    each_server(|server| {
        server.create_product("orders");
        let body = json!({
            "name": "a\nb", "namespace": "orders", "description": 7, "domain": " ", "owner": "me",
        });
        let answer = server.post("/api/v2/data_products", &body);
        let wrong = [
            ("value_error", "/name"),
            ("namespace", "/namespace"),
            ("type_error", "/description"),
            ("missing", "/domain"),
            ("extra_forbidden", "/owner"),
        ];
        assert_eq!((answer.status, problems(&answer)), (422, expected(&wrong)), "{}", answer.text);
    });
}

#[test]
fn page_shows_what_the_api_tells() {
    each_server(|server| {
        let form = Form::new(server, "fixture");
        form.create(&fixture());
        let wrong = with(
            &fixture(),
            &[
                ("name", ""),
                ("configuration.size_limit", "much"),
                ("configuration.tier", "warm"),
                ("configuration.place", "elsewhere"),
                ("configuration.key_name", ""),
            ],
        );
        let answer = form.send(&wrong);
        assert_eq!((answer.status, form.count()), (422, 1));
        for id in [
            "name",
            "namespace",
            "configuration-size_limit",
            "configuration-tier",
            "configuration-place",
            "configuration-key_name",
        ] {
            assert!(answer.text.contains(&format!("id=\"{id}-error\"")), "{id}: {}", answer.text);
        }
    });
}
