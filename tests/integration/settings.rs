//! The operator's file: every mistake with its line, and a database that says what the file says.

use std::sync::Barrier;
use std::thread;

use diesel::connection::{Connection as _, InstrumentationEvent};
use portal_core::__private::{Parts, ValueType, from_parts, linked, parts, read, schema_of};
use portal_core::{Error, Result};
use portal_engine::db::{Connection, ConnectionExt};
use portal_engine::settings::{
    self, Absent, Agreed, CheckedFile, Settings, SettingsPlan, check_file,
};
use portal_engine::store::{Configuration, write};
use portal_engine::{Registry, migrate};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{TestServer, count_rows, example_of, execute};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The file of the demo, which the bundled plugins and S3 are configured by.
/// The example company's file, and what it says of S3.
const DEMO: &str =
    concat!(include_str!("../../examples/demo/portal.toml"), include_str!("../s3.toml"));

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

fn check(text: &str) -> CheckedFile {
    check_for(registry(), text)
}

/// Checks a file for a registry in which some plugins may be disabled.
fn check_for(registry: &Registry, text: &str) -> CheckedFile {
    check_file("portal.toml", text, registry, &Absent::disabled(registry))
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// What checking a file says, a line per problem.
fn problems(text: &str) -> Vec<String> {
    let problems = check_file("portal.toml", text, registry(), &Absent::default()).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

fn migrated(database: &TestDatabase) -> Connection {
    let mut connection = database.connect();
    migrate::run(&mut connection, registry()).unwrap();
    connection
}

fn apply(connection: &mut Connection, settings: &Settings) -> Vec<String> {
    told(&settings::apply(connection, registry(), settings, Agreed::default()).unwrap())
}

/// What a checked file warns of.
fn warnings(checked: &CheckedFile) -> Vec<String> {
    checked.warnings.iter().map(ToString::to_string).collect()
}

/// What a plan says, a line per change.
fn told(plan: &SettingsPlan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

#[test]
fn file_of_the_demo_has_no_mistakes() {
    assert!(check(DEMO).warnings.is_empty());
}

#[test]
fn each_mistake_is_reported_with_its_line() {
    for (right, wrong, expected) in [
        ("glue.options", "glu.options", "did you mean glue?"),
        ("glue.options", "glue.optoins", "did you mean options?"),
        ("\"landing\"]", "\"landnig\"]", "did you mean landing?"),
        ("\"landing\"]", "\"datalake\"]", "stands twice"),
        ("\"landing\"]", "\"landing\"]\nresult_template = \"{buckt}\"", "did you mean bucket?"),
        ("region =", "regoin =", "did you mean region?"),
        ("region = \"eu-west-1\"", "region = 3", "expected: string"),
        ("acronym = \"prd\"", "acronym = \"dev\"", "already that of"),
        ("acronym = \"prd\"", "acronym = \"\"", "shorter than 1"),
        ("acronym = \"prd\"", "acronym = \" \"", "the acronym is empty"),
        ("Aggregate =", "\"\" =", "the name of the data product type is empty"),
        ("Finance =", &format!("{} =", "F".repeat(300)), "has 300 characters, 200 are allowed"),
        ("acronym = \"prd\"\n", "", "the field \"acronym\" is required"),
        ("https://app.snow", "http://app.snow", "only https is allowed"),
        ("https://app.snow", "https://me:hunter2@app.snow", "names a user before its host"),
        ("https://app.snow", "https://аpp.snow", "leads to the host"),
        (
            "[{ identifier = \"*\" }]",
            "[{ identifier = \"*\" }, { identifier = \"*\" }]",
            "stands twice",
        ),
        ("{ identifier = \"*\" }", "{ identifer = \"*\" }", "did you mean identifier?"),
        ("{ identifier = \"*\" }", "{ identifier = \"*-raw\" }", "has a * before its end"),
        ("\"{identifier}_{environment}\"", "\"{identifer}\"", "did you mean identifier?"),
        ("\"{identifier}_{environment}\"", "\"{identifier\"", "cannot be read"),
        ("is_default = true\n", "is_default = \"yes\"\n", "expected: boolean"),
        ("[services]", "[servcies]", "did you mean services?"),
        ("[domains]", "[domains", "unclosed"),
        (
            "default = true\n\n[environments.production.platforms]",
            "default = 2020-01-01\n\n[environments.production.platforms]",
            "nothing here is a date",
        ),
    ] {
        let (before, after) = DEMO.split_once(right).unwrap_or_else(|| panic!("{right}"));
        let text = format!("{before}{wrong}{after}");
        let told = problems(&text);
        let line = before.matches('\n').count() + 1;
        let found = told.iter().find(|problem| problem.contains(expected));
        let found = found.unwrap_or_else(|| panic!("{wrong}: {told:#?}"));
        let told_line: usize = found.split(':').nth(1).unwrap().parse().unwrap();
        assert!(told_line.abs_diff(line) <= 2, "{wrong} is at line {line}: {found}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once() {
    let told = problems(
        "[services.glue]\noptions = [1]\nresult_template = \"{databse}\"\n\n[environments.dev]\n\n[[environments.dev.services.glue]]\nidentifier = \"a\"\n",
    );
    let lines: Vec<&str> = told.iter().map(|problem| problem.split(':').nth(1).unwrap()).collect();
    assert_eq!(lines, ["2", "3", "5", "7", "7", "7"], "{told:#?}");
}

#[test]
fn what_cannot_be_read_is_reported_once() {
    let told = problems("[environments.dev]\nacronym = 2026-01-01\n");
    let line = "portal.toml:2: environments.dev.acronym: nothing here is a date: put it in quotes";
    assert_eq!(told, [line]);
}

#[test]
fn missing_key_is_reported_at_the_header_of_its_table() {
    let told = problems("\n[environments.dev]\ncontext = \"x\"\n");
    assert_eq!(
        told,
        ["portal.toml:2: environments.dev.acronym: the field \"acronym\" is required"]
    );
}

#[test]
fn applying_twice_changes_nothing_and_an_export_applies_to_the_same() {
    let settings = check(DEMO).settings;
    each_database(|database| {
        let connection = &mut migrated(database);
        assert!(apply(connection, &settings).len() > 20);
        assert_eq!(apply(connection, &settings), Vec::<String>::new());
        let exported = settings::export(connection, registry()).unwrap();
        let text = exported.to_toml().unwrap();

        let other = TestDatabase::sqlite();
        let connection = &mut migrated(&other);
        apply(connection, &check(&text).settings);
        let again = settings::export(connection, registry()).unwrap();
        assert_eq!(again, exported);
        assert_eq!(again.to_toml().unwrap(), text);
    });
}

#[test]
fn what_the_file_omits_is_removed_with_the_number_of_assets_affected() {
    each_database(|database| {
        let server = TestServer::start(database);
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        server.create_asset(&product, &server.new_asset(display_name, &configuration));
        drop(server);
        let connection = &mut database.connect();
        let mut wanted = settings::export(connection, registry()).unwrap();
        wanted.services.remove("s3");
        wanted.environments.remove("development");
        let plan = settings::plan(connection, registry(), &wanted).unwrap();
        assert_eq!(
            told(&plan),
            [
                "remove environment \"development\" with everything configured in it (1 technical asset refers to it)",
                "remove service s3: option \"datalake\" no longer offered (1 technical asset refers to it)",
            ]
        );
        let refused = settings::apply(connection, registry(), &wanted, Agreed::default());
        assert!(
            matches!(&refused, Err(Error::Unconfirmed(told)) if told.contains("removes them")),
            "{refused:?}"
        );
        assert_eq!(count_rows(connection, "environments"), 2);
        settings::apply(
            connection,
            registry(),
            &wanted,
            Agreed { to_remove: true, ..Agreed::default() },
        )
        .unwrap();
        assert_eq!(count_rows(connection, "environments"), 1);
        assert_eq!(count_rows(connection, "s3_data_outputs"), 1, "assets keep their values");
    });
}

#[test]
fn list_full_of_mistakes_is_cut() {
    let wrong: Vec<String> = (0..150).map(|index| format!("wrong-{index}")).collect();
    let told = problems(&DEMO.replace("[\"datalake\", \"landing\"]", &format!("{wrong:?}")));
    assert_eq!(told.len(), 101);
    assert!(told[0].contains("only the first 100 are listed"), "{}", told[0]);
}

#[test]
fn starting_with_a_file_removes_nothing() {
    each_database(|database| {
        let connection = &mut migrated(database);
        apply(connection, &check(DEMO).settings);
        let stored = settings::export(connection, registry()).unwrap();
        let file = check("[services.s3]\noptions = [\"archive\"]\n\n[domains]\nNew = \"x\"\n");
        let plan =
            settings::apply_and_keep(connection, registry(), file, Agreed::default()).unwrap();
        assert_eq!(
            told(&plan),
            ["add domain \"New\"", "change service s3: option \"archive\" offered"]
        );
        let now = settings::export(connection, registry()).unwrap();
        assert_eq!(now.environments, stored.environments);
        assert_eq!(now.services["s3"].options, ["archive", "datalake", "landing"]);
    });
}

#[test]
fn environment_of_the_file_that_cannot_stand_beside_a_stored_one_is_a_mistake() {
    each_database(|database| {
        let connection = &mut migrated(database);
        apply(connection, &check(DEMO).settings);
        let staging =
            "[environments.staging]\nacronym = \"dev\"\ncontext = \"x\"\ndefault = true\n";
        let refused =
            settings::apply_and_keep(connection, registry(), check(staging), Agreed::default());
        let Err(Error::Unconfirmed(told)) = refused else { panic!("{refused:?}") };
        let told: Vec<&str> = told.lines().collect();
        let expected = [
            "portal.toml:2: environments.staging.acronym: the acronym \"dev\" is already that of \"development\"",
            "portal.toml:4: environments.staging.default: \"production\" is the default environment already",
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected) && told.contains("removes nothing"), "{told}");
        }
        assert_eq!(count_rows(connection, "environments"), 2);
        // What the file speaks of itself, it may change.
        let moved = DEMO.replace("\"dev\"", "\"dv\"").replace("\ndefault = true\n", "\n");
        let file = check(&format!("{staging}{moved}"));
        settings::apply_and_keep(connection, registry(), file, Agreed::default()).unwrap();
        assert_eq!(count_rows(connection, "environments"), 3);
    });
}

#[test]
fn servers_that_start_at_once_keep_what_each_other_apply() {
    each_database(|database| {
        let connection = &mut migrated(database);
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for index in 0..8 {
                let (mut own, together) = (database.connect(), &together);
                scope.spawn(move || {
                    let file = check(&format!("[domains]\n\"Domain {index}\" = \"x\"\n"));
                    together.wait();
                    settings::apply_and_keep(&mut own, registry(), file, Agreed::default())
                        .unwrap();
                });
            }
        });
        assert_eq!(settings::export(connection, registry()).unwrap().domains.len(), 8);
    });
}

#[test]
fn acronyms_change_hands_in_one_apply() {
    each_database(|database| {
        let connection = &mut migrated(database);
        let mut wanted = check(DEMO).settings;
        apply(connection, &wanted);
        let mut give = |wanted: &Settings, names: &[&str]| {
            let expected: Vec<String> =
                names.iter().map(|name| format!("change environment {name:?}")).collect();
            let told = apply(connection, wanted);
            assert!(expected.iter().all(|one| told.contains(one)), "{told:?}");
            assert_eq!(settings::export(connection, registry()).unwrap(), *wanted);
        };
        for (name, acronym) in [("development", "prd"), ("production", "dev")] {
            wanted.environments.get_mut(name).unwrap().acronym = acronym.to_owned();
        }
        give(&wanted, &["development", "production"]);
        // A new one, which comes first, takes over what another had.
        let mut new = wanted.environments["production"].clone();
        new.default = false;
        wanted.environments.insert("another".to_owned(), new);
        wanted.environments.get_mut("production").unwrap().acronym = "live".to_owned();
        give(&wanted, &["production"]);
    });
}

#[test]
fn section_of_a_disabled_plugin_is_a_warning_and_what_is_stored_stays() {
    each_database(|database| {
        let connection = &mut migrated(database);
        apply(connection, &check(DEMO).settings);
        let narrowed = registry().narrow(Some("glue")).unwrap();
        let checked = check_for(&narrowed, DEMO);
        assert!(checked.warnings[0].message.contains("disabled by ENABLED_PLUGINS"), "{checked:?}");
        let environments = checked.settings.environments.clone();
        let only = Settings { environments, ..Settings::default() };
        settings::apply(connection, &narrowed, &only, Agreed::default()).unwrap();
        let configuration = Configuration::load(connection, registry()).unwrap();
        assert_eq!(configuration.options_of("s3"), ["datalake", "landing"]);
        assert!(configuration.options_of("glue").is_empty());
    });
}

/// Less of AWS than what the others read.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct FewerValues {
    account_id: String,
    region: String,
}

