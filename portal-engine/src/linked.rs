//! A registration that has been checked: schema compiled, form derived, templates parsed.

mod output;

use std::any::Any;

use diesel::QueryResult;
use portal_core::__private::{
    EmbeddedMigration, LoadedRow, Origin, PLACE_NAMES, Parts, PlaceRef, Registration, parts,
};
use portal_core::column::Column;
use portal_core::environment::Link;
use portal_core::platform::Platform;
use portal_core::template::{Purpose, Template};
use portal_core::{Problem, ProblemKind, Problems, Result};
use serde_json::Value;

pub use self::output::LinkedOutput;
use crate::db::Connection;
use crate::migration::CORE;
use crate::schema::InputSchema;
use crate::wire_names::WireNames;

/// A plugin of this binary that has passed every check.
#[derive(Debug)]
pub struct LinkedPlugin {
    parts: &'static Parts,
    values: InputSchema,
    output: Option<LinkedOutput>,
}

impl LinkedPlugin {
    /// Checks everything about a registration that needs no other one. `values` is the schema of
    /// its platform values, or why that is invalid.
    pub(crate) fn link(
        registration: &'static Registration,
        values: Result<InputSchema, String>,
    ) -> Result<Self, Problems> {
        let at = at(registration);
        let registration = parts(registration);
        let at_column = |column: Option<&Column>| place_of(registration, column);
        let mut problems = Problems::new();
        let mut refuse = |message: String| {
            problems.push(Problem::new(ProblemKind::Registration, &at, message));
        };
        if !is_id(registration.id) {
            refuse(format!(
                "the id {:?} is malformed: lower-case letters, digits and dashes, starting with a letter",
                registration.id
            ));
        }
        if let Some((_, meaning)) = RESERVED_IDS.iter().find(|(id, _)| *id == registration.id) {
            refuse(format!("the id {:?} is reserved: {meaning}", registration.id));
        }
        let values = values.map_err(|error| refuse(format!("platform values: {error}"))).ok();
        if let Some(values) = &values {
            let mut known: Vec<&str> = values.property_names().collect();
            let console = registration.platform.parent.map(|parent| parent.console);
            let console =
                console.map(|console| Template::parse(Purpose::Address, console, &at, &known));
            known.extend(PLACE_NAMES);
            let home =
                registration.home.map(|home| Template::parse(Purpose::Address, home, &at, &known));
            for wrong in [console, home].into_iter().flatten().filter_map(Result::err) {
                problems.extend_under("", wrong);
            }
        }
        let output = registration
            .output
            .as_ref()
            .map(|output| LinkedOutput::link(output, values.as_ref(), at_column));
        let output = match output.transpose() {
            Ok(output) => output,
            Err(wrong) => {
                problems.extend_under("", wrong);
                None
            }
        };
        match (problems.is_empty(), values) {
            (true, Some(values)) => Ok(LinkedPlugin { parts: registration, values, output }),
            _ => Err(problems),
        }
    }

    /// The plugin's id.
    pub fn id(&self) -> &'static str {
        self.parts.id
    }

    /// Where the registration stands.
    pub fn origin(&self) -> Origin {
        self.parts.origin
    }

    /// Names, icon and parent.
    pub fn platform(&self) -> &Platform {
        &self.parts.platform
    }

    /// Name of the technology for people.
    pub fn display_name(&self) -> &'static str {
        self.parts.platform.display_name
    }

    /// Key of the platform that its environment values belong to.
    pub fn platform_key(&self) -> &'static str {
        self.parts.platform.key(self.parts.id)
    }

    /// Name of that platform for people.
    pub fn platform_name(&self) -> &'static str {
        let platform = &self.parts.platform;
        platform.parent.map_or(platform.display_name, |parent| parent.display_name)
    }

    /// Its data output; `None` for a launcher.
    pub fn output(&self) -> Option<&LinkedOutput> {
        self.output.as_ref()
    }

    /// Value of `configuration_type`; a launcher's id.
    pub fn wire_name(&self) -> &'static str {
        self.parts.output.as_ref().map_or(self.parts.id, |output| output.wire_name)
    }

    /// Former wire names.
    pub fn aliases(&self) -> &'static [&'static str] {
        self.parts.output.as_ref().map_or(&[], |output| output.aliases)
    }

    /// What answers call it: its wire name, or its first former one where it has any.
    pub fn name_in_answers(&self, names: WireNames) -> &'static str {
        match names {
            WireNames::Own => self.wire_name(),
            WireNames::Former => self.aliases().first().copied().unwrap_or(self.wire_name()),
        }
    }

    /// The plugin's table, if it stores anything.
    pub fn table(&self) -> Option<&'static str> {
        self.parts.output.as_ref().map(|output| output.table)
    }

    /// Where one of its fields stands, or the registration, for problems.
    pub(crate) fn place(&self, field: Option<&Column>) -> String {
        place_of(self.parts, field)
    }

    /// The columns of that table, beside `id`.
    pub(crate) fn columns(&self) -> &'static [Column] {
        self.parts.output.as_ref().map_or(&[], |output| output.columns)
    }

    /// Its migrations, oldest first.
    pub fn migrations(&self) -> &'static [EmbeddedMigration] {
        self.parts.output.as_ref().map_or(&[], |output| output.migrations)
    }

    /// Schema of the values it reads per environment.
    pub fn values_schema(&self) -> &InputSchema {
        &self.values
    }

    /// Whether it reads any.
    pub fn reads_values(&self) -> bool {
        self.values.property_names().next().is_some()
    }

    /// Platform values as an operator might set them.
    pub fn example_values(&self, acronym: &str) -> Value {
        (self.parts.values.example)(acronym)
    }

    /// Reads the platform's values, keeping only those that this plugin knows: other plugins of
    /// the same parent may read more.
    pub(crate) fn read_values(
        &self,
        values: &Value,
    ) -> Result<Box<dyn Any + Send + Sync>, Problem> {
        let mut known = values.clone();
        if let Value::Object(members) = &mut known {
            members.retain(|name, _| self.values.property_names().any(|known| known == name));
        }
        (self.parts.values.read)(known)
    }

    pub(crate) fn url(&self, place: PlaceRef<'_>) -> Link {
        (self.parts.url)(place)
    }

    /// Loads the data outputs stored under these ids; ids without a row are left out.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn load_rows(
        &self,
        connection: &mut Connection,
        ids: &[&str],
    ) -> QueryResult<Vec<LoadedRow>> {
        match &self.parts.output {
            Some(output) => (output.load)(connection, ids),
            None => Ok(Vec::new()),
        }
    }
}

/// Where a registration stands, for problems: plugin, crate, version, file and line.
pub(crate) fn at(registration: &Registration) -> String {
    place_of(parts(registration), None)
}

/// Where a field stands, or the registration: plugin, crate, version, file and line.
fn place_of(Parts { id, origin, .. }: &Parts, field: Option<&Column>) -> String {
    let origin = match field {
        Some(Column { file, line, .. }) => Origin { file, line: *line, ..*origin },
        None => *origin,
    };
    format!("{id} ({origin})")
}

/// Ids that no plugin can have, and what they mean already.
const RESERVED_IDS: [(&str, &str); 2] = [
    (CORE, "the ledger of migrations keeps the portal's own under it"),
    ("none", "ENABLED_PLUGINS=none enables no plugin"),
];

/// Whether a text has the form of a plugin id.
pub(crate) fn is_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
