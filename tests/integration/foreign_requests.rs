//! Pages of other sites cannot use the portal through somebody's browser: not as they are, and not
//! under a name of their own.

use portal_testing::TestDatabase;
use portal_tests::harness::{Process, TestServer, assets_of, command_on, each_server, example_of};
use serde_json::json;

#[test]
fn writes_from_another_origin_are_refused_on_the_api_and_on_pages() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let asset = server.create_asset(&product, &server.new_asset(display_name, &configuration));
        let api = format!("{}/{asset}", assets_of(&product));
        let page = format!("/data_products/{product}/technical_assets/{asset}");
        let requests = [
            ("POST", "/api/v2/data_products".to_owned()),
            ("POST", assets_of(&product)),
            ("PUT", api.clone()),
            ("PUT", format!("{api}/status")),
            ("DELETE", api.clone()),
            ("POST", "/data_products/new".to_owned()),
            ("POST", format!("{page}/edit")),
            ("POST", format!("{page}/status")),
            ("POST", format!("{page}/delete")),
            ("POST", "/nowhere".to_owned()),
        ];
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:1"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            for (method, path) in &requests {
                let answer = server.send(method, path, &[(name, value)]);
                assert_eq!(answer.status, 403, "{method} {path} {value}: {}", answer.text);
                assert_eq!(answer.json()["code"], "foreign_origin", "{method} {path} {value}");
                let answer = server.send(method, path, &[(name, value), ("accept", "text/html")]);
                assert_eq!(
                    (answer.status, path.starts_with("/api") || answer.text.contains("<h1>")),
                    (403, true)
                );
            }
        }
        assert_eq!(server.asset(&product, &asset)["name"], display_name, "it is as it was");
        // A browser sends each once.
        for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", server.base())] {
            for other in [value, "https://evil.example"] {
                let answer = server.send("DELETE", &api, &[(name, value), (name, other)]);
                assert_eq!(answer.status, 403, "{name} {other}: {}", answer.text);
                assert_eq!(answer.json()["code"], "foreign_origin");
            }
        }
        assert_eq!(server.asset(&product, &asset)["name"], display_name, "it is as it was");
        // Reading is safe: the answer stays out of the other page's reach.
        let read = server.send(
            "GET",
            "/",
            &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
        );
        assert_eq!((read.status, read.header("access-control-allow-origin")), (200, None));
    });
}

#[test]
fn own_pages_and_clients_without_an_origin_may_write() {
    each_server(|server| {
        let base = server.base().to_owned();
        let cases = [
            vec![],
            vec![("origin", base.as_str())],
            vec![("origin", base.as_str()), ("sec-fetch-site", "same-origin")],
            vec![("sec-fetch-site", "none")],
        ];
        for (index, headers) in cases.into_iter().enumerate() {
            let namespace = format!("n{index}");
            let body = json!({"name": namespace, "namespace": namespace});
            server.send_json("POST", "/api/v2/data_products", &headers, &body).ok();
        }
    });
}

#[test]
fn request_for_an_unknown_host_is_refused_with_the_fix() {
    each_server(|server| {
        for host in [
            "evil.example",
            "evil.example:8080",
            "portal.localhost.evil.example",
            "192.0.2.1",
            "a b",
            "localhost@evil.example",
        ] {
            for path in ["/", "/api/v2/plugins", "/healthz", "/static/x", "/api/docs"] {
                let answer = server.send("GET", path, &[("host", host)]);
                assert_eq!(
                    (answer.status, &answer.json()["code"]),
                    (421, &json!("unknown_host")),
                    "{host} {path}"
                );
                assert!(answer.text.contains("--allowed-host"), "{}", answer.text);
            }
        }
        let page = server.send("GET", "/", &[("host", "evil.example"), ("accept", "text/html")]);
        assert!(
            page.status == 421
                && page.text.contains("<h1>")
                && page.text.contains("--allowed-host evil.example")
        );
        let style = page.text.split("href=\"").find(|part| part.starts_with("/static/")).unwrap();
        let style = style.split('"').next().unwrap();
        let of = |method| server.send(method, style, &[("host", "evil.example")]).status;
        assert_eq!((of("GET"), of("POST")), (200, 421), "the page looks like the others");
        for host in ["localhost", "LOCALHOST:1", "[::1]", "127.0.0.1", "[::ffff:127.0.0.1]:8080"] {
            assert_eq!(server.send("GET", "/", &[("host", host)]).status, 200, "{host}");
        }
    });
}

#[test]
fn allowed_hosts_are_known_and_so_are_their_pages() {
    let database = TestDatabase::sqlite();
    let binary = env!("CARGO_BIN_EXE_test-portal");
    let mut command = command_on(binary, &database);
    command.env("PORTAL_ALLOWED_HOSTS", "portal.example,other.example:8443");
    command.arg("serve").arg("--open-to-everybody");
    let process = Process::serve(&mut command);
    let client = process.client();
    let get = |host: &str| client.send("GET", "/", &[("host", host)]).status;
    assert_eq!(
        (get("portal.example"), get("other.example:8443"), get("evil.example")),
        (200, 200, 421)
    );
    let write = |origin: &str, host: &str| {
        let headers = [("host", host), ("origin", origin)];
        client.send_json("POST", "/api/v2/data_products", &headers, &json!({})).status
    };
    // Behind a proxy that keeps the name, and behind one that does not.
    assert_eq!(write("https://portal.example", "portal.example"), 422);
    assert_eq!(write("https://portal.example", "127.0.0.1:8080"), 422);
    assert_eq!(write("https://other.example:8443", "127.0.0.1:8080"), 422);
    assert_eq!(write("https://portal.example:9", "127.0.0.1:8080"), 403);
    let mut wrong = command_on(binary, &database);
    let output = wrong.args(["--allowed-host", "https://portal.example"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("such as portal.example"));
}

#[test]
fn document_says_that_any_route_may_refuse() {
    each_server(|server: &TestServer| {
        let document = server.get("/api/openapi.json").ok();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                assert!(responses.contains_key("421"), "{method} {path}");
                let needs_nothing = operation.get("security").is_none();
                assert_eq!(needs_nothing, ["/healthz", "/readyz"].contains(&path.as_str()));
                assert_eq!(responses.contains_key("403"), !needs_nothing, "{method} {path}");
            }
        }
    });
}
