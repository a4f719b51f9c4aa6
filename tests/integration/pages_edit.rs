//! Editing on pages, and text that looks like markup, through every field.

use portal_tests::harness::{
    Form, each_server, example_of, fixture_fields as fixture, with_fields as with,
};
use serde_json::json;

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
