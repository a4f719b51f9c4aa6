//! What the registry refuses of a single plugin: fields, hints, conditions, templates, columns,
//! migrations.

use portal_core::Registration;
use portal_core::prelude::*;
use portal_engine::Registry;
use portal_engine::migrate::EmbeddedMigration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sketch::{origin, sketch};

/// The problems of one registration, each without the place that all of them name.
fn refusals(registration: &'static Registration) -> Vec<String> {
    let place = "sketch (sketch-plugin 1.2.3, src/lib.rs:7): ";
    let problems = Registry::build([registration]).expect_err("something is wrong");
    problems
        .iter()
        .map(|problem| {
            let line = problem.to_string();
            line.strip_prefix(place).unwrap_or_else(|| panic!("no place: {line}")).to_owned()
        })
        .collect()
}

macro_rules! registered {
    ($plugin:ty) => {
        registered!($plugin, &[])
    };
    ($plugin:ty, $migrations:expr) => {{
        static REGISTRATION: Registration =
            Registration::data_output::<$plugin>(origin("sketch-plugin", 7), $migrations);
        &REGISTRATION
    }};
}

#[test]
fn template_with_a_wrong_placeholder_is_refused_with_the_nearest_field() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Wrong {
        /// The bucket.
        #[schemars(extend("x-form" = text()))]
        bucket: String,
    }
    sketch!(Wrong with columns ["bucket"], result "{buckt}/{environment}");
    let sentence = |wrong: &str, hint: &str| {
        format!(
            "the template \"{{buckt}}/{{environment}}\" names the unknown field {wrong:?} ({hint})"
        )
    };
    // The template of the result may not name the environment, that of the information may.
    let found = refusals(registered!(Wrong));
    assert_eq!(
        found,
        [
            sentence("buckt", "did you mean bucket? allowed: bucket"),
            sentence("environment", "allowed: bucket"),
            sentence("buckt", "did you mean bucket? allowed: bucket, environment"),
        ]
    );
}

#[test]
fn property_with_neither_control_nor_derived_is_refused() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Bare {
        /// Its name.
        name: String,
        #[schemars(extend("x-form" = text()))]
        undocumented: String,
        #[schemars(extend("x-form" = "text"))]
        /// Not made by a function of portal-core.
        handmade: String,
    }
    sketch!(Bare with columns ["name", "undocumented", "handmade"], result "{name}");
    let found = refusals(registered!(Bare));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert_eq!(
        found[0],
        "the field \"name\" has neither a control nor derived(): add #[form(text())] or the like"
    );
    assert!(found[1].starts_with("the x-form hint of \"handmade\" cannot be read: "), "{found:#?}");
    assert_eq!(found[2], "the field \"undocumented\" has no doc comment, which is its tooltip");
}

#[test]
fn control_that_does_not_fit_its_field_is_refused() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Misfits {
        /// A text with a box to tick.
        #[schemars(extend("x-form" = checkbox()))]
        ticked: String,
        /// A flag with a line of text.
        #[schemars(extend("x-form" = text()))]
        typed: bool,
        /// A list of which one is chosen.
        #[schemars(extend("x-form" = select().options(&[("A", "a")])))]
        many: List<String>,
        /// A text of which several are chosen.
        #[schemars(extend("x-form" = select().options(&[("A", "a")]).max_count(2)))]
        one: String,
        /// A choice of nothing.
        #[schemars(extend("x-form" = select()))]
        nothing: String,
        /// A choice of nothing, all in sight.
        #[schemars(extend("x-form" = radio()))]
        nowhere: String,
        /// A choice with a line of text.
        #[serde(default)]
        #[schemars(extend("x-form" = text()))]
        chosen: AccessGranularity,
        /// Starts with what it cannot be.
        #[schemars(extend("x-form" = radio().options(&[("A", "a")]).initial("b")))]
        start: String,
    }
    sketch!(
        Misfits with columns
        ["ticked", "typed", "many", "one", "nothing", "nowhere", "chosen", "start"], result "{one}"
    );
    let list = "a list needs max_count above 1, and the other way round";
    assert_eq!(
        refusals(registered!(Misfits)),
        [
            "the field \"ticked\" has a checkbox but is no bool".to_owned(),
            "the field \"typed\" has a line of text but is neither text nor a number".to_owned(),
            format!("the field \"many\" is a select of 1: {list}"),
            format!("the field \"one\" is a select of 2: {list}"),
            "the field \"nothing\" is a select without options: use an enum, options(…) or options_from_platform()".to_owned(),
            "the field \"nowhere\" is a radio group without options".to_owned(),
            "the field \"chosen\" is a choice but has a line of text: use select() or radio()".to_owned(),
            "the field \"start\" starts with \"b\", which it can never be".to_owned(),
        ]
    );
}

