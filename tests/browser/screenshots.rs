//! Pictures of every page, of the example company, in light and in dark, wide and narrow:
//!
//! ```text
//! cargo run -p portal-tests --features browser --bin screenshots -- FOLDER
//! ```

mod driver;
mod people;
mod views;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use portal_testing::TestDatabase;
use portal_tests::harness::{Client, Process, assets_of, command_on, execute};
use serde_json::json;
use thirtyfour::support::base64_decode;

use crate::driver::Browser;
use crate::people::{as_people_of_a_company, as_people_who_sign_in};
use crate::views::{View, views, views_of_missing};

/// CSS pixels: a telephone and a desk.
const WIDTHS: [u32; 2] = [320, 1440];

/// The fixture is no part of an example company.
const PLUGINS: &str = "databricks,glue,redshift,s3,snowflake";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        // This binary is its own portal, since cargo builds no other for it.
        [serve, ..] if serve == "serve" => {
            portal_server::run(portal_server::plugins!(portal_tests))
        }
        [folder] => {
            take_all(Path::new(folder));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("error: say in which folder the pictures should be");
            ExitCode::FAILURE
        }
    }
}

fn take_all(folder: &Path) {
    fs::create_dir_all(folder).expect("the folder can be made");
    let database = TestDatabase::sqlite();
    let portal = serve(&database, PLUGINS);
    let server = portal.client();
    let product = product(server, "sales");
    let empty = format!("/data_products/{}", server.create_product("returns"));
    let mut views = views(server, &product);
    views.push(View::of("data-product-empty", empty).marked(".empty"));
    take_views(folder, server.base(), &views);

    // The same company with an environment that nobody has configured.
    let listed = format!("{}?plugin=s3", assets_of(&product));
    let asset = server.get(&listed).ok()["technical_assets"][0]["id"].clone();
    execute(
        &mut database.connect(),
        "INSERT INTO environments (id, name, acronym, context, is_default) \
         VALUES ('01890000-0000-7000-8000-000000000001', 'staging', 'stg', '', FALSE); \
         UPDATE configuration_revision SET revision = revision + 1",
    );
    drop(portal);
    let portal = serve(&database, PLUGINS);
    let server = portal.client();
    let some = format!("{}?places=some", assets_of(&product));
    while server.get(&some).ok()["technical_assets"] == json!([]) {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let asset = asset.as_str().expect("the demo has one");
    take_views(folder, server.base(), &views_of_missing(&product, asset));

    // The same company after its operator has taken away a plugin, the options and the environments.
    let listed = format!("{}?plugin=s3", assets_of(&product));
    let listed = server.get(&listed).ok();
    let asset = listed["technical_assets"][0]["id"].as_str().expect("the demo has one").to_owned();
    drop(portal);
    execute(
        &mut database.connect(),
        "DELETE FROM platform_service_configurations; DELETE FROM environments",
    );
    let portal = serve(&database, "databricks,glue,redshift,snowflake");
    let product = format!("/data_products/{product}");
    let form = format!("{product}/technical_assets/new/glue");
    let views = [
        View::of("lacking-catalogue", "/").marked(".badge-missing"),
        View::of("lacking-operator", "/operator").marked("#problems"),
        View::of("lacking-plugin", "/plugins/glue").marked("#lacking"),
        View::of("lacking-form", form).marked("#lacking"),
        View::of("lacking-data-product", &product).marked(".badge-unavailable"),
        View::of("lacking-asset", format!("{product}/technical_assets/{asset}"))
            .marked("#unavailable"),
    ];
    take_views(folder, portal.client().base(), &views);

    let take = |browser: &Browser, views: &[View]| take_with(browser, folder, views);
    as_people_of_a_company(&json!({}), take);
    as_people_who_sign_in(&json!({}), take);
}

/// A portal with the example company and these plugins.
fn serve(database: &TestDatabase, plugins: &str) -> Process {
    let this = env::current_exe().expect("this binary has a path");
    let mut portal = command_on(&this.to_string_lossy(), database);
    Process::serve(portal.env("ENABLED_PLUGINS", plugins).args(["serve", "--demo"]))
}

fn take_views(folder: &Path, base: &str, views: &[View]) {
    take_with(&Browser::start(base, &json!({})), folder, views);
}

fn take_with(browser: &Browser, folder: &Path, views: &[View]) {
    for view in views {
        for width in WIDTHS {
            for (word, is_dark) in [("light", false), ("dark", true)] {
                browser.show_as(width, is_dark);
                view.show(browser);
                take(browser, &folder.join(format!("{}-{word}-{width}.png", view.name)));
            }
        }
    }
    println!("{} pictures in {}", views.len() * 4, folder.display());
}

/// The id of the data product with that namespace.
fn product(server: &Client, namespace: &str) -> String {
    let listed = server.get("/api/v2/data_products").ok();
    let mut products = listed["data_products"].as_array().expect("a list").iter();
    let found = products.find(|one| one["namespace"] == namespace).expect("the demo has it");
    found["id"].as_str().expect("an id").to_owned()
}

/// Takes a picture of the whole page, to its end.
fn take(browser: &Browser, file: &Path) {
    let metrics = browser.devtools("Page.getLayoutMetrics", &json!({}));
    let size = &metrics["cssContentSize"];
    let whole = json!({
        "format": "png",
        "captureBeyondViewport": true,
        "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1},
    });
    let taken = browser.devtools("Page.captureScreenshot", &whole);
    let picture = base64_decode(taken["data"].as_str().expect("a picture"));
    let picture = picture.expect("it is base64");
    fs::write(file, picture).expect("the picture can be written");
}