/// All plugins, of which S3 reads fewer values.
fn with_fewer_values() -> Registry {
    let values = ValueType {
        schema: schema_of::<FewerValues>,
        read: |value| Ok(Box::new(read::<FewerValues>(value)?)),
        example: |_| json!({}),
    };
    Registry::build(linked().map(|registration| match parts(registration) {
        s3 if s3.id == "s3" => &*Box::leak(Box::new(from_parts(Parts { values, ..s3.clone() }))),
        _ => registration,
    }))
    .unwrap()
}

#[test]
fn value_that_only_disabled_plugins_read_is_a_warning_and_what_is_stored_stays() {
    each_database(|database| {
        let connection = &mut migrated(database);
        apply(connection, &check(DEMO).settings);
        let before = settings::export(connection, registry()).unwrap();
        let narrowed = with_fewer_values().narrow(Some("s3")).unwrap();
        let checked = check_for(&narrowed, DEMO);
        let line = "portal.toml:28: environments.development.platforms.aws.can_read_from: ";
        let told = warnings(&checked).into_iter().find(|told| told.starts_with(line)).unwrap();
        let reason = "the plugin glue is disabled by ENABLED_PLUGINS; the value is left aside";
        assert!(told.contains(reason), "{told}");

        // The same file changes nothing, and neither does what the database says.
        let apply_narrowed = |connection: &mut Connection, wanted: &Settings| {
            settings::apply(connection, &narrowed, wanted, Agreed::default()).unwrap().changes
        };
        assert_eq!(apply_narrowed(connection, &checked.settings), []);
        let exported = settings::export(connection, &narrowed).unwrap().to_toml().unwrap();
        assert!(!exported.contains("can_read_from"), "{exported}");
        assert_eq!(apply_narrowed(connection, &check_for(&narrowed, &exported).settings), []);

        // Another region is written beside what others read, and they find it again.
        let moved = DEMO.replace("\"eu-west-1\"", "\"eu-west-3\"");
        apply_narrowed(connection, &check_for(&narrowed, &moved).settings);
        let mut expected = before.clone();
        for environment in expected.environments.values_mut() {
            environment.platforms.get_mut("aws").unwrap()["region"] = "eu-west-3".into();
        }
        assert_eq!(settings::export(connection, registry()).unwrap(), expected);

        // What is removed is what S3 reads.
        let mut without = check_for(&narrowed, DEMO).settings;
        for environment in without.environments.values_mut() {
            environment.platforms.remove("aws");
        }
        assert_eq!(apply_narrowed(connection, &without).len(), 2);
        assert_eq!(apply_narrowed(connection, &without), []);
        let configuration = Configuration::load(connection, &narrowed).unwrap();
        assert!(configuration.problems.is_empty(), "{}", configuration.problems);
        apply(connection, &check(DEMO).settings);
        assert_eq!(settings::export(connection, registry()).unwrap(), before);
    });
}

