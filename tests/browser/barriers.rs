//! No page keeps anybody out: every view is looked through by axe-core, in light and in dark, narrow
//! and wide.

use portal_testing::TestDatabase;
use portal_tests::harness::{TestServer, assets_of, example_of, execute, output_ids};
use serde_json::{Value, json};

use crate::driver::Browser;
use crate::people::{as_people_of_a_company, as_people_who_sign_in};
use crate::views::{View, views, views_of_missing};
use crate::{PREFIXES, Scripts, each_portal, in_browser};

const AXE: &str = include_str!("axe-core/axe.min.js");

/// What axe-core looks for: WCAG 2.2 up to AA, and what its authors advise beyond that.
const RULES: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// CSS pixels: a telephone, and as narrow as WCAG asks for; a desk.
const WIDTHS: [u32; 2] = [320, 1280];

/// Waits until what has changed is drawn: parts of others' making fade from one colour to another.
const DRAWN: &str = "return new Promise((drawn) => \
    requestAnimationFrame(() => requestAnimationFrame(() => drawn(true))))";

/// What the viewer of the reference calls the operation with the largest body.
const OPERATION: &str = "post-/api/v2/data_products/-id-/technical_assets";

/// A data product with an asset of every plugin, and one more than a page of them shows.
fn fill(server: &TestServer) -> String {
    let product = server.create_product("orders");
    for id in output_ids() {
        let (display_name, configuration) = example_of(id);
        server.create_asset(&product, &server.new_asset(display_name, &configuration));
    }
    let (display_name, configuration) = example_of("s3");
    let mut new = server.new_asset(display_name, &configuration);
    for number in 0..25 {
        new["namespace"] = format!("more-{number}").into();
        server.create_asset(&product, &new);
    }
    product
}

