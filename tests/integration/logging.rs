//! The log, when it cannot be written: nobody fails and nobody waits for it. And when it can.

use std::fs::OpenOptions;
use std::io::{Read, pipe};
use std::process::Stdio;
use std::time::{Duration, Instant};

use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Client, Process, Ran, TestServer, command, command_on, execute, refusal_sentence,
};
use serde_json::json;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// A portal whose log goes there.
fn serve(database: &TestDatabase, log: impl Into<Stdio>) -> Process {
    Process::serve_logging_to(&mut command_on(PORTAL, database), log.into())
}

/// From now on every question whether the portal is ready is a line of the log.
fn make_unready(database: &TestDatabase) {
    execute(&mut database.connect(), "DELETE FROM portal_migrations WHERE plugin = 'glue'");
}

fn has_environment(client: &Client, name: &str) -> bool {
    let listed = client.get("/api/v2/configuration/environments").ok();
    listed["environments"].as_array().unwrap().iter().any(|one| one["name"] == name)
}

/// Changes the configuration past the portal, and waits until it shows.
fn configuration_still_arrives(database: &TestDatabase, client: &Client) {
    execute(
        &mut database.connect(),
        "INSERT INTO environments (id, name, acronym, context, is_default)
         VALUES ('01890000-0000-7000-8000-000000000000', 'later', 'ltr', '', false);
         UPDATE configuration_revision SET revision = revision + 1",
    );
    wait_until("the change arrives", || has_environment(client, "later"));
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(20), "not so: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn log_on_a_closed_pipe_stops_nothing() {
    each_database(|database| {
        let (reader, writer) = pipe().unwrap();
        let portal = serve(database, writer);
        drop(reader);
        make_unready(database);
        for _ in 0..3 {
            assert_eq!(portal.client().get("/readyz").status, 503);
        }
        configuration_still_arrives(database, portal.client());
        let operator = portal.client().page("/operator").text;
        assert!(operator.contains("entries of the log were dropped"), "{operator}");
    });
}

#[test]
fn log_on_a_full_disk_keeps_neither_the_start_nor_the_configuration() {
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    each_database(|database| {
        let portal = serve(database, full.try_clone().unwrap());
        make_unready(database);
        assert_eq!(portal.client().get("/readyz").status, 503);
        configuration_still_arrives(database, portal.client());
        portal.terminate();
        assert!(portal.wait().0.success());
    });
    let mut refused = command(PORTAL);
    refused.env("DATABASE_URL", "nothing").stderr(full.try_clone().unwrap());
    assert_eq!(Ran::of(&mut refused).code, Some(1));
    refused.stdout(full).stderr(Stdio::null()).args(["plugins", "list"]);
    assert_eq!(refused.status().unwrap().code(), Some(1));
}

#[test]
fn log_that_nobody_reads_holds_up_nobody_and_tells_what_was_dropped() {
    let database = &TestDatabase::sqlite();
    let (mut reader, writer) = pipe().unwrap();
    let portal = serve(database, writer);
    let client = portal.client();
    make_unready(database);
    // A pipe takes some 500 lines, and the portal keeps 1,024.
    for _ in 0..2_000 {
        assert_eq!(client.get("/readyz").status, 503);
    }
    configuration_still_arrives(database, client);
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    std::thread::sleep(Duration::from_millis(500));
    portal.terminate();
    assert!(portal.wait().0.success());
    let text = reading.join().unwrap();
    let kept = text.lines().filter(|line| line.contains("not ready")).count();
    assert!((1_000..2_000).contains(&kept), "{kept} lines were kept");
    assert!(text.contains("entries of the log were dropped"), "{text}");
}

#[test]
fn reading_the_configuration_begins_again_after_a_panic_and_readyz_says_so() {
    each_database(|database| {
        let server = TestServer::start(database);
        assert_eq!(server.get("/readyz").status, 200);
        // The fixture panics when it reads this address.
        let replace = |old: &str, new: &str| {
            let sql = format!(
                "UPDATE environment_service_configurations SET config = replace(config, '{old}', '{new}');
                 UPDATE configuration_revision SET revision = revision + 1"
            );
            execute(&mut database.connect(), &sql);
        };
        replace("shelf-dev", "no such place");
        wait_until("it is not ready", || server.get("/readyz").status == 503);
        let answer = server.get("/readyz").json();
        assert_eq!(answer["code"], "configuration_not_read");
        let detail = answer["detail"].as_str().unwrap();
        assert!(detail.contains("reads the configuration"), "{detail}");
        assert!(server.page("/operator").text.contains("The thread that reads the configuration"));
        assert_eq!(server.get("/api/v2/data_products").status, 200);

        replace("no such place", "shelf-dev");
        wait_until("it is ready again", || server.get("/readyz").status == 200);
        assert_eq!(server.get("/readyz").json(), json!({"status": "ready"}));
        configuration_still_arrives(database, &server);
    });
}

#[test]
fn entry_with_several_lines_stays_one() {
    let database = &TestDatabase::sqlite();
    let portal = Process::serve(&mut command_on(PORTAL, database));
    // The message of a trigger is what the database says, and the error of a request.
    execute(
        &mut database.connect(),
        "CREATE TRIGGER refuse BEFORE INSERT ON data_products
         BEGIN SELECT RAISE(ABORT, 'first line\nERROR second line'); END",
    );
    let body = json!({"name": "Orders", "namespace": "orders"});
    assert_eq!(portal.client().post("/api/v2/data_products", &body).status, 500);
    portal.terminate();
    let (_, said) = portal.wait();
    assert!(said.contains("first line\\nERROR second line"), "{said}");
    assert!(!said.lines().any(|line| line.starts_with("ERROR")), "{said}");
}

#[test]
fn malformed_rust_log_is_refused_with_the_part_that_is_wrong() {
    for (value, part) in [
        ("portal_server=inof", "\"portal_server=inof\""),
        ("info,a=b=c", "\"a=b=c\""),
        ("inof", "did you mean info?"),
    ] {
        let said =
            refusal_sentence(command(PORTAL).args(["plugins", "list"]).env("RUST_LOG", value));
        assert!(said.starts_with("RUST_LOG cannot be read: "), "{said}");
        assert!(said.contains(part) && said.contains("such as info,actix_server=warn"), "{said}");
    }
    for value in ["", "info", "off", "warn,portal_server=debug"] {
        Ran::ok(command(PORTAL).args(["plugins", "list"]).env("RUST_LOG", value));
    }
}
