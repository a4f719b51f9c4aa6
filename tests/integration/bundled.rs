//! What follows from the list of bundled plugins, the dependencies in `portal-plugins/Cargo.toml`:
//! features, `use` lines, and what binaries know of a plugin that they are built without.

use std::fs;

use portal_core::__private::{linked, parts};
use portal_engine::Registry;
use portal_plugins::BUNDLED;

use crate::written::{assert_written, root};

const LIST: &str = "portal-plugins/Cargo.toml";

/// What `portal-plugins/src/bundled.rs` begins with.
const KNOWN: &str = "\
//! What the bundled plugins say of themselves, for binaries that are built without them. A test
//! writes this file.

/// What a binary knows of a plugin that comes with the portal, linked into it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// Id of the plugin, which is also the name of its feature.
    pub id: &'static str,
    /// Key of its platform: the parent's, or its own id.
    pub platform: &'static str,
    /// The values that it reads of its platform.
    pub values: &'static [&'static str],
}
";

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The ids on the list, sorted.
fn listed() -> Vec<String> {
    let manifest: toml::Table = read(LIST).parse().unwrap();
    let names = manifest["dependencies"].as_table().unwrap().keys();
    let mut ids: Vec<String> =
        names.map(|name| name.strip_suffix("-plugin").unwrap_or(name).to_owned()).collect();
    ids.sort_unstable();
    assert!(!ids.is_empty(), "{LIST} lists no plugin");
    ids
}

/// The text with what is between two lines replaced; both stay.
fn between(text: &str, first: &str, last: &str, new: &str) -> String {
    let start = text.find(first).unwrap_or_else(|| panic!("no {first:?}")) + first.len();
    let end = start + text[start..].find(last).unwrap_or_else(|| panic!("no {last:?}"));
    format!("{}{new}{}", &text[..start], &text[end..])
}

/// One feature for each plugin, and `default`, which has all of them.
fn features(ids: &[String], others: &str, feature: impl Fn(&str) -> String) -> String {
    let quoted: String = ids.iter().map(|id| format!(", {id:?}")).collect();
    let own: String = ids.iter().map(|id| format!("{id} = [{:?}]\n", feature(id))).collect();
    format!("default = [\"sqlite\"{quoted}]\n{others}{own}\n")
}

#[test]
fn features_of_the_list_are_one_for_each_plugin() {
    let ids = listed();
    let lines: String = ids.iter().map(|id| format!("    \"{id}-plugin?/sqlite\",\n")).collect();
    let sqlite = format!("sqlite = [\n{lines}]\n");
    let own = features(&ids, &sqlite, |id| format!("dep:{id}-plugin"));
    assert_written(LIST, &between(&read(LIST), "[features]\n", "[lints]", &own));
}

#[test]
fn features_of_the_server_are_those_of_the_list() {
    const MANIFEST: &str = "portal-server/Cargo.toml";
    let databases =
        "sqlite = [\"portal-engine/sqlite\"]\npostgres = [\"portal-engine/postgres\"]\n";
    let own = features(&listed(), databases, |id| format!("portal-plugins/{id}"));
    assert_written(MANIFEST, &between(&read(MANIFEST), "[features]\n", "[dependencies]", &own));
}

#[test]
fn each_plugin_of_the_list_is_named_so_that_it_is_linked() {
    const SOURCE: &str = "portal-plugins/src/lib.rs";
    let named: String = listed()
        .iter()
        .map(|id| {
            let name = id.replace('-', "_");
            format!("#[cfg(feature = {id:?})]\nuse {name}_plugin as _;\n")
        })
        .collect();
    let text =
        between(&read(SOURCE), "#![deny(unused_crate_dependencies)]\n\n", "\n// Floor 1", &named);
    assert_written(SOURCE, &text);
}

#[test]
fn what_is_known_of_a_bundled_plugin_is_what_it_says_of_itself() {
    let registry = Registry::load().unwrap();
    let mut known = String::new();
    for id in listed() {
        let plugin = registry.find(&id).unwrap_or_else(|| {
            panic!("{id} is on the list but not linked: write its features and run again")
        });
        let values: Vec<&str> = plugin.values_schema().property_names().collect();
        known.push_str(&format!(
            "    Bundled {{\n        id: {id:?},\n        platform: {:?},\n        values: &{values:?},\n    }},\n",
            plugin.platform_key(),
        ));
    }
    assert_written(
        "portal-plugins/src/bundled.rs",
        &format!(
            "{KNOWN}\n/// All of them, by id.\n#[rustfmt::skip]\n\
             pub const BUNDLED: &[Bundled] = &[\n{known}];\n"
        ),
    );
}

#[test]
fn bundled_plugins_are_linked_here_and_no_others_of_their_folder() {
    let here: Vec<String> = linked()
        .map(parts)
        .filter(|parts| parts.origin.file.starts_with("portal-plugins/"))
        .map(|parts| parts.id.to_owned())
        .collect();
    let mut here = here;
    here.sort_unstable();
    let known: Vec<&str> = BUNDLED.iter().map(|one| one.id).collect();
    assert_eq!(here, known);
    assert_eq!(listed(), known);
}
