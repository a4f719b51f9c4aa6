//! Plugins that the database knows and a binary does not serve: they are told, since a crate that
//! somebody forgot to name is missing without any error.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use portal_core::__private::{linked, parts};
use portal_engine::db::{Backend, DatabaseUrl, is_compiled_in};
use portal_engine::{Registry, migrate};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Process, Ran, TestServer, bundled_and, command_on, count_rows, execute,
};
use serde_json::{Value, json};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");
const WITHOUT_S3: &str = env!("CARGO_BIN_EXE_portal-without-s3");

/// A database of the portal with S3 and the fixture, filled with the example company.
fn filled(database: &TestDatabase) -> i64 {
    drop(Process::serve(command_on(PORTAL, database).args(["serve", "--demo"])));
    let count = count_rows(&mut database.connect(), "s3_data_outputs");
    assert!(count > 1, "the demo has assets of S3");
    count
}

fn list(binary: &str, database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut list = command_on(binary, database);
    list.args(["plugins", "list"]).args(arguments);
    list
}

/// What a list says of one plugin.
fn listed(command: &mut Command, id: &str) -> Value {
    let ran = Ran::of(command);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let all = ran.json();
    all.as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
}

/// The entries of a log that warn of a plugin that is not served.
fn warnings(log: &str) -> Vec<&str> {
    let warnings = log.lines().filter(|line| line.contains(" WARN "));
    let told = warnings.filter_map(|line| line.split_once("the database has the plugin "));
    told.map(|(_, told)| told).collect()
}

#[test]
fn start_tells_each_plugin_that_is_not_linked_with_its_assets_and_the_line_to_write() {
    each_database(|database| {
        let s3 = filled(database);
        execute(
            &mut database.connect(),
            "DELETE FROM technical_assets WHERE service_id =
             (SELECT id FROM platform_services WHERE plugin = 'fixture');
             INSERT INTO portal_migrations (plugin, version, name, checksum, applied_at)
             VALUES ('event-hub', '20260101000000', 'create', '', CURRENT_TIMESTAMP)",
        );
        for arguments in [&["serve"][..], &["serve", "--no-migrate"]] {
            let portal = Process::serve(command_on(WITHOUT_S3, database).args(arguments));
            let lines: Vec<&str> =
                portal.greeting.lines().skip_while(|line| line.starts_with("plugin ")).collect();
            let add =
                |name: &str| format!("add {name}_plugin to portal_server::main!(…) in main.rs");
            let [hub, fixture, bucket] = ["event_hub", "fixture", "s3"].map(add);
            assert_eq!(
                lines,
                [
                    format!("absent plugin event-hub (no technical assets): {hub}"),
                    format!("absent plugin fixture (no technical assets): {fixture}"),
                    format!("absent plugin s3 ({s3} technical assets): {bucket}"),
                ]
            );
            assert_eq!(portal.client().get("/readyz").status, 200);
            let log = portal.kill();
            let but = "but it is not linked into this binary";
            assert_eq!(
                warnings(&log),
                [
                    format!("event-hub with no technical assets, {but}: {hub}"),
                    format!("fixture with no technical assets, {but}: {fixture}"),
                    format!("s3 with {s3} technical assets, {but}: {bucket}"),
                ]
            );
        }
    });
}

#[test]
fn start_tells_of_disabled_plugins_those_with_assets() {
    each_database(|database| {
        filled(database);
        execute(
            &mut database.connect(),
            "DELETE FROM technical_assets WHERE configuration_type <> 'S3DataOutput'",
        );
        let keep =
            "DELETE FROM technical_assets WHERE id <> (SELECT min(id) FROM technical_assets)";
        execute(&mut database.connect(), keep);
        let portal = Process::serve(command_on(PORTAL, database).env("ENABLED_PLUGINS", "glue"));
        let told = "disabled plugin s3 (1 technical asset): ENABLED_PLUGINS leaves it out";
        let lines: Vec<&str> = portal.greeting.lines().collect();
        assert_eq!(lines[1..], [told], "{}", portal.greeting);
        let log = portal.kill();
        let told = "s3 with 1 technical asset, but it is disabled: ENABLED_PLUGINS leaves it out";
        assert_eq!(warnings(&log), [told]);
    });
}

#[test]
fn start_that_serves_all_that_the_database_has_tells_nothing() {
    each_database(|database| {
        filled(database);
        let portal = Process::serve(&mut command_on(PORTAL, database));
        assert!(portal.greeting.lines().all(|line| line.starts_with("plugin ")));
        assert_eq!(warnings(&portal.kill()), [""; 0]);
    });
}

