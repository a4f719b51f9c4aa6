//! A portal that must not start: the migration that adds a field's column is in no list.

use portal_core::prelude::*;
use portal_engine::migrate::EmbeddedMigration;

/// A thing that has a size.
#[data_output(table = odd_things, result = "{name}")]
struct OddThing {
    /// What it is called.
    #[form(text().required().label("What it is called"))]
    name: String,
    /// How large it is.
    #[serde(default)]
    #[form(text())]
    size: Option<f64>,
}

impl Plugin for OddThing {
    const ID: &'static str = "odd";
    const PLATFORM: Platform =
        Platform::new("Odd", icon!("launcher-logo.svg")).without_environments();
    type PlatformValues = NoValues;
}

impl DataOutput for OddThing {
    type Entry = NoValues;

    fn example() -> Self {
        OddThing { name: "shelf".to_owned(), size: Some(1.5) }
    }
}

/// Written out, because the folder `migrations` is the fixture's.
const FIRST: EmbeddedMigration = EmbeddedMigration {
    folder: "2026-02-01-000000_create_odd",
    up: "CREATE TABLE odd_things (
        id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
        name TEXT NOT NULL
    )",
    down: "DROP TABLE odd_things",
};

register!(OddThing, &[FIRST]);

portal_server::main!();
