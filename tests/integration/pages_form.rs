//! The forms that plugins declare: every control is filled, checked, kept and shown.

use portal_engine::form::OWN_LABELS;
use portal_tests::harness::{
    Fields, Form, control_tag as tag, each_server, example_of, field_part as field,
    fixture_fields as fixture, output_ids, with_fields as with,
};
use serde_json::{Value, json};

fn is_hidden(page: &str, name: &str) -> bool {
    let field = field(page, name);
    field[..field.find('>').unwrap()].ends_with(" hidden")
}

#[test]
fn labels_that_no_field_may_have_are_those_of_the_form_itself() {
    let template = include_str!("../../portal-server/templates/asset_form.html");
    let own: Vec<&str> = ["<label for=", "<legend>"]
        .iter()
        .flat_map(|tag| template.split(tag).skip(1))
        .filter_map(|rest| rest.split('<').next())
        .map(|text| text.rsplit('>').next().unwrap_or_default().trim())
        .collect();
    let labels: Vec<&str> = OWN_LABELS.iter().map(|(_, label)| *label).collect();
    assert_eq!(own, labels);
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
        assert_eq!(taken.status, 422, "something else is wrong as well");
        let taken = form.send(&fixture());
        assert!(taken.text.contains("is taken in this data product"));
        assert_eq!(taken.status, 400, "as from the API");
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
        let result = "<p class=\"result-line\"><code class=\"result-text\">datalake/orders/&#60;b&#62;/daily</code></p>";
        assert!(path.starts_with(result), "{path}");
        let place = "arn:aws:s3:::acme-datalake-prd/orders/&#60;b&#62;/daily/*";
        assert!(path.contains(place), "{path}");
        let lacking = preview(&[("configuration.bucket", "datalake"), ("configuration.path", " ")]);
        assert!(lacking.contains("Shows once"), "half a path misleads: {lacking}");
        let form = Form { path: form.path.replace("s3", "fixture"), ..form };
        let unreadable = server.form(
            &format!("{}/preview", form.path),
            &with(&fixture(), &[("configuration.size_limit", "x")]),
        );
        assert!(unreadable.text.contains("Shows once"), "{}", unreadable.text);
    });
}
