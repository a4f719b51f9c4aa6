//! Every rule of the conformance suite: a plugin that breaks it, and no other rule.

use std::fs;
use std::path::Path;

use portal_core::__private::{OutputParts, Parts, from_parts, parts};
use portal_core::platform::Icon;
use portal_core::prelude::*;
use portal_core::{Connection, Id, Registration, Stored};
use portal_engine::migrate::{EmbeddedMigration, checksum};
use portal_testing::{Contract, Outcome, RULES};
use serde_json::json;
use tempfile::TempDir;

use crate::sketch::origin;

const FOLDER: &str = "2026-01-01-000000_create_brittle";
const UP: &str = "CREATE TABLE brittle_things (
    id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    shelf TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    days INTEGER,
    note TEXT,
    weight DOUBLE PRECISION NOT NULL,
    full_name TEXT NOT NULL
)";
const FIRST: EmbeddedMigration =
    EmbeddedMigration { folder: FOLDER, up: UP, down: "DROP TABLE brittle_things" };

/// What a thing is.
#[choice]
pub enum Kind {
    /// A stream.
    Stream,
    /// Files.
    Files,
}

/// What a shelf's name stands for in one environment.
#[entry]
pub struct Shelf {
    /// Name that things use.
    pub identifier: String,
}

impl Example for Shelf {
    fn example(_acronym: &str) -> Self {
        Shelf { identifier: "upper".to_owned() }
    }
}