#[test]
fn condition_that_cannot_work_is_refused() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Conditions {
        /// What decides.
        #[schemars(extend("x-form" = radio().options(&[("A", "a"), ("B", "b")])))]
        kind: String,
        /// Has no default to fall back to.
        #[schemars(extend("x-form" = text().shown_when("kind", "a")))]
        no_default: String,
        /// Depends on nothing that exists.
        #[serde(default)]
        #[schemars(extend("x-form" = text().shown_when("knd", "a")))]
        unknown_field: String,
        /// Waits for a value that never comes.
        #[serde(default)]
        #[schemars(extend("x-form" = text().shown_when("kind", "c")))]
        impossible: String,
        /// Waits for a value of another type.
        #[serde(default)]
        #[schemars(extend("x-form" = text().shown_when("kind", true)))]
        other_type: String,
    }
    sketch!(
        Conditions with columns
        ["kind", "no_default", "unknown_field", "impossible", "other_type"], result "{kind}"
    );
    assert_eq!(
        refusals(registered!(Conditions)),
        [
            "the field \"no_default\" is conditional but has no default to fall back to: add #[serde(default)]",
            "the field \"unknown_field\" depends on the unknown field \"knd\" (did you mean kind? allowed: kind, no_default, unknown_field, impossible, other_type)",
            "the field \"impossible\" is shown when \"kind\" is \"c\", which it can never be",
            "the field \"other_type\" is shown when \"kind\" is true, which it can never be",
        ]
    );
}

#[test]
fn optional_required_and_default_that_contradict_each_other_are_refused() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Contradictions {
        /// May be nothing, and must be something.
        #[schemars(extend("x-form" = text().required()))]
        never: Option<String>,
        /// Is nothing when it is left out, or is it?
        #[serde(default = "some")]
        #[schemars(extend("x-form" = text()))]
        either: Option<String>,
        /// Is never empty.
        #[schemars(extend("x-form" = checkbox().required()))]
        ticked: bool,
        /// Falls back to what nobody can choose.
        #[serde(default = "iron")]
        #[schemars(extend("x-form" = radio().options(&[("Gold", "gold"), ("Tin", "tin")])))]
        metal: String,
        /// Offers one thing twice.
        #[schemars(extend("x-form" = radio().options(&[("Gold", "gold"), ("Aurum", "gold")])))]
        same: String,
        /// Sound: it is nothing while it is not shown.
        #[serde(default)]
        #[schemars(extend("x-form" = text().required().shown_when("ticked", true)))]
        sound: Option<String>,
    }
    fn some() -> Option<String> {
        Some("some".to_owned())
    }
    fn iron() -> String {
        "iron".to_owned()
    }
    sketch!(
        Contradictions with columns
        ["never", "either", "ticked", "metal", "same", "sound"], result "{metal}"
    );
    assert_eq!(
        refusals(registered!(Contradictions)),
        [
            "the field \"never\" is optional and always required: leave out Option, or required()",
            "the field \"either\" is optional and has another default than None: leave out Option, or the default",
            "the field \"ticked\" is a required checkbox, which is never empty: leave required() out",
            "the field \"metal\" has the default \"iron\", which it can never be",
            "the field \"same\" offers \"gold\" twice",
        ]
    );
}

#[test]
fn only_one_text_can_be_the_namespace() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Namespaces {
        /// The first.
        #[schemars(extend("x-form" = text().namespace()))]
        first: String,
        /// The second.
        #[schemars(extend("x-form" = text().namespace()))]
        second: i32,
    }
    sketch!(Namespaces with columns ["first", "second"], result "{first}");
    assert_eq!(
        refusals(registered!(Namespaces)),
        [
            "the field \"second\" is the namespace but no text",
            "more than one field is the namespace: first, second",
        ]
    );
}

