//! How long texts may be, and what names may hold: on the API, on the pages, in the operator's
//! file.

use std::fs;

use portal_testing::each_database;
use portal_tests::harness::{
    Answer, Client, Ran, assets_of, command_on, each_server, example_of, refusal,
};
use serde_json::{Value, json};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");
const PRODUCTS: &str = "/api/v2/data_products";

/// Names that are refused, each with a word of what is said about it.
fn bad_names() -> Vec<(String, &'static str)> {
    let mut bad = vec![("é".repeat(201), "has 201 characters, 200 are allowed")];
    bad.extend(["", "   ", "\u{200B}\u{200E}"].map(|name| (name.to_owned(), "is empty")));
    bad.push(("Or\nders".to_owned(), "contains U+000A"));
    bad.push(("Orders\u{7F}".to_owned(), "contains U+007F"));
    bad.push(("Orders\u{202E}sredrO".to_owned(), "contains U+202E"));
    bad.push(("Orders\u{2066}".to_owned(), "contains U+2066"));
    bad
}

/// The one problem of an answer: where, and in words.
fn problem(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let details = answer.json()["detail"].as_array().unwrap().clone();
    assert_eq!(details.len(), 1, "{}", answer.text);
    let place: Vec<String> = details[0]["loc"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.as_str().map_or(part.to_string(), str::to_owned))
        .collect();
    (place.join("/"), details[0]["msg"].as_str().unwrap().to_owned())
}

#[test]
fn names_and_descriptions_of_data_products_have_limits() {
    each_server(|server| {
        for field in ["name", "type", "domain"] {
            for (index, (name, said)) in bad_names().into_iter().enumerate() {
                let namespace = format!("{field}-{index}");
                let mut body = json!({"name": "Orders", "namespace": namespace});
                body[field] = name.into();
                let (place, message) = problem(&server.post(PRODUCTS, &body));
                assert_eq!(place, format!("body/{field}"));
                assert!(message.contains(said), "{message}");
            }
        }
        let longest = "é".repeat(200);
        let body = json!({
            "name": longest, "type": longest, "domain": longest, "namespace": "longest",
            "description": "é".repeat(10_000),
        });
        let id = server.post(PRODUCTS, &body).ok()["id"].as_str().unwrap().to_owned();
        assert_eq!(server.get(&format!("{PRODUCTS}/{id}")).ok()["name"], Value::from(longest));
        let body =
            json!({"name": "Orders", "namespace": "long", "description": "é".repeat(10_001)});
        let told = problem(&server.post(PRODUCTS, &body));
        assert_eq!(told.0, "body/description");
        assert!(told.1.contains("10001 characters, 10000 are allowed"), "{}", told.1);
    });
}

#[test]
fn names_are_stored_without_the_blanks_around_them() {
    each_server(|server| {
        let body = json!({
            "name": "  Orders ", "type": " Report\u{3000}", "domain": "\u{a0}Sales ", "namespace": "x",
        });
        let id = server.post(PRODUCTS, &body).ok()["id"].as_str().unwrap().to_owned();
        let stored = server.get(&format!("{PRODUCTS}/{id}")).ok();
        let names = [&stored["name"], &stored["type"]["name"], &stored["domain"]["name"]];
        assert_eq!(names, ["Orders", "Report", "Sales"]);
        let (display_name, configuration) = example_of("s3");
        let mut asset = server.new_asset(display_name, &configuration);
        asset["name"] = " Raw ".into();
        let asset_id = server.create_asset(&id, &asset);
        assert_eq!(server.asset(&id, &asset_id)["name"], "Raw");
        let path = format!("{}/{asset_id}", assets_of(&id));
        put(server, &path, &json!({"name": "\u{2003}Rare ", "description": ""})).ok();
        assert_eq!(server.asset(&id, &asset_id)["name"], "Rare");
    });
}