#[test]
fn list_shows_a_plugin_that_only_the_database_knows() {
    each_database(|database| {
        let s3 = filled(database);
        let reason = format!(
            "in the database with {s3} technical assets: add s3_plugin to portal_server::main!(…) in main.rs"
        );
        let expected = json!({
            "id": "s3", "state": "absent", "reason": reason, "technical_assets": s3,
            "kind": null, "wire_name": null, "aliases": [], "platform": null,
        });
        assert_eq!(listed(&mut list(WITHOUT_S3, database, &["--json"]), "s3"), expected);
        let text = Ran::ok(&mut list(WITHOUT_S3, database, &[]));
        let line = text.lines().find(|line| line.starts_with("s3 ")).unwrap();
        let words: Vec<&str> = line.split_whitespace().take(5).collect();
        assert_eq!(words, ["s3", "absent", "-", "-", "-"]);
        assert!(line.ends_with(&reason), "{line}");
        // The address may be an option as well.
        let mut list = list(WITHOUT_S3, database, &["--json", "--database-url", database.url()]);
        assert_eq!(listed(list.env_remove("DATABASE_URL"), "s3"), expected);
    });
}

#[test]
fn list_says_how_many_assets_wait_for_a_disabled_plugin() {
    each_database(|database| {
        let s3 = filled(database);
        let narrowed = |id| {
            let mut list = list(PORTAL, database, &["--json"]);
            listed(list.env("ENABLED_PLUGINS", "glue"), id)
        };
        let disabled = narrowed("s3");
        assert_eq!(disabled["state"], "disabled");
        assert_eq!(disabled["technical_assets"], s3);
        let reason =
            format!("not named in ENABLED_PLUGINS, with {s3} technical assets in the database");
        assert_eq!(disabled["reason"], reason);
        assert_eq!(narrowed("launcher")["reason"], "not named in ENABLED_PLUGINS");
        assert_eq!(narrowed("glue").get("technical_assets"), None);
    });
}

#[test]
fn list_makes_no_database() {
    let database = TestDatabase::sqlite();
    let file = database.url().strip_prefix("sqlite://").unwrap();
    let ran = Ran::of(&mut list(WITHOUT_S3, &database, &[]));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(!Path::new(file).exists(), "it made the file");
}

/// Why the database at this address was not looked at, by the one line that says so beside the list.
fn list_without_looking(url: &str) -> String {
    let ids = bundled_and(&[]);
    let mut list = list(WITHOUT_S3, &TestDatabase::sqlite(), &["--json"]);
    let ran = Ran::of(list.env("DATABASE_URL", url));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let listed = ran.json();
    let found = listed.as_array().unwrap().iter();
    let found: Vec<&str> = found.map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(found, ids);
    let told = ran.err.strip_prefix("warning: the database was not looked at: ");
    let told = told.unwrap_or_else(|| panic!("it does not tell: {}", ran.err)).trim_end();
    assert!(!told.contains('\n') && !told.contains("hunter2"), "{told}");
    told.to_owned()
}

#[test]
fn list_goes_on_without_a_database_that_cannot_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "these are notes, and no database at all\n".repeat(100)).unwrap();
    let told = list_without_looking(&format!("sqlite://{}", file.display()));
    assert!(told.ends_with("it is not a SQLite database"), "{told}");
    let told = list_without_looking("postgress://me:hunter2@127.0.0.1/portal");
    assert!(told.contains("did you mean postgres://?"), "{told}");
    if is_compiled_in(Backend::Postgres) {
        let told = list_without_looking("postgres://me:hunter2@127.0.0.1:1/portal");
        assert!(told.starts_with("the database does not answer: postgres://me:***@"), "{told}");
    }
}

#[test]
fn list_does_not_wait_for_a_database_that_keeps_it_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portal.db");
    let locked = &mut DatabaseUrl::sqlite(&file).connect().unwrap();
    migrate::run(locked, Registry::load().unwrap()).unwrap();
    locked
        .batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; DELETE FROM environments")
        .unwrap();
    let started = Instant::now();
    let told = list_without_looking(&format!("sqlite://{}", file.display()));
    assert!(told.ends_with("gives no answer within 3 seconds"), "{told}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn operator_sees_a_plugin_that_only_the_database_knows() {
    each_database(|database| {
        drop(TestServer::start(database));
        let here = linked().filter(|one| !["glue", "s3"].contains(&parts(one).id));
        let server = TestServer::of(database, Registry::build(here).unwrap());
        let page = server.page("/operator").text;
        for (id, reason) in [
            ("glue", "in the database with no technical assets: build with `--features glue`"),
            (
                "s3",
                "in the database with no technical assets: add s3_plugin to portal_server::main!",
            ),
        ] {
            let (_, row) = page.split_once(&format!("<th scope=\"row\">{id}</th>")).unwrap();
            let (row, _) = row.split_once("</tr>").unwrap();
            assert!(row.contains("badge-absent\">absent<") && row.contains(reason), "{row}");
        }
        assert_eq!(server.get("/readyz").status, 200);
    });
}
