//! The forms that plugins declare: every control is filled, checked, kept and shown.

#![allow(clippy::unwrap_used, reason = "tests panic")]

use portal_tests::harness::{Answer, TestServer, assets_of, each_server, example_of, output_ids};
use serde_json::{Value, json};

/// The form of a new asset.
struct Form<'a> {
    server: &'a TestServer,
    product: String,
    path: String,
}

type Fields<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Form<'a> {
    fn new(server: &'a TestServer, plugin: &str) -> Self {
        let product = server.create_product("orders");
        let path = format!("/data_products/{product}/technical_assets/new/{plugin}");
        Form { server, product, path }
    }

    fn send(&self, fields: &[(&str, &str)]) -> Answer {
        self.server.form(&self.path, fields)
    }

    /// Sends the form, which must be accepted, and returns the page's path and the stored asset.
    fn create(&self, fields: &[(&str, &str)]) -> (String, Value) {
        let answer = self.send(fields);
        assert_eq!(answer.status, 303, "{}", answer.text);
        let path = answer.header("location").unwrap().to_owned();
        let stored = self.server.asset(&self.product, path.rsplit('/').next().unwrap());
        (path, stored)
    }

    fn count(&self) -> usize {
        let listed = self.server.get(&assets_of(&self.product)).ok();
        listed["technical_assets"].as_array().unwrap().len()
    }
}

/// Every control of the fixture, filled.
fn fixture() -> Fields<'static> {
    vec![
        ("name", "Thing"),
        ("namespace", "thing"),
        ("description", "Two\r\nlines"),
        ("technical_mapping", "custom"),
        ("configuration.place", "shelf"),
        ("configuration.kind", "files"),
        ("configuration.retention_days", ""),
        ("configuration.size_limit", " 5000000000 "),
        ("configuration.encrypted", "true"),
        ("configuration.key_name", "main"),
        ("configuration.tags", "internal"),
        ("configuration.tags", "pii"),
        ("configuration.tier", "cold"),
        ("configuration.note", ""),
        ("configuration.hidden_mark", "mark"),
        ("action", "save"),
    ]
}

/// The same with other values for some of them.
fn with<'a>(fields: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Fields<'a> {
    let kept = fields.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    kept.chain(changes).copied().collect()
}

/// The tag of the control with that id.
fn tag<'a>(page: &'a str, id: &str) -> &'a str {
    let at = page.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}"));
    let start = page[..at].rfind('<').unwrap();
    &page[start..start + page[start..].find('>').unwrap()]
}

/// The part of a page about one field of the plugin.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let marker = format!("data-control=\"configuration.{name}\"");
    let at = page.find(&marker).unwrap_or_else(|| panic!("no {name}: {page}"));
    let start = page[..at].rfind('<').unwrap();
    let rest = &page[at..];
    let end = rest.find("data-control=\"").map_or(rest.len(), |_| {
        rest[1..].find("data-control=\"").map_or(rest.len(), |next| next + 1)
    });
    &page[start..at + end]
}

fn is_hidden(page: &str, name: &str) -> bool {
    let field = field(page, name);
    field[..field.find('>').unwrap()].ends_with(" hidden")
}

