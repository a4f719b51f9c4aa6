//! Queries that ask for too much: long texts, many parameters.

use portal_tests::harness::{assets_of, each_server};

#[test]
fn text_to_look_for_has_a_longest_length_in_the_document_and_on_pages() {
    each_server(|server| {
        let product = server.create_product("orders");
        let assets = assets_of(&product);
        let page = format!("/data_products/{product}");
        // SQLite takes no pattern of more than 50,000 bytes.
        for (length, status) in [(200, 200), (201, 422), (50_100, 422)] {
            let text = "a".repeat(length);
            let answer = server.get(&format!("{assets}?text={text}"));
            assert_eq!(answer.status, status, "{length}: {}", answer.text);
            for path in [format!("{page}?text={text}"), format!("/data_products?q={text}")] {
                let answer = server.page(&path);
                assert_eq!(answer.status, 200, "{length}");
                let is_told = answer.text.contains("only its first 200 characters are looked for");
                assert_eq!(is_told, length > 200, "{length}: {}", answer.text);
                assert!(answer.text.contains("maxlength=\"200\""), "{}", answer.text);
            }
            assert_eq!(server.page(&format!("/?q={text}")).status, 200);
        }
        let refused = server.get(&format!("{assets}?text={}", "a".repeat(201))).text;
        assert!(refused.contains("is longer than 200 characters"), "{refused}");
        let document = server.get("/api/openapi.json").ok();
        let path = "/api/v2/data_products/{id}/technical_assets";
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let text = parameters.iter().find(|one| one["name"] == "text").unwrap();
        assert_eq!(text["schema"]["maxLength"], 200);
    });
}

#[test]
fn answer_to_very_many_or_very_long_parameters_stays_small() {
    each_server(|server| {
        let assets = assets_of(&server.create_product("orders"));
        let many: Vec<String> = (0..7_000).map(|number| format!("p{number}=")).collect();
        let many = server.get(&format!("{assets}?{}", many.join("&")));
        let cut = "there are more problems: only the first 100 are listed";
        assert!(many.status == 422 && many.text.contains(cut), "{}", many.text);
        assert!(many.text.len() < 100_000, "{} bytes", many.text.len());
        for name in ["%01".repeat(20_000), format!("status={}", "%01".repeat(20_000))] {
            let long = server.get(&format!("{assets}?{name}"));
            assert!(long.status == 422 && long.text.len() < 10_000, "{} bytes", long.text.len());
        }
    });
}
