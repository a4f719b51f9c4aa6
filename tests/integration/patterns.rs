//! Entries that serve many names: who serves which, what may stand in them, what is suggested.

use portal_core::prelude::*;
use portal_core::{Problem, Registration};
use portal_engine::settings::{self, Absent, Agreed, CheckedFile, FileProblems, check_file};
use portal_engine::store::Configuration;
use portal_engine::{Registry, migrate};
use portal_testing::each_database;
use portal_tests::harness::{Ran, TestServer, assets_of, command, example_of};
use serde_json::{Value, json};

use crate::sketch::origin;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// A company with Glue, whose entries follow, and Snowflake.
const COMPANY: &str = r#"
[services.glue]
options = ["analytics"]

[services.snowflake]
options = ["analytics"]

[environments.production]
acronym = "prd"

[environments.production.platforms]
aws = { account_id = "222222222222", region = "eu-west-1" }
snowflake = { login_url = "https://app.snowflake.com/acme/prd" }

[environments.production.services]
snowflake = [{ identifier = "*", database_name = "{namespace}_{environment}" }]
"#;

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

/// An entry of Glue with this name and database.
fn glue(identifier: &str, database: &str) -> String {
    format!(
        "{{ identifier = \"{identifier}\", database_name = \"{database}\", bucket_identifier = \"lake\", s3_path = \"p\" }}"
    )
}

fn company(entries: &[String]) -> String {
    format!("{COMPANY}glue = [{}]\n", entries.join(", "))
}

fn check(text: &str) -> Result<CheckedFile, FileProblems> {
    check_file("portal.toml", text, registry(), &Absent::default())
}

#[test]
fn exact_entry_wins_over_patterns_and_the_longest_pattern_over_others() {
    each_database(|database| {
        let pool = database.migrated(registry());
        let entries = [
            glue("*", "{identifier}_any"),
            glue("raw-*", "{identifier}_raw"),
            glue("raw-web", "web"),
        ];
        let checked = check(&company(&entries)).unwrap();
        let settings = checked.settings;
        settings::apply(&mut pool.get().unwrap(), registry(), &settings, Agreed::default())
            .unwrap();
        assert_eq!(settings::export(&mut pool.get().unwrap(), registry()).unwrap(), settings);
        let server = TestServer::over(pool, registry().clone());
        for (namespace, expected) in
            [("sales", "sales_any"), ("raw-app", "raw-app_raw"), ("raw-web", "web")]
        {
            let product = server.create_product(namespace);
            for (id, expected) in
                [("glue", expected), ("snowflake", &format!("{}_prd", namespace.replace('-', "_")))]
            {
                let (name, mut configuration) = example_of(id);
                configuration.as_object_mut().unwrap().shift_remove("database");
                let mut new = server.new_asset(name, &configuration);
                new["technical_mapping"] = "default".into();
                let created = server.post(&assets_of(&product), &new).ok();
                let info = created["technical_info"][0]["info"].as_str().unwrap();
                assert_eq!(info.split(['.', '_']).next(), expected.split('_').next());
                assert!(info.starts_with(expected), "{info}: {expected}");
            }
        }
        // Everybody who asks is shown the pattern as such.
        let configs = server.get("/api/v2/configuration/environments").ok();
        let environment = configs["environments"][0]["id"].as_str().unwrap();
        let path = format!("/api/v2/configuration/environments/{environment}/configs");
        let shown = server.get(&path).text;
        assert!(shown.contains("\"identifier\":\"raw-*\""), "{shown}");
        assert!(shown.contains("\"database_name\":\"{identifier}_raw\""), "{shown}");
        assert!(server.page("/plugins/glue").text.contains("<span class=\"badge\">pattern</span>"));
    });
}

#[test]
fn entry_of_a_plugins_page_leads_to_the_assets_that_it_serves() {
    each_database(|database| {
        let pool = database.migrated(registry());
        let names = ["*", "raw-*", "raw-web-*", "raw-web-1"];
        let entries = names.map(|name| glue(name, "{identifier}"));
        let settings = check(&company(&entries)).unwrap().settings;
        settings::apply(&mut pool.get().unwrap(), registry(), &settings, Agreed::default())
            .unwrap();
        let server = TestServer::over(pool, registry().clone());
        let (display_name, mut configuration) = example_of("glue");
        configuration.as_object_mut().unwrap().shift_remove("database");
        // Of names that begin alike, the first differs in a letter that LIKE takes for any other.
        for namespace in ["raw_a", "raw-a", "raw-web-1", "raw-web-2", "raw-web", "sales"] {
            let product = server.create_product(namespace);
            let mut new = server.new_asset(display_name, &configuration);
            new["technical_mapping"] = "default".into();
            new["name"] = format!("asset of {namespace}.").into();
            server.create_asset(&product, &new);
        }
        let plugin = server.page("/plugins/glue").text;
        for (name, served) in [
            ("*", &["raw_a", "sales"][..]),
            ("raw-*", &["raw-a", "raw-web"]),
            ("raw-web-*", &["raw-web-2"]),
            ("raw-web-1", &["raw-web-1"]),
        ] {
            let path = format!(
                "/operator/assets?plugin=glue&environment=production&entry={}",
                encode(name)
            );
            let shown = path.replace('&', "&#38;");
            assert!(plugin.contains(&format!("{shown}\"")), "{shown}\n{plugin}");
            let list = server.page(&path);
            assert_eq!(list.status, 200, "{}", list.text);
            let found = list.text.split(">asset of ").skip(1);
            let found: Vec<&str> = found.map(|rest| rest.split_once('.').unwrap().0).collect();
            assert_eq!(found, served, "{name}");
        }
        let nobody = "/operator/assets?plugin=glue&environment=production&entry=raw";
        assert_eq!(server.page(nobody).status, 404);
    });
}

