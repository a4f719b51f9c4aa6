//! Empty, null and absent values of each kind of field, from the API and from a form.

use portal_core::prelude::*;
use portal_core::{DataProductType, Domain, Id, Registration};
use portal_engine::Registry;
use portal_engine::check::{Checks, TechnicalMapping};
use portal_tests::harness::{
    Form, TestServer, assets_of, each_server, example_of, fixture_fields as fixture,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sketch::{origin, sketch};

/// What comes of a value.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Stored(Value),
    /// Type of the problem.
    Refused(&'static str),
}

use Outcome::{Refused, Stored};

/// A field of the fixture, and what comes of `""`, of null, and of nothing.
fn fields() -> Vec<(&'static str, [Outcome; 3])> {
    let [null, empty] = [json!(null), json!("")];
    let gibibyte = json!(1_u64 << 30);
    let wrong = || Refused("type_error");
    vec![
        // A choice that must be made.
        ("place", [Refused("missing"), wrong(), Refused("missing")]),
        ("kind", [Refused("enum"), Refused("enum"), Refused("missing")]),
        // Choices that are optional.
        ("tier", [Stored(null.clone()), Stored(null.clone()), Stored(null.clone())]),
        ("tags", [Stored(json!([])), Stored(json!([])), Stored(json!([]))]),
        // Texts and numbers.
        ("retention_days", [wrong(), Stored(null.clone()), Stored(null.clone())]),
        ("size_limit", [wrong(), wrong(), Stored(gibibyte)]),
        ("key_name", [Refused("missing"), wrong(), Refused("missing")]),
        ("note", [Stored(empty.clone()), Stored(null.clone()), Stored(null)]),
        ("hidden_mark", [Stored(empty.clone()), wrong(), Stored(empty)]),
        // A box to tick.
        ("encrypted", [wrong(), wrong(), Stored(json!(false))]),
        // What the plugin fills.
        ("full_name", [Stored(json!("shelf.files")), wrong(), Stored(json!("shelf.files"))]),
    ]
}

#[test]
fn api_takes_empty_null_and_absent_values_as_the_field_says() {
    each_server(|server| {
        let product = server.create_product("orders");
        for (number, (field, outcomes)) in fields().into_iter().enumerate() {
            let sent = [Some(json!("")), Some(json!(null)), None];
            for (index, (sent, expected)) in sent.into_iter().zip(outcomes).enumerate() {
                let mut body = new_asset(server, field);
                body["namespace"] = format!("asset-{number}-{index}").into();
                let configuration = body["configuration"].as_object_mut().unwrap();
                match &sent {
                    Some(value) => configuration.insert(field.to_owned(), value.clone()),
                    None => configuration.remove(field),
                };
                let answer = server.post(&assets_of(&product), &body);
                let told = match answer.status {
                    200 => {
                        let id = answer.json()["id"].as_str().unwrap().to_owned();
                        Stored(server.asset(&product, &id)["configuration"][field].clone())
                    }
                    _ => {
                        let problem = answer.json()["problems"][0].clone();
                        assert_eq!(problem["at"], format!("/configuration/{field}"), "{problem}");
                        let kinds = ["missing", "type_error", "enum"];
                        Refused(kinds.into_iter().find(|kind| problem["type"] == **kind).unwrap())
                    }
                };
                assert_eq!(told, expected, "{field}: {sent:?}");
            }
        }
    });
}

/// The example, with everything shown that the field needs.
fn new_asset(server: &TestServer, field: &str) -> Value {
    let (display_name, mut configuration) = example_of("fixture");
    if field == "retention_days" {
        configuration["kind"] = "stream".into();
    }
    server.new_asset(display_name, &configuration)
}

#[test]
fn page_takes_empty_and_absent_controls_as_the_field_says() {
    each_server(|server| {
        for (number, (field, [empty, _, absent])) in fields().into_iter().enumerate() {
            // Forms have no such control, or one that sends nothing when it is left alone.
            if ["full_name", "encrypted", "tags"].contains(&field) {
                continue;
            }
            let name = format!("configuration.{field}");
            for (index, is_sent) in [true, false].into_iter().enumerate() {
                let expected = match (field, is_sent) {
                    // A line without text is nothing where the field is optional, and is left to
                    // its default where it is a number.
                    ("note" | "retention_days", _) => Stored(json!(null)),
                    ("size_limit", _) => absent.clone(),
                    ("kind", _) => Refused("missing"),
                    (_, true) => empty.clone(),
                    (_, false) => absent.clone(),
                };
                let namespace = format!("thing-{number}-{index}");
                let mut fields: Vec<(&str, &str)> =
                    fixture().into_iter().filter(|(sent, _)| *sent != name).collect();
                fields.retain(|(sent, _)| *sent != "namespace");
                fields.push(("namespace", &namespace));
                if is_sent {
                    fields.push((&name, ""));
                }
                let form = Form {
                    server,
                    product: server.create_product(&namespace),
                    path: String::new(),
                };
                let path = format!("/data_products/{}/technical_assets/new/fixture", form.product);
                let form = Form { path, ..form };
                match expected {
                    Stored(value) => {
                        let (_, stored) = form.create(&fields);
                        assert_eq!(stored["configuration"][field], value, "{field}: {is_sent}");
                    }
                    Refused(_) => {
                        let answer = form.send(&fields);
                        assert_eq!((answer.status, form.count()), (422, 0), "{field}: {is_sent}");
                        let error = format!("id=\"configuration-{field}-error\"");
                        assert!(answer.text.contains(&error), "{field}: {}", answer.text);
                    }
                }
            }
        }
    });
}

/// Texts of which one is chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Choices {
    /// Must be chosen.
    #[schemars(extend("x-form" = select().options(&[("Gold", "gold"), ("Tin", "tin")])))]
    metal: String,
    /// Has a default.
    #[serde(default = "tin")]
    #[schemars(extend("x-form" = radio().options(&[("Gold", "gold"), ("Tin", "tin")])))]
    coat: String,
    /// May be left open.
    #[serde(default)]
    #[schemars(extend("x-form" = select().options(&[("Gold", "gold"), ("Tin", "tin")])))]
    rim: Option<String>,
}

