//! The pages in a real browser, with scripts and without, and looked through for barriers.
//!
//! These tests need chromedriver and Chromium; without them they fail.

#![expect(clippy::unwrap_used, reason = "tests panic")]

mod assets;
mod barriers;
mod driver;
mod failures;
mod forms;
mod people;
mod sign_in;
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

/// Where the portal is found: with a host for itself, and below a prefix.
const PREFIXES: [&str; 2] = ["", "/portal"];

/// Runs a test in a browser that looks at a server with every plugin, below each prefix, and checks
/// afterwards that no page has complained, or asked for anything but what is below it.
fn in_browser(scripts: Scripts, test: impl Fn(&Browser, &TestServer)) {
    each_portal(|_, server| {
        let browser = Browser::start(server.base(), &scripts.preferences());
        test(&browser, server);
        browser.assert_quiet();
    });
}

/// Runs a test against a server with every plugin over a fresh database, below each prefix.
fn each_portal(test: impl Fn(&TestDatabase, &TestServer)) {
    for prefix in PREFIXES {
        let database = TestDatabase::sqlite();
        test(&database, &TestServer::below(prefix, &database, None));
    }
}

#[test]
fn reference_of_the_api_loads_everything_from_here() {
    in_browser(Scripts::On, |browser, _| {
        browser.open("/api/docs");
        browser.until("the document is shown", || browser.text("body").contains("DataOutput"));
    });
}