#[test]
fn columns_that_are_not_the_fields_are_refused() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Columns {
        /// Has a column.
        #[schemars(extend("x-form" = text().label("Its name")))]
        name: String,
        /// Has none.
        #[schemars(extend("x-form" = text()))]
        note: String,
    }
    sketch!(Columns with columns ["name", "remark"], result "{name}");
    assert_eq!(
        refusals(registered!(Columns)),
        [
            "the table sketch_outputs has no column for the fields note",
            "the table sketch_outputs has columns without a field: remark",
        ]
    );
}

#[test]
fn migrations_are_well_named_and_listed_oldest_first() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Migrated {
        /// Its name.
        #[schemars(extend("x-form" = text()))]
        name: String,
    }
    sketch!(Migrated with columns ["name"], result "{name}");
    const fn migration(folder: &'static str) -> EmbeddedMigration {
        EmbeddedMigration { folder, up: "SELECT 1", down: "SELECT 1" }
    }
    static LIST: [EmbeddedMigration; 5] = [
        migration("2026-01-02-000000_second"),
        migration("2026-01-01-000000_first"),
        migration("2026-01-01-000000_twin"),
        migration("2026-01-03_short"),
        migration("2026-01-04-000000_Capital"),
    ];
    let name = "is not named like 2026-01-31-120000_what_it_does";
    let order = "have the same version or are not listed oldest first";
    let found = refusals(registered!(Migrated, &LIST));
    for sentence in [
        format!("the migration folder \"2026-01-03_short\" {name}"),
        format!("the migration folder \"2026-01-04-000000_Capital\" {name}"),
        format!("the migrations 2026-01-02-000000_second and 2026-01-01-000000_first {order}"),
        format!("the migrations 2026-01-01-000000_first and 2026-01-01-000000_twin {order}"),
    ] {
        assert!(found.contains(&sentence), "{sentence}\n{found:#?}");
    }
}

#[test]
fn label_that_another_field_or_the_portal_has_is_refused() {
    /// Something.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Alike {
        /// A name of its own.
        #[schemars(extend("x-form" = text()))]
        name: String,
        /// Days that it is kept.
        #[schemars(extend("x-form" = text()))]
        retention_days: i32,
        /// The same, it seems.
        #[schemars(extend("x-form" = text().label("retention Days ")))]
        days: i32,
        /// Seen by nobody.
        #[serde(default)]
        #[schemars(extend("x-form" = text().hidden().label("Namespace")))]
        mark: String,
    }
    sketch!(Alike with columns ["name", "retention_days", "days", "mark"], result "{name}");
    let apart = "people could not tell them apart; give it another one with .label(\"…\")";
    assert_eq!(
        refusals(registered!(Alike)),
        [
            format!(
                "the field \"name\" has the label \"Name\", as has the portal's own field \"Name\": {apart}"
            ),
            format!(
                "the field \"days\" has the label \"retention Days \", as has the field \"retention_days\": {apart}"
            ),
        ]
    );
}

#[test]
fn problem_of_a_field_is_told_at_the_fields_line() {
    use portal_core::Stored;
    use portal_core::column::Column;

    /// Something.
    #[data_output(table = placed_things, result = "{size}")]
    struct Placed {
        /// How large it is.
        #[form(select())]
        size: String,
    }
    let line = line!() - 2;

    impl Plugin for Placed {
        const ID: &'static str = "placed";
        const PLATFORM: Platform = Platform::new("Placed", icon!("launcher-logo.svg"));
        type PlatformValues = NoValues;
    }

    impl DataOutput for Placed {
        type Entry = NoValues;

        fn example() -> Self {
            Placed { size: "large".to_owned() }
        }
    }

    let [Column { line: declared, .. }] = Placed::COLUMNS else { panic!("one column") };
    assert_eq!(*declared, line);
    static REGISTRATION: Registration =
        Registration::data_output::<Placed>(origin("placed-plugin", 7), &[]);
    let problems = Registry::build([&REGISTRATION]).unwrap_err();
    let place = format!("placed (placed-plugin 1.2.3, {}:{line})", file!());
    assert_eq!(problems.iter().map(|one| one.at.as_str()).collect::<Vec<_>>(), [place]);
}