#[test]
fn what_does_not_fit_once_it_is_filled_in_is_a_reason() {
    each_database(|database| {
        let pool = database.migrated(registry());
        let long = format!("{{identifier}}{}", "x".repeat(1020));
        let settings = check(&company(&[glue("short", "short"), glue("*", &long)]));
        // The example's name does not fit either.
        let told = settings.unwrap_err().to_string();
        assert!(told.contains("services.glue.1.database_name"), "{told}");
        let fits = format!("{{identifier}}{}", "x".repeat(1010));
        let settings = check(&company(&[glue("*", &fits)])).unwrap().settings;
        settings::apply(&mut pool.get().unwrap(), registry(), &settings, Agreed::default())
            .unwrap();
        let server = TestServer::over(pool, registry().clone());
        let product = server.create_product("a-namespace-of-some-length");
        let (name, mut configuration) = example_of("glue");
        configuration.as_object_mut().unwrap().shift_remove("database");
        let mut new = server.new_asset(name, &configuration);
        new["technical_mapping"] = "default".into();
        let created = server.post(&assets_of(&product), &new).ok();
        let info = &created["technical_info"][0];
        assert_eq!([&info["info"], &info["url"]], [&Value::Null, &Value::Null]);
        let reason = info["reason"].as_str().unwrap();
        let begins = "the entry of Glue in production does not fit for `a-namespace-of-some-length`: /database_name: ";
        assert!(reason.starts_with(begins), "{reason}");
        assert_eq!(server.get(&assets_of(&product)).status, 200);
    });
}

/// A thing on a host that its entry names as a text.
#[data_output(table = hosted_outputs, result = "{place}")]
struct Hosted {
    /// Place of the thing.
    #[form(select().options_from_platform())]
    place: String,
}

/// A place in one environment.
#[entry]
struct HostedPlace {
    /// Name that things use.
    identifier: String,
    /// Name of its host.
    host: String,
    /// Folder on it.
    folder: String,
}

impl Example for HostedPlace {
    fn example(acronym: &str) -> Self {
        let host = format!("{acronym}.acme.example");
        HostedPlace { identifier: "shelf".into(), host, folder: "shelf".into() }
    }
}

impl Plugin for Hosted {
    const ID: &'static str = "hosted";
    const PLATFORM: Platform = Platform::new("Hosted", icon!("launcher-logo.svg"));
    type PlatformValues = NoValues;
}

impl DataOutput for Hosted {
    type Entry = HostedPlace;

    fn example() -> Self {
        Hosted { place: "shelf".into() }
    }

    fn asset_url(&self, entry: &HostedPlace, _: &Place<'_, NoValues>) -> Link {
        Ok(format!("https://{}/{}", entry.host, encode(&entry.folder)))
    }
}

static HOSTED: Registration = Registration::data_output::<Hosted>(origin("hosted-plugin", 1), &[]);

#[test]
fn placeholders_change_no_host_that_links_lead_to() {
    let registry = Registry::build([&HOSTED]).unwrap();
    let told = |host: &str, folder: &str| {
        let text = format!(
            "[environments.dev]\nacronym = \"dev\"\n\n[environments.dev.services]\nhosted = [{{ identifier = \"*\", host = \"{host}\", folder = \"{folder}\" }}]\n"
        );
        let checked = check_file("portal.toml", &text, &registry, &Absent::default());
        checked.err().map(|problems| problems.to_string()).unwrap_or_default()
    };
    assert_eq!(told("acme.example", "{namespace}/{identifier}"), "");
    assert_eq!(told("{environment}.acme.example", "x"), "");
    for host in ["{namespace}.acme.example", "acme.example:{identifier}", "{identifier}"] {
        let told = told(host, "x");
        assert!(told.starts_with("portal.toml:5: "), "{host}: {told}");
        assert!(told.contains("changes the host that links lead to"), "{host}: {told}");
    }
}

