//! The registry's rules between plugins, on registrations that no linker has seen.

use portal_core::platform::{Icon, Parent};
use portal_core::prelude::*;
use portal_core::{Problems, Registration};
use portal_engine::Registry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sketch::{origin, sketch};

/// What building a registry refuses, one line per problem.
fn refusals(registrations: &[&'static Registration]) -> Vec<String> {
    let problems: Problems =
        Registry::build(registrations.iter().copied()).expect_err("something is wrong");
    problems.iter().map(ToString::to_string).collect()
}

/// A registration of a sketch, on that line of the file of the crate.
macro_rules! registered {
    ($plugin:ty, $crate_name:literal, $line:literal) => {{
        static REGISTRATION: Registration =
            Registration::data_output::<$plugin>(origin($crate_name, $line), &[]);
        &REGISTRATION
    }};
}

const RENAME: &str = " (rename one of them, or link only one of the crates)";

#[test]
fn sound_plugins_are_sorted_and_found_by_every_name() {
    sketch!(Beta: "beta", wire "BetaOutput", aliases ["OldBeta"], table "beta_outputs");
    sketch!(Alpha: "alpha", wire "AlphaOutput", aliases [], table "alpha_outputs");
    let registry = Registry::build([
        registered!(Beta, "beta-plugin", 1),
        registered!(Alpha, "alpha-plugin", 1),
    ])
    .unwrap();
    let ids: Vec<&str> = registry.plugins().iter().map(|plugin| plugin.id()).collect();
    assert_eq!(ids, ["alpha", "beta"]);
    for name in ["beta", "BetaOutput", "OldBeta"] {
        assert_eq!(registry.find(name).map(|plugin| plugin.id()), Some("beta"));
    }
    assert!(registry.find("Beta").is_none());
}

#[test]
fn two_plugins_with_one_id_are_refused_by_both_names() {
    sketch!(First: "same", wire "FirstOutput", aliases [], table "same_first");
    sketch!(Second: "same", wire "SecondOutput", aliases [], table "same_second");
    let found = refusals(&[
        registered!(Second, "second-plugin", 20),
        registered!(First, "first-plugin", 10),
    ]);
    let sentence = format!(
        "same (second-plugin 1.2.3, src/lib.rs:20): the id \"same\" is already the id of same (first-plugin 1.2.3, src/lib.rs:10){RENAME}"
    );
    assert_eq!(found, [sentence]);
}

#[test]
fn two_plugins_with_one_wire_name_are_refused_by_both_names() {
    sketch!(First: "first", wire "Same", aliases [], table "first_outputs");
    sketch!(Second: "second", wire "Same", aliases [], table "second_outputs");
    let found = refusals(&[
        registered!(First, "first-plugin", 10),
        registered!(Second, "second-plugin", 20),
    ]);
    let sentence = format!(
        "second (second-plugin 1.2.3, src/lib.rs:20): the wire name \"Same\" is already the wire name of first (first-plugin 1.2.3, src/lib.rs:10){RENAME}"
    );
    assert_eq!(found, [sentence]);
}

#[test]
fn alias_that_another_plugin_has_as_alias_or_id_is_refused() {
    sketch!(First: "first", wire "First", aliases ["Former"], table "first_outputs");
    sketch!(Second: "second", wire "Second", aliases ["Former", "first"], table "second_outputs");
    let found = refusals(&[
        registered!(First, "first-plugin", 10),
        registered!(Second, "second-plugin", 20),
    ]);
    let [same_alias, same_id] = ["alias \"Former\" is already the alias", "alias \"first\" is already the id"]
        .map(|clash| format!(
            "second (second-plugin 1.2.3, src/lib.rs:20): the {clash} of first (first-plugin 1.2.3, src/lib.rs:10){RENAME}"
        ));
    assert_eq!(found, [same_alias, same_id]);
}

#[test]
fn name_that_a_plugin_gives_itself_twice_is_refused_as_its_own() {
    sketch!(Echo: "echo", wire "echo", aliases ["Old", "Old"], table "echo_outputs");
    let found = refusals(&[registered!(Echo, "echo-plugin", 10)]);
    let twice = ["wire name \"echo\" is already the id", "alias \"Old\" is already the alias"]
        .map(|clash| format!(
            "echo (echo-plugin 1.2.3, src/lib.rs:10): the {clash} of the same plugin (rename one of them, or leave an alias out)"
        ));
    assert_eq!(found, twice);
}

#[test]
fn two_plugins_with_one_table_are_refused_by_both_names() {
    sketch!(First: "store", wire "First", aliases [], table "store_2_outputs");
    sketch!(Second: "store-2", wire "Second", aliases [], table "store_2_outputs");
    let found = refusals(&[
        registered!(First, "first-plugin", 10),
        registered!(Second, "second-plugin", 20),
    ]);
    assert_eq!(
        found,
        [
            "store-2 (second-plugin 1.2.3, src/lib.rs:20): the table store_2_outputs is already that of store (first-plugin 1.2.3, src/lib.rs:10)"
        ]
    );
}

#[test]
fn table_begins_with_the_id_and_is_none_of_the_portals_own() {
    sketch!(Stray: "stray", wire "Stray", aliases [], table "outputs");
    sketch!(Thief: "technical", wire "Thief", aliases [], table "technical_assets");
    let found =
        refusals(&[registered!(Stray, "stray-plugin", 1), registered!(Thief, "thief-plugin", 2)]);
    assert_eq!(
        found,
        [
            "stray (stray-plugin 1.2.3, src/lib.rs:1): the table outputs does not begin with stray_",
            "technical (thief-plugin 1.2.3, src/lib.rs:2): the table technical_assets is the portal's own",
        ]
    );
}

#[test]
fn malformed_and_reserved_ids_are_refused() {
    sketch!(Capital: "Capital", wire "A", aliases [], table "Capital_a");
    sketch!(Digit: "3d", wire "B", aliases [], table "3d_b");
    sketch!(Underscore: "under_score", wire "C", aliases [], table "under_score_c");
    sketch!(Core: "core", wire "D", aliases [], table "core_d");
    sketch!(Nothing: "none", wire "E", aliases [], table "none_e");
    let found = refusals(&[
        registered!(Capital, "a-plugin", 1),
        registered!(Digit, "b-plugin", 2),
        registered!(Underscore, "c-plugin", 3),
        registered!(Core, "d-plugin", 4),
        registered!(Nothing, "e-plugin", 5),
    ]);
    let rule = "lower-case letters, digits and dashes, starting with a letter";
    for malformed in [
        "Capital (a-plugin 1.2.3, src/lib.rs:1): the id \"Capital\" is malformed",
        "3d (b-plugin 1.2.3, src/lib.rs:2): the id \"3d\" is malformed",
        "under_score (c-plugin 1.2.3, src/lib.rs:3): the id \"under_score\" is malformed",
    ] {
        assert!(found.contains(&format!("{malformed}: {rule}")), "{found:#?}");
    }
    for reserved in ["core (d-plugin 1.2.3, src/lib.rs:4)", "none (e-plugin 1.2.3, src/lib.rs:5)"] {
        assert!(
            found.iter().any(|one| one.starts_with(reserved) && one.contains("is reserved")),
            "{found:#?}"
        );
    }
    assert_eq!(found.len(), 5, "{found:#?}");
}

const PARENT: Parent = Parent {
    key: "cloud",
    display_name: "Cloud",
    icon: Icon { name: "cloud-logo.svg", svg: "<svg/>" },
    console: "https://cloud.example",
};

#[test]
fn parent_key_that_is_a_plugins_name_is_refused() {
    sketch!(Child: "child", wire "Child", aliases [], table "child_outputs", parent Some(PARENT), values NoValues);
    sketch!(Cloud: "cloud", wire "Cloud", aliases [], table "cloud_outputs");
    let found =
        refusals(&[registered!(Child, "child-plugin", 1), registered!(Cloud, "cloud-plugin", 2)]);
    assert_eq!(
        found,
        [
            "child (child-plugin 1.2.3, src/lib.rs:1): the parent key \"cloud\" is already the id of cloud (cloud-plugin 1.2.3, src/lib.rs:2)"
        ]
    );
}

#[test]
fn differing_declarations_of_one_parent_are_refused() {
    const RENAMED: Parent =
        Parent { display_name: "The cloud", console: "https://cloud.test", ..PARENT };
    sketch!(First: "first", wire "First", aliases [], table "first_outputs", parent Some(PARENT), values NoValues);
    sketch!(Same: "same", wire "Same", aliases [], table "same_outputs", parent Some(PARENT), values NoValues);
    sketch!(Other: "other", wire "Other", aliases [], table "other_outputs", parent Some(RENAMED), values NoValues);
    let other =
        "other (other-plugin 1.2.3, src/lib.rs:3): declares the parent \"cloud\" with another";
    let first = "first (first-plugin 1.2.3, src/lib.rs:1)";
    let from_one = " (take both from one crate, as plugins for AWS do from aws-platform)";
    let found = refusals(&[
        registered!(First, "first-plugin", 1),
        registered!(Same, "same-plugin", 2),
        registered!(Other, "other-plugin", 3),
    ]);
    assert_eq!(
        found,
        [
            format!(
                "{other} display name than {first}: \"The cloud\" here, \"Cloud\" there{from_one}"
            ),
            format!(
                "{other} console than {first}: \"https://cloud.test\" here, {:?} there{from_one}",
                PARENT.console
            ),
        ]
    );
}

/// Values of which one is a text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct TextRegion {
    /// Where it is.
    region: String,
}

