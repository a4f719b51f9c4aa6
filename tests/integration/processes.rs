//! The portal as processes: many starting at once, one ending, what a start says.

use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use portal_engine::Registry;
use portal_engine::db::{Backend, Connection, ConnectionExt};
use portal_engine::migrate::{self, MigrationState};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Client, Process, bundled_and, command_on};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

/// Whether each migration of this binary is in the ledger, and nothing else.
fn all_are_applied(connection: &mut Connection) -> bool {
    let statuses = migrate::status(connection, registry()).unwrap();
    statuses.len() > registry().outputs().count()
        && statuses.iter().all(|status| status.state == MigrationState::Applied)
}

#[test]
fn eight_processes_at_once_on_an_empty_database_migrate_it_once_fifty_times_over() {
    for round in 1..=50 {
        each_database(|database| {
            let portals = Process::serve_at_once(8, || command_on(PORTAL, database));
            for portal in &portals {
                assert_eq!(portal.client().get("/readyz").status, 200);
            }
            let connection = &mut database.connect();
            assert!(all_are_applied(connection), "round {round} on {}", database.url());
            let count = migrate::status(connection, registry()).unwrap().len();
            let said: String = portals.into_iter().map(Process::kill).collect();
            let applied = said.lines().filter(|line| line.contains("applying")).count();
            assert_eq!(applied, count, "round {round} on {}:\n{said}", database.url());
        });
    }
}

#[test]
fn demo_started_by_several_processes_at_once_fills_once() {
    each_database(|database| {
        let portals = Process::serve_at_once(4, || {
            let mut command = command_on(PORTAL, database);
            command.args(["serve", "--demo"]);
            command
        });
        for portal in &portals {
            assert_eq!(products(portal.client()), 3);
        }
    });
}

fn products(client: &Client) -> usize {
    list(client, "/api/v2/data_products", "data_products").len()
}

fn list(client: &Client, path: &str, key: &str) -> Vec<serde_json::Value> {
    client.get(path).ok()[key].as_array().expect("a list").clone()
}

/// Plugins of one platform share its values: each must do without those of the others.
#[test]
fn demo_fills_whichever_plugin_is_enabled_alone() {
    for plugin in registry().outputs() {
        each_database(|database| {
            let mut command = command_on(PORTAL, database);
            let portal = Process::serve(
                command.args(["serve", "--demo"]).env("ENABLED_PLUGINS", plugin.id()),
            );
            assert_eq!(products(portal.client()), 3);
            let told = portal.kill();
            assert!(!told.contains("WARN"), "{}: {told}", plugin.id());
        });
    }
}

#[test]
fn demo_fills_every_linked_plugin_and_a_second_start_leaves_it() {
    each_database(|database| {
        let first = Process::serve(command_on(PORTAL, database).args(["serve", "--demo"]));
        let before = everything_shown(first.client());
        for plugin in registry().outputs() {
            let stored = before
                .iter()
                .filter(|asset| asset["configuration"]["configuration_type"] == plugin.wire_name());
            assert!(stored.count() >= 3, "the demo has too little of {}", plugin.id());
        }
        for asset in &before {
            let result = asset["result_string"].as_str().unwrap_or_default();
            assert!(!result.is_empty(), "this asset renders nothing: {asset}");
        }
        first.terminate();
        assert!(first.wait().0.success());

        let second = Process::serve(command_on(PORTAL, database).args(["serve", "--demo"]));
        assert_eq!(everything_shown(second.client()), before);
        assert!(second.kill().contains("so --demo leaves it as it is"));
    });
}

/// All technical assets of all data products.
fn everything_shown(client: &Client) -> Vec<serde_json::Value> {
    let products = list(client, "/api/v2/data_products", "data_products");
    let assets = products.iter().flat_map(|product| {
        let id = product["id"].as_str().expect("an id");
        list(client, &format!("/api/v2/data_products/{id}/technical_assets"), "technical_assets")
    });
    assets.collect()
}

