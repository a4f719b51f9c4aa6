//! What keeps a portal from starting: one clear sentence each, and a non-zero exit.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use diesel::connection::SimpleConnection;
use portal_engine::db::{Backend, Connection, is_compiled_in};
use portal_engine::{Registry, migrate};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Process, command, command_on, refusal, refusal_sentence};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn with_url(url: &str) -> Command {
    let mut portal = command(PORTAL);
    portal.args(["--bind", "127.0.0.1:0"]).env("DATABASE_URL", url);
    portal
}

/// A connection to a database that has everything this binary needs.
fn migrated(database: &TestDatabase) -> Connection {
    let mut connection = database.connect();
    migrate::run(&mut connection, Registry::load().unwrap()).unwrap();
    connection
}

#[test]
fn port_that_is_taken_is_named_with_the_remedy() {
    let database = TestDatabase::sqlite();
    drop(migrated(&database));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal_sentence(command_on(PORTAL, &database).args(["--bind", &address]));
    assert_eq!(
        said,
        format!(
            "{address} is already in use: stop the program that listens there, or choose another port with --bind"
        )
    );
}

#[test]
fn address_that_is_not_of_this_machine_is_named() {
    let database = TestDatabase::sqlite();
    drop(migrated(&database));
    // Kept for documentation (RFC 5737), so no machine has it.
    let elsewhere = ["--bind", "192.0.2.1:80", "--open-to-everybody"];
    let said = refusal_sentence(command_on(PORTAL, &database).args(elsewhere));
    assert!(said.starts_with("cannot listen on 192.0.2.1:80: "), "{said}");
}

#[test]
fn file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    let garbage = "these are notes, and no database at all\n".repeat(100);
    fs::write(&file, &garbage).unwrap();
    let said = refusal_sentence(&mut with_url(&format!("sqlite://{}", file.display())));
    let shown = file.display();
    assert_eq!(
        said,
        format!("the database file {shown} cannot be used: it is not a SQLite database")
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), garbage);
}

#[test]
fn damaged_database_is_one_sentence() {
    let database = TestDatabase::sqlite();
    let connection = &mut migrated(&database);
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let file = database.url().strip_prefix("sqlite://").unwrap();
    let mut bytes = fs::read(file).unwrap();
    bytes[100..].fill(0xff);
    fs::write(file, bytes).unwrap();
    let said = refusal_sentence(&mut with_url(database.url()));
    assert!(said.contains("malformed"), "{said}");
}

#[test]
fn folder_instead_of_a_file_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let said = refusal_sentence(&mut with_url(&format!("sqlite://{}", folder.path().display())));
    let shown = folder.path().display();
    assert_eq!(said, format!("the database file {shown} cannot be used: it is a folder"));
}

#[test]
fn folder_that_does_not_exist_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("data");
    let file = missing.join("portal.db");
    let said = refusal_sentence(&mut with_url(&format!("sqlite://{}", file.display())));
    assert_eq!(
        said,
        format!(
            "the database file {} cannot be used: the folder {} does not exist",
            file.display(),
            missing.display()
        )
    );
}

