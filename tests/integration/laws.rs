//! Laws over the linked plugins and over the source tree: what the architecture says is absent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use portal_engine::migrate::CORE_MIGRATIONS;
use portal_engine::{LinkedPlugin, Registry};
use portal_plugins::BUNDLED;
use portal_tests::harness::Ran;
use ureq::http::StatusCode;

use crate::written::root;

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder with that extension, with their path from the root.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|known| known == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    assert!(!found.is_empty(), "{folder} has no {extension} files");
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The code of a file: no comments, and nothing from its unit tests on.
fn code(source: &str) -> String {
    let before_tests = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The keys of one section of a manifest.
fn section(manifest: &str, name: &str) -> BTreeSet<String> {
    let text = read(manifest);
    let lines = text.lines().skip_while(|line| line.trim() != format!("[{name}]")).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key.trim().trim_end_matches(".workspace").to_owned())
        .collect()
}

/// The plugins that live in this repository, and the folder of each. The tests' own are left out.
fn plugins() -> Vec<(&'static LinkedPlugin, String)> {
    let linked = Registry::load().unwrap().plugins().iter();
    let own = linked.filter(|plugin| plugin.origin().crate_name != "portal-tests");
    let found = own.map(|plugin| {
        let bundled = BUNDLED.iter().any(|one| one.id == plugin.id());
        let folder = match bundled {
            true => format!("portal-plugins/{}", plugin.id()),
            false => format!("examples/{}-plugin", plugin.id()),
        };
        (plugin.as_ref(), folder)
    });
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), BUNDLED.len() + 1, "the bundled plugins and S3 are linked");
    found
}

#[test]
fn id_is_the_name_of_folder_crate_and_table_prefix() {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for (plugin, folder) in plugins() {
        let (id, origin) = (plugin.id(), plugin.origin());
        assert_eq!(origin.crate_name, format!("{id}-plugin"));
        assert_eq!(origin.library(), format!("{id}-plugin").replace('-', "_"));
        assert_eq!(origin.file, format!("{folder}/src/lib.rs"));
        assert!(plugin.table().unwrap().starts_with(&format!("{}_", id.replace('-', "_"))));
        let line = read(origin.file).lines().nth(origin.line as usize - 1).unwrap().to_owned();
        assert!(line.starts_with("register!("), "{}:{} is {line:?}", origin.file, origin.line);
        if folder.starts_with("portal-plugins") {
            ids.insert(id.to_owned());
        }
    }
    let bundled: BTreeSet<String> = BUNDLED.iter().map(|one| one.id.to_owned()).collect();
    assert_eq!(bundled, ids);
}

#[test]
fn form_elements_are_the_properties_that_are_not_derived_in_order() {
    for plugin in Registry::load().unwrap().outputs() {
        let output = plugin.output().unwrap();
        let schema = output.schema().as_value();
        let shown: Vec<&str> = output
            .schema()
            .property_names()
            .filter(|name| schema["properties"][name]["x-form"]["control"] != "derived")
            .collect();
        let form = output.form(&[]);
        let elements: Vec<&str> = form.iter().map(|element| element.name.as_str()).collect();
        assert_eq!(elements, shown, "{}", plugin.id());
        assert!(form.iter().all(|element| element.tooltip.is_some()), "{}", plugin.id());
    }
}

#[test]
fn form_fields_stand_in_the_order_that_people_fill_them() {
    let forms = [
        ("databricks", "catalog schema access_granularity table"),
        ("glue", "database database_suffix access_granularity table"),
        ("redshift", "database schema access_granularity table"),
        ("s3", "bucket suffix path"),
        ("snowflake", "database schema access_granularity table"),
    ];
    for (id, fields) in forms {
        let output = Registry::load().unwrap().find(id).unwrap().output().unwrap();
        let names: Vec<String> = output.form(&[]).into_iter().map(|one| one.name).collect();
        assert_eq!(names.join(" "), fields, "{id}");
    }
}

#[test]
fn core_and_engine_name_no_plugin_and_no_http() {
    for folder in
        ["portal-core/src", "portal-engine/src", "portal-macros/src", "portal-testing/src"]
    {
        for (path, source) in files(folder, "rs") {
            let code = code(&source);
            // The addresses of providers and portals are known, the protocol is not.
            let lower = code.to_lowercase().replace("http://", "").replace("\"http\"", "");
            let words: BTreeSet<&str> =
                lower.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
            for (plugin, _) in plugins() {
                assert!(!words.contains(plugin.id()), "{path} names {}", plugin.id());
                assert!(!code.contains(plugin.wire_name()), "{path} names {}", plugin.wire_name());
            }
            for word in ["actix", "http"] {
                assert!(!words.contains(word), "{path} knows {word}");
            }
        }
    }
}

