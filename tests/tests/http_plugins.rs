//! `/api/v2/plugins`, as clients see it.

use portal_core::testing::TestDatabase;
use portal_tests::harness::TestServer;

#[test]
fn all_linked_plugins_are_listed_by_id() {
    let server = TestServer::start(&TestDatabase::sqlite());
    let listed = server.get("/api/v2/plugins/").ok();
    let ids: Vec<&str> = listed["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| plugin["platform"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["databricks", "fixture", "glue", "launcher", "redshift", "s3", "snowflake"]);
}