/// The same, explained otherwise, and one more.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct MoreValues {
    /// The region's short name.
    region: String,
    account: String,
}

/// The same name with another type.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct NumberRegion {
    region: u32,
}

macro_rules! sketched_values {
    ($($values:ty),*) => {
        $(impl Example for $values {
            fn example(_acronym: &str) -> Self {
                crate::sketch::example()
            }
        })*
    };
}
sketched_values!(TextRegion, MoreValues, NumberRegion);

#[test]
fn one_platform_value_of_two_types_is_refused_by_both_names() {
    sketch!(First: "first", wire "First", aliases [], table "first_outputs", parent Some(PARENT), values TextRegion);
    sketch!(More: "more", wire "More", aliases [], table "more_outputs", parent Some(PARENT), values MoreValues);
    sketch!(Other: "other", wire "Other", aliases [], table "other_outputs", parent Some(PARENT), values NumberRegion);
    let first = registered!(First, "first-plugin", 1);
    let more = registered!(More, "more-plugin", 2);
    assert!(Registry::build([first, more]).is_ok());
    assert_eq!(
        refusals(&[first, more, registered!(Other, "other-plugin", 3)]),
        [
            "other (other-plugin 1.2.3, src/lib.rs:3): reads the value \"region\" of the platform \"cloud\" with another schema than first (first-plugin 1.2.3, src/lib.rs:1)"
        ]
    );
}

#[test]
fn problems_of_all_plugins_arrive_at_once() {
    sketch!(First: "Wrong", wire "Same", aliases [], table "Wrong_outputs");
    sketch!(Second: "second", wire "Same", aliases ["Wrong"], table "third_outputs");
    sketch!(Third: "third", wire "Third", aliases ["Same"], table "third_outputs");
    let found = refusals(&[
        registered!(First, "first-plugin", 10),
        registered!(Second, "second-plugin", 20),
        registered!(Third, "third-plugin", 30),
    ]);
    assert_eq!(found.len(), 6, "{found:#?}");
    for (crate_name, count) in [("first-plugin", 4), ("second-plugin", 4), ("third-plugin", 2)] {
        let lines = found.iter().filter(|line| line.contains(crate_name)).count();
        assert_eq!(lines, count, "{crate_name}: {found:#?}");
    }
}