#[test]
fn plugin_depends_on_portal_core_and_for_its_tests_on_portal_testing() {
    for (_, folder) in plugins() {
        let manifest = format!("{folder}/Cargo.toml");
        // What plugins of one platform share is a crate of its own.
        let is_own = |name: &String| !name.ends_with("-platform");
        let keys = |name| section(&manifest, name).into_iter().filter(is_own).collect::<Vec<_>>();
        assert_eq!(keys("dependencies"), ["diesel", "portal-core"], "{folder}");
        assert_eq!(keys("dev-dependencies"), ["portal-testing"], "{folder}");
        assert_eq!(keys("features"), ["default", "sqlite"], "{folder}");
    }
}

/// A plugin stays a page to read: lines of code, without blanks and comments.
#[test]
fn plugins_are_short() {
    let most = |folder: &str| match folder {
        "examples/s3-plugin" => 75,
        "tests/parameter-store-plugin" => 120,
        _ => 100,
    };
    let folders = plugins().into_iter().map(|(_, folder)| folder);
    for folder in folders.chain(["tests/parameter-store-plugin".to_owned()]) {
        let sources = files(&format!("{folder}/src"), "rs");
        let lines = sources.iter().flat_map(|(_, source)| source.lines().map(str::trim));
        let count = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        assert!((1..=most(&folder)).contains(&count), "{folder} has {count} lines");
    }
}

/// The names of the crates that a crate is built with, its own among them.
fn built_with(arguments: &[&str]) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--edges", "normal,build", "--prefix", "none"]);
    let tree = Ran::ok(cargo.args(["--format", "{p}"]).args(arguments).current_dir(root()));
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[test]
fn plugin_is_built_without_the_engine_and_what_it_brings() {
    for (plugin, _) in plugins() {
        let crates = built_with(&["-p", &format!("{}-plugin", plugin.id())]);
        assert!(crates.contains("portal-core"), "{crates:?}");
        for unneeded in ["jsonschema", "portal-engine", "r2d2", "sha2", "toml", "tracing"] {
            assert!(!crates.contains(unneeded), "{} is built with {unneeded}", plugin.id());
        }
    }
}

#[test]
fn server_for_postgres_alone_carries_no_sqlite() {
    for (plugin, folder) in plugins() {
        if folder.starts_with("portal-plugins") {
            let features = format!("postgres,{}", plugin.id());
            let crates = built_with(&[
                "-p",
                "portal-server",
                "--no-default-features",
                "--features",
                &features,
            ]);
            assert!(crates.contains(&format!("{}-plugin", plugin.id())), "{crates:?}");
            assert!(crates.contains("pq-sys") && !crates.contains("libsqlite3-sys"), "{features}");
        }
    }
}

#[test]
fn crates_know_only_the_crates_below_them() {
    let below = |name: &str| -> Vec<String> {
        let all = section(&format!("{name}/Cargo.toml"), "dependencies");
        all.into_iter().filter(|one| one.starts_with("portal-")).collect()
    };
    assert_eq!(below("portal-macros"), [""; 0]);
    assert_eq!(below("portal-core"), ["portal-macros"]);
    assert_eq!(below("portal-engine"), ["portal-core"]);
    assert_eq!(below("portal-testing"), ["portal-core", "portal-engine"]);
    assert_eq!(below("portal-server"), ["portal-core", "portal-engine", "portal-plugins"]);
}

#[test]
fn only_the_server_knows_http() {
    for folder in ["portal-core", "portal-engine", "portal-testing", "portal-plugins", "examples"] {
        for (path, source) in files(folder, "rs").into_iter().chain(files(folder, "toml")) {
            // The application of somebody's own, which the portal is a part of.
            if path.starts_with("examples/embedded/") {
                continue;
            }
            for word in ["actix", "StatusCode"] {
                assert!(!source.contains(word), "{path} mentions {word}");
            }
        }
    }
}

/// The statuses of failures that code names: as a constant, a builder, an error of actix, or, in a
/// file that answers requests, a number. Elsewhere numbers document what a route answers.
fn failure_statuses(code: &str) -> BTreeSet<u16> {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: BTreeSet<&str> = code.split(|letter| !is_word(letter)).collect();
    let answers = words.contains("HttpResponse") || words.contains("StatusCode");
    let numbers: BTreeSet<u16> = words
        .iter()
        .filter_map(|word| word.trim_end_matches("u16").trim_end_matches('_').parse().ok())
        .collect();
    let is_named = |number: &u16| {
        let status = StatusCode::from_u16(*number).unwrap();
        let Some(reason) = status.canonical_reason() else { return false };
        let constant = reason.to_uppercase().replace([' ', '-'], "_");
        let builder = reason.replace([' ', '-'], "");
        words.contains(constant.as_str())
            || code.contains(&format!("HttpResponse::{builder}"))
            || words.contains(format!("Error{builder}").as_str())
            || answers && numbers.contains(number)
    };
    (400..600).filter(is_named).collect()
}

