//! What people see whom a portal tells apart, by a proxy or because they have signed in.

use portal_testing::TestDatabase;
use portal_tests::harness::{Company, PROXY, SigningIn};
use serde_json::{Value, json};

use crate::driver::Browser;
use crate::views::View;

/// A name that is as long as names are in large companies.
const ADA: &str = "ada.with-a-long-address@department.subsidiary.example.com";
const LONG_GROUP: &str = "a-rather-long-name-of-a-group-in-a-large-company";

/// Sends these headers with every request from now on.
fn send(browser: &Browser, headers: Value) {
    browser.devtools("Network.setExtraHTTPHeaders", &json!({"headers": headers}));
}

/// Looks at the pages of a company whose proxy names people, as each of them and as nobody.
///
/// # Panics
///
/// When the portal does not start, or `look` does not like what it sees.
pub fn as_people_of_a_company(preferences: &Value, look: impl Fn(&Browser, &[View])) {
    let database = TestDatabase::sqlite();
    let company = Company::on(&database);
    let [person, groups, _] = PROXY;
    let product = format!("/data_products/{}", company.product);
    let asset = |id: &str| format!("{product}/technical_assets/{id}");
    let browser = Browser::start(company.server.base(), preferences);
    browser.devtools("Network.enable", &json!({}));
    for (name, in_groups, views) in [
        (
            ADA,
            "orders-team",
            vec![
                View::of("closed-catalogue", "/").marked("#visitor"),
                View::of("closed-data-products", "/data_products?own=yes").marked("#own"),
                View::of("closed-data-product", &product).marked("#new-asset"),
                View::of("closed-asset", asset(&company.asset)).marked("#status-archived"),
                View::of("closed-waiting-asset", asset(&company.custom)).marked("#waits-for"),
                View::of("closed-members", format!("{product}/members")).marked("#members-form"),
                View::of("error-403", "/operator/tokens").of_error(403),
            ],
        ),
        (
            "vera@example.com",
            "",
            vec![
                View::of("closed-own-nothing", "/data_products?own=yes").marked(".empty"),
                View::of("closed-members-read", format!("{product}/members")).marked("#who-may"),
            ],
        ),
        (
            "olga@example.com",
            "ops",
            vec![
                View::of("closed-operator", "/operator").marked("#tokens"),
                View::of("closed-tokens", "/operator/tokens").marked("#tokens"),
            ],
        ),
        ("", "", vec![View::of("error-401", "/").of_error(401)]),
    ] {
        send(&browser, json!({person: name, groups: in_groups}));
        look(&browser, &views);
    }
}

/// Looks at the pages of a portal where people sign in, as an operator, as somebody whose groups are left out
/// and as nobody, also while the provider is down.
///
/// # Panics
///
/// As [`as_people_of_a_company`].
pub fn as_people_who_sign_in(preferences: &Value, look: impl Fn(&Browser, &[View])) {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let browser = Browser::start(portal.server.base(), preferences);
    browser.devtools("Network.enable", &json!({}));
    portal.in_groups(ADA, &["ops", "staff"]);
    let ada = portal.in_groups(ADA, &["ops", LONG_GROUP]);
    let eve = portal.person(json!({"sub": "2", "email": "eve@example.com", "hasgroups": true}));
    send(&browser, json!({"cookie": ada.cookie()}));
    look(
        &browser,
        &[
            View::of("account", "/account").marked("#end-others"),
            View::of("sessions", "/operator/sessions").marked("#sessions"),
            View::of("identity-provider", "/operator/identity-provider").marked("#good"),
            View::of("operator-of-people", "/operator").marked("#identity-provider"),
        ],
    );
    portal.provider.stop();
    let down = View::of("identity-provider-down", "/operator/identity-provider").marked("#bad");
    look(&browser, &[down]);
    send(&browser, json!({"cookie": eve.cookie()}));
    look(&browser, &[View::of("groups-left-out", "/").marked("#open")]);
    send(&browser, json!({}));
    look(
        &browser,
        &[
            View::of("sign-in-failed", "/sign-in/callback").marked("#sign-in-failed"),
            View::of("sign-in-down", "/sign-in").marked("#sign-in-failed"),
            View::of("signed-out", "/signed-out").marked("#signed-out"),
        ],
    );
}
