//! Migrated tables that are not those of the plugins' structs are refused: when a database is
//! migrated, before one is served, and by `plugins check`.

use std::path::Path;

use portal_core::__private::{OutputParts, Parts, from_parts, linked, parts};
use portal_core::Error;
use portal_engine::db::{Backend, ConnectionExt};
use portal_engine::migrate::{self, EmbeddedMigration};
use portal_engine::{LinkedPlugin, Registry};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Ran, command, command_on, execute, refusal};

const WRONG: &str = env!("CARGO_BIN_EXE_wrong-tables-portal");
const UP: &str = include_str!("../migrations/2026-02-01-000000_create_fixture/up.sql");
const FIXTURE: &str = include_str!("../src/fixture.rs");

/// A registry with the fixture plugin alone, whose migration makes the table like this.
fn fixture_with(up: String) -> Registry {
    let own = linked().find(|registration| parts(registration).id == "fixture").unwrap();
    let own = parts(own).clone();
    let folder = "2026-02-01-000000_create_fixture";
    let migration = EmbeddedMigration { folder, up: up.leak(), down: "DROP TABLE fixture_outputs" };
    let migrations = vec![migration].leak();
    let output = own.output.clone().map(|output| OutputParts { migrations, ..output });
    Registry::build([&*Box::leak(Box::new(from_parts(Parts { output, ..own })))]).unwrap()
}

/// What a database says of a table that was made with `wrong` in the place of `right`, without the
/// place.
fn differences(database: &TestDatabase, right: &str, wrong: &str) -> Vec<String> {
    assert!(UP.contains(right), "{right}");
    let registry = fixture_with(UP.replace(right, wrong));
    let mut connection = database.connect();
    let refused = migrate::run(&mut connection, &registry).unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    assert!(!connection.has_table("data_products").unwrap(), "something was changed");
    let said = refused.to_string();
    let mut lines = said.lines();
    assert_eq!(
        lines.next(),
        Some("the tables differ from the structs of the plugins, nothing was changed")
    );
    lines.map(str::to_owned).collect()
}

/// Where the fixture declares a field, as problems name it.
fn at_field(name: &str) -> String {
    let is_field = |line: &str| line.trim_start().starts_with(&format!("pub {name}: "));
    let line = FIXTURE.lines().position(is_field).unwrap() + 1;
    format!("fixture (portal-tests {}, tests/src/fixture.rs:{line})", env!("CARGO_PKG_VERSION"))
}

#[test]
fn column_that_differs_from_its_field_is_named_at_the_fields_line() {
    let of = "of fixture_data_outputs";
    for (right, wrong, field, message) in [
        (
            "    note TEXT,\n",
            "",
            "note",
            "the table fixture_data_outputs has no column for the field \"note\": a migration must add note TEXT; is one missing from the list in migrations![…]?".to_owned(),
        ),
        (
            "note TEXT,",
            "note TEXT NOT NULL,",
            "note",
            format!("the column note {of} is NOT NULL, but its field is an Option: leave NOT NULL out, or make the field no Option"),
        ),
        (
            "key_name TEXT NOT NULL,",
            "key_name TEXT,",
            "key_name",
            format!("the column key_name {of} can be NULL, but its field is no Option: declare it NOT NULL, or make the field an Option"),
        ),
        (
            "retention_days INTEGER,",
            "retention_days TEXT,",
            "retention_days",
            format!("the column retention_days {of} is declared TEXT, but its field needs INTEGER: change one of them"),
        ),
        (
            "size_limit BIGINT NOT NULL,",
            "size_limit INTEGER NOT NULL,",
            "size_limit",
            format!("the column size_limit {of} is declared INTEGER, but its field needs BIGINT: change one of them"),
        ),
    ] {
        each_database(|database| {
            let expected = format!("{}: {message}", at_field(field));
            assert_eq!(differences(database, right, wrong), [expected]);
        });
    }
}

#[test]
fn only_the_types_that_both_databases_know_are_taken() {
    for (right, wrong, postgres) in [
        ("place TEXT NOT NULL", "place VARCHAR(40) NOT NULL", "CHARACTER VARYING(40)"),
        ("encrypted BOOLEAN NOT NULL", "encrypted SMALLINT NOT NULL", "SMALLINT"),
        ("size_limit BIGINT NOT NULL", "size_limit NUMERIC NOT NULL", "NUMERIC"),
    ] {
        each_database(|database| {
            let sqlite = wrong.split(' ').nth(1).unwrap();
            let declared = if database.backend() == Backend::Postgres { postgres } else { sqlite };
            let said = differences(database, right, wrong);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].contains(&format!("is declared {declared}, but")), "{said:?}");
        });
    }
}