#[test]
fn every_kind_of_control_is_stored_and_shown_back() {
    each_server(|server| {
        let form = Form::new(server, "fixture");
        let (path, stored) = form.create(&fixture());
        let expected = json!({
            "configuration_type": "FixtureDataOutput", "place": "shelf", "kind": "files",
            "retention_days": null, "size_limit": 5_000_000_000_i64, "encrypted": true,
            "key_name": "main", "tags": ["internal", "pii"], "tier": "cold", "note": null,
            "hidden_mark": "mark", "full_name": "shelf.files",
        });
        assert_eq!(stored["configuration"], expected);
        assert_eq!(
            (&stored["description"], &stored["status"]),
            (&json!("Two\nlines"), &json!("pending"))
        );
        let page = server.page(&path).text;
        for part in ["Internal, Personal data", "5000000000", ">Yes<", "Files", "Cold"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let edit = server.page(&format!("{path}/edit")).text;
        assert!(tag(&edit, "configuration-encrypted").contains(" checked"));
        assert!(tag(&edit, "configuration-tags-1").contains(" checked"));
        assert!(!tag(&edit, "configuration-tags-0").contains(" checked"));
        assert!(tag(&edit, "configuration-size_limit").contains("value=\"5000000000\""));
        assert!(edit.contains("<option value=\"cold\" selected>Cold</option>"));
        assert!(edit.contains("name=\"configuration.hidden_mark\" value=\"mark\""));

        let stream = with(
            &fixture(),
            &[
                ("namespace", "stream"),
                ("configuration.kind", "stream"),
                ("configuration.retention_days", "-7"),
                ("configuration.tier", ""),
                ("configuration.note", "kept"),
            ],
        );
        let stream: Fields<'_> = stream
            .into_iter()
            .filter(|(name, _)| !["configuration.encrypted", "configuration.tags"].contains(name))
            .collect();
        let (_, stored) = form.create(&stream);
        let read = &stored["configuration"];
        assert_eq!((&read["retention_days"], &read["encrypted"]), (&json!(-7), &json!(false)));
        assert_eq!(
            (&read["tags"], &read["tier"], &read["note"]),
            (&json!([]), &json!(null), &json!("kept"))
        );
        assert_eq!(read["key_name"], "", "its condition is false");
    });
}

#[test]
fn every_plugins_form_stores_its_own_example() {
    each_server(|server| {
        for id in output_ids() {
            let product = server.create_product(&format!("of-{id}"));
            let path = format!("/data_products/{product}/technical_assets/new/{id}");
            let form = Form { server, product, path };
            let (_, mut example) = example_of(id);
            let page = server.page(&form.path).text;
            let mut fields: Vec<(String, String)> =
                [("name", "Example"), ("namespace", "example"), ("technical_mapping", "custom")]
                    .map(|(name, text)| (name.to_owned(), text.to_owned()))
                    .to_vec();
            for (name, value) in example.as_object().unwrap() {
                let name = format!("configuration.{name}");
                if !page.contains(&format!("name=\"{name}\"")) {
                    continue;
                }
                let texts = match value {
                    Value::Array(items) => items.clone(),
                    Value::Null | Value::Bool(false) => Vec::new(),
                    one => vec![one.clone()],
                };
                for text in texts {
                    let text = text.as_str().map_or(text.to_string(), str::to_owned);
                    fields.push((name.clone(), text));
                }
            }
            let fields: Fields<'_> =
                fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            let (_, stored) = form.create(&fields);
            // Values that the plugin itself derives are those of the example as well.
            let read = stored["configuration"].as_object().unwrap();
            for (name, value) in example.as_object_mut().unwrap() {
                assert_eq!(read[name], *value, "{id}: {name}");
            }
        }
    });
}

#[test]
fn all_errors_stand_beside_their_fields_and_what_was_typed_is_kept() {
    each_server(|server| {
        let form = Form::new(server, "fixture");
        let wrong = with(
            &fixture(),
            &[
                ("name", "  "),
                ("namespace", "No Namespace"),
                ("configuration.size_limit", "12 <b>"),
                ("configuration.key_name", ""),
                ("configuration.place", "nowhere"),
                ("configuration.note", "still here"),
            ],
        );
        let answer = form.send(&wrong);
        let page = &answer.text;
        assert_eq!((answer.status, form.count()), (422, 0));
        for (id, says) in [
            ("name", "required"),
            ("namespace", "contains"),
            ("configuration-size_limit", "expected: integer"),
            ("configuration-key_name", "must not be empty"),
            ("configuration-place", "allowed: shelf"),
        ] {
            let tag = tag(page, id);
            assert!(tag.contains("aria-invalid=\"true\""), "{id}: {tag}");
            assert!(tag.contains(&format!("{id}-error")), "{id}: {tag}");
            let error = page
                .split(&format!("id=\"{id}-error\""))
                .nth(1)
                .unwrap_or_else(|| panic!("{id}: {page}"));
            let error = error.split("</ul>").next().unwrap().to_lowercase();
            assert!(error.contains(says), "{id}: {error}");
            assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} is not in the summary");
        }
        assert!(tag(page, "configuration-size_limit").contains("value=\"12 &#60;b&#62;\""));
        assert!(tag(page, "configuration-note").contains("value=\"still here\""));
        assert!(tag(page, "namespace").contains("value=\"No Namespace\""));
        assert!(page.contains("5 things are"), "{page}");

        // What only the database knows is said beside the rest as well.
        form.create(&fixture());
        let taken =
            form.send(&with(&fixture(), &[("name", ""), ("configuration.key_name", "orders")]));
        assert!(taken.text.contains("3 things are"), "{}", taken.text);
        assert!(taken.text.contains("is taken in this data product"));
    });
}

