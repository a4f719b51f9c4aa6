//! Pages that list: the catalogue, data products, technical assets.

use portal_tests::harness::{each_server, example_of, output_ids};

#[test]
fn catalogue_shows_every_plugin_and_finds_by_any_of_its_words() {
    each_server(|server| {
        let all = server.page("/").text;
        for id in output_ids().into_iter().chain(["launcher"]) {
            assert!(all.contains(&format!("id=\"tile-{id}\"")), "{id}");
        }
        let found = server.page("/?q=AMAZON").text;
        assert!(found.contains("tile-glue") && found.contains("tile-s3"));
        assert!(!found.contains("tile-snowflake"));
        let none = server.page("/?q=%3Cb%3Enothing").text;
        assert!(none.contains("Nothing fits “&#60;b&#62;nothing”"), "{none}");
    });
}

#[test]
fn list_is_filtered_sorted_and_divided_into_pages() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let mut new = server.new_asset(display_name, &configuration);
        for number in 0..30 {
            new["name"] = format!("Asset {:02}", 29 - number).into();
            new["namespace"] = format!("n{number}").into();
            server.create_asset(&product, &new);
        }
        let path = format!("/data_products/{product}");
        let names = |query: &str| -> Vec<String> {
            let text = server.page(&format!("{path}{query}")).text;
            let rows = text.split("<th scope=\"row\">").skip(1);
            let name = |row: &str| row.split(['>', '<']).nth(2).unwrap().to_owned();
            rows.map(name).collect()
        };
        assert_eq!(names("").len(), 25);
        assert_eq!(
            (names("")[0].as_str(), names("?sort=oldest")[0].as_str()),
            ("Asset 00", "Asset 29")
        );
        assert_eq!(
            names("?sort=name&page=2"),
            (25..30).map(|one| format!("Asset {one}")).collect::<Vec<_>>()
        );
        assert_eq!(names("?text=asset+07&status=&plugin="), ["Asset 07"]);
        assert_eq!(
            (names("?status=active").len(), names("?status=pending&plugin=s3").len()),
            (0, 25)
        );
        let text = server.page(&format!("{path}?sort=name&text=asset")).text;
        assert!(text.contains(&format!("{path}?text=asset&#38;sort=name&#38;page=2")), "{text}");
        for path in [path.as_str(), "/data_products"] {
            let beyond = server.page(&format!("{path}?page=99")).text;
            assert!(beyond.contains("There is no such page"), "{path}");
            assert!(!beyond.contains("Page 99 of"), "{path}");
        }
        let products = server.page("/data_products?q=ORD&sort=newest").text;
        assert!(
            products.contains("<td data-label=\"Assets\" class=\"number\">30</td>"),
            "{products}"
        );
    });
}

#[test]
fn launcher_has_a_page_and_a_link_in_every_data_product() {
    each_server(|server| {
        let product = server.create_product("orders");
        let page = server.page("/plugins/launcher").text;
        assert!(page.contains("nothing is stored") && !page.contains("id=\"fields\""), "{page}");
        let page = server.page(&format!("/data_products/{product}")).text;
        assert!(page.contains(
            "<a href=\"https://launcher.example/products/orders\" rel=\"noopener noreferrer\">"
        ));
    });
}

#[test]
fn data_product_is_created_or_shown_with_everything_that_is_wrong() {
    each_server(|server| {
        let wrong = server.form(
            "/data_products/new",
            &[("name", ""), ("namespace", "A b"), ("description", "kept \"text\"")],
        );
        assert_eq!(wrong.status, 422);
        for part in [
            "id=\"name-error\"",
            "id=\"namespace-error\"",
            "value=\"A b\"",
            "kept &#34;text&#34;",
            "href=\"#namespace\"",
        ] {
            assert!(wrong.text.contains(part), "{part}: {}", wrong.text);
        }
        let created = server.form(
            "/data_products/new",
            &[("name", "Orders"), ("namespace", "orders"), ("domain", "Sales")],
        );
        assert_eq!(created.status, 303);
        let page = server.page(created.header("location").unwrap()).text;
        assert!(
            page.contains("<h1>Orders</h1>")
                && page.contains("Sales")
                && page.contains("Nothing is published yet")
        );
        let oil = server.form("/data_products/new", &[("name", "Öl"), ("namespace", "oil")]);
        assert_eq!(oil.status, 303);
        assert!(server.page("/data_products?q=%C3%96l").text.contains(">Öl</a>"));
        let taken =
            server.form("/data_products/new", &[("name", "Other"), ("namespace", "orders")]);
        assert_eq!(taken.status, 400);
        assert!(taken.text.contains("is taken"));
    });
}
