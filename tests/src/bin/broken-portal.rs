//! A portal that must not start: its plugins claim what others have, and one names a field that
//! does not exist.

use portal_core::prelude::*;

/// A launcher with the id of the bundled Glue plugin.
#[derive(Debug)]
struct OtherGlue;

const PLATFORM: Platform =
    Platform::new("Second", icon!("launcher-logo.svg")).without_environments();

impl Plugin for OtherGlue {
    const ID: &'static str = "glue";
    const PLATFORM: Platform = PLATFORM;
    type PlatformValues = NoValues;
}

register!(OtherGlue);

/// A data output with the wire name of the bundled Snowflake plugin, and a misspelt placeholder.
#[data_output(table = second_data_outputs, result = "{place}")]
struct Second {
    /// Where it lies.
    #[form(text().required())]
    place: String,
}

impl Plugin for Second {
    const ID: &'static str = "second";
    const PLATFORM: Platform = PLATFORM;
    type PlatformValues = NoValues;
}

impl DataOutput for Second {
    const WIRE_NAME: &'static str = "SnowflakeDataOutput";
    const DETAILED_NAME: &'static str = "Place";
    const RESULT_LABEL: &'static str = "Resulting place";
    const TECHNICAL_INFO_TEMPLATE: &'static str = "{plaec}";
    type Entry = NoValues;

    fn example() -> Self {
        Second { place: "shelf".to_owned() }
    }
}

register!(Second, migrations![]);

// It is here for the plugins that it names, and has none itself.
portal_server::main!(portal_plugins);