#[test]
fn conditions_resolve_on_submit_and_when_somebody_asks() {
    each_server(|server| {
        let form = Form::new(server, "glue");
        let fields = [
            ("name", "Orders"),
            ("namespace", "orders"),
            ("technical_mapping", "default"),
            ("configuration.database", "orders"),
            ("configuration.database_suffix", "raw"),
            ("configuration.access_granularity", "table"),
            ("configuration.table", "*"),
        ];
        let page = server.page(&form.path).text;
        assert!(is_hidden(&page, "table"), "the initial granularity is the schema");
        assert!(!is_hidden(&page, "access_granularity"));
        assert!(field(&page, "table").contains("data-shown-when=\"[{&#34;field_name&#34;:&#34;access_granularity&#34;,&#34;value&#34;:&#34;table&#34;}]\""));
        let shown = form.send(&with(&fields, &[("action", "update")]));
        assert_eq!((shown.status, form.count()), (200, 0));
        assert!(!is_hidden(&shown.text, "table"));
        assert!(tag(&shown.text, "configuration-database_suffix").contains("value=\"raw\""));
        assert!(
            shown.text.contains("<code class=\"result-text\">orders__raw.*</code>"),
            "{}",
            shown.text
        );

        // What stands in a field that is not shown does not matter, even when it makes no sense.
        let fixture_path = form.path.replace("glue", "fixture");
        let fixture_form = Form { server, product: form.product.clone(), path: fixture_path };
        let (_, stored) =
            fixture_form.create(&with(&fixture(), &[("configuration.retention_days", "soon")]));
        assert_eq!(stored["configuration"]["retention_days"], json!(null));
    });
}

#[test]
fn namespace_is_filled_in_the_default_mapping_and_offered_again_in_the_custom_one() {
    each_server(|server| {
        for (plugin, name) in [("glue", "database"), ("fixture", "place")] {
            let product = server.create_product(&format!("sales-{plugin}"));
            let path = format!("/data_products/{product}/technical_assets/new/{plugin}");
            let page = server.page(&path).text;
            let option = format!("<option value=\"sales-{plugin}\" selected>");
            assert!(field(&page, name).contains(&option), "{page}");
            let custom =
                server.form(&path, &[("technical_mapping", "custom"), ("action", "update")]).text;
            assert!(!field(&custom, name).contains(&option), "{custom}");
        }
        let form = Form::new(server, "s3");
        let s3 = |namespace, mapping| {
            let (_, stored) = form.create(&[
                ("name", "S3"),
                ("namespace", namespace),
                ("technical_mapping", mapping),
                ("configuration.bucket", "datalake"),
                ("configuration.suffix", "orders"),
                ("configuration.path", "daily"),
            ]);
            stored["result_string"].as_str().unwrap().to_owned()
        };
        assert_eq!(s3("one", "default"), "datalake/orders/daily");
        assert_eq!(
            s3("two", "custom"),
            "datalake/daily",
            "nobody could take it out of a hidden field"
        );
    });
}

#[test]
fn preview_follows_what_is_typed() {
    each_server(|server| {
        let form = Form::new(server, "s3");
        let preview = |fields: &[(&str, &str)]| {
            let answer = server.form(&format!("{}/preview", form.path), fields);
            assert_eq!(answer.status, 200, "{}", answer.text);
            answer.text.trim().to_owned()
        };
        let path =
            preview(&[("configuration.bucket", "datalake"), ("configuration.path", "<b>/daily")]);
        assert_eq!(path, "<code class=\"result-text\">datalake/orders/&#60;b&#62;/daily</code>");
        let form = Form { path: form.path.replace("s3", "fixture"), ..form };
        let unreadable = server.form(
            &format!("{}/preview", form.path),
            &with(&fixture(), &[("configuration.size_limit", "x")]),
        );
        assert!(unreadable.text.contains("Shows once"), "{}", unreadable.text);
    });
}

