//! A database whose disk is full.

use diesel::connection::SimpleConnection;
use portal_engine::Registry;
use portal_engine::db::Database;
use portal_testing::TestDatabase;
use portal_tests::harness::{TestServer, assets_of, example_of};

#[test]
fn full_disk_is_507_and_reading_goes_on() {
    let database = TestDatabase::sqlite();
    drop(TestServer::start(&database));
    // The only connection, so that its limit is everybody's: the file may not grow.
    let pool = Database::open(database.url().parse().unwrap(), 1).unwrap();
    pool.get().unwrap().batch_execute("PRAGMA max_page_count = 1").unwrap();
    let server = TestServer::over(pool, Registry::load().unwrap().narrow(None).unwrap());
    let product = server.create_product("sales");
    let (display_name, configuration) = example_of("s3");
    let refused = (0..100).find_map(|index| {
        let mut asset = server.new_asset(display_name, &configuration);
        asset["namespace"] = format!("asset-{index}").into();
        asset["description"] = "long ".repeat(1_500).into();
        let answer = server.post(&assets_of(&product), &asset);
        (answer.status >= 300).then_some(answer)
    });
    let refused = refused.expect("the disk is full at some time");
    assert_eq!(refused.status, 507, "{}", refused.text);
    let told = refused.json();
    assert_eq!(told["code"], "storage_full");
    assert_eq!(
        told["detail"],
        "the disk of the database is full: nothing was stored, but reading goes on"
    );
    assert_eq!(server.get("/readyz").status, 200);
    server.get(&assets_of(&product)).ok();
}
