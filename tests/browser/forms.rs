//! What the declared forms do in a browser: conditions, every control, and the keyboard alone.

use portal_tests::harness::TestServer;
use serde_json::json;
use thirtyfour::Key;

use crate::driver::Browser;
use crate::{Scripts, in_browser};

/// Opens the empty form of a plugin, in a data product of its own, and returns that one's id.
fn open_form(browser: &Browser, server: &TestServer, plugin: &str) -> String {
    let product = server.create_product("orders");
    browser.open(&format!("/data_products/{product}/technical_assets/new/{plugin}"));
    product
}

/// What the asset is stored as whose page the browser shows.
fn stored(browser: &Browser, server: &TestServer, product: &str) -> serde_json::Value {
    browser.until("the asset is shown", || browser.sees("#result"));
    server.asset(product, browser.path().rsplit('/').next().unwrap())["configuration"].clone()
}

/// Without scripts, conditions resolve when somebody asks.
fn update(browser: &Browser, scripts: Scripts) {
    if scripts == Scripts::Off {
        browser.click("button[value=update]");
    } else {
        assert!(!browser.sees("button[value=update]"), "nobody has to ask");
    }
}

fn table_comes_and_goes(browser: &Browser, server: &TestServer, scripts: Scripts) {
    let table = "#configuration-table";
    let product = open_form(browser, server, "glue");
    browser.fill("#name", "Orders");
    browser.fill("#namespace", "orders");
    browser.fill("#configuration-database_suffix", "raw");
    assert!(!browser.sees(table), "the initial granularity is the schema");
    browser.click("label[for=configuration-access_granularity-1]");
    update(browser, scripts);
    browser.until("the table appears", || browser.sees(table));
    browser.fill(table, "lines");
    browser.click("label[for=configuration-access_granularity-0]");
    update(browser, scripts);
    browser.until("the table disappears", || !browser.sees(table));
    browser.click("label[for=configuration-access_granularity-1]");
    update(browser, scripts);
    browser.until("the table appears", || browser.sees(table));
    assert_eq!(browser.value(table), "lines", "what was typed is kept");
    assert_eq!(browser.value("#configuration-database_suffix"), "raw");
    browser.click("button[value=save]");
    let configuration = stored(browser, server, &product);
    assert_eq!(configuration["table"], "lines");
    assert_eq!(browser.text("#result"), "orders__raw.lines");
}

#[test]
fn field_comes_and_goes_with_its_condition() {
    in_browser(Scripts::On, |browser, server| table_comes_and_goes(browser, server, Scripts::On));
}

#[test]
fn field_comes_and_goes_with_its_condition_without_scripts() {
    in_browser(Scripts::Off, |browser, server| table_comes_and_goes(browser, server, Scripts::Off));
}

fn fill_every_control(browser: &Browser, server: &TestServer, scripts: Scripts) {
    let product = open_form(browser, server, "fixture");
    browser.fill("#name", "Thing");
    browser.fill("#namespace", "thing");
    browser.fill("#description", "Two\nlines");
    // The other mapping has other places to choose from.
    browser.click("label[for=mapping-custom]");
    update(browser, scripts);
    browser.choose("#configuration-place", "shelf");
    assert!(!browser.sees("#configuration-key_name"), "it is for encrypted files");
    browser.click("label[for=configuration-encrypted]");
    browser.click("label[for=configuration-kind-0]");
    update(browser, scripts);
    browser.until("days are asked for", || browser.sees("#configuration-retention_days"));
    assert!(!browser.sees("#configuration-key_name"), "it is for encrypted files");
    browser.click("label[for=configuration-kind-1]");
    update(browser, scripts);
    browser.until("the key is asked for", || browser.sees("#configuration-key_name"));
    assert!(!browser.sees("#configuration-retention_days"));
    browser.fill("#configuration-key_name", "main");
    browser.fill("#configuration-size_limit", "5000000000");
    browser.click("label[for=configuration-tags-1]");
    browser.click("label[for=configuration-tags-2]");
    browser.choose("#configuration-tier", "cold");
    browser.fill("#configuration-note", "kept <b>for</b> audits");
    browser.click("button[value=save]");
    let mut configuration = stored(browser, server, &product);
    configuration.as_object_mut().unwrap().remove("configuration_type");
    let expected = json!({
        "place": "shelf", "kind": "files", "retention_days": null, "size_limit": 5_000_000_000_i64,
        "encrypted": true, "key_name": "main", "tags": ["internal", "pii"], "tier": "cold",
        "note": "kept <b>for</b> audits", "hidden_mark": "", "full_name": "shelf.files",
    });
    assert_eq!(configuration, expected);
    assert!(browser.text("#details").contains("kept <b>for</b> audits"));

    browser.click("#edit");
    browser.click("label[for=configuration-encrypted]");
    browser.click("label[for=configuration-tags-1]");
    browser.choose("#configuration-tier", "");
    browser.click("button[value=save]");
    let configuration = stored(browser, server, &product);
    let changed = ["encrypted", "tags", "tier", "key_name"].map(|name| &configuration[name]);
    assert_eq!(changed, [&json!(false), &json!(["pii"]), &json!(null), &json!("")]);
}

