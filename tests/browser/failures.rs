//! Pages that a portal in order never shows are as free of barriers as all others: it is asked from
//! elsewhere, under a name that it does not know, or its database is broken or busy.

use portal_tests::harness::execute;

use crate::barriers::assert_passable;
use crate::driver::Browser;
use crate::views::View;
use crate::{Scripts, each_portal};

/// Fills the form of a new data product.
const FILL: &str = "document.getElementById('name').value = 'Orders'; \
    document.getElementById('namespace').value = 'orders';";

/// Looks through the page about an error, which may be all that the browser complains of.
fn assert_error_passable(base: &str, status: u16, view: View) {
    let browser = Browser::start(base, &Scripts::On.preferences());
    assert_passable(&browser, &[view.of_error(status)]);
    browser.assert_quiet_but_for(&[&status.to_string()]);
}

#[test]
fn page_for_a_foreign_form_has_no_barrier() {
    each_portal(|_, server| {
        let foreign = format!(
            "data:text/html,<form method=post action={}/data_products/new><button>Send</button></form>",
            server.base()
        );
        let view = View::of("error-403", foreign).sent("", "button");
        assert_error_passable(server.base(), 403, view);
    });
}

#[test]
fn page_for_an_unknown_host_has_no_barrier() {
    each_portal(|_, server| {
        let base = server.base().replace("127.0.0.1", "unknown.example");
        let view = View::of("error-421", "/");
        assert_error_passable(&base, 421, view);
    });
}

#[test]
fn page_about_a_broken_database_has_no_barrier() {
    each_portal(|database, server| {
        execute(&mut database.connect(), "ALTER TABLE data_products RENAME TO lost");
        let view = View::of("error-500", "/data_products");
        assert_error_passable(server.base(), 500, view);
    });
}

#[test]
fn page_about_a_busy_database_has_no_barrier() {
    each_portal(|database, server| {
        let mut busy = database.connect();
        execute(&mut busy, "BEGIN IMMEDIATE");
        let view = View::of("error-503", "/data_products/new").sent(FILL, ".button-main");
        assert_error_passable(server.base(), 503, view);
    });
}

/// What cannot be refreshed must not pass for the truth.
#[test]
fn preview_that_cannot_be_refreshed_dims_and_says_so() {
    each_portal(|database, server| {
        let product = server.create_product("orders");
        let browser = Browser::start(server.base(), &Scripts::On.preferences());
        browser.open(&format!("/data_products/{product}/technical_assets/new/s3"));
        browser.add("#configuration-path", "daily");
        browser.until("it is shown", || browser.count("#preview .environments h3") == 2);
        assert!(!browser.sees("#preview-stale"));
        execute(&mut database.connect(), "ALTER TABLE data_products RENAME TO lost");
        browser.add("#configuration-path", "/2026");
        browser.until("it says that it is old", || browser.sees("#preview-stale"));
        assert_eq!(browser.count("#preview.stale"), 1);
        execute(&mut database.connect(), "ALTER TABLE lost RENAME TO data_products");
        browser.add("#configuration-path", "/11");
        browser.until("it is current again", || !browser.sees("#preview-stale"));
        assert!(browser.text("#preview").contains("daily/2026/11"));
        assert_eq!(browser.count("#preview.stale"), 0);
        browser.assert_quiet_but_for(&["500"]);
    });
}
