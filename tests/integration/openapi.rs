//! The OpenAPI document says what the server does: the same plugins, the same routes, and answers
//! that fit what it says about them.

use std::collections::BTreeSet;

use portal_engine::Registry;
use portal_testing::each_database;
use portal_tests::harness::{
    Answer, Ran, TestServer, assets_of, command, each_server, example_of, output_ids,
};
use serde_json::{Value, json};

const TABLE: &str = include_str!("../../portal-server/src/routes.rs");

/// Sets of plugins, in the syntax of `ENABLED_PLUGINS`.
const SELECTIONS: [Option<&str>; 5] =
    [None, Some("s3"), Some("fixture,launcher"), Some("glue,redshift,snowflake"), Some("none")];

/// The document of one server, and what it says about values.
struct Document(Value);

impl Document {
    fn of(server: &TestServer) -> Self {
        Document(server.get("/api/openapi.json").ok())
    }

    /// What it says about a route.
    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.0["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "the document lacks {method} {path}");
        operation
    }

    /// What is wrong with a value by one of its schemas.
    fn problems(&self, schema: &Value, value: &Value) -> Vec<String> {
        let whole = json!({"allOf": [schema], "components": self.0["components"]});
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        let validator = options.build(&whole).expect("the schemas are valid");
        validator.iter_errors(value).map(|error| format!("{error} in {value}")).collect()
    }

    /// Checks that an answer is one that the document knows.
    fn check(&self, method: &str, path: &str, answer: &Answer) {
        let of = format!("{method} {path}: {}", answer.status);
        let said = &self.operation(method, path)["responses"][answer.status.to_string()];
        assert!(said.is_object(), "{of} is not in the document: {}", answer.text);
        for (name, _) in said["headers"].as_object().into_iter().flatten() {
            assert!(answer.header(&name.to_lowercase()).is_some(), "{of} lacks {name}");
        }
        let Some(content) = said["content"].as_object() else {
            assert_eq!(answer.text, "", "{of} has a body");
            return;
        };
        let sent = answer.header("content-type").expect("a body has a type");
        let schema = &content.get(sent).unwrap_or_else(|| panic!("{of} is {sent}"))["schema"];
        let value = match sent {
            "application/json" => answer.json(),
            _ => answer.text.as_str().into(),
        };
        assert_eq!(self.problems(schema, &value), [""; 0], "{of}");
    }

    /// The schema of a route's body.
    fn body(&self, method: &str, path: &str) -> &Value {
        &self.operation(method, path)["requestBody"]["content"]["application/json"]["schema"]
    }

    fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }
}

/// Runs a test against a server with each selection of plugins.
fn each_selection(test: impl Fn(&TestServer, &Registry)) {
    each_database(|database| {
        // One database serves them all: plugins come and go.
        for enabled in SELECTIONS {
            let linked = Registry::load().expect("the linked plugins are sound");
            let registry = linked.narrow(enabled).expect("the selection is sound");
            test(&TestServer::with_plugins(database, enabled), &registry);
        }
    });
}

const ASSETS: &str = "/api/v2/data_products/{id}/technical_assets";
const ASSET: &str = "/api/v2/data_products/{id}/technical_assets/{asset_id}";
const PREVIEW: &str = "/api/v2/plugins/render_technical_asset_access_path";

#[test]
fn every_route_of_the_table_is_in_the_document_and_nothing_else() {
    each_server(|server| {
        let document = Document::of(server);
        let listed: BTreeSet<(String, String)> = TABLE
            .lines()
            .filter_map(|line| line.trim().split_once("(\"/"))
            .filter(|(method, _)| ["get", "post", "put", "delete"].contains(method))
            .map(|(method, rest)| (method.into(), format!("/{}", rest.split_once('"').unwrap().0)))
            .collect();
        let documented: BTreeSet<(String, String)> = document.0["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| (method.clone(), path.clone()))
            })
            .collect();
        assert_eq!(documented, listed);
    });
}

