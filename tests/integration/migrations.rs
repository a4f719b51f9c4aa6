//! The ledger: one per plugin, checksummed, all or nothing.

use portal_core::{Error, Origin, Registration};
use portal_engine::Registry;
use portal_engine::db::{Backend, Connection};
use portal_engine::migrate::{self, CORE, EmbeddedMigration, MigrationState};
use portal_testing::{TestDatabase, each_database};
use portal_tests::fixture::FixtureDataOutput;
use portal_tests::harness::{TestServer, bundled_and, count_rows, example_of, execute};

const ORIGIN: Origin = Origin {
    crate_name: "fixture-plugin",
    version: "2.0.0",
    file: "x.rs",
    line: 1,
    module: "fixture_plugin",
};

const FIXTURE: EmbeddedMigration = EmbeddedMigration {
    folder: "2026-02-01-000000_create_fixture",
    up: include_str!("../migrations/2026-02-01-000000_create_fixture/up.sql"),
    down: include_str!("../migrations/2026-02-01-000000_create_fixture/down.sql"),
};

/// A registry with the fixture plugin alone, with other migrations.
macro_rules! fixture_with {
    ($($migration:expr),*) => {{
        static MIGRATIONS: &[EmbeddedMigration] = &[$($migration),*];
        static REGISTRATION: Registration =
            Registration::data_output::<FixtureDataOutput>(ORIGIN, MIGRATIONS);
        Registry::build([&REGISTRATION]).unwrap()
    }};
}

const fn second(up: &'static str) -> EmbeddedMigration {
    EmbeddedMigration { folder: "2026-03-01-000000_second", up, down: "SELECT 1" }
}

fn linked() -> &'static Registry {
    Registry::load().unwrap()
}

/// A database with everything that is linked migrated.
fn migrated(database: &TestDatabase) -> Connection {
    let mut connection = database.connect();
    migrate::run(&mut connection, linked()).unwrap();
    connection
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused { sentence, .. } | Error::Unconfirmed(sentence)) => sentence,
        other => panic!("it should refuse: {other:?}"),
    }
}

#[test]
fn two_crates_with_the_same_timestamp_both_get_their_tables() {
    each_database(|database| {
        let connection = &mut migrated(database);
        for id in ["snowflake", "databricks"] {
            let plugin = linked().find(id).unwrap();
            assert_eq!(migrate::version(&plugin.migrations()[0]), "20260128120000");
            let ledger =
                format!("portal_migrations WHERE plugin = '{id}' AND version = '20260128120000'");
            assert_eq!(count_rows(connection, &ledger), 1);
            assert_eq!(count_rows(connection, plugin.table().unwrap()), 0);
        }
    });
}

#[test]
fn plan_is_what_run_does_and_then_nothing_is_left() {
    each_database(|database| {
        let connection = &mut database.connect();
        let plan = migrate::plan(connection, linked()).unwrap();
        let order: Vec<&str> = plan.migrations.iter().map(|one| one.plugin.as_str()).collect();
        let plugins = bundled_and(&["fixture", "s3"]);
        assert_eq!((order[0], &order[1..]), ("core", plugins.as_slice()));
        assert_eq!(migrate::run(connection, linked()).unwrap(), plan);
        assert!(migrate::plan(connection, linked()).unwrap().is_empty());
        assert!(migrate::run(connection, linked()).unwrap().is_empty());
        assert!(migrate::missing(connection, linked()).unwrap().is_empty());
        let statuses = migrate::status(connection, linked()).unwrap();
        assert!(statuses.iter().all(|one| one.state == MigrationState::Applied));
        assert!(statuses.iter().all(|one| one.applied_at.as_ref().unwrap().ends_with('Z')));
    });
}

#[test]
fn everything_that_is_missing_is_named_and_nothing_changed() {
    each_database(|database| {
        let connection = &mut database.connect();
        migrate::run(connection, &linked().narrow(Some("glue")).unwrap()).unwrap();
        let narrow = linked().narrow(Some("glue,snowflake")).unwrap();
        assert_eq!(
            migrate::missing(connection, &narrow).unwrap(),
            [
                "migration snowflake/2026-01-28-120000_create_snowflake",
                "platform snowflake",
                "service snowflake of platform snowflake",
            ]
        );
        let pending = "pending migrations: snowflake/2026-01-28-120000_create_snowflake";
        assert_eq!(refusal(migrate::ready(connection, &narrow)), pending);
        assert_eq!(count_rows(connection, "portal_migrations"), 2);
    });
}

