//! The life of an asset in a browser: found, created, mended, changed, deleted.

use portal_tests::harness::TestServer;

use crate::driver::Browser;
use crate::{Scripts, in_browser};

/// Waits for the path that the form shows; without scripts, it is there after asking for it.
fn assert_preview(browser: &Browser, scripts: Scripts, path: &str) {
    if scripts == Scripts::Off {
        browser.click("button[value=update]");
    }
    let shown = "#preview > .result-line";
    browser.until(&format!("the path is {path}"), || {
        browser.count(shown) == 1 && browser.text(shown) == path
    });
    browser.until("each environment is told", || browser.count("#preview .environments h3") == 2);
}

/// From the catalogue to the empty form of S3, in a new data product.
fn find_s3_and_open_its_form(browser: &Browser, scripts: Scripts) {
    browser.open("/");
    assert!(browser.count(".tile") > 4);
    browser.add("#q", "s3");
    if scripts == Scripts::Off {
        browser.click(".search button");
    }
    browser.until("S3 alone is found", || browser.count(".tile") == 1);
    browser.until("the address says what is searched", || browser.path() == "/?q=s3");
    browser.click("#tile-s3 a");
    assert_eq!(browser.text("h1"), "S3");
    browser.click(".head .button-main");
    browser.click(".head .button-main");
    browser.fill("#name", "Orders");
    browser.fill("#namespace", "orders");
    browser.click("button[value=create]");
    browser.click("#new-asset");
    browser.click("#tile-s3 a");
    assert_eq!(browser.value("#name"), "");
}

fn life_of_an_asset(browser: &Browser, server: &TestServer, scripts: Scripts) {
    find_s3_and_open_its_form(browser, scripts);

    browser.choose("#configuration-bucket", "datalake");
    browser.add("#configuration-path", "daily");
    assert_preview(browser, scripts, "datalake/orders/daily");
    browser.add("#configuration-path", "/2026");
    assert_preview(browser, scripts, "datalake/orders/daily/2026");

    browser.fill("#namespace", "No Namespace");
    browser.click("button[value=save]");
    browser.until("two things are wrong", || browser.count("#problems li") == 2);
    browser.assert_complaint("name", "required");
    browser.assert_complaint("namespace", "contains");
    assert_eq!(browser.value("#namespace"), "No Namespace");
    assert_eq!(browser.value("#configuration-path"), "daily/2026");
    assert_eq!(browser.value("#configuration-bucket"), "datalake");
    if scripts == Scripts::On {
        let focus = "return document.activeElement.id";
        assert_eq!(browser.evaluate(focus, Vec::new()), "problems");
    }
    browser.click("#problems a[href='#name']");
    browser.keys("Daily orders");
    browser.fill("#namespace", "daily");
    browser.click("button[value=save]");

    browser.until("the asset is shown", || browser.sees("#result"));
    assert_eq!(browser.text("#result"), "datalake/orders/daily/2026");
    assert!(browser.text("h1").starts_with("Daily orders"));
    let asset = browser.path();

    browser.click("#edit");
    assert_eq!(browser.value("#configuration-path"), "daily/2026");
    browser.fill("#configuration-path", "hourly");
    assert_preview(browser, scripts, "datalake/orders/hourly");
    browser.click("button[value=save]");
    browser.until("it has changed", || browser.text("#result") == "datalake/orders/hourly");
    assert_eq!(browser.path(), asset);

    browser.click("#delete");
    assert!(browser.text("main").contains("datalake/orders/hourly"), "it says what is lost");
    browser.click(".actions a");
    assert_eq!(browser.path(), asset, "keeping it leads back");
    browser.click("#delete");
    browser.click("#confirm-delete");
    browser.until("nothing is left", || browser.text("main").contains("Nothing is published yet"));
    assert_eq!(server.page(&asset).status, 404);
}

#[test]
fn asset_is_found_created_mended_changed_and_deleted() {
    in_browser(Scripts::On, |browser, server| life_of_an_asset(browser, server, Scripts::On));
}

#[test]
fn asset_is_found_created_mended_changed_and_deleted_without_scripts() {
    in_browser(Scripts::Off, |browser, server| life_of_an_asset(browser, server, Scripts::Off));
}
