//! Links: a platform's home, a parent's console, and the thing itself.

use portal_core::prelude::*;
use portal_core::{Id, Origin, Registration};
use portal_engine::Registry;
use portal_testing::each_database;
use portal_tests::harness::{TestServer, each_server, example_of, output_ids};
use serde_json::{Value, json};

/// A plugin without any link. It is not registered, so that no other test sees it.
#[derive(Debug)]
struct Mute;

impl Plugin for Mute {
    const ID: &'static str = "mute";
    const PLATFORM: Platform =
        Platform::new("Mute", icon!("launcher-logo.svg")).without_environments();
    type PlatformValues = NoValues;
}

static MUTE: Registration = Registration::launcher::<Mute>(Origin {
    crate_name: "mute-plugin",
    version: "1.2.3",
    file: "src/lib.rs",
    line: 7,
    module: "mute_plugin",
});

fn url(server: &TestServer, name: &str, query: &str) -> (u16, Value) {
    let answer = server.get(&format!("/api/v2/plugins/{name}/url{query}"));
    (answer.status, answer.json())
}

#[test]
fn platform_has_a_home_in_every_environment() {
    each_server(|server| {
        let product = server.create_product("orders");
        for name in output_ids().into_iter().chain(["aws"]) {
            let mut homes = json!({});
            for environment in ["development", "production"] {
                let query = format!("?id={product}&environment={environment}");
                let (status, body) = url(server, name, &query);
                assert_eq!(status, 200, "{name}: {body}");
                homes[environment] = body["url"].clone();
            }
            insta::assert_json_snapshot!(format!("url@{name}"), homes);
        }
    });
}

#[test]
fn every_name_of_a_plugin_leads_to_the_same_home() {
    each_server(|server| {
        let product = server.create_product("orders");
        let query = format!("?id={product}&environment=production");
        for plugin in Registry::load().unwrap().outputs() {
            let home = url(server, plugin.id(), &query);
            for name in [plugin.wire_name()].iter().chain(plugin.aliases()) {
                assert_eq!(url(server, name, &query), home, "{name}");
            }
        }
    });
}

#[test]
fn link_that_is_the_same_everywhere_needs_no_environment() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (status, body) = url(server, "launcher", &format!("?id={product}"));
        assert_eq!(
            (status, &body["url"]),
            (200, &json!("https://launcher.example/products/orders"))
        );
    });
}

#[test]
fn missing_environment_is_asked_for_by_name() {
    each_server(|server| {
        let product = server.create_product("orders");
        for name in output_ids().into_iter().chain(["aws"]) {
            let (status, body) = url(server, name, &format!("?id={product}"));
            let sentence = format!(
                "the link of {name} differs per environment: add ?environment=… (development, production)"
            );
            assert_eq!((status, &body["detail"]), (400, &json!(sentence)));
        }
    });
}

#[test]
fn plugin_without_a_link_is_the_only_501() {
    each_database(|database| {
        let server = &TestServer::of(database, Registry::build([&MUTE]).unwrap());
        let product = server.create_product("orders");
        for query in ["", "&environment=production"] {
            let (status, body) = url(server, "mute", &format!("?id={product}{query}"));
            assert_eq!(status, 501);
            assert_eq!(
                body,
                json!({"detail": "mute: the plugin offers no link", "code": "unsupported"})
            );
        }
    });
}

#[test]
fn unknown_names_and_ids_are_not_found() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (status, body) = url(server, "glu", &format!("?id={product}&environment=production"));
        assert_eq!(status, 404);
        assert!(body["detail"].as_str().unwrap().contains("did you mean glue?"), "{body}");
        let (status, body) = url(server, "glue", &format!("?id={product}&environment=prodction"));
        assert_eq!(status, 404);
        assert!(body["detail"].as_str().unwrap().contains("did you mean production?"), "{body}");
        let unknown = Id::new();
        assert_eq!(url(server, "glue", &format!("?id={unknown}&environment=production")).0, 404);
        let asset = format!("?id={product}&environment=production&technical_asset={unknown}");
        assert_eq!(url(server, "glue", &asset).0, 404);
    });
}

#[test]
fn malformed_queries_are_refused_with_every_problem() {
    each_server(|server| {
        let (status, body) = url(server, "glue", "?id=1&technical_asset=x");
        let locs: Vec<&Value> =
            body["detail"].as_array().unwrap().iter().map(|problem| &problem["loc"]).collect();
        assert_eq!(
            (status, locs),
            (422, vec![&json!(["query", "id"]), &json!(["query", "technical_asset"])])
        );
        let (status, body) = url(server, "glue", "?environment=production");
        assert_eq!((status, &body["detail"][0]["type"]), (422, &json!("missing")));
        let id = Id::new();
        let (status, body) = url(server, "glue", &format!("?id={id}&enviroment=production"));
        assert_eq!(status, 422);
        assert!(
            body["problems"][0]["hint"].as_str().unwrap().contains("did you mean environment?")
        );
        assert_eq!(url(server, "glue", &format!("?id={id}&id={id}")).0, 422);
        assert_eq!(url(server, "glue", "?id=%00&environment=%00").0, 422);
    });
}

#[test]
fn environment_with_a_strange_name_is_not_found() {
    each_server(|server| {
        let product = server.create_product("orders");
        for name in ["%00", "%F0%9F%A6%80", "a%2Fb", ""] {
            let query = format!("?id={product}&environment={name}");
            assert_eq!(url(server, "glue", &query).0, 404, "{name:?}");
        }
    });
}

#[test]
fn technical_asset_leads_to_the_thing_itself() {
    each_server(|server| {
        let product = server.create_product("orders");
        for id in output_ids() {
            let (display_name, configuration) = example_of(id);
            let new = server.new_asset(display_name, &configuration);
            let asset = server.create_asset(&product, &new);
            let read = server.asset(&product, &asset);
            for info in read["technical_info"].as_array().unwrap() {
                let environment = info["environment"].as_str().unwrap();
                let query =
                    format!("?id={product}&environment={environment}&technical_asset={asset}");
                assert_eq!(url(server, id, &query), (200, json!({"url": info["url"]})));
            }
            let query = format!("?id={product}&technical_asset={asset}");
            assert_eq!(url(server, id, &query).0, 400);
            let other = if id == "glue" { "s3" } else { "glue" };
            let query = format!("?id={product}&environment=production&technical_asset={asset}");
            let (status, body) = url(server, other, &query);
            let sentence = format!("the technical asset {asset} belongs to {id}, not to {other}");
            assert_eq!((status, &body["detail"]), (404, &json!(sentence)));
        }
    });
}

#[test]
fn names_in_links_are_percent_encoded() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("s3");
        configuration["path"] = "a b/?x=1&y#é".into();
        let new = server.new_asset(display_name, &configuration);
        let read = server.asset(&product, &server.create_asset(&product, &new));
        let url = read["technical_info"][0]["url"].as_str().unwrap();
        assert!(url.ends_with("&prefix=a%20b%2F%3Fx%3D1%26y%23%C3%A9%2F"), "{url}");
    });
}
