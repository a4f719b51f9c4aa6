//! A portal that must not start: its plugins claim what others have, and one names a field that
//! does not exist.

use portal_core::prelude::*;

diesel::table! {
    second_data_outputs (id) { id -> Text, place -> Text }
}

/// A launcher with the id of the bundled Glue plugin.
#[derive(Debug)]
struct OtherGlue;

const PLATFORM: Platform = Platform {
    display_name: "Second",
    icon: icon!("launcher-logo.svg"),
    parent: None,
    has_environments: false,
};

impl Plugin for OtherGlue {
    const ID: &'static str = "glue";
    const PLATFORM: Platform = PLATFORM;
    type PlatformValues = NoValues;

    fn example_values(_acronym: &str) -> NoValues {
        NoValues {}
    }
}

register!(OtherGlue);

/// A data output with the wire name of the bundled Snowflake plugin, and a misspelt placeholder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = second_data_outputs, treat_none_as_default_value = false)]
struct Second {
    /// Where it lies.
    #[schemars(extend("x-form" = text().required()))]
    place: String,
}

impl Plugin for Second {
    const ID: &'static str = "second";
    const PLATFORM: Platform = PLATFORM;
    type PlatformValues = NoValues;

    fn example_values(_acronym: &str) -> NoValues {
        NoValues {}
    }
}

impl DataOutput for Second {
    const WIRE_NAME: &'static str = "SnowflakeDataOutput";
    const DETAILED_NAME: &'static str = "Place";
    const RESULT_LABEL: &'static str = "Resulting place";
    const RESULT_TEMPLATE: &'static str = "{plaec}";
    type Entry = NoValues;

    fn example() -> Self {
        Second { place: "shelf".to_owned() }
    }

    fn example_entry(_acronym: &str) -> NoValues {
        NoValues {}
    }
}

register!(Second, second_data_outputs, migrations![]);

fn main() -> std::process::ExitCode {
    portal_server::main()
}
