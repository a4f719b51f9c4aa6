//! Signing in and out in a real browser, at a certified identity provider that somebody else has
//! written.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use portal_testing::TestDatabase;
use portal_tests::harness::{
    CLIENT_ID, CLIENT_SECRET, Company, TestServer, access_by_issuer, apply_access,
};
use serde_json::json;

use crate::driver::Browser;
use crate::{PREFIXES, Scripts};

/// Where its script is: `npm ci` there brings what that needs.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oidc-provider");

/// The provider as a process. It ends with its input.
struct Provider {
    process: Child,
    issuer: String,
}

impl Provider {
    /// Starts it for the portal at an address.
    ///
    /// # Panics
    ///
    /// When Node is missing, or `npm ci` has not been run: no browser test is skipped.
    fn start(public: &str) -> Self {
        let mut process = Command::new("node")
            .args(["provider.mjs", public, CLIENT_ID, CLIENT_SECRET])
            .current_dir(FOLDER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed (on Debian: apt-get install nodejs npm)");
        let said = process.stdout.take().expect("it is read");
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line).expect("it says something");
        let issuer = line.trim().strip_prefix("issuer ").map(str::to_owned);
        let issuer = issuer.expect("it serves: run npm ci in tests/oidc-provider first");
        Provider { process, issuer }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Signs in at the provider's own page.
fn sign_in(browser: &Browser, provider: &Provider, name: &str) {
    browser.until("the provider asks who that is", || browser.path().starts_with(&provider.issuer));
    browser.fill("#login", name);
    browser.click("#submit");
}

fn goes_in_and_out(scripts: Scripts, prefix: &str) {
    let database = TestDatabase::sqlite();
    let server = TestServer::below(prefix, &database, None);
    let own = Company::product_of(&server, "orders", "sales-team");
    let others = Company::product_of(&server, "returns", "returns-team");
    let provider = Provider::start(server.base());
    let folder = tempfile::tempdir().unwrap();
    let more = json!({"scopes": ["email", "groups"]});
    let access = access_by_issuer(&provider.issuer, server.base(), folder.path(), &more);
    apply_access(&mut database.connect(), Some(access));
    let browser = Browser::start(server.base(), &scripts.preferences());
    browser.until("the portal is closed", || server.get("/api/v2/data_products").status == 401);

    // In, by way of a page of one's own, and back to it.
    let form = format!("/data_products/{own}/technical_assets/new/s3");
    browser.open(&form);
    sign_in(&browser, &provider, "ada");
    browser.until("the page is there", || browser.path() == form);
    assert!(browser.text("#visitor").contains("ada@example.com"));
    browser.fill("#name", "Quarterly secrets");
    browser.fill("#namespace", "secrets");
    browser.choose("#configuration-bucket", "datalake");
    browser.fill("#configuration-path", "daily");
    browser.click("button[value=save]");
    browser.until("the asset is shown", || browser.sees("#result"));
    assert!(browser.text("main").contains("Quarterly secrets"));

    // Refused, what is another team's.
    browser.open(&format!("/data_products/{others}/technical_assets/new/s3"));
    assert!(browser.text("main").contains("ask members of returns"), "{}", browser.text("main"));
    browser.open(&format!("/data_products/{own}"));
    assert!(browser.text("main").contains("Quarterly secrets"));
    browser.open("/account");
    assert!(browser.text("#account").contains("sales-team"), "{}", browser.text("#account"));

    // Out, here and at the provider.
    browser.click("#sign-out");
    browser.until("the provider asks as well", || browser.path().starts_with(&provider.issuer));
    browser.click("#confirm-logout");
    browser.until("one is signed out", || browser.path() == "/signed-out");
    assert!(!browser.sees("#visitor"));

    // Whoever goes back sees nothing of it.
    for _ in 0..6 {
        browser.back();
        let shown = browser.text("body");
        for private in ["Quarterly secrets", "ada@example.com", "sales-team"] {
            assert!(!shown.contains(private), "{private} on {}: {shown}", browser.path());
        }
    }
    browser.open("/account");
    browser.until("the provider asks again", || browser.path().starts_with(&provider.issuer));
    sign_in(&browser, &provider, "bob");
    browser.until("somebody else is there", || browser.sees("#account"));
    assert!(browser.text("#account").contains("bob@example.com"));
}

#[test]
fn people_sign_in_work_and_sign_out() {
    PREFIXES.iter().for_each(|prefix| goes_in_and_out(Scripts::On, prefix));
}

#[test]
fn people_sign_in_work_and_sign_out_without_scripts() {
    PREFIXES.iter().for_each(|prefix| goes_in_and_out(Scripts::Off, prefix));
}