#[test]
fn entries_that_a_pattern_would_replace_are_suggested() {
    let alike = ["sales", "analytics", "people"].map(|name| glue(name, &format!("{name}_prd")));
    let checked = check(&company(&alike)).unwrap();
    let suggestions = checked.suggestions(registry());
    let [suggestion] = &suggestions[..] else { panic!("{suggestions:#?}") };
    assert!(
        suggestion.message.starts_with("3 entries differ in their names alone"),
        "{suggestion}"
    );
    assert!(suggestion.hint.contains("database_name = \"{identifier}_prd\""), "{suggestion}");
    assert!(check(&company(&alike[..2])).unwrap().suggestions(registry()).is_empty());

    let repeated =
        [glue("*", "{identifier}_prd"), glue("sales", "sales_prd"), glue("people", "hr")];
    let checked = check(&company(&repeated)).unwrap();
    let suggestions = checked.suggestions(registry());
    let [suggestion] = &suggestions[..] else { panic!("{suggestions:#?}") };
    assert!(suggestion.message.contains("\"sales\" is what the pattern gives"), "{suggestion}");
}

#[test]
fn placeholder_in_platform_values_is_warned_about() {
    let address = "https://app.snowflake.com/acme/prd";
    let text = company(&[glue("*", "{identifier}")]);
    let checked = check(&text.replace(address, &format!("{address}/{{namespace}}"))).unwrap();
    let [warning] = &checked.warnings[..] else { panic!("{:#?}", checked.warnings) };
    let at = "portal.toml:13: environments.production.platforms.snowflake.login_url: ";
    assert!(warning.to_string().starts_with(at), "{warning}");
    assert!(warning.message.contains("has the placeholder {namespace}"), "{warning}");
}

#[test]
fn plan_counts_the_assets_that_lose_their_place_and_names_what_nothing_uses() {
    each_database(|database| {
        let mut connection = database.connect();
        migrate::run(&mut connection, registry()).unwrap();
        let whole = check(&company(&[glue("*", "{identifier}")])).unwrap().settings;
        settings::apply(&mut connection, registry(), &whole, Agreed::default()).unwrap();
        let server = TestServer::over(database.migrated(registry()), registry().clone());
        for namespace in ["sales", "people"] {
            let product = server.create_product(namespace);
            let (name, mut configuration) = example_of("glue");
            configuration.as_object_mut().unwrap().shift_remove("database");
            let mut new = server.new_asset(name, &configuration);
            new["technical_mapping"] = "default".into();
            server.create_asset(&product, &new);
        }
        let entries = [glue("sales", "sales"), glue("analytics", "a"), glue("unheard-of", "u")];
        let checked = check(&company(&entries)).unwrap();
        let plan = settings::plan(&mut connection, registry(), &checked.settings).unwrap();
        let told: Vec<String> = plan.changes.iter().map(ToString::to_string).collect();
        let line = "remove entries of glue in \"production\": the pattern \"*\" (1 technical asset refers to it)";
        assert_eq!(told, [line]);
        let configuration = Configuration::load(&mut connection, registry()).unwrap();
        let unused = settings::unused_entries(
            &mut connection,
            registry(),
            &configuration,
            &checked.settings,
        );
        let unused: Vec<Problem> = unused.unwrap().iter().cloned().collect();
        let [unused] = &unused[..] else { panic!("{unused:#?}") };
        assert!(unused.message.contains("nothing uses the entry \"unheard-of\""), "{unused}");
    });
}

#[test]
fn command_tells_suggestions_beside_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portal.toml");
    let alike =
        ["sales", "finance", "people", "analytics"].map(|name| glue(name, &format!("{name}_prd")));
    std::fs::write(&file, company(&alike)).unwrap();
    let ran = Ran::of(command(PORTAL).args(["config", "check", "--json"]).arg(&file));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let told = ran.json();
    assert_eq!(told["suggestions"].as_array().unwrap().len(), 1);
    assert_eq!((&told["ok"], &told["warnings"]), (&json!(true), &json!([])));
    let ran = Ran::of(command(PORTAL).args(["config", "check"]).arg(&file));
    assert!(ran.out.ends_with("no problems, 0 warning(s), 1 suggestion(s)\n"), "{}", ran.out);
    assert!(ran.err.starts_with("suggestion: "), "{}", ran.err);
}

#[test]
fn entry_that_is_marked_as_the_default_is_preselected() {
    each_database(|database| {
        let server = TestServer::start(database);
        let product = server.create_product("orders");
        let path = format!("/data_products/{product}/technical_assets/new/s3");
        let page = server.page(&path).text;
        assert!(page.contains("<option value=\"datalake\" selected>"), "{page}");
        assert!(server.page(&path).text.contains("required"));
    });
    let two = r#"
[environments.dev]
acronym = "dev"

[[environments.dev.services.s3]]
identifier = "a"
bucket_name = "a"
bucket_arn = "a"
kms_key_arn = "a"
is_default = true

[[environments.dev.services.s3]]
identifier = "b"
bucket_name = "b"
bucket_arn = "b"
kms_key_arn = "b"
is_default = true
"#;
    let told = check(two).unwrap_err().to_string();
    let line = "portal.toml:17: environments.dev.services.s3.1.is_default: another entry is marked as the default already";
    assert_eq!(told, line);
}
