//! `migrations` on the command line.

use std::process::Command;

use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Ran, bundled_and, command, command_on, refusal_sentence};
use serde_json::Value;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// The file of the example company.
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/demo/portal.toml");

fn portal_on(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// Plans, runs, and returns what both printed alike.
fn plan_and_run(database: &TestDatabase, only: &[&str]) -> String {
    let with = |command| Ran::ok(portal_on(database, &["migrations", command]).args(only));
    let planned = with("plan");
    assert_eq!(planned, with("plan"), "looking changes something");
    let done = planned.replace("would apply", "applied").replace("would add", "added");
    assert_eq!(with("run"), done);
    assert_eq!(with("plan"), "nothing to do\n");
    assert_eq!(with("run"), "nothing to do\n");
    planned
}

#[test]
fn migrations_plan_prints_exactly_what_run_then_does() {
    each_database(|database| {
        let planned = plan_and_run(database, &[]);
        assert!(planned.starts_with("would apply core/"), "{planned}");
        assert!(planned.ends_with("would add service snowflake of platform snowflake\n"));
        for plugin in ["s3", "glue"] {
            Ran::ok(&mut portal_on(database, &["migrations", "revert", "--plugin", plugin]));
        }
        let sql = Ran::ok(&mut portal_on(database, &["migrations", "plan", "--sql"]));
        assert!(sql.contains("_create_s3\nCREATE TABLE s3_data_outputs ("), "{sql}");
        let planned = plan_and_run(database, &["--plugin", "S3DataOutput"]);
        assert_eq!(planned, "would apply s3/2026-01-28-124200_create_s3\n");
        let planned = plan_and_run(database, &[]);
        assert_eq!(planned, "would apply glue/2026-01-28-120100_create_glue\n");
    });
}

#[test]
fn migrations_plan_on_an_empty_database_names_every_migration_and_row() {
    each_database(|database| {
        let plan = Ran::of(&mut portal_on(database, &["migrations", "plan", "--json"])).json();
        let planned: Vec<String> = plan["migrations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["plugin"].as_str().unwrap().to_owned())
            .collect();
        let mut expected = vec!["core"];
        expected.extend(bundled_and(&["fixture", "s3"]));
        assert_eq!(planned, expected);
        let s3 = planned.iter().position(|plugin| plugin == "s3").unwrap();
        assert!(plan["migrations"][s3]["sql"].as_str().unwrap().contains("s3_data_outputs"));
        let run = Ran::of(&mut portal_on(database, &["migrations", "run", "--json"])).json();
        assert_eq!(run, plan);
        let again = Ran::of(&mut portal_on(database, &["migrations", "plan", "--json"])).json();
        assert_eq!(again, serde_json::json!({"migrations": [], "rows": []}));
    });
}

#[test]
fn migrations_status_tells_pending_applied_and_absent() {
    each_database(|database| {
        let states = |enabled: Option<&str>, arguments: &[&str]| -> Vec<(String, String)> {
            let mut command = portal_on(database, &["migrations", "status", "--json"]);
            command.args(arguments).envs(enabled.map(|enabled| ("ENABLED_PLUGINS", enabled)));
            let json = Ran::of(&mut command).json();
            let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
            let all = json.as_array().unwrap().iter();
            all.map(|one| (text(one, "plugin"), text(one, "state"))).collect()
        };
        assert!(states(None, &[]).iter().all(|one| one.1 == "pending"));
        Ran::ok(portal_on(database, &["migrations", "run"]).env("ENABLED_PLUGINS", "glue,s3"));
        let pair = |plugin: &str, state: &str| (plugin.to_owned(), state.to_owned());
        let all = states(None, &[]);
        for expected in [("core", "applied"), ("glue", "applied"), ("snowflake", "pending")] {
            assert!(all.contains(&pair(expected.0, expected.1)), "{expected:?} is not in {all:?}");
        }
        assert!(states(Some("s3"), &[]).contains(&pair("glue", "absent")));
        let one = states(None, &["--plugin", "s3"]);
        assert_eq!(one, [pair("core", "applied"), pair("s3", "applied")]);
        let table = Ran::ok(&mut portal_on(database, &["migrations", "status"]));
        assert!(table.starts_with("PLUGIN "), "{table}");
    });
}

#[test]
fn migrations_revert_takes_back_one_plugin_and_core_last() {
    each_database(|database| {
        let revert = |plugin| portal_on(database, &["migrations", "revert", "--plugin", plugin]);
        assert_eq!(refusal_sentence(&mut revert("s3")), "no migration of s3 is applied");
        Ran::ok(&mut portal_on(database, &["migrations", "run"]));
        let said = refusal_sentence(&mut revert("core"));
        assert!(said.starts_with("plugins still build on core's tables: take back "), "{said}");
        assert_eq!(
            Ran::ok(&mut revert("S3DataOutput")),
            "took back s3/2026-01-28-124200_create_s3\n"
        );
        let json = Ran::of(revert("glue").arg("--json")).json();
        assert_eq!(json, serde_json::json!({"reverted": ["2026-01-28-120100_create_glue"]}));
        let said = refusal_sentence(&mut revert("glu"));
        assert!(said.contains("did you mean glue?"), "{said}");
    });
}

#[test]
fn looking_at_a_file_that_does_not_exist_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portal.db");
    let found = "create_s3";
    for (arguments, code, expected) in [
        (&["migrations", "plan"][..], 0, found),
        (&["migrations", "status"], 0, found),
        (&["migrations", "revert", "--plugin", "s3"], 1, "no migration of s3 is applied"),
        (&["serve", "--no-migrate", "--bind", "127.0.0.1:0"], 1, found),
        (&["config", "export"], 1, found),
        (&["config", "plan", DEMO], 1, found),
        (&["config", "apply", DEMO], 1, found),
        (&["plugins", "uninstall", "s3", "--plan"], 1, "has no data of a plugin"),
    ] {
        let mut portal = command(PORTAL);
        portal.env("DATABASE_URL", format!("sqlite://{}", file.display())).args(arguments);
        let ran = Ran::of(&mut portal);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains(expected), "{}{}", ran.out, ran.err);
        assert!(!file.exists(), "{arguments:?}");
    }
}
