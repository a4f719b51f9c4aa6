//! A plugin's data out of the database and back, and secrets that go nowhere.

use std::fs;
use std::process::Command;

use diesel::RunQueryDsl;
use portal_engine::Registry;
use portal_engine::transfer::{self, PluginExport, RowsFate};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Process, Ran, assets_of, command_on, count_rows, refusal};
use serde_json::Value;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// All plugins but the fixture.
const OTHERS: &str = "databricks,glue,launcher,redshift,s3,snowflake";

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// The same, with the fixture plugin disabled.
fn without_fixture(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = portal(database, arguments);
    portal.env("ENABLED_PLUGINS", OTHERS);
    portal
}

/// All assets of all data products, as clients read them.
fn all_assets(database: &TestDatabase) -> Vec<Value> {
    let server = Process::serve(&mut portal(database, &["serve"]));
    let products = server.client().get("/api/v2/data_products").ok();
    let mut all = Vec::new();
    for product in products["data_products"].as_array().unwrap() {
        let listed = server.client().get(&assets_of(product["id"].as_str().unwrap())).ok();
        all.extend(listed["technical_assets"].as_array().unwrap().clone());
    }
    all
}

fn fields(assets: &[Value]) -> Vec<(Value, Value, Value)> {
    let of_fixture = assets
        .iter()
        .filter(|asset| asset["configuration"]["configuration_type"] == "FixtureDataOutput");
    of_fixture
        .map(|asset| (asset["id"].clone(), asset["status"].clone(), asset["configuration"].clone()))
        .collect()
}

#[test]
fn export_purge_and_import_give_every_row_back() {
    each_database(|database| {
        drop(Process::serve(&mut portal(database, &["serve", "--demo"])));
        let before = fields(&all_assets(database));
        assert_eq!(before.len(), 6);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fixture.json");
        let file = file.to_str().unwrap();

        let enabled =
            refusal(&mut portal(database, &["plugins", "uninstall", "fixture", "--purge"]));
        assert!(enabled.contains("set ENABLED_PLUGINS"), "{enabled}");
        let unconfirmed = refusal(&mut without_fixture(
            database,
            &["plugins", "uninstall", "fixture", "--purge"],
        ));
        assert!(unconfirmed.contains("--confirm-rows 6"), "{unconfirmed}");
        assert_eq!(count_rows(&mut database.connect(), "fixture_data_outputs"), 6);

        let uninstall = ["plugins", "uninstall", "fixture", "--export", file, "--purge"];
        let told = Ran::ok(&mut without_fixture(database, &uninstall));
        assert!(told.contains("took back fixture/"), "{told}");
        assert_eq!(fields(&all_assets(database)), []);
        let told = Ran::ok(&mut portal(database, &["plugins", "import", file]));
        assert_eq!(told, "imported 6 technical assets of fixture\n");
        assert_eq!(fields(&all_assets(database)), before);
        let twice = refusal(&mut portal(database, &["plugins", "import", file]));
        assert!(twice.contains("already"), "{twice}");
    });
}

#[test]
fn file_of_other_migrations_is_refused_naming_both() {
    each_database(|database| {
        drop(Process::serve(&mut portal(database, &["serve", "--demo"])));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s3.json");
        let path = file.to_str().unwrap();
        Ran::ok(&mut portal(database, &["plugins", "uninstall", "s3", "--export", path]));
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("2026-01-28-124200_create_s3", "2025-01-01-000000_old"))
            .unwrap();
        let told = refusal(&mut portal(database, &["plugins", "import", path]));
        assert!(told.contains("2025-01-01-000000_old"), "{told}");
        assert!(told.contains("2026-01-28-124200_create_s3"), "{told}");
    });
}

/// Another server may write between the export and the purge.
#[test]
fn what_changed_since_the_export_is_not_purged() {
    each_database(|database| {
        drop(Process::serve(&mut portal(database, &["serve", "--demo"])));
        let linked = Registry::load().unwrap();
        let connection = &mut database.connect();
        let exported = transfer::export_plugin(connection, linked, "fixture").unwrap();
        diesel::sql_query("UPDATE technical_assets SET name = 'Renamed', revision = revision + 1")
            .execute(connection)
            .unwrap();
        let mut uninstall = |exported: &PluginExport| {
            transfer::uninstall(connection, linked, "fixture", RowsFate::Exported(exported))
        };
        let told = uninstall(&exported).unwrap_err().to_string();
        assert!(told.contains("has changed since it was exported"), "{told}");
        let connection = &mut database.connect();
        assert_eq!(count_rows(connection, "fixture_data_outputs"), 6);
        let exported = transfer::export_plugin(connection, linked, "fixture").unwrap();
        let going = RowsFate::Exported(&exported);
        assert_eq!(transfer::uninstall(connection, linked, "fixture", going).unwrap().rows, 6);
    });
}