#[test]
fn names_descriptions_and_values_of_assets_have_limits() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let asset = server.new_asset(display_name, &configuration);
        let id = server.create_asset(&product, &asset);
        let path = format!("{}/{id}", assets_of(&product));
        let with = |pointer: &str, text: String| {
            let mut asset = asset.clone();
            asset["namespace"] = "other".into();
            asset["description"] = "".into();
            *asset.pointer_mut(pointer).unwrap() = text.into();
            asset
        };
        for (name, said) in bad_names() {
            let created = server.post(&assets_of(&product), &with("/name", name.clone()));
            let changed = put(server, &path, &json!({"name": name, "description": ""}));
            for answer in [created, changed] {
                let (place, message) = problem(&answer);
                assert_eq!(place, "body/name");
                assert!(message.contains(said), "{message}");
            }
        }
        for (pointer, limit) in
            [("/name", 200), ("/description", 10_000), ("/configuration/path", 1024)]
        {
            let long = with(pointer, "é".repeat(limit + 1));
            let (place, message) = problem(&server.post(&assets_of(&product), &long));
            assert_eq!(place, format!("body{pointer}"));
            let said = format!("has {} characters, {limit} are allowed", limit + 1);
            assert!(message.contains(&said), "{message}");
            let longest = with(pointer, "é".repeat(limit));
            let created = server.create_asset(&product, &longest);
            server.delete(&format!("{}/{created}", assets_of(&product)));
        }
    });
}

#[test]
fn pages_refuse_the_same_names_and_state_the_limits() {
    each_server(|server| {
        let page = server.page("/data_products/new").text;
        for [control, limit] in [
            ["id=\"name\"", "200"],
            ["id=\"domain\"", "200"],
            ["id=\"type\"", "200"],
            ["id=\"namespace\"", "64"],
            ["id=\"description\"", "10000"],
        ] {
            assert_eq!(max_length(&page, control), Some(limit), "{control}");
        }
        for (index, (name, said)) in bad_names().into_iter().enumerate() {
            let namespace = format!("page-{index}");
            let answer = send(server, &name, &namespace);
            assert_eq!(answer.status, 422, "{}", answer.text);
            // Nothing can be seen of a name of blanks; a form counts it as empty.
            let said = said.trim_start_matches("is ");
            assert!(answer.text.contains(said), "{said}: {}", answer.text);
        }
        assert_eq!(send(server, &"é".repeat(200), "longest").status, 303);
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let id = server.create_asset(&product, &server.new_asset(display_name, &configuration));
        let edit = format!("/data_products/{product}/technical_assets/{id}/edit");
        let page = server.page(&edit).text;
        assert_eq!(max_length(&page, "id=\"name\""), Some("200"));
        assert_eq!(max_length(&page, "id=\"configuration-path\""), Some("1024"));
    });
}

fn put(server: &Client, path: &str, body: &Value) -> Answer {
    server.send_json("PUT", path, &[], body)
}

fn send(server: &Client, name: &str, namespace: &str) -> Answer {
    server.form("/data_products/new", &[("name", name), ("namespace", namespace)])
}

/// The `maxlength` of the element with this attribute.
fn max_length<'a>(page: &'a str, attribute: &str) -> Option<&'a str> {
    let at = page.find(attribute).unwrap_or_else(|| panic!("{attribute} in {page}"));
    let element = &page[at..at + page[at..].find('>')?];
    element.split_once("maxlength=\"")?.1.split_once('"').map(|(limit, _)| limit)
}

#[test]
fn operator_file_holds_the_same_limits() {
    each_database(|database| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portal.toml");
        let path = file.to_str().unwrap();
        let check = || {
            let mut check = command_on(PORTAL, database);
            check.args(["config", "check", path]);
            check
        };
        let with = |name: &str, acronym: &str, text: &str| {
            let name = Value::from(name);
            let [acronym, text] = [acronym, text].map(Value::from);
            let file_text = format!(
                "[domains]\n{name} = {text}\n[data_product_types]\n{name} = {{ description = {text} }}\n[environments.{name}]\nacronym = {acronym}\n"
            );
            fs::write(&file, file_text).unwrap();
        };
        with(&"é".repeat(200), &"é".repeat(200), &"é".repeat(10_000));
        Ran::ok(&mut check());
        for (name, said) in [
            ("é".repeat(201), "has 201 characters, 200 are allowed"),
            (" Sales".to_owned(), "has blanks around it (leave them out)"),
            ("Sa\u{202E}les".to_owned(), "contains U+202E"),
            ("Sa\nles".to_owned(), "contains U+000A"),
        ] {
            with(&name, &name, "");
            let told = refusal(&mut check());
            assert_eq!(told.matches(said).count(), 4, "{told}");
        }
        with("Sales", "s", &"é".repeat(10_001));
        let told = refusal(&mut check());
        assert_eq!(told.matches("10001 characters, 10000 are allowed").count(), 2, "{told}");
    });
}