#[test]
fn edited_migration_is_refused_by_name() {
    each_database(|database| {
        let connection = &mut migrated(database);
        let edited = fixture_with!(EmbeddedMigration { up: "SELECT 1", ..FIXTURE });
        let sentence = "the applied migration fixture/2026-02-01-000000_create_fixture was edited: restore its up.sql and put the change into a new migration";
        for result in [
            migrate::plan(connection, &edited).map(|_| ()),
            migrate::run(connection, &edited).map(|_| ()),
            migrate::missing(connection, &edited).map(|_| ()),
        ] {
            assert_eq!(refusal(result), sentence);
        }
        execute(connection, "UPDATE portal_migrations SET checksum = 'x' WHERE plugin = 'glue'");
        execute(connection, "UPDATE portal_migrations SET checksum = 'x' WHERE plugin = 'core'");
        let both = refusal(migrate::run(connection, linked()));
        for name in ["core/2026-01-01-000000_create_core", "glue/2026-01-28-120100_create_glue"] {
            assert!(both.contains(&format!("the applied migration {name} was edited")), "{both}");
        }
    });
}

#[test]
fn line_ends_of_a_checkout_are_no_edit() {
    let with = |up| migrate::checksum(&EmbeddedMigration { up, ..FIXTURE });
    assert_eq!(with("a;\nb;\n"), with("a;\r\nb;\r\n"));
    assert_ne!(with("a;\nb;\n"), with("a;\nb; \n"));
}

#[test]
fn database_newer_than_the_binary_is_refused_by_name_but_stays_ready() {
    each_database(|database| {
        let connection = &mut database.connect();
        let newer = fixture_with!(FIXTURE, second("CREATE TABLE fixture_more (id TEXT)"));
        migrate::run(connection, &newer).unwrap();
        let older = fixture_with!(FIXTURE);
        let sentence = "the database has the migration fixture/2026-03-01-000000_second, which this binary does not know: it is older than the database; start a newer one, or take the migration back with the binary that knows it";
        assert_eq!(refusal(migrate::run(connection, &older)), sentence);
        assert_eq!(refusal(migrate::missing(connection, &older)), sentence);
        migrate::ready(connection, &older).unwrap();
    });
}

#[test]
fn migration_of_a_plugin_that_is_not_here_is_reported_and_never_refused() {
    each_database(|database| {
        let connection = &mut migrated(database);
        execute(connection, "UPDATE portal_migrations SET checksum = 'x' WHERE plugin = 's3'");
        let narrow = linked().narrow(Some("glue")).unwrap();
        assert!(migrate::run(connection, &narrow).unwrap().is_empty());
        let statuses = migrate::status(connection, &narrow).unwrap();
        let absent: Vec<&str> = statuses
            .iter()
            .filter(|one| one.state == MigrationState::Absent)
            .map(|one| one.plugin.as_str())
            .collect();
        let mut others = bundled_and(&["fixture", "s3"]);
        others.retain(|id| *id != "glue");
        assert_eq!(absent, others);
        assert_eq!(count_rows(connection, "s3_data_outputs"), 0);
    });
}

#[test]
fn failed_migration_changes_nothing() {
    each_database(|database| {
        let connection = &mut database.connect();
        let broken = fixture_with!(
            FIXTURE,
            second("CREATE TABLE fixture_more (id TEXT); CREATE TABLE fixture_more (id TEXT)")
        );
        let sentence = refusal(migrate::run(connection, &broken));
        let start = "the migration fixture/2026-03-01-000000_second failed, nothing was changed: ";
        assert!(sentence.starts_with(start), "{sentence}");
        let statuses = migrate::status(connection, &broken).unwrap();
        assert!(statuses.iter().all(|one| one.state == MigrationState::Pending));
        let mended = fixture_with!(FIXTURE, second("CREATE TABLE fixture_more (id TEXT)"));
        assert_eq!(migrate::run(connection, &mended).unwrap().migrations.len(), 3);
    });
}