#[test]
fn file_that_does_not_fit_together_is_refused_with_all_its_mistakes() {
    each_database(|database| {
        drop(Process::serve(&mut portal(database, &["serve", "--demo"])));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s3.json");
        let path = file.to_str().unwrap();
        let uninstall = ["plugins", "uninstall", "s3", "--export", path, "--purge"];
        let mut without_s3 = portal(database, &uninstall);
        Ran::ok(without_s3.env("ENABLED_PLUGINS", "databricks,fixture,glue,redshift,snowflake"));
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        let right = fs::read_to_string(&file).unwrap();
        let mut export: Value = serde_json::from_str(&right).unwrap();
        let rows = export["rows"].as_array_mut().unwrap();
        rows[0]["bucket"] = 3.into();
        rows[1]["buckit"] = "landing".into();
        rows[2]["id"] = rows[3]["id"].clone();
        rows[4]["id"] = "01890000-0000-7000-8000-000000000000".into();
        export["assets"][5]["configuration_type"] = "GlueDataOutput".into();
        fs::write(&file, export.to_string()).unwrap();
        let told = refusal(&mut portal(database, &["plugins", "import", path]));
        for mistake in [
            "/rows/0/bucket: ",
            "/rows/1/buckit: ",
            "/rows/3: there are two rows",
            "/assets/2: there is no row",
            "/assets/4: there is no row",
            "/rows/4: there is no technical asset 01890000",
            "/assets/5/configuration_type: \"GlueDataOutput\" is not a data output of s3",
        ] {
            let line = format!("s3.json: {mistake}");
            assert!(told.contains(&line), "{line} is not in {told}");
        }
        assert_eq!(count_rows(&mut database.connect(), "s3_data_outputs"), 0);
        fs::write(&file, right).unwrap();
        let told = Ran::ok(&mut portal(database, &["plugins", "import", path]));
        assert_eq!(told, "imported 6 technical assets of s3\n");
    });
}

#[test]
fn secret_is_found_nowhere_but_where_it_was_put() {
    const CANARY: &str = "canary-8c1f0a";
    each_database(|database| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portal.toml");
        fs::write(
            &file,
            "[environments.dev]\nacronym = \"dev\"\n\n[environments.dev.platforms.fixture]\nbase_url = \"https://f.example\"\ntoken = { env = \"PORTAL_CANARY\" }\n",
        )
        .unwrap();
        let file = file.to_str().unwrap();
        let with_secret = |arguments: &[&str]| {
            let mut portal = portal(database, arguments);
            portal.env("PORTAL_CANARY", CANARY).env("RUST_LOG", "trace");
            portal
        };
        Ran::ok(&mut with_secret(&["migrations", "run"]));
        let missing =
            refusal(&mut portal(database, &["serve", "--bind", "127.0.0.1:0", "--config", file]));
        assert!(missing.contains("environments.dev.platforms.fixture.token"), "{missing}");
        assert!(missing.contains("PORTAL_CANARY is not set"), "{missing}");

        let mut emitted = String::new();
        for arguments in [
            vec!["config", "check", file],
            vec!["config", "plan", file, "--json"],
            vec!["config", "apply", file],
            vec!["config", "export"],
            vec!["config", "export", "--json"],
            vec!["plugins", "describe", "fixture", "--json"],
            vec!["plugins", "uninstall", "fixture", "--plan"],
        ] {
            let ran = Ran::of(&mut with_secret(&arguments));
            assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
            emitted.push_str(&ran.out);
            emitted.push_str(&ran.err);
        }
        let server = Process::serve(&mut with_secret(&["serve"]));
        let client = server.client();
        let environments = client.get("/api/v2/configuration/environments").ok();
        let id = environments["environments"][0]["id"].as_str().unwrap().to_owned();
        let platforms = client.get("/api/v2/configuration/platforms").ok();
        for platform in platforms["platforms"].as_array().unwrap() {
            let platform = platform["id"].as_str().unwrap();
            let path =
                format!("/api/v2/configuration/environments/{id}/platforms/{platform}/config");
            emitted.push_str(&client.get(&path).text);
        }
        emitted.push_str(
            &client.get(&format!("/api/v2/configuration/environments/{id}/configs")).text,
        );
        emitted.push_str(&client.get("/api/v2/plugins").text);
        assert!(emitted.contains("PORTAL_CANARY"), "the reference itself is shown");
        emitted.push_str(&server.greeting.clone());
        emitted.push_str(&server.kill());
        assert!(!emitted.contains(CANARY), "the secret is emitted");
        let stored = Ran::ok(&mut with_secret(&["config", "export"]));
        assert!(!stored.contains(CANARY));
        assert!(!stored_text(database).contains(CANARY), "the secret is stored");
        assert!(stored_text(database).contains("PORTAL_CANARY"), "the reference is stored");
    });
}

/// Everything that the database keeps: the files of SQLite, every row of every table of PostgreSQL.
fn stored_text(database: &TestDatabase) -> String {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    if let Some(path) = database.url().strip_prefix("sqlite://") {
        let files = ["", "-wal"].map(|suffix| fs::read(format!("{path}{suffix}")));
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        return files.iter().flatten().map(text).collect();
    }
    let mut connection = database.connect();
    let mut lines = |sql: String| -> Vec<String> {
        let lines: Vec<Line> = diesel::sql_query(sql).load(&mut connection).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    };
    let tables = lines(
        "SELECT tablename AS line FROM pg_tables WHERE schemaname = current_schema()".to_owned(),
    );
    let rows = |table: &String| lines(format!("SELECT t::text AS line FROM \"{table}\" AS t"));
    tables.iter().flat_map(rows).collect()
}
