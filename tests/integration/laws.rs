//! Laws over the linked plugins and over the source tree: what the architecture says is absent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use portal_core::migrate::CORE_MIGRATIONS;
use portal_core::{LinkedPlugin, Registry};
use portal_plugins::BUNDLED;
use ureq::http::StatusCode;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

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
fn id_is_the_name_of_folder_feature_crate_and_table_prefix() {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for (plugin, folder) in plugins() {
        let (id, origin) = (plugin.id(), plugin.origin());
        assert_eq!(origin.crate_name, format!("{id}-plugin"));
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
    let mut features = section("portal-plugins/Cargo.toml", "features");
    features.remove("default");
    assert_eq!(features, ids);
    let server = section("portal-server/Cargo.toml", "features");
    let others: BTreeSet<&str> = server.iter().map(String::as_str).collect();
    let expected: BTreeSet<&str> =
        ids.iter().map(String::as_str).chain(["default", "postgres", "sqlite"]).collect();
    assert_eq!(others, expected);
}

#[test]
fn bundled_plugins_are_named_in_the_list_and_linked() {
    let list = read("portal-plugins/src/lib.rs");
    for one in BUNDLED {
        let lines = format!("#[cfg(feature = {:?})]\nuse {}_plugin as _;", one.id, one.id);
        assert!(list.contains(&lines), "{}", one.id);
        assert!(one.linked, "{}", one.id);
        let plugin = Registry::load().unwrap().get(one.id).unwrap();
        assert_eq!(one.platform, plugin.platform_key());
        let is_shared = one.platform != one.id;
        let values = plugin.values_schema().property_names();
        let shared: Vec<&str> = values.filter(|_| is_shared).collect();
        assert_eq!(one.values, shared, "{}", one.id);
    }
    assert!(BUNDLED.is_sorted_by_key(|one| one.id));
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
fn portal_core_names_no_plugin_and_no_http() {
    for (path, source) in files("portal-core/src", "rs") {
        let code = code(&source);
        let lower = code.to_lowercase();
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

#[test]
fn plugin_depends_on_no_portal_crate_but_portal_core() {
    for (_, folder) in plugins() {
        let manifest = format!("{folder}/Cargo.toml");
        let dependencies = section(&manifest, "dependencies");
        assert_eq!(
            dependencies.iter().map(String::as_str).collect::<Vec<_>>(),
            ["diesel", "portal-core", "schemars", "serde"],
            "{manifest}"
        );
        assert_eq!(section(&manifest, "dev-dependencies").len(), 1, "{manifest}");
    }
    assert_eq!(
        section("portal-core/Cargo.toml", "dependencies")
            .iter()
            .find(|name| name.contains("portal")),
        None
    );
}

#[test]
fn only_the_server_knows_http() {
    for folder in ["portal-core", "portal-plugins", "examples"] {
        for (path, source) in files(folder, "rs").into_iter().chain(files(folder, "toml")) {
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
    for (path, source) in files("portal-server/src", "rs") {
        let named = failure_statuses(&code(&source));
        if path == "portal-server/src/error.rs" {
            assert!(named.len() > 8, "{path} decides no more than {named:?}");
        } else {
            assert!(named.is_empty(), "{path} decides {named:?}");
        }
    }
}

#[test]
fn only_the_registry_iterates_what_the_linker_collected() {
    let mut found = Vec::new();
    for folder in ["portal-core", "portal-plugins", "portal-server", "examples"] {
        let sources = files(folder, "rs").into_iter();
        let iterating = sources.filter(|(_, source)| code(source).contains("inventory::iter"));
        found.extend(iterating.map(|(path, _)| path));
    }
    assert_eq!(found, ["portal-core/src/registry.rs"]);
}

#[test]
fn features_are_asked_for_in_the_list_the_database_and_nowhere_else() {
    let allowed = ["portal-plugins/src/lib.rs", "portal-core/src/db.rs", "portal-core/src/lib.rs"];
    for folder in ["portal-core", "portal-plugins", "portal-server", "examples"] {
        for (path, source) in files(folder, "rs") {
            let asks = |line: &&str| line.contains("cfg") && line.contains("feature = ");
            let lines: Vec<&str> = source.lines().filter(asks).collect();
            let may_ask =
                allowed.contains(&path.as_str()) || path.starts_with("portal-core/src/db/");
            assert!(lines.is_empty() || may_ask, "{path}: {lines:?}");
            if path == "portal-core/src/lib.rs" {
                let lines: Vec<&str> =
                    lines.into_iter().filter(|line| !line.contains("any(")).collect();
                assert_eq!(lines, ["#[cfg(feature = \"testing\")]"]);
            }
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

#[test]
fn external_plugin_fits_on_one_page() {
    let lines = read("examples/s3-plugin/src/lib.rs").lines().count();
    assert!(lines <= 100, "examples/s3-plugin/src/lib.rs has {lines} lines");
    let main = read("examples/custom-portal/src/main.rs").lines().count();
    assert!(main <= 12, "examples/custom-portal/src/main.rs has {main} lines");
}
