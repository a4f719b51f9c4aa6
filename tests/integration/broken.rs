//! Plugins that contradict others or themselves keep the portal from starting.

use std::path::Path;

use portal_testing::TestDatabase;
use portal_tests::harness::{Ran, command, command_on, refusal};

const BROKEN: &str = env!("CARGO_BIN_EXE_broken-portal");
const SOURCE: &str = include_str!("../src/bin/broken-portal.rs");

/// Where `broken-portal` registers a type, as problems name it.
fn registered(id: &str, registration: &str) -> String {
    let line = SOURCE.lines().position(|line| line.starts_with(registration)).unwrap() + 1;
    let version = env!("CARGO_PKG_VERSION");
    format!("{id} (portal-tests {version}, tests/src/bin/broken-portal.rs:{line})")
}

fn assert_names_every_problem_and_both_sides(said: &str) {
    let of = |words: &[&str]| {
        let found = said.lines().find(|line| words.iter().all(|word| line.contains(word)));
        assert!(found.is_some(), "no line holds {words:?}:\n{said}");
    };
    let glue = registered("glue", "register!(OtherGlue");
    let second = registered("second", "register!(Second");
    let line_of = "/src/lib.rs:";
    of(&["the id \"glue\" is already the id of", &glue, "glue-plugin 0.1.0", line_of]);
    of(&[
        "the wire name \"SnowflakeDataOutput\" is already the wire name of",
        &second,
        "snowflake-plugin 0.1.0",
        line_of,
    ]);
    of(&[
        "the template \"{plaec}\" names the unknown field \"plaec\"",
        &second,
        "did you mean place?",
    ]);
    // Beside what is wrong with the plugins, that a crate has none.
    of(&[
        "the crate portal_plugins is named among the plugins, but registers none",
        "(crates that do: broken_portal, databricks_plugin, glue_plugin, ",
        "write register!(…) into its lib.rs",
        "or write `use portal_plugins as _;` instead",
    ]);
}

#[test]
fn portal_with_contradicting_plugins_names_all_problems_and_both_sides() {
    let database = TestDatabase::sqlite();
    let said = refusal(command_on(BROKEN, &database).args(["--bind", "127.0.0.1:0"]));
    assert!(said.starts_with("error: the linked plugins have "), "{said}");
    assert_names_every_problem_and_both_sides(&said);
    let file = database.url().strip_prefix("sqlite://").unwrap();
    assert!(!Path::new(file).exists(), "it touched the database");
}

#[test]
fn every_command_refuses_contradicting_plugins() {
    let database = TestDatabase::sqlite();
    for arguments in [
        &["plugins", "list"][..],
        &["plugins", "describe", "glue"],
        &["plugins", "check"],
        &["migrations", "plan"],
        &["migrations", "run"],
    ] {
        let said = refusal(command_on(BROKEN, &database).args(arguments));
        assert_names_every_problem_and_both_sides(&said);
    }
}

#[test]
fn plugins_check_as_json_lists_one_problem_per_entry() {
    let ran = Ran::of(command(BROKEN).args(["plugins", "check", "--json"]));
    assert_eq!(ran.code, Some(1));
    let json = ran.json();
    assert_eq!(json["ok"], false);
    let problems: Vec<&str> =
        json["problems"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_names_every_problem_and_both_sides(&problems.join("\n"));
    for problem in problems {
        let named = ["portal-tests", "portal_plugins"].iter().any(|name| problem.contains(name));
        assert!(named, "this is no problem of its own: {problem}");
    }
}