/// A plugin that keeps all rules, but for what is said of it: the type and attributes of its title,
/// what its derived field starts with, and methods of `DataOutput`.
macro_rules! thing {
    ($module:ident) => {
        thing!($module, {}, {});
    };
    ($module:ident, { $(#[$title:meta])* }, { $($method:item)* }) => {
        mod $module {
            use super::*;

            /// Something that a portal keeps.
            #[data_output(table = brittle_things, result = "{shelf}/{title}/{full_name}")]
            pub struct Thing {
                /// Shelf that it stands on.
                #[form(select().required().options_from_platform())]
                pub shelf: String,
                /// What it is called.
                $(#[$title])*
                #[form(text().required())]
                pub title: String,
                /// What it is.
                #[form(radio())]
                pub kind: Kind,
                /// Days that it is kept.
                #[serde(default)]
                #[schemars(range(min = 1))]
                #[form(text().shown_when("kind", "stream"))]
                pub days: Option<i32>,
                /// Anything else.
                #[serde(default)]
                #[form(text())]
                pub note: Option<String>,
                /// How heavy it is, in kilograms.
                #[serde(default)]
                #[form(text())]
                pub weight: f64,
                #[form(derived())]
                pub full_name: String,
            }

            impl Plugin for Thing {
                const ID: &'static str = "brittle";
                const PLATFORM: Platform =
                    Platform::new("Brittle", icon!("launcher-logo.svg"));
                type PlatformValues = NoValues;
            }

            impl DataOutput for Thing {
                type Entry = Shelf;

                fn example() -> Self {
                    Thing {
                        shelf: "upper".to_owned(),
                        title: "Vase".to_owned(),
                        kind: Kind::Stream,
                        days: Some(7),
                        note: Some("Handle with care".to_owned()),
                        weight: 1.25,
                        full_name: String::new(),
                    }
                }

                $($method)*
            }

            static REGISTRATION: Registration =
                Registration::data_output::<Thing>(origin("brittle-plugin", 7), &[FIRST]);

            pub fn parts() -> Parts {
                super::parts(&REGISTRATION).clone()
            }
        }
    };
}

thing!(sound);
thing!(filled, {}, {
    fn normalise(&mut self) {
        fill_if_empty(&mut self.full_name, &self.title);
    }
});
thing!(unrendered, {}, {
    fn render(&self, template: &Template, _: Values<'_>) -> String {
        template.source().to_owned()
    }
});
thing!(unencoded, {}, {
    fn asset_url(&self, _: &Shelf, _: &Place<'_, NoValues>) -> Link {
        Ok(format!("https://brittle.example/things?title={}", self.title))
    }
});
thing!(unsafe_link, {}, {
    fn asset_url(&self, _: &Shelf, _: &Place<'_, NoValues>) -> Link {
        Ok(format!("http://brittle.example/things/{}", encode(&self.title)))
    }
});
thing!(shrinking, {}, {
    fn normalise(&mut self) {
        if self.title.len() > "Vase".len() {
            self.title.pop();
        }
    }
});
thing!(revived, {}, {
    fn normalise(&mut self) {
        if self.kind == Kind::Files {
            self.days = Some(3);
        }
    }
});
thing!(
    lenient,
    { #[serde(deserialize_with = "anything")] #[schemars(with = "serde_json::Value")] },
    {}
);

/// Reads whatever is there as text.
fn anything<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value: serde_json::Value = serde::Deserialize::deserialize(deserializer)?;
    Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// A number of the author's own, which its column keeps as text and its schema bounds in words that
/// no generator knows.
mod own_type {
    use portal_core::column::{StoredAs, TextColumn};

    use super::*;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(transparent)]
    pub struct Percent(u8);

    impl StoredAs<TextColumn> for Percent {
        type Bound<'a> = String;
        type Loaded = String;

        fn to_column(&self) -> String {
            self.0.to_string()
        }

        fn from_column(loaded: String) -> diesel::QueryResult<Self> {
            let error = |error: std::num::ParseIntError| {
                diesel::result::Error::DeserializationError(error.into())
            };
            loaded.parse().map(Percent).map_err(error)
        }
    }

    /// Something that is partly full.
    #[data_output(table = brittle_things, result = "{full}")]
    pub struct Thing {
        /// How full it is.
        #[form(text().required())]
        pub full: Percent,
        /// Steps that it is filled in.
        #[schemars(extend("exclusiveMinimum" = 0, "multipleOf" = 5))]
        #[form(text())]
        pub steps: i32,
    }

    impl Plugin for Thing {
        const ID: &'static str = "brittle";
        const PLATFORM: Platform = Platform::new("Brittle", icon!("launcher-logo.svg"));
        type PlatformValues = NoValues;
    }

    impl DataOutput for Thing {
        type Entry = NoValues;

        fn example() -> Self {
            Thing { full: Percent(40), steps: 5 }
        }
    }

    pub const UP: &str = "CREATE TABLE brittle_things (
        id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
        \"full\" TEXT NOT NULL,
        steps INTEGER NOT NULL
    )";
    pub const FIRST: EmbeddedMigration = EmbeddedMigration { up: UP, ..super::FIRST };

    static REGISTRATION: Registration =
        Registration::data_output::<Thing>(origin("brittle-plugin", 7), &[FIRST]);

    pub fn parts() -> Parts {
        super::parts(&REGISTRATION).clone()
    }
}

/// A thing of which no row is ever deleted, so that none can be replaced.
mod clinging {
    use super::*;

    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    #[serde(transparent)]
    pub struct Thing(sound::Thing);

    impl Plugin for Thing {
        const ID: &'static str = sound::Thing::ID;
        const PLATFORM: Platform = sound::Thing::PLATFORM;
        type PlatformValues = NoValues;
    }

    impl DataOutput for Thing {
        type Entry = Shelf;

        fn example() -> Self {
            Thing(sound::Thing::example())
        }
    }

    impl Stored for Thing {
        const NAME: &'static str = sound::Thing::NAME;
        const TABLE: &'static str = sound::Thing::TABLE;
        const RESULT_TEMPLATE: &'static str = sound::Thing::RESULT_TEMPLATE;
        const COLUMNS: &'static [portal_core::column::Column] = sound::Thing::COLUMNS;

        fn platform_option(&self) -> Option<&str> {
            self.0.platform_option()
        }

        fn insert(&self, connection: &mut Connection, id: &Id) -> diesel::QueryResult<()> {
            self.0.insert(connection, id)
        }

        fn delete(_: &mut Connection, _: &Id) -> diesel::QueryResult<()> {
            Ok(())
        }

        fn load(connection: &mut Connection, ids: &[&str]) -> diesel::QueryResult<Vec<(Id, Self)>> {
            let rows = sound::Thing::load(connection, ids)?;
            Ok(rows.into_iter().map(|(id, thing)| (id, Thing(thing))).collect())
        }
    }

    static REGISTRATION: Registration =
        Registration::data_output::<Thing>(origin("brittle-plugin", 7), &[FIRST]);

    pub fn parts() -> Parts {
        super::parts(&REGISTRATION).clone()
    }
}

/// A plugin whose data output is changed.
fn with(parts: Parts, change: impl FnOnce(OutputParts) -> OutputParts) -> Parts {
    let output = parts.output.clone().map(change);
    Parts { output, ..parts }
}

/// The sound plugin with another migration.
fn migrated(up: String, down: &'static str) -> Parts {
    let first = EmbeddedMigration { folder: FOLDER, up: up.leak(), down };
    with(sound::parts(), |output| OutputParts { migrations: vec![first].leak(), ..output })
}

/// The folder of a crate with this first migration.
fn crate_folder_of(first: &EmbeddedMigration) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    add_migration(folder.path(), FOLDER);
    let released = json!({
        "schema_version": 1,
        "wire_name": "Thing",
        "migrations": {FOLDER: checksum(first)},
        "schema": {"properties": {}, "required": ["kind", "shelf", "title"]},
    });
    fs::write(folder.path().join("released-schema.json"), released.to_string()).unwrap();
    folder
}

fn crate_folder() -> TempDir {
    crate_folder_of(&FIRST)
}

fn add_migration(crate_folder: &Path, name: &str) {
    let migration = crate_folder.join("migrations").join(name);
    fs::create_dir_all(&migration).unwrap();
    fs::write(migration.join("up.sql"), "SELECT 1").unwrap();
    fs::write(migration.join("down.sql"), "SELECT 1").unwrap();
}

/// How a plugin fares with all rules: those that it breaks, and those that are not tried.
fn outcomes(parts: Parts, crate_folder: &Path) -> (Vec<(&'static str, String)>, Vec<&'static str>) {
    let registration: &Registration = Box::leak(Box::new(from_parts(parts)));
    let contract = Contract::of_registration(registration, crate_folder);
    let (mut broken, mut not_tried) = (Vec::new(), Vec::new());
    for rule in RULES {
        match contract.try_rule(rule) {
            Outcome::Kept => {}
            Outcome::Broken(objection) => broken.push((rule.name, objection)),
            Outcome::NotTried(_) => not_tried.push(rule.name),
        }
    }
    (broken, not_tried)
}

/// What a plugin is told that breaks this rule and no other.
fn objection(rule: &str, parts: Parts, crate_folder: &Path) -> String {
    let (broken, _) = outcomes(parts, crate_folder);
    let names: Vec<&str> = broken.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, [rule], "{broken:#?}");
    broken.into_iter().next().unwrap().1
}

#[test]
fn sound_plugin_keeps_every_rule() {
    let folder = crate_folder();
    let (broken, not_tried) = outcomes(sound::parts(), folder.path());
    assert!(broken.is_empty() && not_tried.is_empty(), "{broken:#?}, not tried {not_tried:?}");
}

#[test]
fn type_of_an_authors_own_is_no_mistake() {
    let folder = crate_folder_of(&own_type::FIRST);
    let file = folder.path().join("released-schema.json");
    let released = fs::read_to_string(&file).unwrap();
    let required = "[\"kind\",\"shelf\",\"title\"]";
    assert!(released.contains(required), "{released}");
    fs::write(&file, released.replace(required, "[\"full\",\"steps\"]")).unwrap();
    let (broken, not_tried) = outcomes(own_type::parts(), folder.path());
    assert!(broken.is_empty() && not_tried.is_empty(), "{broken:#?}, not tried {not_tried:?}");
}

#[test]
fn every_rule_is_broken_by_a_plugin_that_breaks_no_other() {
    let icon = Icon { name: "brittle-logo.svg", svg: "<html/>" };
    let platform = Platform { icon, ..sound::parts().platform };
    let broken: Vec<(&str, Parts, &str)> = vec![
        (
            "registration_is_sound",
            with(sound::parts(), |output| OutputParts {
                technical_info_template: "{titel}",
                ..output
            }),
            "names the unknown field \"titel\" (did you mean title?",
        ),
        (
            "icons_are_svg",
            Parts { platform, ..sound::parts() },
            "the icon brittle-logo.svg is no SVG document",
        ),
        (
            "migrations_go_up_down_and_up",
            migrated(UP.to_owned(), "SELECT 1"),
            "is left after all migrations were taken back: its first down.sql must drop it",
        ),
        (
            "example_is_accepted",
            filled::parts(),
            "the example changes when it is read and normalised, so give it what it becomes",
        ),
        ("rows_are_replaced_and_deleted", clinging::parts(), "a row cannot be replaced"),
        (
            "every_combination_of_conditions_is_stored",
            revived::parts(),
            "the field \"days\" is not shown, but is 3 instead of its default null: does normalise fill it?",
        ),
        (
            "invalid_configurations_are_refused_at_their_field",
            lenient::parts(),
            "an object in the field \"title\" is accepted: {} is read as \"{}\"",
        ),
        (
            "rendering_leaves_no_placeholder",
            unrendered::parts(),
            "the result holds the placeholder {shelf}: does render fill the template in?",
        ),
        ("links_are_https_and_encoded", unencoded::parts(), "put every value through encode(…)"),
        (
            "links_are_https_and_encoded",
            unsafe_link::parts(),
            "has the scheme \"http\", only https is allowed",
        ),
        (
            "normalising_twice_is_normalising_once",
            shrinking::parts(),
            "normalise changes what it has normalised already",
        ),
    ];
    let folder = crate_folder();
    for (rule, parts, told) in broken {
        let said = objection(rule, parts, folder.path());
        assert!(said.contains(told), "{rule}: {said}");
    }
    for (rule, up, told) in [
        (
            "table_equals_the_struct",
            UP.replace("note TEXT,", "note TEXT NOT NULL,"),
            "the column note of brittle_things is NOT NULL, but its field is an Option",
        ),
        (
            "valid_configurations_are_stored_unchanged",
            UP.replace("title TEXT NOT NULL", "title TEXT NOT NULL CHECK (length(title) < 100)"),
            "cannot be stored: ",
        ),
        (
            "defaults_are_stored",
            UP.replace("note TEXT,", "note TEXT CHECK (note IS NOT NULL),"),
            "without note: cannot be stored: ",
        ),
    ] {
        let parts = migrated(up, FIRST.down);
        let folder = crate_folder_of(&parts.output.as_ref().unwrap().migrations[0]);
        let said = objection(rule, parts, folder.path());
        assert!(said.contains(told), "{rule}: {said}");
    }
}

#[test]
fn files_beside_the_source_are_compared_with_it() {
    let rule = "migrations_equal_the_folder";
    let folder = crate_folder();
    add_migration(folder.path(), "2026-02-02-000000_add_owner");
    let said = objection(rule, sound::parts(), folder.path());
    assert_eq!(said, "add to the list in migrations![…]: [\"2026-02-02-000000_add_owner\"]");

    let folder = crate_folder();
    let metadata = folder.path().join("migrations").join(FOLDER).join("metadata.toml");
    fs::write(metadata, "run_in_transaction = false\n").unwrap();
    let said = objection(rule, sound::parts(), folder.path());
    assert!(said.contains("metadata.toml cannot change that"), "{said}");

    let rule = "released_schema_is_still_read";
    let folder = crate_folder();
    let file = folder.path().join("released-schema.json");
    let released = fs::read_to_string(&file).unwrap();
    fs::write(&file, released.replace("\"properties\":{}", "\"properties\":{\"size\":{}}"))
        .unwrap();
    let said = objection(rule, sound::parts(), folder.path());
    assert!(
        said.contains("the field \"size\" is removed\nundo that, or raise SCHEMA_VERSION to 2"),
        "{said}"
    );
    fs::write(&file, released.replace(&checksum(&FIRST), "1f")).unwrap();
    let said = objection(rule, sound::parts(), folder.path());
    assert!(said.contains(&format!("{FOLDER} was edited: restore its up.sql")), "{said}");
    fs::remove_file(&file).unwrap();
    let said = objection(rule, sound::parts(), folder.path());
    assert!(said.contains("PORTAL_RELEASE_SCHEMA=1 cargo test released"), "{said}");
}

#[test]
fn release_that_would_hide_a_breaking_change_is_refused() {
    let folder = crate_folder();
    let file = folder.path().join("released-schema.json");
    let released = fs::read_to_string(&file).unwrap();
    let of = |parts: Parts| {
        let registration: &Registration = Box::leak(Box::new(from_parts(parts)));
        Contract::of_registration(registration, folder.path()).release()
    };
    let wider = released.replace("\"properties\":{}", "\"properties\":{\"size\":{}}");
    fs::write(&file, &wider).unwrap();
    let said = of(sound::parts()).unwrap_err();
    assert!(said.contains("the field \"size\" is removed"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), wider, "it was overwritten all the same");

    let second = EmbeddedMigration {
        folder: "2026-02-02-000000_drop_size",
        up: "SELECT 1",
        down: "SELECT 1",
    };
    let announced = |output| OutputParts {
        schema_version: 2,
        migrations: vec![FIRST, second].leak(),
        ..output
    };
    of(with(sound::parts(), announced)).unwrap();
    let now: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!((&now["schema_version"], &now["wire_name"]), (&json!(2), &json!("Thing")));
    assert!(now["schema"]["properties"]["title"].is_object(), "{now}");
}

#[test]
fn rules_that_cannot_be_tried_name_the_one_that_is_broken_before() {
    let folder = crate_folder();
    let unsound =
        with(sound::parts(), |output| OutputParts { technical_info_template: "{titel}", ..output });
    let (broken, not_tried) = outcomes(unsound, folder.path());
    assert_eq!((broken.len(), not_tried.len()), (1, RULES.len() - 1));
    let lines = broken[0].1.lines().count();
    assert_eq!(lines, 1, "a problem of the registration is told once: {}", broken[0].1);
}