#[test]
fn data_output_is_a_union_of_exactly_the_enabled_plugins() {
    each_selection(|server, registry| {
        let document = Document::of(server);
        let union = document.schema("DataOutput");
        let mut names = BTreeSet::new();
        let mut variants = Vec::new();
        for plugin in registry.outputs() {
            let reference = format!("#/components/schemas/DataOutput.{}", plugin.id());
            variants.push(json!({"$ref": reference}));
            let variant = document.schema(&format!("DataOutput.{}", plugin.id()));
            let own = plugin.output().unwrap().schema().property_names();
            let expected: Vec<&str> = std::iter::once("configuration_type").chain(own).collect();
            let properties = variant["properties"].as_object().unwrap();
            assert_eq!(properties.keys().collect::<Vec<_>>(), expected);
            let mut known = vec![plugin.wire_name()];
            known.extend(plugin.aliases());
            known.push(plugin.id());
            assert_eq!(properties["configuration_type"]["enum"], json!(known));
            for name in known {
                assert_eq!(union["discriminator"]["mapping"][name], reference.as_str());
                names.insert(name.to_owned());
            }
        }
        let count = registry.outputs().count();
        match count {
            0 => assert_eq!(union["not"], json!({})),
            _ => assert_eq!(union["oneOf"], json!(variants)),
        }
        let mapping = union["discriminator"]["mapping"].as_object();
        let mapped: BTreeSet<String> =
            mapping.into_iter().flat_map(|all| all.keys()).cloned().collect();
        assert_eq!(mapped, names);
        let all = document.0["components"]["schemas"].as_object().unwrap().keys();
        assert_eq!(all.filter(|name| name.starts_with("DataOutput.")).count(), count);
    });
}

#[test]
fn example_of_every_plugin_is_a_body_that_the_document_allows() {
    each_server(|server| {
        let document = Document::of(server);
        for id in output_ids() {
            let (display_name, configuration) = example_of(id);
            let new = server.new_asset(display_name, &configuration);
            assert_eq!(document.problems(document.body("POST", ASSETS), &new), [""; 0], "{id}");
            let changed = json!({"name": id, "description": "", "configuration": configuration});
            assert_eq!(document.problems(document.body("PUT", ASSET), &changed), [""; 0], "{id}");
            let preview = json!({
                "platform_id": new["platform_id"],
                "service_id": new["service_id"],
                "configuration": configuration,
            });
            assert_eq!(document.problems(document.body("POST", PREVIEW), &preview), [""; 0]);
            let mut wrong = new.clone();
            wrong["configuration"]["no_such_field"] = 1.into();
            assert_ne!(document.problems(document.body("POST", ASSETS), &wrong), [""; 0], "{id}");
            let mut nobodys = new;
            nobodys["configuration"]["configuration_type"] = "NobodysDataOutput".into();
            assert_ne!(document.problems(document.body("POST", ASSETS), &nobodys), [""; 0]);
        }
    });
}

#[test]
fn namespace_field_may_be_left_out_of_a_request_but_not_of_an_answer() {
    each_server(|server| {
        let document = Document::of(server);
        for plugin in Registry::load().unwrap().outputs() {
            let Some(field) = plugin.output().unwrap().namespace_field_name() else { continue };
            let (_, mut configuration) = example_of(plugin.id());
            configuration.as_object_mut().unwrap().remove(field);
            let sent = document.problems(document.schema("DataOutput"), &configuration);
            assert_eq!(sent, [""; 0], "{}", plugin.id());
            let stored = document.problems(document.schema("StoredDataOutput"), &configuration);
            assert_ne!(stored, [""; 0], "{}", plugin.id());
        }
    });
}

/// The pages without placeholders.
fn plain_pages(document: &Document) -> Vec<String> {
    let paths = document.0["paths"].as_object().expect("paths");
    let plain =
        paths.iter().filter(|(path, methods)| !path.contains('{') && methods["get"].is_object());
    plain.map(|(path, _)| path.clone()).collect()
}

#[test]
fn answers_fit_the_document_with_every_selection_of_plugins() {
    each_selection(|server, registry| {
        let document = Document::of(server);
        for path in plain_pages(&document) {
            document.check("GET", &path, &server.get(&path));
        }
        for plugin in registry.plugins() {
            for page in ["form", "schema", "icon"] {
                let answer = server.get(&format!("/api/v2/plugins/{}/{page}", plugin.id()));
                document.check("GET", &format!("/api/v2/plugins/{{name}}/{page}"), &answer);
            }
        }
        let products = server.get("/api/v2/data_products").ok();
        let product = match products["data_products"].as_array().unwrap().first() {
            Some(product) => product["id"].as_str().unwrap().to_owned(),
            None => server.create_product("orders"),
        };
        for plugin in registry.outputs() {
            let (display_name, configuration) = example_of(plugin.id());
            server.post(&assets_of(&product), &server.new_asset(display_name, &configuration));
        }
        // What an earlier selection has stored and this one cannot show is among them.
        let list = server.get(&assets_of(&product));
        document.check("GET", ASSETS, &list);
        for asset in list.ok()["technical_assets"].as_array().unwrap() {
            let path = format!("{}/{}", assets_of(&product), asset["id"].as_str().unwrap());
            document.check("GET", ASSET, &server.get(&path));
        }
    });
}

