//! Pages that a portal in order never shows are as free of barriers as all others: it is asked from
//! elsewhere, under a name that it does not know, or its database is broken or busy.

use portal_core::testing::TestDatabase;
use portal_tests::harness::{TestServer, execute};

use crate::Scripts;
use crate::barriers::assert_passable;
use crate::driver::Browser;
use crate::views::View;

/// Fills the form of a new data product.
const FILL: &str = "document.getElementById('name').value = 'Orders'; \
    document.getElementById('namespace').value = 'orders';";

#[test]
fn page_for_a_foreign_form_has_no_barrier() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    let foreign = format!(
        "data:text/html,<form method=post action={}/data_products/new><button>Send</button></form>",
        server.base()
    );
    assert_passable(&browser, &[View::of("error-403", foreign).sent("", "button").of_error(403)]);
    browser.assert_quiet_but_for(&["403"]);
}

#[test]
fn page_for_an_unknown_host_has_no_barrier() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    let base = server.base().replace("127.0.0.1", "unknown.example");
    let browser = Browser::start(&base, &Scripts::On.preferences());
    assert_passable(&browser, &[View::of("error-421", "/").of_error(421)]);
    browser.assert_quiet_but_for(&["421"]);
}

#[test]
fn page_about_a_broken_database_has_no_barrier() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    execute(&mut database.connect(), "ALTER TABLE data_products RENAME TO lost");
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    assert_passable(&browser, &[View::of("error-500", "/data_products").of_error(500)]);
    browser.assert_quiet_but_for(&["500"]);
}

#[test]
fn page_about_a_busy_database_has_no_barrier() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    let mut busy = database.connect();
    execute(&mut busy, "BEGIN IMMEDIATE");
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    let view = View::of("error-503", "/data_products/new").sent(FILL, ".button-main").of_error(503);
    assert_passable(&browser, &[view]);
    browser.assert_quiet_but_for(&["503"]);
}
