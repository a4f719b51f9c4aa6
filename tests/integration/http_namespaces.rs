//! Namespaces over HTTP: their form, who may claim a name, and that they are unique.

use portal_tests::harness::{Answer, TestServer, assets_of, each_server, example_of};
use serde_json::{Value, json};

/// A Snowflake asset whose namespace field is `database`, in the default mapping.
fn in_database(server: &TestServer, namespace: &str, database: &str) -> Value {
    let (display_name, mut configuration) = example_of("snowflake");
    configuration["database"] = database.into();
    let mut new = server.new_asset(display_name, &configuration);
    new["namespace"] = namespace.into();
    new["technical_mapping"] = "default".into();
    new
}

fn refused(answer: &Answer, sentence: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("invalid_input")));
    let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert!(detail.contains(sentence), "{detail}");
}

#[test]
fn namespace_of_a_data_product_is_checked_and_unique() {
    each_server(|server| {
        let post = |namespace: &str| {
            server.post("/api/v2/data_products", &json!({"name": "Sales", "namespace": namespace}))
        };
        for good in ["sales", "a+=,.@_-9", &"x".repeat(64)] {
            assert_eq!(post(good).status, 200, "{good}");
        }
        refused(&post("sales"), "the namespace \"sales\" is taken in the portal");
        refused(&post(""), "the namespace is empty");
        refused(&post("Sales"), "the namespace \"Sales\" contains 'S' (allowed: ");
        refused(&post("sales\n"), "contains '\\n'");
        refused(&post("a/b"), "contains '/'");
        refused(&post(&"x".repeat(65)), "the namespace has 65 characters, 64 are allowed");
    });
}

#[test]
fn namespace_of_an_asset_is_checked_and_unique_within_its_data_product() {
    each_server(|server| {
        let (product, other) = (server.create_product("orders"), server.create_product("returns"));
        let (display_name, configuration) = example_of("s3");
        let post = |product: &str, namespace: &str| {
            let mut new = server.new_asset(display_name, &configuration);
            new["namespace"] = namespace.into();
            server.post(&assets_of(product), &new)
        };
        assert_eq!((post(&product, "daily").status, post(&other, "daily").status), (200, 200));
        refused(&post(&product, "daily"), "the namespace \"daily\" is taken in this data product");
        refused(&post(&product, "Daily"), "contains 'D'");
        refused(&post(&product, "daily\n"), "contains '\\n'");
        refused(&post(&product, &"x".repeat(65)), "65 characters, 64 are allowed");
        let listed = server.get(&assets_of(&product)).ok();
        assert_eq!(listed["technical_assets"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn name_in_the_default_mapping_continues_the_namespace_after_a_separator() {
    each_server(|server| {
        let product = server.create_product("sales");
        for (index, good) in
            ["sales", "sales_eu", "sales-eu", "sales.eu", "sales/eu"].into_iter().enumerate()
        {
            let new = in_database(server, &format!("good-{index}"), good);
            let read = server.asset(&product, &server.create_asset(&product, &new));
            assert_eq!(read["configuration"]["database"], good);
        }
        for bad in ["salesforce", "sale", "eu_sales", "Sales"] {
            let answer = server.post(&assets_of(&product), &in_database(server, "bad", bad));
            refused(&answer, &format!("{bad:?} is outside the data product's namespace \"sales\""));
            let at = &answer.json()["problems"][0]["at"];
            assert_eq!(at, "/configuration/database");
        }
    });
}

#[test]
fn name_belongs_to_the_product_with_the_longest_namespace_that_fits() {
    each_server(|server| {
        let (sales, europe) = (server.create_product("sales"), server.create_product("sales-eu"));
        for (index, name) in ["sales-eu", "sales-eu_raw", "sales-eu/raw"].into_iter().enumerate() {
            let new = in_database(server, &format!("asset-{index}"), name);
            let answer = server.post(&assets_of(&sales), &new);
            let rival = "belongs to the data product with the namespace \"sales-eu\"";
            refused(&answer, rival);
            assert_eq!(server.post(&assets_of(&europe), &new).status, 200, "{name}");
        }
        let near = in_database(server, "near", "sales-eur");
        assert_eq!(server.post(&assets_of(&sales), &near).status, 200);
    });
}

#[test]
fn name_in_the_custom_mapping_is_one_of_the_options() {
    each_server(|server| {
        let product = server.create_product("sales");
        let (display_name, mut configuration) = example_of("snowflake");
        let new = server.new_asset(display_name, &configuration);
        server.create_asset(&product, &new);
        for name in ["sales", " "] {
            configuration["database"] = name.into();
            let mut new = server.new_asset(display_name, &configuration);
            new["namespace"] = "another".into();
            let answer = server.post(&assets_of(&product), &new);
            assert_eq!(answer.status, 422);
            let at = "/configuration/database";
            let problem = match name.trim() {
                "" => json!({
                    "type": "missing",
                    "at": at,
                    "message": "the field \"database\" must not be empty",
                }),
                _ => json!({
                    "type": "enum",
                    "at": at,
                    "message": format!("{name:?} is not one of the allowed values"),
                    "hint": "allowed: analytics",
                }),
            };
            assert_eq!(answer.json()["problems"], json!([problem]));
        }
    });
}