sketch!(Choices with columns ["metal", "coat", "rim"], result "{metal}");

fn tin() -> String {
    "tin".to_owned()
}

#[test]
fn fixed_options_are_a_closed_set_and_an_empty_choice_is_the_default() {
    static REGISTRATION: Registration =
        Registration::data_output::<Choices>(origin("sketch-plugin", 7), &[]);
    let registry = Registry::build([&REGISTRATION]).unwrap();
    let output = registry.find("sketch").unwrap().output().unwrap();
    assert_eq!(output.schema().as_value()["properties"]["metal"]["enum"], json!(["gold", "tin"]));
    let rim = &output.schema().as_value()["properties"]["rim"]["enum"];
    assert_eq!(*rim, json!(["gold", "tin", null]));
    let check = |fields: Value| {
        let (product, Value::Object(fields)) = (product(), fields) else { unreachable!() };
        let mut checks = Checks {
            product: &product,
            mapping: Some(TechnicalMapping::Custom),
            options: Some(&[]),
            find_rivals: &mut |_| Ok(Vec::new()),
        };
        output.check(&fields, &mut checks).map(|output| Value::Object(output.fields()))
    };
    for empty in [json!(""), json!(null)] {
        let stored = check(json!({"metal": "gold", "coat": empty, "rim": empty})).unwrap();
        assert_eq!(stored, json!({"metal": "gold", "coat": "tin", "rim": null}));
    }
    let stored = check(json!({"metal": "gold"})).unwrap();
    assert_eq!(stored, json!({"metal": "gold", "coat": "tin", "rim": null}));
    for wrong in [json!(""), json!(" "), json!("iron")] {
        for field in ["metal", "coat", "rim"] {
            if field != "metal" && wrong == "" {
                continue;
            }
            let mut fields = json!({"metal": "gold"});
            fields[field] = wrong.clone();
            let refused = check(fields).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("/{field}: ")), "{field}: {refused}");
        }
    }
}

fn product() -> DataProduct {
    let text = String::new;
    DataProduct {
        id: Id::new(),
        name: text(),
        namespace: "orders".to_owned(),
        description: text(),
        status: text(),
        kind: DataProductType {
            id: Id::new(),
            name: text(),
            description: text(),
            icon_key: text(),
        },
        domain: Domain { id: Id::new(), name: text(), description: text() },
    }
}

#[test]
fn value_stands_once_in_a_list_of_choices() {
    each_server(|server| {
        let product = server.create_product("orders");
        let mut body = new_asset(server, "tags");
        body["configuration"]["tags"] = json!(["raw", "pii", "raw"]);
        let answer = server.post(&assets_of(&product), &body);
        let problem = &answer.json()["problems"][0];
        assert_eq!((answer.status, &problem["at"]), (422, &json!("/configuration/tags/2")));
        assert_eq!(problem["message"], "\"raw\" stands twice");
    });
}
