//! The command line: what it prints, and its exit codes.

use std::process::Command;

use portal_engine::Registry;
use portal_engine::db::{Backend, is_compiled_in};
use portal_testing::TestDatabase;
use portal_tests::harness::{Ran, bundled_and, command, command_on, refusal_sentence};
use serde_json::Value;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// The ids of all plugins of that portal.
fn ids() -> Vec<&'static str> {
    bundled_and(&["fixture", "launcher", "s3"])
}

fn portal(arguments: &[&str]) -> Command {
    let mut portal = command(PORTAL);
    portal.args(arguments);
    portal
}

/// What each plugin is listed as, by id.
fn listed(command: &mut Command) -> Vec<(String, String, Value)> {
    let ran = Ran::of(command);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let listed = ran.json();
    let all = listed.as_array().unwrap().iter();
    all.map(|one| (text(one, "id"), text(one, "state"), one["reason"].clone())).collect()
}

#[test]
fn plugins_list_shows_every_plugin_with_version_crate_and_source() {
    let out = Ran::ok(&mut portal(&["plugins", "list"]));
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["PLUGIN", "STATE", "VERSION", "CRATE", "SOURCE", "REASON"]);
    let plugins = Registry::load().unwrap().plugins();
    assert_eq!(lines.len(), plugins.len() + 1);
    for (line, plugin) in lines[1..].iter().zip(plugins) {
        let from = plugin.origin();
        let source = format!("{}:{}", from.file, from.line);
        let expected = [plugin.id(), "enabled", from.version, from.crate_name, &source];
        assert_eq!(*line, expected);
    }
}

#[test]
fn plugins_list_as_json_tells_names_kind_and_origin() {
    let json = Ran::of(&mut portal(&["plugins", "list", "--json"])).json();
    let s3 = json.as_array().unwrap().iter().find(|one| one["id"] == "s3").unwrap();
    assert_eq!(s3["wire_name"], "S3DataOutput");
    assert_eq!(s3["aliases"], serde_json::json!(["S3TechnicalAssetConfiguration"]));
    assert_eq!(s3["platform"], "aws");
    assert_eq!(s3["kind"], "data output");
    assert_eq!(s3["crate"], "s3-plugin");
    assert!(s3["line"].is_number() && s3["file"].as_str().unwrap().ends_with("lib.rs"), "{s3}");
    let launcher = json.as_array().unwrap().iter().find(|one| one["id"] == "launcher").unwrap();
    assert_eq!(launcher["kind"], "launcher");
}

#[test]
fn narrowed_list_gives_the_reason_beside_each_disabled_plugin() {
    for name in ["glue", "GlueDataOutput", "GlueTechnicalAssetConfiguration", " glue ,, "] {
        for (id, state, reason) in
            listed(portal(&["plugins", "list", "--json"]).env("ENABLED_PLUGINS", name))
        {
            let expected = match id.as_str() {
                "glue" => ("enabled", Value::Null),
                _ => ("disabled", "not named in ENABLED_PLUGINS".into()),
            };
            assert_eq!((state.as_str(), reason), expected, "{id} with {name:?}");
        }
    }
    let out = Ran::ok(portal(&["plugins", "list"]).env("ENABLED_PLUGINS", "glue"));
    assert_eq!(out.matches("not named in ENABLED_PLUGINS").count(), ids().len() - 1, "{out}");
}

#[test]
fn enabled_plugins_none_disables_every_plugin() {
    let all = listed(portal(&["plugins", "list", "--json"]).env("ENABLED_PLUGINS", "none"));
    assert_eq!(all.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), ids());
    assert!(all.iter().all(|one| one.1 == "disabled"), "{all:?}");
}

#[test]
fn misspelt_or_empty_enabled_plugins_are_refused_by_every_command() {
    let database = TestDatabase::sqlite();
    for arguments in [
        &["serve", "--bind", "127.0.0.1:0"][..],
        &["plugins", "list"],
        &["plugins", "describe", "glue"],
        &["plugins", "check"],
        &["migrations", "status"],
        &["migrations", "run"],
        &["migrations", "revert", "--plugin", "glue"],
    ] {
        let with = |enabled: &str| {
            refusal_sentence(
                command_on(PORTAL, &database).args(arguments).env("ENABLED_PLUGINS", enabled),
            )
        };
        let linked = format!("(linked: {})", ids().join(", "));
        assert_eq!(
            with("glu"),
            format!(
                "ENABLED_PLUGINS names \"glu\", which is not linked into this binary, did you mean glue? {linked}"
            )
        );
        for empty in ["", " , "] {
            let said = with(empty);
            assert!(said.starts_with("ENABLED_PLUGINS is set but empty: unset it to"), "{said}");
            assert!(said.ends_with("or set it to none to enable no plugin"), "{said}");
        }
        assert!(with("none,glue").contains("none stands alone"));
    }
}

#[test]
fn plugins_describe_takes_id_wire_name_and_alias() {
    let by_id = Ran::ok(&mut portal(&["plugins", "describe", "s3"]));
    for line in ["S3 (s3)", "wire name  S3DataOutput", "result          {bucket}/{suffix}/{path}"] {
        assert!(by_id.lines().any(|one| one == line), "{line:?} is not in\n{by_id}");
    }
    assert!(by_id.contains("Bucket that holds the data."), "{by_id}");
    assert!(by_id.contains("2026-01-28-124200_create_s3"), "{by_id}");
    for name in ["S3DataOutput", "S3TechnicalAssetConfiguration"] {
        assert_eq!(Ran::ok(&mut portal(&["plugins", "describe", name])), by_id);
    }
    let launcher = Ran::ok(&mut portal(&["plugins", "describe", "launcher"]));
    assert!(launcher.contains("A launcher: a tile and a link"), "{launcher}");
}