#[test]
fn reverting_refuses_to_lose_rows_without_force() {
    each_database(|database| {
        let server = TestServer::start(database);
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        server.create_asset(&product, &server.new_asset(display_name, &configuration));
        drop(server);
        let connection = &mut database.connect();
        let refused = refusal(migrate::revert(connection, linked(), "s3", true, false));
        assert_eq!(refused, "taking back migrations of s3 loses 1 rows of s3_data_outputs");
        assert_eq!(count_rows(connection, "s3_data_outputs"), 1);
        for name in ["s3", "S3DataOutput"] {
            let reverted = migrate::revert(connection, linked(), name, true, true).unwrap();
            assert_eq!(reverted, ["2026-01-28-124200_create_s3"]);
            migrate::run(connection, linked()).unwrap();
        }
        assert_eq!(count_rows(connection, "s3_data_outputs"), 0);
    });
}

#[test]
fn reverting_takes_back_the_newest_first_and_core_last() {
    each_database(|database| {
        let connection = &mut database.connect();
        let two = fixture_with!(FIXTURE, second("SELECT 1"));
        migrate::run(connection, &two).unwrap();
        let refused = refusal(migrate::revert(connection, &two, CORE, true, false));
        assert_eq!(refused, "plugins still build on core's tables: take back fixture first");
        let mut revert = |plugin: &str| migrate::revert(connection, &two, plugin, false, false);
        assert_eq!(revert("fixture").unwrap(), ["2026-03-01-000000_second"]);
        assert_eq!(revert("fixture").unwrap(), ["2026-02-01-000000_create_fixture"]);
        assert_eq!(refusal(revert("fixture")), "no migration of fixture is applied");
        assert_eq!(revert(CORE).unwrap(), ["2026-01-01-000000_create_core"]);
        assert!(refusal(revert("fixtur")).contains("did you mean fixture?"));
    });
}

#[test]
fn migration_that_rebuilds_a_parent_table_keeps_the_rows_below_it() {
    let rebuild = fixture_with!(
        FIXTURE,
        second(
            "CREATE TABLE rebuilt AS SELECT * FROM technical_assets;
             DROP TABLE technical_assets;
             CREATE TABLE technical_assets (
                 id TEXT PRIMARY KEY NOT NULL, data_product_id TEXT NOT NULL,
                 service_id TEXT NOT NULL, configuration_type TEXT NOT NULL, name TEXT NOT NULL,
                 description TEXT NOT NULL, namespace TEXT NOT NULL, status TEXT NOT NULL,
                 technical_mapping TEXT NOT NULL, created_at TIMESTAMP NOT NULL,
                 updated_at TIMESTAMP NOT NULL, created_by TEXT, updated_by TEXT,
                 configured_by TEXT, revision BIGINT NOT NULL,
                 found_by TEXT NOT NULL
             );
             INSERT INTO technical_assets SELECT * FROM rebuilt;
             DROP TABLE rebuilt;"
        )
    );
    let orphaning = fixture_with!(FIXTURE, second("DELETE FROM technical_assets"));
    // PostgreSQL refuses to drop a table that others refer to, so this is SQLite's trap alone.
    let database = TestDatabase::sqlite();
    assert_eq!(database.backend(), Backend::Sqlite);
    let server = TestServer::start(&database);
    let product = server.create_product("orders");
    let (display_name, configuration) = example_of("fixture");
    server.create_asset(&product, &server.new_asset(display_name, &configuration));
    drop(server);
    let connection = &mut database.connect();
    assert_eq!(
        refusal(migrate::run(connection, &orphaning)),
        "a migration leaves rows without their parent in fixture_data_outputs, asset_results, asset_places, nothing was changed"
    );
    assert_eq!(count_rows(connection, "technical_assets"), 1);
    migrate::run(connection, &rebuild).unwrap();
    assert_eq!(count_rows(connection, "fixture_data_outputs"), 1);
    execute(connection, "DELETE FROM technical_assets");
    assert_eq!(count_rows(connection, "fixture_data_outputs"), 0, "foreign keys are on again");
}