#[test]
fn every_control_can_be_filled_and_emptied() {
    in_browser(Scripts::On, |browser, server| fill_every_control(browser, server, Scripts::On));
}

#[test]
fn every_control_can_be_filled_and_emptied_without_scripts() {
    in_browser(Scripts::Off, |browser, server| fill_every_control(browser, server, Scripts::Off));
}

/// From the data product to the stored asset, touching nothing but keys.
fn create_with_keys(browser: &Browser, server: &TestServer, scripts: Scripts) {
    let product = server.create_product("orders");
    browser.open(&format!("/data_products/{product}"));
    browser.tab_to(".skip");
    assert!(browser.sees(".skip"), "the first stop leads past the navigation");
    browser.press(Key::Enter);
    browser.tab_to("#new-asset");
    browser.press(Key::Enter);
    browser.until("tiles are there", || browser.sees("#tile-glue"));
    browser.tab_to("#tile-glue a");
    browser.press(Key::Enter);
    browser.until("the form is there", || browser.sees("#asset-form"));
    browser.tab_to("#name");
    browser.keys("Orders");
    browser.tab_to("#namespace");
    browser.keys("orders");
    browser.tab_to("#mapping-default");
    browser.press(Key::Down);
    // The part below is replaced for the other mapping; the focus stays where it is.
    browser.until("custom is chosen", || browser.sees("#mapping-custom:checked"));
    update_with_keys(browser, scripts);
    let offered = "#configuration-database option[value=analytics]";
    browser.until("its databases are offered", || browser.count(offered) == 1);
    browser.tab_to("#configuration-database");
    browser.keys("a");
    assert_eq!(browser.value("#configuration-database"), "analytics");
    browser.tab_to("#configuration-database_suffix");
    browser.keys("raw");
    browser.tab_to("#configuration-access_granularity-0");
    browser.press(Key::Down);
    update_with_keys(browser, scripts);
    browser.until("the table appears", || browser.sees("#configuration-table"));
    browser.tab_to("#configuration-table");
    browser.keys("lines");
    browser.tab_to("button[value=save]");
    browser.press(Key::Space);
    let configuration = stored(browser, server, &product);
    assert_eq!(
        (&configuration["table"], &configuration["database"]),
        (&json!("lines"), &json!("analytics"))
    );
}

/// Without scripts, the tabulator leads to the button that updates the form.
fn update_with_keys(browser: &Browser, scripts: Scripts) {
    if scripts == Scripts::Off {
        browser.tab_to("button[value=update]");
        browser.press(Key::Enter);
    }
}

#[test]
fn asset_is_created_with_the_keyboard_alone() {
    in_browser(Scripts::On, |browser, server| create_with_keys(browser, server, Scripts::On));
}

#[test]
fn asset_is_created_with_the_keyboard_alone_without_scripts() {
    in_browser(Scripts::Off, |browser, server| create_with_keys(browser, server, Scripts::Off));
}

#[test]
fn copy_buttons_copy_and_are_absent_without_scripts() {
    let create = |browser: &Browser, server: &TestServer| {
        open_form(browser, server, "s3");
        browser.fill("#name", "Orders");
        browser.fill("#namespace", "orders");
        browser.choose("#configuration-bucket", "datalake");
        browser.fill("#configuration-path", "daily");
        browser.click("button[value=save]");
        browser.until("the asset is shown", || browser.sees("#result"));
    };
    in_browser(Scripts::On, |browser, server| {
        create(browser, server);
        browser.allow_clipboard();
        let copied = [".result .copy", ".environments .copy", "#details .copy"].map(|button| {
            browser.click(button);
            browser.until("it says so", || browser.sees(&format!("{button}.copied")));
            let announced = "return document.getElementById('announcement').textContent";
            assert_eq!(browser.evaluate(announced, Vec::new()), "Copied");
            browser.clipboard()
        });
        assert_eq!(copied[0], "datalake/orders/daily");
        assert_eq!(copied[1], browser.text(".environments code"));
        assert!(browser.path().ends_with(&copied[2]), "{copied:?}");
    });
    in_browser(Scripts::Off, |browser, server| {
        create(browser, server);
        assert!(!browser.sees(".copy"));
    });
}