#[test]
fn edit_stores_what_is_sent_unless_somebody_was_faster() {
    each_server(|server| {
        let form = Form::new(server, "fixture");
        let (path, _) = form.create(&fixture());
        let edit = format!("{path}/edit");
        let first = with(
            &fixture(),
            &[("revision", "1"), ("name", "Mine"), ("configuration.note", "first")],
        );
        let saved = server.form(&edit, &first);
        assert_eq!((saved.status, saved.header("location")), (303, Some(path.as_str())));
        let second = with(
            &first,
            &[
                ("name", "Yours"),
                ("configuration.note", "second"),
                ("configuration.key_name", "other"),
            ],
        );
        let late = server.form(&edit, &second);
        assert_eq!(late.status, 412, "{}", late.text);
        for part in [
            "id=\"conflict\"",
            "value=\"Yours\"",
            "value=\"second\"",
            "<td data-label=\"Stored now\">first</td>",
            "name=\"revision\" value=\"2\"",
        ] {
            assert!(late.text.contains(part), "{part}: {}", late.text);
        }
        assert!(!late.text.contains("<th scope=\"row\">Encrypted</th>"), "both have the same");
        assert_eq!(server.form(&edit, &with(&second, &[("revision", "2")])).status, 303);
        let asset = path.rsplit('/').next().unwrap();
        assert_eq!(server.asset(&form.product, asset)["configuration"]["note"], "second");
        let wrong = server.form(
            &edit,
            &with(&second, &[("revision", "3"), ("name", ""), ("configuration.key_name", "")]),
        );
        assert!(wrong.status == 422 && wrong.text.contains("2 things are"), "{}", wrong.text);
    });
}

#[test]
fn editing_keeps_what_only_clients_can_set() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, mut configuration) = example_of("glue");
        configuration["database_path"] = "set/by/a/client".into();
        let asset = server.create_asset(&product, &server.new_asset(display_name, &configuration));
        let path = format!("/data_products/{product}/technical_assets/{asset}/edit");
        let saved = server.form(
            &path,
            &[
                ("revision", "1"),
                ("name", "Edited"),
                ("configuration.database", "analytics"),
                ("configuration.database_suffix", "other"),
                ("configuration.access_granularity", "table"),
                ("configuration.table", "t"),
            ],
        );
        assert_eq!(saved.status, 303, "{}", saved.text);
        let read = server.asset(&product, &asset)["configuration"].clone();
        assert_eq!(
            (&read["database_path"], &read["table_path"]),
            (&json!("set/by/a/client"), &json!("t")),
            "{read}"
        );
    });
}

#[test]
fn text_that_looks_like_markup_is_shown_as_text() {
    const STRINGS: [&str; 6] = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "{{99991*99989}}{% raw %}",
        "javascript:alert(1)",
        "</textarea></code></title><b>",
    ];
    each_server(|server| {
        let form = Form::new(server, "fixture");
        for (index, text) in STRINGS.iter().enumerate() {
            let namespace = format!("n{index}");
            let filled = with(
                &fixture(),
                &[
                    ("name", text),
                    ("namespace", namespace.as_str()),
                    ("description", text),
                    ("configuration.key_name", text),
                    ("configuration.note", text),
                    ("configuration.hidden_mark", text),
                ],
            );
            let (path, _) = form.create(&filled);
            let body = json!({"name": text, "namespace": namespace, "description": text, "domain": text, "type": text});
            let product =
                server.post("/api/v2/data_products", &body).ok()["id"].as_str().unwrap().to_owned();
            let escaped = text
                .replace('&', "&#38;")
                .replace('<', "&#60;")
                .replace('>', "&#62;")
                .replace('"', "&#34;")
                .replace('\'', "&#39;");
            let refused = form.send(&with(
                &filled,
                &[
                    ("configuration.size_limit", text),
                    ("configuration.place", text),
                    ("configuration.kind", text),
                    ("namespace", text),
                ],
            ));
            let searched = portal_core::environment::encode(text);
            let pages = [
                server.page(&path),
                server.page(&format!("{path}/edit")),
                server.page(&format!("{path}/delete")),
                server.page(&format!("/data_products/{}?text={searched}", form.product)),
                server.page("/data_products"),
                server.page(&format!("/data_products/{product}")),
                server.page(&format!("/?q={searched}")),
                server.page(&format!("/data_products?q={searched}")),
                refused,
            ];
            for page in pages {
                assert!(page.text.contains(&escaped), "{text}: {}", page.text);
                if escaped != *text {
                    assert!(!page.text.contains(text), "{text}: {}", page.text);
                }
                assert!(!page.text.contains("href=\"javascript"), "{text}");
                assert!(!page.text.contains("9998000099"), "{text} was expanded");
            }
        }
    });
}