#[test]
fn plugins_describe_as_json_holds_schema_form_and_migrations() {
    for plugin in Registry::load().unwrap().plugins() {
        let json = Ran::of(&mut portal(&["plugins", "describe", plugin.id(), "--json"])).json();
        assert_eq!(json["wire_name"], plugin.wire_name());
        let Some(output) = plugin.output() else {
            assert_eq!(json["data_output"], Value::Null);
            continue;
        };
        assert_eq!(&json["data_output"]["schema"], output.schema().as_value());
        assert_eq!(&json["data_output"]["environment_schema"], output.entry_schema().as_value());
        assert!(!json["data_output"]["form"].as_array().unwrap().is_empty());
        assert_eq!(json["data_output"]["table"], plugin.table().unwrap());
        assert_eq!(json["migrations"].as_array().unwrap().len(), plugin.migrations().len());
    }
}

#[test]
fn plugins_describe_of_an_unknown_name_lists_what_is_linked_and_the_nearest() {
    let said = refusal_sentence(&mut portal(&["plugins", "describe", "glu"]));
    let linked = ids().join(", ");
    assert_eq!(said, format!("no plugin is called \"glu\", did you mean glue? (linked: {linked})"));
    let said = refusal_sentence(
        portal(&["plugins", "describe", "s3", "--json"]).env("ENABLED_PLUGINS", "glue"),
    );
    assert_eq!(said, "the plugin s3 is disabled by ENABLED_PLUGINS");
}

#[test]
fn plugins_check_finds_nothing_wrong_and_needs_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let out = Ran::ok(portal(&["plugins", "check"]).current_dir(&folder));
    assert_eq!(out, format!("{} linked plugin(s), no problems\n", ids().len()));
    let ran = Ran::of(portal(&["plugins", "check", "--json"]).current_dir(&folder));
    assert_eq!(ran.json(), serde_json::json!({"ok": true, "problems": []}));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "it made a file");
}

#[test]
fn each_wrong_database_url_gets_its_own_sentence() {
    let said = |url: &str| {
        refusal_sentence(portal(&["serve", "--bind", "127.0.0.1:0"]).env("DATABASE_URL", url))
    };
    assert!(said("postgress://h/d").contains("\"postgress\", did you mean postgres://?"));
    assert!(said("portal.db").starts_with("the database URL has no scheme: use sqlite://"));
    assert!(said("sqlite:portal.db").contains("lacks its slashes after sqlite: use sqlite://"));
    assert!(said("sqlite://").contains("names no file"));
    assert!(said("sqlite://:memory:").contains("would not survive a restart"));
    assert!(said("").starts_with("the database URL is empty: use sqlite://"));
    if !is_compiled_in(Backend::Postgres) {
        assert_eq!(
            said("postgres://me:hunter2@localhost/portal"),
            "this binary is built without PostgreSQL: build it with `--features postgres`, or use another database"
        );
    }
}

#[test]
fn help_names_every_command_and_option() {
    for (arguments, words) in [
        (&["--help"][..], &["serve", "plugins", "migrations", "ENABLED_PLUGINS", "RUST_LOG"][..]),
        (
            &["serve", "--help"],
            &[
                "--bind",
                "PORTAL_BIND",
                "127.0.0.1:8080",
                "--database-url",
                "DATABASE_URL",
                "sqlite://portal.db",
                "--no-migrate",
                "--demo",
            ],
        ),
        (&["plugins", "--help"], &["list", "describe", "check"]),
        (&["migrations", "--help"], &["status", "plan", "run", "revert"]),
        (&["migrations", "plan", "--help"], &["--plugin", "--json", "--database-url"]),
        (&["migrations", "revert", "--help"], &["--plugin", "--all", "--force"]),
    ] {
        let help = Ran::ok(&mut portal(arguments));
        for word in words {
            assert!(help.contains(word), "{word} is not in the help of {arguments:?}:\n{help}");
        }
    }
}

#[test]
fn help_does_not_show_the_password_of_a_database() {
    let mut help = portal(&["--help"]);
    help.env("DATABASE_URL", "postgres://me:hunter2@localhost/portal");
    assert!(!Ran::ok(&mut help).contains("hunter2"));
}

#[test]
fn arguments_that_make_no_sense_exit_with_two() {
    for arguments in [
        &["bogus"][..],
        &["plugins"],
        &["plugins", "describe"],
        &["migrations", "revert"],
        &["serve", "--bind", "here"],
        &["serve", "--port", "80"],
        &["serve", "--demo", "--config", "portal.toml"],
    ] {
        let ran = Ran::of(&mut portal(arguments));
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("Usage: ") || ran.err.contains("--help"), "{}", ran.err);
    }
}

#[test]
fn example_company_does_not_go_with_a_file_from_the_environment_either() {
    let ran = Ran::of(portal(&["serve", "--demo"]).env("PORTAL_CONFIG", "portal.toml"));
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("'--demo' cannot be used with '--config <FILE>'"), "{}", ran.err);
}

#[test]
fn reader_that_has_gone_away_is_no_failure() {
    for arguments in [
        &["plugins", "list"][..],
        &["plugins", "list", "--json"],
        &["plugins", "describe", "fixture"],
        &["plugins", "check"],
        &["--help"],
        &["--version"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = portal(arguments).stdout(writer).stderr(std::process::Stdio::piped()).spawn();
        let output = output.unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}
