//! What holds for every route: trailing slashes, HEAD, methods that are not allowed.
//!
//! The routes are those of the OpenAPI document, which is built from the server's own table, so that
//! a new one is held to it as well.

use portal_tests::harness::{TestServer, assets_of, each_server, example_of};
use serde_json::{Value, json};

/// Method and path of every route, as the OpenAPI document has them.
fn routes(server: &TestServer) -> Vec<(String, String)> {
    let document = server.get("/api/openapi.json").ok();
    let paths = document["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().unwrap().keys();
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    routes.collect()
}

/// Ids that exist, for the placeholders of paths.
struct Ids {
    product: String,
    asset: String,
    platform: String,
    service: String,
    environment: String,
    options: String,
    entries: String,
    domain: String,
    kind: String,
}

impl Ids {
    fn of(server: &TestServer) -> Self {
        let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let asset = server.create_asset(&product, &server.new_asset(display_name, &configuration));
        let (platform, service) = server.service(display_name);
        let environments = server.get("/api/v2/configuration/environments").ok();
        let environment = text(&environments["environments"][0]);
        let options = server.get("/api/v2/configuration/platforms/configs").ok();
        let path = format!("/api/v2/configuration/environments/{environment}/configs");
        let entries = server.get(&path).ok();
        let of_product = server.get(&format!("/api/v2/data_products/{product}")).ok();
        Ids {
            domain: text(&of_product["domain"]),
            kind: text(&of_product["type"]),
            product,
            asset,
            platform,
            service,
            environment,
            options: text(&options["platform_service_configurations"][0]),
            entries: text(&entries["environment_configs"][0]),
        }
    }

    /// A path of the document with ids in place of its placeholders, and the query it needs.
    fn fill(&self, path: &str) -> (String, String) {
        let id =
            match path.strip_prefix("/api/v2/configuration/").and_then(|of| of.split('/').next()) {
                Some("platforms") => &self.platform,
                Some("environments") => &self.environment,
                Some("domains") => &self.domain,
                Some("data_product_types") => &self.kind,
                _ => &self.product,
            };
        let of_platforms = path.contains("configuration/platforms");
        let config = if of_platforms { &self.options } else { &self.entries };
        let filled = path
            .replace("{name}", "s3")
            .replace("{id}", id)
            .replace("{asset_id}", &self.asset)
            .replace("{config_id}", config)
            .replace("{platform_id}", &self.platform)
            .replace("{service_id}", &self.service);
        let query = if path.ends_with("/url") {
            format!("?id={}&environment=production", self.product)
        } else {
            String::new()
        };
        (filled, query)
    }
}

#[test]
fn every_page_is_the_same_with_and_without_a_trailing_slash() {
    each_server(|server| {
        let ids = Ids::of(server);
        for (_, path) in routes(server).iter().filter(|(method, _)| method == "GET") {
            let (path, query) = ids.fill(path);
            let plain = server.get(&format!("{path}{query}"));
            let slashed = server.get(&format!("{path}/{query}"));
            assert_eq!(plain.status, 200, "{path}: {}", plain.text);
            assert_eq!((slashed.status, slashed.text), (200, plain.text), "{path}/");
        }
    });
}

#[test]
fn head_answers_like_get_without_a_body() {
    each_server(|server| {
        let ids = Ids::of(server);
        for (_, path) in routes(server).iter().filter(|(method, _)| method == "GET") {
            let (path, query) = ids.fill(path);
            let get = server.get(&format!("{path}{query}"));
            let head = server.send("HEAD", &format!("{path}{query}"), &[]);
            assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
            for header in ["content-type", "etag", "content-length"] {
                assert_eq!(head.header(header), get.header(header), "{path} {header}");
            }
        }
    });
}

#[test]
fn method_that_a_path_does_not_know_is_refused_with_those_it_does() {
    each_server(|server| {
        let ids = Ids::of(server);
        let routes = routes(server);
        for (_, path) in &routes {
            let mut allowed = Vec::new();
            for (method, _) in routes.iter().filter(|(_, other)| other == path) {
                allowed.push(method.as_str());
                allowed.extend((method == "GET").then_some("HEAD"));
            }
            let (filled, _) = ids.fill(path);
            for method in ["GET", "POST", "DELETE", "PATCH", "OPTIONS"] {
                if allowed.contains(&method) {
                    continue;
                }
                for slash in ["", "/"] {
                    let answer = server.send(method, &format!("{filled}{slash}"), &[]);
                    assert_eq!(answer.status, 405, "{method} {filled}{slash}");
                    assert_eq!(answer.header("allow"), Some(allowed.join(", ").as_str()));
                    assert_eq!(answer.json()["code"], "method_not_allowed");
                }
            }
        }
    });
}

#[test]
fn post_works_with_and_without_a_trailing_slash() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let mut new = server.new_asset(display_name, &configuration);
        for (namespace, slash) in [("one", ""), ("two", "/")] {
            new["namespace"] = namespace.into();
            let answer = server.post(&format!("{}{slash}", assets_of(&product)), &new);
            assert_eq!(answer.status, 200, "{}", answer.text);
            let body = json!({"name": namespace, "namespace": namespace});
            server.post(&format!("/api/v2/data_products{slash}"), &body).ok();
        }
    });
}

#[test]
fn path_that_nobody_serves_is_not_found_in_the_portals_own_envelope() {
    each_server(|server| {
        for path in ["/nowhere", "/api/v2", "/api/v2/pluginz", "/api/v2/plugins/s3", "/%00", "//"] {
            for method in ["GET", "POST", "DELETE"] {
                let answer = server.send(method, path, &[]);
                assert_eq!(answer.status, 404, "{method} {path}");
                assert_eq!(answer.json()["code"], "not_found", "{method} {path}");
            }
        }
    });
}

#[test]
fn server_over_a_migrated_database_is_alive_and_ready() {
    each_server(|server| {
        assert_eq!(server.get("/healthz").ok(), json!({"status": "alive"}));
        assert_eq!(server.get("/readyz").ok(), json!({"status": "ready"}));
    });
}