#[test]
fn refusals_fit_the_document() {
    each_server(|server| {
        let document = Document::of(server);
        let product = server.create_product("orders");
        let assets = assets_of(&product);
        let (display_name, configuration) = example_of("s3");
        let new = server.new_asset(display_name, &configuration);
        let asset = format!("{assets}/{}", server.create_asset(&product, &new));
        let nobody = "00000000-0000-7000-8000-000000000000";
        let check = |status: u16, method: &str, path: &str, answer: Answer| {
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
            document.check(method, path, &answer);
        };
        check(400, "POST", ASSETS, server.post(&assets, &new));
        check(422, "POST", ASSETS, server.post(&assets, &json!({"name": 1, "tag_ids": [1]})));
        check(422, "POST", ASSETS, server.post_bytes(&assets, b"\xff"));
        check(413, "POST", ASSETS, server.post_bytes(&assets, &vec![b' '; 2 << 20]));
        check(
            415,
            "POST",
            ASSETS,
            server.post_as(&assets, &[("content-type", "text/plain")], b"{}"),
        );
        check(404, "POST", ASSETS, server.post(&assets_of(nobody), &new));
        check(422, "GET", ASSETS, server.get(&format!("{assets}?limit=0&state=active")));
        check(404, "GET", ASSET, server.get(&format!("{assets}/{nobody}")));
        check(422, "GET", ASSET, server.get(&format!("{assets}/7")));
        check(412, "DELETE", ASSET, server.send("DELETE", &asset, &[("if-match", "\"7\"")]));
        check(400, "DELETE", ASSET, server.send("DELETE", &asset, &[("if-match", "\"1\", \"2\"")]));
        check(200, "DELETE", ASSET, server.delete(&asset));
        let url = "/api/v2/plugins/{name}/url";
        let of = |name: &str, product: &str| format!("/api/v2/plugins/{name}/url?id={product}");
        check(400, "GET", url, server.get(&of("s3", &product)));
        check(404, "GET", url, server.get(&of("nobody", &product)));
        check(422, "GET", url, server.get("/api/v2/plugins/s3/url"));
        let form = "/api/v2/plugins/{name}/form";
        let etag = server.get("/api/v2/plugins/s3/form").header("etag").unwrap().to_owned();
        let known = [("if-none-match", etag.as_str())];
        check(304, "GET", form, server.send("GET", "/api/v2/plugins/s3/form", &known));
    });
}

#[test]
fn names_of_schemas_are_told_apart_by_words() {
    each_server(|server| {
        // The generator numbers types that share a name.
        for name in Document::of(server).0["components"]["schemas"].as_object().unwrap().keys() {
            let is_numbered = name.ends_with(|last: char| last.is_ascii_digit());
            assert!(!is_numbered || name.contains('.'), "two types are called alike: {name}");
        }
    });
}

#[test]
fn links_lead_to_routes_and_name_their_parameters() {
    each_server(|server| {
        let document = Document::of(server).0;
        let paths = document["paths"].as_object().unwrap().values();
        let operations: Vec<&Value> =
            paths.flat_map(|methods| methods.as_object().unwrap().values()).collect();
        let mut count = 0;
        for link in operations.iter().filter_map(|one| one["responses"]["200"]["links"].as_object())
        {
            for (to, link) in link {
                let target = operations.iter().find(|one| one["operationId"] == to.as_str());
                let target = target.unwrap_or_else(|| panic!("no operation is called {to}"));
                for name in link["parameters"].as_object().into_iter().flat_map(|all| all.keys()) {
                    let known = target["parameters"].as_array().unwrap();
                    assert!(known.iter().any(|one| one["name"] == name.as_str()), "{to}: {name}");
                }
                count += 1;
            }
        }
        assert!(count > 0, "no answer leads anywhere");
    });
}

#[test]
fn document_is_printed_and_served_alike() {
    each_server(|server| {
        let printed =
            Ran::of(command(env!("CARGO_BIN_EXE_test-portal")).args(["openapi", "--open"]));
        assert_eq!(printed.json(), Document::of(server).0);
    });
}

#[test]
fn page_for_people_asks_no_other_server() {
    each_server(|server| {
        let page = server.get("/api/docs");
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("//"), "{}", page.text);
        assert!(!page.text.contains("<style") && !page.text.contains("style="));
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{policy}");
        for part in page.text.split("<script defer src=\"").skip(1) {
            let script = server.get(part.split_once('"').unwrap().0);
            assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
            assert_eq!(script.header("x-content-type-options"), Some("nosniff"));
            let is_versioned =
                script.header("cache-control").is_some_and(|keep| keep.contains("immutable"));
            assert!(is_versioned || script.header("etag").is_some());
        }
        assert!(page.text.contains("spec-url=\"/api/openapi.json\""));
    });
}
