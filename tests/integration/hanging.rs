//! A PostgreSQL server that hangs, or holds locks: it is not waited for, and another one that has taken its
//! place is found without a restart.

use std::env;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use portal_testing::{POSTGRES_URL, TestDatabase};
use portal_tests::harness::{
    Client, Process, Proxy, assets_of, command_on, example_of, refusal_sentence,
};
use serde_json::json;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// A portal with limits that are short enough to wait for.
fn serve(database: &TestDatabase) -> Command {
    serve_within(database, "4s")
}

/// The same with this limit for all that a request asks.
fn serve_within(database: &TestDatabase, request: &str) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(["serve", "--demo"]);
    for (limit, time) in
        [("lock", "500ms"), ("statement", "1s"), ("connect", "1s"), ("request", request)]
    {
        portal.arg(format!("--db-{limit}-timeout")).arg(time);
    }
    portal
}

/// A database on PostgreSQL, and the way to it; without one, that the limits leave SQLite alone.
fn postgres() -> Option<(TestDatabase, Proxy, String)> {
    let Ok(server) = env::var(POSTGRES_URL) else {
        let sqlite = TestDatabase::sqlite();
        let process = Process::serve(&mut serve(&sqlite));
        process.client().create_product("orders");
        return None;
    };
    let database = TestDatabase::postgres(&server);
    let (scheme_and_user, rest) = database.url().split_once('@').unwrap();
    let (target, name) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(target.to_owned());
    let url = format!("{scheme_and_user}@127.0.0.1:{}/{name}", proxy.port());
    Some((database, proxy, url))
}

fn until(what: &str, patience: Duration, is_done: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_done() {
        assert!(started.elapsed() < patience, "{what} takes longer than {patience:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Checks that a server ends that is told to, and well before requests in flight are given up.
fn assert_ends(process: Process) {
    let started = Instant::now();
    process.terminate();
    let (status, log) = process.wait();
    assert!(status.success(), "{status}: {log}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

fn ask_for_products(client: &Client) -> (u16, String) {
    let answer = client.get("/api/v2/data_products");
    let code = if answer.status == 200 { String::new() } else { answer.json()["code"].to_string() };
    (answer.status, code)
}

#[test]
fn server_that_hangs_is_given_up_for_the_one_in_its_place() {
    let Some((database, proxy, url)) = postgres() else { return };
    let process = Process::serve(serve(&database).env("DATABASE_URL", &url));
    let client = process.client();
    assert_eq!(ask_for_products(client), (200, String::new()));
    // Long enough for connections to be asked first whether they are there.
    thread::sleep(Duration::from_millis(500));
    proxy.freeze();
    // Whoever was about to write is told what that means.
    let product = json!({"name": "returns", "namespace": "returns"});
    let lost = client.post("/api/v2/data_products", &product);
    assert_eq!(lost.status, 503, "{}", lost.text);
    assert_eq!(lost.header("retry-after"), Some("1"));
    assert_eq!(lost.json()["code"], "unanswered");
    assert!(lost.text.contains("may be stored all the same"), "{}", lost.text);
    assert_eq!(client.get("/healthz").status, 200);
    assert_eq!(client.get("/readyz").status, 503);
    assert_eq!(ask_for_products(client).0, 503);
    proxy.replace();
    until("finding the other", Duration::from_secs(15), || client.get("/readyz").status == 200);
    assert_eq!(ask_for_products(client), (200, String::new()));
    client.create_product("orders-2");
    // Changes made elsewhere arrive again, too: nothing hangs that looks for them.
    until("staying ready", Duration::from_secs(15), || client.get("/readyz").status == 200);
    assert_ends(process);
}

#[test]
fn server_ends_while_its_database_hangs() {
    let Some((database, proxy, url)) = postgres() else { return };
    let process = Process::serve(serve(&database).env("DATABASE_URL", &url));
    assert_eq!(ask_for_products(process.client()), (200, String::new()));
    proxy.freeze();
    assert_eq!(ask_for_products(process.client()).0, 503);
    assert_ends(process);
}

#[test]
fn lock_that_somebody_holds_is_not_waited_for() {
    let Some((database, _proxy, _)) = postgres() else { return };
    // However long those wait that come last.
    let process = Process::serve(&mut serve_within(&database, "60s"));
    let client = process.client();
    let product = client.create_product("orders");
    let (display_name, configuration) = example_of("s3");
    client.create_asset(&product, &client.new_asset(display_name, &configuration));
    let mut holder = database.connect();
    holder.batch_execute("BEGIN; LOCK TABLE technical_assets IN ACCESS EXCLUSIVE MODE").unwrap();
    let path = assets_of(&product);
    thread::scope(|scope| {
        for _ in 0..16 {
            let client = Client::new(client.base());
            scope.spawn({
                let path = &path;
                move || {
                    let answer = client.get(path);
                    assert_eq!(answer.status, 503, "{}", answer.text);
                    assert_eq!(answer.json()["code"], "unavailable");
                    assert_eq!(answer.header("retry-after"), Some("1"));
                }
            });
        }
        // What is not locked is answered while the lock is held.
        until("answering others", Duration::from_secs(10), || {
            Client::new(client.base()).get("/api/v2/configuration/domains").status == 200
        });
    });
    until("being ready", Duration::from_secs(10), || client.get("/readyz").status == 200);
    holder.batch_execute("ROLLBACK").unwrap();
    client.get(&path).ok();
    assert_ends(process);
}

#[test]
fn read_only_server_is_not_ready() {
    let Some((database, _proxy, url)) = postgres() else { return };
    drop(Process::serve(&mut serve(&database)));
    let name = url.rsplit('/').next().unwrap();
    let read_only = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
    database.connect().batch_execute(&read_only).unwrap();
    let mut portal = command_on(PORTAL, &database);
    let process = Process::serve(portal.args(["serve", "--no-migrate"]));
    let ready = process.client().get("/readyz");
    assert_eq!((ready.status, &ready.json()["code"]), (503, &json!("database_read_only")));
    assert_eq!(ask_for_products(process.client()).0, 200);
}

#[test]
fn limits_that_take_a_slow_server_for_a_dead_one_are_refused() {
    let database = TestDatabase::sqlite();
    let mut portal = command_on(PORTAL, &database);
    portal.args(["serve", "--db-statement-timeout", "9s"]);
    let refused = refusal_sentence(&mut portal);
    assert!(refused.contains("a statement has to take less than a request"), "{refused}");
}