#[test]
fn start_prints_one_line_per_plugin_and_the_url() {
    each_database(|database| {
        let portal = Process::serve(&mut command_on(PORTAL, database));
        let expected: String = registry()
            .plugins()
            .iter()
            .map(|plugin| {
                let from = plugin.origin();
                let (version, name, file) = (from.version, from.crate_name, from.file);
                format!("plugin {} {version} ({name}, {file}:{})\n", plugin.id(), from.line)
            })
            .collect();
        assert_eq!(portal.greeting, expected);
        let count = bundled_and(&["fixture", "launcher", "s3"]).len();
        assert_eq!(registry().plugins().len(), count);
        assert!(portal.client().base().starts_with("http://127.0.0.1:"));
        assert_eq!(portal.client().get("/healthz").ok()["status"], "alive");
    });
}

#[test]
fn sigterm_finishes_requests_in_flight_and_exits_with_zero() {
    each_database(|database| {
        // As long as the lock is held here.
        let mut serve = command_on(PORTAL, database);
        for (limit, time) in [("lock", "20s"), ("statement", "20s"), ("request", "25s")] {
            serve.env(format!("PORTAL_DB_{}_TIMEOUT", limit.to_uppercase()), time);
        }
        let portal = Process::serve(&mut serve);
        let client = portal.client().clone();
        // The connection is kept, so that the next request finds a worker that is up.
        assert_eq!(client.get("/healthz").status, 200);
        let blocker = &mut database.connect();
        let answer = blocker
            .write(|blocker| {
                if blocker.backend() == Backend::Postgres {
                    blocker.batch_execute("LOCK TABLE data_products IN ACCESS EXCLUSIVE MODE")?;
                }
                // Waits for the lock that is held here.
                let answer = thread::spawn(move || {
                    let body = serde_json::json!({"name": "Late", "namespace": "late"});
                    client.post("/api/v2/data_products", &body)
                });
                thread::sleep(Duration::from_secs(1));
                portal.terminate();
                // Longer than the second that actix gives requests in any case.
                thread::sleep(Duration::from_millis(2_500));
                assert!(!answer.is_finished(), "the request was not in flight");
                diesel::QueryResult::Ok(answer)
            })
            .unwrap();
        let answer = answer.join().unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        let (status, said) = portal.wait();
        assert_eq!(status.code(), Some(0), "{said}");

        let again = Process::serve(&mut command_on(PORTAL, database));
        assert_eq!(products(again.client()), 1);
    });
}

#[test]
fn sigterm_ends_an_idle_server_within_seconds() {
    let database = TestDatabase::sqlite();
    let portal = Process::serve(&mut command_on(PORTAL, &database));
    assert_eq!(portal.client().get("/healthz").status, 200);
    let started = std::time::Instant::now();
    portal.terminate();
    let (status, said) = portal.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());
}

#[test]
fn sigterm_as_soon_as_it_serves_is_a_clean_end() {
    let database = TestDatabase::sqlite();
    for round in 0..10 {
        let portal = Process::serve(&mut command_on(PORTAL, &database));
        portal.terminate();
        let (status, said) = portal.wait();
        assert_eq!(status.code(), Some(0), "round {round}: {said}");
    }
}

#[test]
fn portal_is_ready_until_something_that_it_needs_is_missing() {
    each_database(|database| {
        let portal = Process::serve(&mut command_on(PORTAL, database));
        let (client, connection) = (portal.client(), &mut database.connect());
        assert_eq!(client.get("/readyz").ok()["status"], "ready");

        add_to_ledger(connection, "glue", "2999-01-01-000000_from_a_newer_binary");
        assert_eq!(client.get("/readyz").status, 200, "a newer replica takes this one out");

        connection.batch_execute("DELETE FROM portal_migrations WHERE plugin = 'glue'").unwrap();
        let answer = client.get("/readyz");
        assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("refused")));
        assert_eq!(client.get("/healthz").status, 200);
    });
}

fn add_to_ledger(connection: &mut Connection, plugin: &str, folder: &str) {
    let version = folder[..17].replace('-', "");
    connection
        .batch_execute(&format!(
            "INSERT INTO portal_migrations (plugin, version, name, checksum, applied_at)
             VALUES ('{plugin}', '{version}', '{folder}', '', CURRENT_TIMESTAMP)"
        ))
        .unwrap();
}
