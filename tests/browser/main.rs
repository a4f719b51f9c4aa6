//! The pages in a real browser, with scripts and without, and looked through for barriers.
//!
//! These tests need chromedriver and Chromium; without them they fail.

#![allow(clippy::unwrap_used, reason = "tests panic")]

mod assets;
mod driver;
mod forms;
mod steps;

use portal_core::testing::TestDatabase;
use portal_tests::harness::TestServer;

use crate::driver::{Browser, Scripts};

/// Runs a test in a browser that looks at a server with every plugin, and checks afterwards that no
/// page has complained, or asked another host for anything.
fn in_browser(scripts: Scripts, test: impl FnOnce(&Browser, &TestServer)) {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    let browser = Browser::start(server.base(), scripts);
    test(&browser, &server);
    browser.assert_quiet();
}
