//! Bodies that are no request at all: no JSON, too large, too deep, with NUL characters.

use portal_tests::harness::{TestServer, assets_of, each_server, example_of};
use serde_json::{Value, json};

const PRODUCTS: &str = "/api/v2/data_products";
const RENDER: &str = "/api/v2/plugins/render_technical_asset_access_path";

/// The paths that take a body.
fn paths(server: &TestServer) -> [String; 3] {
    [PRODUCTS.to_owned(), assets_of(&server.create_product("orders")), RENDER.to_owned()]
}

#[test]
fn body_that_is_no_json_is_refused() {
    each_server(|server| {
        for path in paths(server) {
            for body in ["", "{", "name=x", "{\"name\": }", "{}{}", "\u{0}", "NaN", "\"\\ud800\""] {
                let answer = server.post_bytes(&path, body.as_bytes());
                assert_eq!(answer.status, 422, "{body:?}: {}", answer.text);
                assert_eq!(answer.json()["detail"][0]["type"], "json_invalid", "{body:?}");
            }
            assert_eq!(server.post_bytes(&path, b"\xff\xfe{}").status, 422);
        }
    });
}

#[test]
fn body_that_is_no_object_is_refused() {
    each_server(|server| {
        for path in paths(server) {
            for body in [json!(null), json!([]), json!("text"), json!(1e308), json!(true)] {
                let answer = server.post(&path, &body);
                assert_eq!(answer.status, 422, "{body}: {}", answer.text);
                assert_eq!(answer.json()["detail"][0]["type"], "type_error", "{body}");
            }
        }
    });
}

#[test]
fn body_that_nests_a_thousand_levels_is_refused() {
    each_server(|server| {
        for path in paths(server) {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let body = format!("{}1{}", open.repeat(1000), close.repeat(1000));
                let answer = server.post_bytes(&path, body.as_bytes());
                assert_eq!(answer.status, 422);
                assert_eq!(answer.json()["detail"][0]["type"], "json_invalid");
                let body = format!("{{\"name\": \"x\", \"configuration\": {body}}}");
                assert_eq!(server.post_bytes(&path, body.as_bytes()).status, 422);
            }
        }
    });
}

#[test]
fn body_above_one_mebibyte_is_too_large() {
    each_server(|server| {
        for path in paths(server) {
            let body = |length: usize| {
                let rest = json!({"name": "", "namespace": "x"}).to_string().len();
                json!({"name": "a".repeat(length - rest), "namespace": "x"}).to_string()
            };
            let fits = server.post_bytes(&path, body(1 << 20).as_bytes());
            assert_ne!(fits.status, 413, "{path}");
            for length in [(1 << 20) + 1, 10 << 20] {
                let answer = server.post_bytes(&path, body(length).as_bytes());
                assert_eq!(answer.status, 413, "{path}");
                let refusal = json!({"detail": "the body is larger than 1048576 bytes", "code": "body_too_large"});
                assert_eq!(answer.json(), refusal);
            }
            assert_eq!(server.get("/healthz").status, 200);
        }
    });
}

#[test]
fn name_too_long_for_an_index_is_refused() {
    each_server(|server| {
        // Text that does not compress: PostgreSQL would index a repetitive one.
        let digits: String = (0..40_000_u64).map(|n| (n * n * 2_654_435_761).to_string()).collect();
        for field in ["name", "type", "domain"] {
            for (name, status) in
                [("é".repeat(200), 200), ("é".repeat(201), 422), (digits.clone(), 422)]
            {
                let namespace = format!("{field}-{}", name.len());
                let mut body = json!({"name": "Orders", "namespace": namespace});
                body[field] = name.into();
                let answer = server.post(PRODUCTS, &body);
                assert_eq!(answer.status, status, "{field}: {}", answer.text);
            }
        }
    });
}

#[test]
fn answer_to_very_many_problems_stays_small() {
    each_server(|server| {
        let product = server.create_product("orders");
        let unknown: Value = (0..20_000).map(|n| (format!("f{n}"), json!(1))).collect();
        let (display_name, mut configuration) = example_of("fixture");
        configuration["tags"] = (0..20_000).map(|n| Value::from(format!("t{n}"))).collect();
        let options = server.new_asset(display_name, &configuration);
        configuration["tags"] = (0..20_000).collect();
        let types = server.new_asset(display_name, &configuration);
        configuration["tags"] = (0..20_000).map(|_| Value::from("\0")).collect();
        let nul = server.new_asset(display_name, &configuration);
        for (path, body) in [
            (PRODUCTS, &unknown),
            (&*assets_of(&product), &options),
            (&*assets_of(&product), &types),
            (&*assets_of(&product), &nul),
        ] {
            let answer = server.post(path, body);
            assert_eq!(answer.status, 422);
            assert!(answer.text.len() < 100_000, "{} bytes", answer.text.len());
            let cut = "there are more problems: only the first 100 are listed";
            assert!(answer.text.contains(cut), "{}", answer.text);
        }
    });
}

#[test]
fn longest_text_is_stored_whole() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("s3");
        configuration["path"] = "é".repeat(1024).into();
        let mut new = server.new_asset(display_name, &configuration);
        new["description"] = "é".repeat(10_000).into();
        let read = server.asset(&product, &server.create_asset(&product, &new));
        assert_eq!(read["configuration"], configuration);
        assert_eq!(read["description"], new["description"]);
    });
}

/// Every copy of `value` in which one text or one name has a NUL character at its end.
fn with_nul(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![Value::String(format!("{text}\0"))],
        Value::Object(members) => {
            let mut copies = Vec::new();
            for (name, member) in members {
                for changed in with_nul(member) {
                    let mut copy = members.clone();
                    copy[name] = changed;
                    copies.push(Value::Object(copy));
                }
                let mut copy = members.clone();
                copy.insert(format!("{name}\0"), member.clone());
                copies.push(Value::Object(copy));
            }
            copies
        }
        Value::Array(items) => {
            let copy = |index: usize, changed: Value| {
                let mut copy = items.clone();
                copy[index] = changed;
                Value::Array(copy)
            };
            items
                .iter()
                .enumerate()
                .flat_map(|(index, item)| {
                    with_nul(item).into_iter().map(move |changed| (index, changed))
                })
                .map(|(index, changed)| copy(index, changed))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn nul_character_anywhere_is_refused() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("fixture");
        let mut asset = server.new_asset(display_name, &configuration);
        asset["description"] = "".into();
        asset["owner_id"] = "x".into();
        let body =
            json!({"name": "a", "namespace": "b", "description": "c", "type": "d", "domain": "e"});
        let (platform, service) = server.service(display_name);
        let preview = json!({
            "platform_id": platform,
            "service_id": service,
            "configuration": configuration,
        });
        for (path, whole) in
            [(PRODUCTS, &body), (&*assets_of(&product), &asset), (RENDER, &preview)]
        {
            let copies = with_nul(whole);
            assert!(copies.len() >= 10);
            for copy in copies {
                let answer = server.post(path, &copy);
                assert_eq!(answer.status, 422, "{copy}: {}", answer.text);
            }
            assert_eq!(server.post(path, whole).status, 200);
        }
    });
}