#[test]
fn first_column_belongs_to_the_asset_and_others_to_fields() {
    let origin = Registry::load().unwrap().find("fixture").map(LinkedPlugin::origin).unwrap();
    let id = format!(
        "fixture ({origin}): the table fixture_data_outputs does not begin with id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE"
    );
    let other = format!(
        "fixture ({origin}): the table fixture_data_outputs has the column stray, which is no field: drop it in a migration, or add the field"
    );
    each_database(|database| {
        assert_eq!(differences(database, " ON DELETE CASCADE", ""), [id.as_str()]);
        let stray = "note TEXT,\n    stray TEXT,";
        assert_eq!(differences(database, "note TEXT,", stray), [other.as_str()]);
    });
}

#[test]
fn migrations_that_make_no_table_are_refused() {
    each_database(|database| {
        let said = differences(database, UP, "SELECT 1");
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("its migrations make no table fixture_data_outputs"), "{said:?}");
    });
}

#[test]
fn table_that_was_changed_behind_the_portal_keeps_it_from_starting() {
    each_database(|database| {
        let registry = fixture_with(UP.to_owned());
        let mut connection = database.connect();
        migrate::run(&mut connection, &registry).unwrap();
        execute(&mut connection, "ALTER TABLE fixture_data_outputs DROP COLUMN note");
        let run = migrate::run(&mut connection, &registry).unwrap_err().to_string();
        let missing = migrate::missing(&mut connection, &registry).unwrap_err().to_string();
        assert_eq!(run, missing);
        assert!(run.contains("has no column for the field \"note\""), "{run}");
    });
}

#[test]
fn rehearsal_leaves_nothing_behind_and_needs_no_empty_database() {
    each_database(|database| {
        let mut connection = database.connect();
        let wrong = fixture_with(UP.replace("note TEXT,", "note TEXT NOT NULL,"));
        let problems = migrate::rehearse(&mut connection, &wrong).unwrap();
        assert_eq!(problems.len(), 1, "{problems}");
        assert!(!connection.has_table("data_products").unwrap(), "something was left");
        let right = fixture_with(UP.to_owned());
        assert!(migrate::rehearse(&mut connection, &right).unwrap().is_empty());
        if database.backend() == Backend::Postgres {
            migrate::run(&mut connection, &right).unwrap();
            assert_eq!(migrate::rehearse(&mut connection, &wrong).unwrap().len(), 1);
            assert!(connection.has_table("fixture_data_outputs").unwrap());
        }
    });
}

#[test]
fn plugins_check_and_a_start_refuse_tables_that_differ_from_their_structs() {
    let told = "odd (portal-tests ";
    let column = "the table odd_things has no column for the field \"size\"";
    let said = refusal(command(WRONG).args(["plugins", "check"]));
    assert!(said.contains(told) && said.contains(column), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let ran = Ran::of(command(WRONG).args(["plugins", "check", "--json"]));
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.json()["problems"].as_array().unwrap().len(), 1);

    let database = TestDatabase::sqlite();
    let said = refusal(command_on(WRONG, &database).args(["--bind", "127.0.0.1:0"]));
    assert!(said.contains(column), "{said}");
    let file = database.url().strip_prefix("sqlite://").unwrap();
    assert!(Path::new(file).exists(), "the migrations ran on it, and were taken back");
}

#[test]
fn plugins_check_takes_an_address_of_postgres_alone() {
    let database = TestDatabase::sqlite();
    let test_portal = env!("CARGO_BIN_EXE_test-portal");
    let check = ["plugins", "check", "--database-url"];
    let said = refusal(command(test_portal).args(check).arg(database.url()));
    assert!(said.contains("names a PostgreSQL database here"), "{said}");
    each_database(|database| {
        if database.backend() == Backend::Postgres {
            let ran = Ran::ok(command(test_portal).args(check).arg(database.url()));
            assert!(ran.contains("no problems"), "{ran}");
            let said = refusal(command(WRONG).args(check).arg(database.url()));
            assert_eq!(said.lines().count(), 1, "told once, not for each database: {said}");
        }
    });
}