#[test]
fn http_status_is_decided_in_one_place() {
    // What the identity provider answers is no answer of the portal.
    let own = files("portal-server/src", "rs")
        .into_iter()
        .filter(|(path, _)| !path.starts_with("portal-server/src/oidc/"));
    for (path, source) in own {
        let named = failure_statuses(&code(&source));
        if path == "portal-server/src/error.rs" {
            assert!(named.len() > 8, "{path} decides no more than {named:?}");
        } else {
            assert!(named.is_empty(), "{path} decides {named:?}");
        }
    }
}

#[test]
fn only_the_registry_asks_for_what_the_linker_collected() {
    let found = |asks: &dyn Fn(&str) -> bool| -> Vec<String> {
        let folders =
            ["portal-core", "portal-engine", "portal-plugins", "portal-server", "examples"];
        let sources = folders.iter().flat_map(|folder| files(folder, "rs"));
        sources.filter(|(_, source)| asks(&code(source))).map(|(path, _)| path).collect()
    };
    let iterating = found(&|code| code.contains("inventory::iter"));
    assert_eq!(iterating, ["portal-core/src/registration.rs"]);
    let asking =
        found(&|code| code.contains("portal_core::__private") && code.contains("linked()"));
    assert_eq!(asking, ["portal-engine/src/registry.rs"]);
}

#[test]
fn features_are_asked_for_in_the_list_the_database_and_nowhere_else() {
    let allowed = ["portal-plugins/src/lib.rs", "portal-core/src/db", "portal-engine/src/db"];
    let folders = [
        "portal-core",
        "portal-engine",
        "portal-plugins",
        "portal-server",
        "portal-testing",
        "examples",
    ];
    for (path, source) in folders.iter().flat_map(|folder| files(folder, "rs")) {
        let asks = |line: &&str| line.contains("cfg") && line.contains("feature = ");
        let lines: Vec<&str> = source.lines().filter(asks).collect();
        if path == "portal-core/src/lib.rs" {
            assert_eq!(lines, ["#[cfg(not(any(feature = \"sqlite\", feature = \"postgres\")))]"]);
        } else {
            let may_ask = allowed.iter().any(|allowed| path.starts_with(allowed));
            assert!(lines.is_empty() || may_ask, "{path}: {lines:?}");
        }
    }
}

#[test]
fn core_tables_mention_no_plugins_column() {
    for (plugin, _) in plugins() {
        for column in plugin.output().unwrap().schema().property_names() {
            for migration in CORE_MIGRATIONS {
                let is_column = |line: &str| line.trim_start().starts_with(&format!("{column} "));
                assert!(!migration.up.lines().any(is_column), "{column} of {}", plugin.id());
            }
        }
    }
}

#[test]
fn core_migrations_equal_the_folder() {
    let on_disk: BTreeSet<String> = fs::read_dir(root().join("migrations"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let listed: BTreeSet<String> =
        CORE_MIGRATIONS.iter().map(|migration| migration.folder.to_owned()).collect();
    assert_eq!(on_disk, listed);
}

#[test]
fn plugin_file_holds_no_plumbing() {
    for (_, folder) in plugins() {
        for (path, source) in files(&format!("{folder}/src"), "rs") {
            for word in ["unwrap()", "expect(", "cfg(feature", "thiserror", "Connection"] {
                assert!(!source.contains(word), "{path} holds {word}");
            }
        }
    }
}

/// What `text` holds between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn threat_model_names_tests_that_are_there() {
    let mut named = 0;
    for line in read("docs/threat-model.md").lines().filter(|line| line.starts_with('|')) {
        let tests = line.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let mut source = String::new();
        for name in quoted(tests) {
            if name.ends_with(".rs") {
                let folder = if name.contains('/') { "" } else { "tests/integration" };
                source = read(Path::new(folder).join(name));
            } else {
                let is_there = source.contains(&format!("#[test]\n    fn {name}("))
                    || source.contains(&format!("#[test]\nfn {name}("));
                assert!(is_there, "no test is called {name}: {line}");
                named += 1;
            }
        }
    }
    assert!(named > 50, "{named} tests are named");
}
