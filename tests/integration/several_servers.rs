//! Several servers on one database, and a database that goes away.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use portal_testing::{POSTGRES_URL, TestDatabase, each_database};
use portal_tests::harness::{Client, Process, Proxy, Ran, assets_of, command_on, example_of};
use serde_json::json;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// Waits until something holds, and says how long that took.
fn until(what: &str, patience: Duration, holds: impl Fn() -> bool) -> Duration {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < patience, "{what} takes longer than {patience:?}");
        thread::sleep(Duration::from_millis(20));
    }
    started.elapsed()
}

fn offers(client: &Client, option: &str) -> bool {
    client.get("/api/v2/plugins/databricks/form").text.contains(&format!("\"value\":\"{option}\""))
}

#[test]
fn change_of_the_configuration_is_served_by_every_server_within_a_second() {
    each_database(|database| {
        let servers: Vec<Process> =
            (0..2).map(|_| Process::serve(&mut portal(database, &["serve", "--demo"]))).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portal.toml");
        let exported = Ran::ok(&mut portal(database, &["config", "export"]));
        let (before, after) = exported.split_once("    \"sandbox\",\n").unwrap();
        fs::write(&file, format!("{before}    \"sandbox\",\n    \"sales\",\n{after}")).unwrap();
        assert!(servers.iter().all(|server| !offers(server.client(), "sales")));
        Ran::ok(&mut portal(database, &["config", "apply", file.to_str().unwrap()]));
        for server in &servers {
            let took =
                until("the change", Duration::from_secs(10), || offers(server.client(), "sales"));
            assert!(took < Duration::from_secs(1), "{took:?}");
        }
    });
}

#[test]
fn last_writer_wins_whole_whichever_server_it_writes_through() {
    each_database(|database| {
        let servers: Vec<Process> =
            (0..2).map(|_| Process::serve(&mut portal(database, &["serve", "--demo"]))).collect();
        let client = servers[0].client();
        let product = client.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let id = client.create_asset(&product, &client.new_asset(display_name, &configuration));
        let asset = format!("{}/{id}", assets_of(&product));
        for _ in 0..50 {
            thread::scope(|scope| {
                for (server, name) in servers.iter().zip(["left", "right"]) {
                    let mut body = json!({"name": name, "description": ""});
                    body["configuration"] = configuration.clone();
                    body["configuration"]["path"] = name.into();
                    let (client, asset) = (Client::new(server.client().base()), &asset);
                    scope.spawn(move || client.send_json("PUT", asset, &[], &body).ok());
                }
            });
            let read = client.get(&asset).ok();
            assert_eq!(read["configuration"]["path"], read["name"]);
        }
    });
}

#[test]
fn database_that_goes_away_and_comes_back_loses_nothing_and_needs_no_restart() {
    // SQLite is a file in reach of the process: it cannot go away like a server can.
    let Ok(server) = env::var(POSTGRES_URL) else {
        let sqlite = TestDatabase::sqlite();
        let process = Process::serve(&mut portal(&sqlite, &["serve"]));
        assert_eq!(process.client().get("/readyz").status, 200);
        return;
    };
    let database = TestDatabase::postgres(&server);
    let (scheme_and_user, rest) = database.url().split_once('@').unwrap();
    let (target, name) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(target.to_owned());
    let url = format!("{scheme_and_user}@127.0.0.1:{}/{name}", proxy.port());
    let process = Process::serve(portal(&database, &["serve", "--demo"]).env("DATABASE_URL", &url));
    let client = process.client();
    let product = client.create_product("orders");
    let (display_name, configuration) = example_of("s3");
    let asset = client.create_asset(&product, &client.new_asset(display_name, &configuration));
    assert_eq!(client.get("/readyz").status, 200);

    proxy.cut();
    assert_eq!(client.get("/healthz").status, 200, "the process is alive");
    assert_eq!(client.get("/api/v2/plugins").status, 200, "what is in memory is served");
    assert_eq!(client.get("/readyz").status, 503);
    let lost = client.get("/api/v2/data_products");
    assert_eq!(lost.status, 503, "{}", lost.text);
    assert_eq!(lost.header("retry-after"), Some("1"));

    proxy.mend();
    until("coming back", Duration::from_secs(30), || client.get("/readyz").status == 200);
    assert_eq!(client.asset(&product, &asset)["name"], "S3");
    client.create_product("returns");

    // A short break while requests keep coming: none of them may keep a dead connection alive.
    proxy.cut();
    proxy.mend();
    until("going on", Duration::from_secs(5), || {
        let status = client.get("/api/v2/data_products").status;
        assert!([200, 503].contains(&status), "{status}");
        status == 200
    });
}