#[test]
fn name_that_nobody_knows_is_a_mistake_whoever_is_disabled() {
    let narrowed = registry().narrow(Some("s3")).unwrap();
    let absent = Absent::disabled(&narrowed);
    for (right, wrong, expected) in [
        ("can_read_from =", "can_red_from =", "did you mean can_read_from?"),
        ("glue.options", "glu.options", "did you mean glue?"),
        // A platform is no service.
        ("glue.options", "aws.options", "the field \"aws\" is unknown"),
    ] {
        let text = DEMO.replacen(right, wrong, 1);
        let problems = check_file("portal.toml", &text, &narrowed, &absent).unwrap_err();
        assert!(problems.to_string().contains(expected), "{wrong}: {problems}");
    }
}

#[test]
fn secret_in_a_file_is_refused_and_not_repeated() {
    let text = |token: &str| {
        format!(
            "[environments.dev]\nacronym = \"dev\"\n\n[environments.dev.platforms.fixture]\nbase_url = \"https://f.example\"\ntoken = {token}\n"
        )
    };
    let told = problems(&text("\"hunter2-canary\"")).join("\n");
    assert!(told.contains("a secret is a reference, never a value"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    let checked = check(&text("{ env = \"PORTAL_TEST_NO_SUCH\" }"));
    assert_eq!(
        warnings(&checked),
        [
            "portal.toml:6: environments.dev.platforms.fixture.token: the secret cannot be found here: the environment variable PORTAL_TEST_NO_SUCH is not set"
        ]
    );
}

#[test]
fn configuration_is_read_as_it_was_at_one_moment() {
    each_database(|database| {
        let connection = &mut migrated(database);
        apply(connection, &check(DEMO).settings);
        let before = Configuration::load(connection, registry()).unwrap();
        let mut other = Some(database.connect());
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event
                && query.to_string().contains("environments")
                && let Some(mut other) = other.take()
            {
                execute(&mut other, "UPDATE environments SET acronym = acronym || '-late'");
                execute(&mut other, "UPDATE configuration_revision SET revision = revision + 1");
            }
        });
        let seen = Configuration::load(connection, registry()).unwrap();
        connection.set_instrumentation(|_: InstrumentationEvent<'_>| {});
        assert_eq!(seen.revision, before.revision);
        assert!(
            seen.environments.iter().all(|one| !one.acronym.ends_with("-late")),
            "it is half seen"
        );
        let later = Configuration::load(connection, registry()).unwrap();
        assert_eq!(later.revision, before.revision + 1);
        assert!(later.environments.iter().all(|one| one.acronym.ends_with("-late")));
        // Within a transaction that writes, it is a savepoint.
        let within: Result<i64> = connection.write(|connection| {
            write::bump_revision(connection)?;
            Ok(Configuration::load(connection, registry())?.revision)
        });
        assert_eq!(within.unwrap(), later.revision + 1);
    });
}