#[test]
fn database_server_that_does_not_answer_is_one_sentence_without_the_password() {
    if !is_compiled_in(Backend::Postgres) {
        // Then the address itself is refused; `cli.rs` looks at that.
        return;
    }
    let said = refusal_sentence(&mut with_url("postgres://me:hunter2@127.0.0.1:1/portal"));
    assert!(said.starts_with("the database does not answer: postgres://me:"), "{said}");
    assert!(said.contains("127.0.0.1"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn no_message_repeats_the_password_of_an_address() {
    for url in [
        "host=127.0.0.1 password=hunter2",
        "postgres://me:hunter2%2@127.0.0.1:1/portal",
        "postgres://me:hunter2@[127.0.0.1/portal",
        "postgres://me:1/hunter2@127.0.0.1:1/portal",
        "postgres://me:1@hunter2@127.0.0.1:1/portal",
        "postgres://me@127.0.0.1:1/portal?password=hunter2",
        "postgres://me@127.0.0.1:1/portal?password=1&hunter2=2",
    ] {
        let said = refusal_sentence(&mut with_url(url));
        assert!(!said.contains("hunter2"), "{url}: {said}");
    }
}

#[test]
fn of_several_database_servers_each_one_s_failure_is_told() {
    if !is_compiled_in(Backend::Postgres) {
        return;
    }
    let said = refusal_sentence(&mut with_url("postgres://me@127.0.0.1:1,127.0.0.1:2/portal"));
    assert!(said.contains("port 1 failed") && said.contains("; connection to"), "{said}");
    assert!(said.contains("port 2 failed"), "{said}");
}

#[test]
fn database_newer_than_the_binary_is_refused_by_the_name_of_the_migration() {
    each_database(|database| {
        migrated(database)
            .batch_execute(
                "INSERT INTO portal_migrations (plugin, version, name, checksum, applied_at)
                 VALUES ('glue', '29990101000000', '2999-01-01-000000_later', '', CURRENT_TIMESTAMP)",
            )
            .unwrap();
        for arguments in [&["serve"][..], &["serve", "--no-migrate"], &["migrations", "run"]] {
            let said = refusal_sentence(command_on(PORTAL, database).args(arguments));
            assert!(said.contains("the migration glue/2999-01-01-000000_later"), "{said}");
            assert!(said.contains("it is older than the database"), "{said}");
        }
    });
}

#[test]
fn migration_of_a_plugin_that_is_not_linked_does_not_keep_the_portal_from_starting() {
    each_database(|database| {
        migrated(database)
            .batch_execute(
                "INSERT INTO portal_migrations (plugin, version, name, checksum, applied_at)
                 VALUES ('not-linked', '29990101000000', '2999-01-01-000000_later', '', CURRENT_TIMESTAMP)",
            )
            .unwrap();
        let portal = Process::serve(command_on(PORTAL, database).args(["serve", "--no-migrate"]));
        assert_eq!(portal.client().get("/readyz").status, 200);
    });
}

#[test]
fn applied_migration_that_was_edited_is_refused_by_name() {
    each_database(|database| {
        migrated(database)
            .batch_execute("UPDATE portal_migrations SET checksum = 'other' WHERE plugin = 's3'")
            .unwrap();
        let said = refusal_sentence(&mut command_on(PORTAL, database));
        assert!(
            said.contains("the applied migration s3/2026-01-28-124200_create_s3 was edited"),
            "{said}"
        );
    });
}

#[test]
fn no_migrate_on_an_empty_database_names_all_that_is_missing_and_adds_nothing() {
    each_database(|database| {
        let said = refusal_sentence(command_on(PORTAL, database).args(["serve", "--no-migrate"]));
        let connection = &mut database.connect();
        let missing = migrate::plan(connection, Registry::load().unwrap()).unwrap();
        assert!(missing.migrations.len() > 5, "the database is not empty any more");
        for planned in &missing.migrations {
            let name = format!("migration {}/{}", planned.plugin, planned.name);
            assert!(said.contains(&name), "{name} is not in: {said}");
        }
        for row in &missing.rows {
            assert!(said.contains(&row.to_string()), "{row} is not in: {said}");
        }
        assert!(said.ends_with("run `migrations run`, or serve without --no-migrate"), "{said}");
    });
}

#[test]
fn no_migrate_refuses_when_only_the_row_of_a_service_is_missing() {
    each_database(|database| {
        migrated(database)
            .batch_execute("DELETE FROM platform_services WHERE plugin = 's3'")
            .unwrap();
        let said = refusal_sentence(command_on(PORTAL, database).args(["serve", "--no-migrate"]));
        assert!(said.starts_with("the database lacks service s3 of platform aws: "), "{said}");
    });
}

#[test]
fn no_migrate_serves_a_database_that_has_everything() {
    each_database(|database| {
        drop(migrated(database));
        let portal = Process::serve(command_on(PORTAL, database).args(["serve", "--no-migrate"]));
        assert_eq!(portal.client().get("/readyz").status, 200);
    });
}

#[test]
fn misspelt_entry_of_enabled_plugins_keeps_the_portal_from_starting() {
    let database = TestDatabase::sqlite();
    let said = refusal(command_on(PORTAL, &database).env("ENABLED_PLUGINS", "glu,s3,readshift"));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains("\"glu\"") && lines[0].contains("did you mean glue?"), "{said}");
    assert!(lines[1].contains("did you mean redshift?"), "{said}");
}

#[test]
fn what_would_lose_something_names_how_to_agree() {
    each_database(|database| {
        drop(Process::serve(command_on(PORTAL, database).args(["serve", "--demo"])));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portal.toml");
        fs::write(&file, "[environments.live]\nacronym = \"prd\"\ncontext = \"x\"\n").unwrap();
        let file = file.to_str().unwrap();
        let said = |arguments: &[&str]| refusal(command_on(PORTAL, database).args(arguments));
        for (arguments, expected) in [
            (&["config", "apply", file][..], "add --allow-remove to do so, or put them back"),
            (&["serve", "--config", file], "or remove it with `config apply --allow-remove`"),
            (&["migrations", "revert", "--plugin", "s3"], "add --force to lose them"),
        ] {
            let said = said(arguments);
            assert!(said.trim_end().ends_with(expected), "{arguments:?}: {said}");
        }
    });
}
