//! The pages in a real browser, with scripts and without, and looked through for barriers.
//!
//! These tests need chromedriver and Chromium; without them they fail.

#![expect(clippy::unwrap_used, reason = "tests panic")]

mod assets;
mod barriers;
mod driver;
mod failures;
mod forms;
mod steps;
mod views;

use portal_testing::TestDatabase;
use portal_tests::harness::TestServer;
use serde_json::{Value, json};

use crate::driver::Browser;

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scripts {
    On,
    Off,
}

impl Scripts {
    /// The preferences of a browser that does so.
    fn preferences(self) -> Value {
        match self {
            Scripts::On => json!({}),
            // What an administrator sets who forbids scripts; 2 means blocked.
            Scripts::Off => json!({"profile.managed_default_content_settings.javascript": 2}),
        }
    }
}

/// Runs a test in a browser that looks at a server with every plugin, and checks afterwards that no
/// page has complained, or asked another host for anything.
fn in_browser(scripts: Scripts, test: impl FnOnce(&Browser, &TestServer)) {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    let browser = Browser::start(server.base(), &scripts.preferences());
    test(&browser, &server);
    browser.assert_quiet();
}

#[test]
fn reference_of_the_api_loads_everything_from_here() {
    in_browser(Scripts::On, |browser, _| {
        browser.open("/api/docs");
        browser.until("the document is shown", || browser.text("body").contains("DataOutput"));
    });
}
