//! Every page over the wire, compressed as a browser gets it, on a portal of 10,000 technical
//! assets: 90 data products of 100 and one of 1,000, whose lists are shown.
//!
//! PostgreSQL is measured when `PORTAL_TEST_POSTGRES_URL` is set and the feature `postgres` is on.

use std::env;
use std::time::Instant;

use portal_engine::db::Backend;
use portal_testing::{POSTGRES_URL, TestDatabase};
use portal_tests::harness::{FIVE, TestServer, assets_of, execute, product_with};

const ROUNDS: usize = 500;

fn main() {
    println!("{:<10} {:<40} {:>9} {:>9} {:>9}", "database", "page", "median", "99 %", "size");
    measure(&TestDatabase::sqlite());
    match env::var(POSTGRES_URL) {
        Ok(server) => measure(&TestDatabase::postgres(&server)),
        Err(_) => println!("PostgreSQL is not measured: {POSTGRES_URL} is not set"),
    }
}

fn measure(database: &TestDatabase) {
    let server = TestServer::with_plugins(database, Some(&FIVE.join(",")));
    let connection = &mut database.connect();
    for index in 0..90 {
        product_with(connection, &format!("product-{index}"), 100);
    }
    let large = product_with(connection, "large", 1_000);
    if database.backend() == Backend::Postgres {
        // What PostgreSQL does by itself a minute after so many rows, and not while it is measured.
        execute(connection, "VACUUM ANALYZE");
        execute(connection, "CHECKPOINT");
    }
    let product = format!("/data_products/{large}");
    let assets = server.get(&assets_of(large.as_str())).ok();
    let asset = assets["technical_assets"][500]["id"].as_str().expect("an id").to_owned();
    let asset = format!("{product}/technical_assets/{asset}");
    for (name, path) in [
        ("catalogue", "/".to_owned()),
        ("catalogue, searched", "/?q=amazon".to_owned()),
        ("plugin", "/plugins/glue".to_owned()),
        ("operator", "/operator".to_owned()),
        ("data products", "/data_products".to_owned()),
        ("data products, by name, last page", "/data_products?sort=name&page=4".to_owned()),
        ("assets", product.clone()),
        ("assets, by name, last page", format!("{product}?sort=name&page=40")),
        ("assets, last changed first", format!("{product}?sort=changed")),
        ("assets, searched", format!("{product}?text=asset+77")),
        ("assets of a plugin, pending", format!("{product}?plugin=s3&status=pending")),
        ("new asset, choice", format!("{product}/technical_assets/new")),
        ("new asset, form", format!("{product}/technical_assets/new/glue")),
        ("asset", asset.clone()),
        ("edit", format!("{asset}/edit")),
        ("delete", format!("{asset}/delete")),
    ] {
        let mut size = server.compressed_size(&path);
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                size = server.compressed_size(&path);
                started.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{:<10} {name:<40} {:>6.2} ms {:>6.2} ms {:>6.1} kB",
            format!("{:?}", database.backend()),
            times[ROUNDS / 2],
            times[ROUNDS * 99 / 100],
            size as f64 / 1_000.0
        );
    }
}