/// What is wrong with the page as it is shown now.
fn barriers(browser: &Browser) -> Vec<String> {
    const RUN: &str = "return axe.run(document, {runOnly: {type: 'tag', values: arguments[0]}, \
        resultTypes: ['violations']}).then((found) => ({rules: found.passes.length, \
        violations: found.violations.map((rule) => rule.id + ': ' + \
        rule.nodes.map((node) => node.html + ' — ' + node.failureSummary).join('\\n    '))}))";
    let found = browser.evaluate(RUN, vec![json!(RULES)]);
    assert!(found["rules"].as_u64() > Some(10), "axe-core looks at nothing: {found}");
    let violations = found["violations"].as_array().unwrap().iter();
    violations.map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// Background of the page, and how far it can be scrolled to the side.
fn ground_and_overflow(browser: &Browser) -> (String, Value) {
    let read = "return [getComputedStyle(document.body).backgroundColor, \
        document.documentElement.scrollWidth - document.documentElement.clientWidth]";
    let read = browser.evaluate(read, Vec::new());
    (read[0].as_str().unwrap().to_owned(), read[1].clone())
}

/// Looks through views in every way that they can be shown, and returns what is wrong.
fn look_through(browser: &Browser, views: &[View]) -> Vec<String> {
    let mut wrong = Vec::new();
    for view in views {
        browser.show_as(WIDTHS[1], false);
        view.show(browser);
        browser.evaluate(AXE, Vec::new());
        let (light, _) = ground_and_overflow(browser);
        for width in WIDTHS {
            for is_dark in [false, true] {
                browser.show_as(width, is_dark);
                browser.evaluate(DRAWN, Vec::new());
                let shown = format!("{} at {width} px, dark: {is_dark}", view.name);
                let (ground, overflow) = ground_and_overflow(browser);
                assert_eq!(ground != light, is_dark, "{shown} has the ground {ground}");
                if overflow != 0 {
                    wrong.push(format!("{shown} is {overflow} px too wide"));
                }
                wrong.extend(barriers(browser).iter().map(|one| format!("{shown}: {one}")));
            }
        }
    }
    wrong
}

/// Looks through views in every way that they can be shown.
///
/// # Panics
///
/// When one has a barrier.
pub fn assert_passable(browser: &Browser, views: &[View]) {
    let wrong = look_through(browser, views);
    assert!(wrong.is_empty(), "{} barriers:\n{}", wrong.len(), wrong.join("\n"));
}

fn assert_no_barriers(browser: &Browser, views: &[View]) {
    assert_passable(browser, views);
    browser.assert_quiet();
}

#[test]
fn no_page_has_a_barrier() {
    each_portal(|_, server| {
        let product = fill(server);
        let mut views = views(server, &product);
        let second = format!("/data_products/{product}?page=2");
        views.extend([
            View::of("data-product-second-page", second).marked("a[rel=prev]"),
            View::of("reference-operation", format!("/api/docs#?route={OPERATION}"))
                .marked("api-request"),
            View::of("reference-schema", "/api/docs#?route=cmp--schemas-technicalasset")
                .marked("schema-table"),
        ]);
        let browser = Browser::start(server.base(), &Scripts::On.preferences());
        assert_no_barriers(&browser, &views);
    });
}

#[test]
fn no_page_of_a_closed_portal_has_a_barrier() {
    as_people_of_a_company(&Scripts::On.preferences(), assert_passable);
}

#[test]
fn no_page_about_signing_in_has_a_barrier() {
    as_people_who_sign_in(&Scripts::On.preferences(), assert_passable);
}

/// On a telephone, operations stand one below the other.
#[test]
fn reference_with_two_open_operations_has_no_barrier() {
    in_browser(Scripts::On, |browser, _| {
        browser.show_as(WIDTHS[0], false);
        for (operation, mark) in [
            ("get-/healthz", "[id='get-/healthz'] api-request"),
            ("get-/readyz", "[id='get-/readyz'] api-request"),
        ] {
            View::of(operation, format!("/api/docs#?route={operation}")).marked(mark).show(browser);
        }
        browser.evaluate(AXE, Vec::new());
        for is_dark in [false, true] {
            browser.show_as(WIDTHS[0], is_dark);
            assert_eq!(barriers(browser), Vec::<String>::new(), "dark: {is_dark}");
        }
    });
}

#[test]
fn no_page_about_something_missing_has_a_barrier() {
    for prefix in PREFIXES {
        look_for_something_missing(prefix);
    }
}

/// A data product with an asset of S3 and one of the same result, and an environment without anything.
fn with_something_missing(prefix: &str, database: &TestDatabase) -> (String, String) {
    let server = TestServer::below(prefix, database, None);
    let product = server.create_product("orders");
    let (display_name, configuration) = example_of("s3");
    let mut new = server.new_asset(display_name, &configuration);
    let asset = server.create_asset(&product, &new);
    new["namespace"] = "again".into();
    server.create_asset(&product, &new);
    execute(
        &mut database.connect(),
        "INSERT INTO environments (id, name, acronym, context, is_default) \
         VALUES ('01890000-0000-7000-8000-000000000001', 'staging', 'stg', '', FALSE); \
         UPDATE configuration_revision SET revision = revision + 1",
    );
    (product, asset)
}

/// Waits until a server has looked for places after a change.
fn wait_for_places(server: &TestServer, product: &str) {
    let began = std::time::Instant::now();
    let path = format!("{}?places=some", assets_of(product));
    while server.get(&path).ok()["technical_assets"] == json!([]) {
        assert!(began.elapsed().as_secs() < 30, "nobody looks for places");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn look_for_something_missing(prefix: &str) {
    let database = TestDatabase::sqlite();
    let (product, asset) = with_something_missing(prefix, &database);
    let server = TestServer::below(prefix, &database, None);
    wait_for_places(&server, &product);
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    assert_no_barriers(&browser, &views_of_missing(&product, &asset));
    drop(browser);
    drop(server);
    execute(
        &mut database.connect(),
        "DELETE FROM platform_service_configurations; DELETE FROM environments",
    );
    let asset = format!("/data_products/{product}/technical_assets/{asset}");
    let form = format!("/data_products/{product}/technical_assets/new");

    let server = TestServer::below(prefix, &database, Some("glue"));
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    assert_no_barriers(
        &browser,
        &[
            View::of("unavailable-asset", &asset).marked("#unavailable"),
            View::of("unavailable-asset-delete", format!("{asset}/delete")),
            View::of("unavailable-asset-edit", format!("{asset}/edit")).of_error(409),
            View::of("unavailable-asset-in-list", format!("/data_products/{product}"))
                .marked(".badge-unavailable"),
        ],
    );
    drop(browser);

    let server = TestServer::below(prefix, &database, None);
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    assert_no_barriers(
        &browser,
        &[
            View::of("catalogue-without-options", "/").marked(".badge-missing"),
            View::of("operator-with-problems", "/operator").marked("#problems"),
            View::of("plugin-without-options", "/plugins/s3").marked("#lacking"),
            View::of("tiles-without-options", &form).marked(".badge-missing"),
            View::of("form-without-options", format!("{form}/s3")).marked("#lacking"),
            View::of("asset-without-environments", &asset).marked(".empty"),
        ],
    );
    drop(browser);

    let database = TestDatabase::sqlite();
    let server = TestServer::below(prefix, &database, Some("none"));
    let product = server.create_product("orders");
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    assert_no_barriers(
        &browser,
        &[
            View::of("catalogue-without-plugins", "/").marked(".empty"),
            View::of("operator-without-plugins", "/operator"),
            View::of(
                "tiles-without-plugins",
                format!("/data_products/{product}/technical_assets/new"),
            )
            .marked(".empty"),
            View::of("data-product-empty", format!("/data_products/{product}")).marked(".empty"),
        ],
    );
    let database = TestDatabase::sqlite();
    let server = TestServer::below(prefix, &database, None);
    let browser = Browser::start(server.base(), &Scripts::On.preferences());
    assert_no_barriers(
        &browser,
        &[View::of("data-products-empty", "/data_products").marked(".empty")],
    );
}
