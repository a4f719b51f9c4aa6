//! A registration that has been checked: schema compiled, form derived, templates parsed.

use std::any::Any;

use diesel::QueryResult;
use serde_json::Value;

use crate::db::Connection;
use crate::environment::{Link, PLACE_NAMES};
use crate::error::{Problem, ProblemKind, Problems, Result};
use crate::field::Field;
use crate::form::FormElement;
use crate::migrate::{CORE, EmbeddedMigration};
use crate::platform::Platform;
use crate::registration::{
    AnyOutput, LoadedRow, Origin, OutputRegistration, PlaceRef, Registration,
};
use crate::schema::InputSchema;
use crate::secret;
use crate::template::{Fields, Template};

/// A plugin of this binary that has passed every check.
#[derive(Debug)]
pub struct LinkedPlugin {
    pub(crate) registration: &'static Registration,
    values: InputSchema,
    output: Option<LinkedOutput>,
}

/// The data output of a linked plugin.
#[derive(Debug)]
pub struct LinkedOutput {
    registration: &'static OutputRegistration,
    pub(crate) schema: InputSchema,
    pub(crate) entries: InputSchema,
    pub(crate) fields: Vec<Field>,
    result_template: Template,
    technical_info_template: Template,
}

impl LinkedPlugin {
    /// Checks everything about a registration that needs no other one.
    pub(crate) fn link(registration: &'static Registration) -> Result<Self, Problems> {
        let at = at(registration);
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
        let values = InputSchema::compile((registration.values.schema)())
            .map_err(|error| refuse(format!("platform values: {error}")))
            .ok();
        if let Some(values) = &values {
            let mut known: Vec<&str> = values.property_names().collect();
            let console = registration.platform.parent.map(|parent| parent.console);
            let console = console.map(|console| Template::parse(console, &at, &known));
            known.extend(PLACE_NAMES);
            let home = registration.home.map(|home| Template::parse(home, &at, &known));
            for wrong in [console, home].into_iter().flatten().filter_map(Result::err) {
                problems.extend_under("", wrong);
            }
        }
        let output = registration.output.as_ref().map(|output| LinkedOutput::link(output, &at));
        let output = match output.transpose() {
            Ok(output) => output,
            Err(wrong) => {
                problems.extend_under("", wrong);
                None
            }
        };
        match (problems.is_empty(), values) {
            (true, Some(values)) => Ok(LinkedPlugin { registration, values, output }),
            _ => Err(problems),
        }
    }

    /// The plugin's id, which is also its platform key.
    pub fn id(&self) -> &'static str {
        self.registration.id
    }

    /// Where the registration stands.
    pub fn origin(&self) -> Origin {
        self.registration.origin
    }

    /// Names, icon and parent.
    pub fn platform(&self) -> &Platform {
        &self.registration.platform
    }

    /// Name of the technology for people.
    pub fn display_name(&self) -> &'static str {
        self.registration.platform.display_name
    }

    /// Key of the platform that its environment values belong to.
    pub fn platform_key(&self) -> &'static str {
        self.registration.platform.key(self.registration.id)
    }

    /// Name of that platform for people.
    pub fn platform_name(&self) -> &'static str {
        let platform = &self.registration.platform;
        platform.parent.map_or(platform.display_name, |parent| parent.display_name)
    }

    /// Its data output; `None` for a launcher.
    pub fn output(&self) -> Option<&LinkedOutput> {
        self.output.as_ref()
    }

    /// Value of `configuration_type`; a launcher's id.
    pub fn wire_name(&self) -> &'static str {
        self.registration.output.as_ref().map_or(self.registration.id, |output| output.wire_name)
    }

    /// Former wire names.
    pub fn aliases(&self) -> &'static [&'static str] {
        self.registration.output.as_ref().map_or(&[], |output| output.aliases)
    }

    /// The plugin's table, if it stores anything.
    pub fn table(&self) -> Option<&'static str> {
        self.registration.output.as_ref().map(|output| output.table)
    }

    /// Its migrations, oldest first.
    pub fn migrations(&self) -> &'static [EmbeddedMigration] {
        self.registration.output.as_ref().map_or(&[], |output| output.migrations)
    }

    /// Schema of the values it reads per environment.
    pub fn values_schema(&self) -> &InputSchema {
        &self.values
    }

    /// Platform values as an operator might set them.
    pub fn example_values(&self, acronym: &str) -> Value {
        (self.registration.values.example)(acronym)
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
        (self.registration.values.read)(known)
    }

    pub(crate) fn url(&self, place: PlaceRef<'_>) -> Link {
        (self.registration.url)(place)
    }

    /// Loads the data outputs stored under these ids; ids without a row are left out.
    pub(crate) fn load_rows(
        &self,
        connection: &mut Connection,
        ids: &[&str],
    ) -> QueryResult<Vec<LoadedRow>> {
        match &self.registration.output {
            Some(output) => (output.load)(connection, ids),
            None => Ok(Vec::new()),
        }
    }
}

impl LinkedOutput {
    fn link(registration: &'static OutputRegistration, at: &str) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut refuse = |message: String| {
            problems.push(Problem::new(ProblemKind::Registration, at, message));
        };
        let mut compile = |what: &str, schema: Value| {
            InputSchema::compile(schema).map_err(|error| refuse(format!("{what}: {error}"))).ok()
        };
        let schema = compile("data output", (registration.schema)());
        let entries = compile("environment entries", (registration.entries.schema)());
        let (Some(schema), Some(entries)) = (schema, entries) else { return Err(problems) };
        if secret::is_in(schema.as_value()) {
            refuse("a data output holds a secret: secrets belong to environment entries and platform values".to_owned());
        }
        let properties: Vec<&str> = schema.property_names().collect();
        columns_problem(&properties, &(registration.columns)(), registration.table, &mut refuse);
        migrations_problems(registration.migrations, &mut refuse);

        let fields = Field::read_all(schema.as_value(), at);
        let result = Template::parse(registration.result_template, at, &properties);
        let mut info_names = properties.clone();
        info_names.extend(entries.property_names());
        info_names.push("environment");
        let info = Template::parse(registration.technical_info_template, at, &info_names);
        match (problems.is_empty(), fields, result, info) {
            (true, Ok(fields), Ok(result_template), Ok(technical_info_template)) => {
                Ok(LinkedOutput {
                    registration,
                    fields,
                    result_template,
                    technical_info_template,
                    schema,
                    entries,
                })
            }
            (_, fields, result, info) => {
                let others = [fields.err(), result.err(), info.err()];
                for other in others.into_iter().flatten() {
                    problems.extend_under("", other);
                }
                Err(problems)
            }
        }
    }

    /// See [`DataOutput::SCHEMA_VERSION`](crate::DataOutput::SCHEMA_VERSION).
    pub fn schema_version(&self) -> u32 {
        self.registration.schema_version
    }

    /// What one asset is called in this technology.
    pub fn detailed_name(&self) -> &'static str {
        self.registration.detailed_name
    }

    /// Label of the rendered result.
    pub fn result_label(&self) -> &'static str {
        self.registration.result_label
    }

    /// What the data output is: the struct's doc comment.
    pub fn description(&self) -> Option<&str> {
        self.schema.as_value().get("description")?.as_str()
    }

    /// The plugin's own result template.
    pub fn result_template(&self) -> &Template {
        &self.result_template
    }

    /// The plugin's own technical-info template.
    pub fn technical_info_template(&self) -> &Template {
        &self.technical_info_template
    }

    /// Schema of the data output.
    pub fn schema(&self) -> &InputSchema {
        &self.schema
    }

    /// Schema of one environment entry.
    pub fn entry_schema(&self) -> &InputSchema {
        &self.entries
    }

    /// Names that the technical-info template may use.
    pub(crate) fn technical_info_names(&self) -> Vec<&str> {
        let own = self.schema.property_names().chain(self.entries.property_names());
        own.chain(std::iter::once("environment")).collect()
    }

    /// A data output as a team might enter it.
    pub fn example(&self) -> Box<dyn AnyOutput> {
        (self.registration.example)()
    }

    /// The environment entry that the example is found by.
    pub fn example_entry(&self, acronym: &str) -> Value {
        (self.registration.entries.example)(acronym)
    }

    /// Options under which the example would be accepted: its values of the fields that take
    /// platform options.
    pub fn example_options(&self) -> Vec<String> {
        self.chosen_options(&self.example().fields())
    }

    /// The texts in the fields that take platform options.
    pub(crate) fn chosen_options(&self, fields: &Fields) -> Vec<String> {
        let mut options: Vec<String> = self
            .fields
            .iter()
            .filter(|field| field.hint.platform_options)
            .filter_map(|field| fields.get(&field.name))
            .flat_map(|value| match value {
                Value::Array(items) => items.clone(),
                one => vec![one.clone()],
            })
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect();
        options.dedup();
        options
    }

    /// The form, with the options of its platform service filled in.
    pub fn form(&self, options: &[String]) -> Vec<FormElement> {
        self.fields.iter().filter_map(|field| field.element(options)).collect()
    }

    /// Whether the form cannot be filled: a field that people see takes platform options, and
    /// there are none.
    pub fn lacks_options(&self, options: &[String]) -> bool {
        options.is_empty()
            && self.fields.iter().any(|field| field.is_shown() && field.hint.platform_options)
    }

    /// Name of the field that is the namespace in the default mapping.
    pub fn namespace_field_name(&self) -> Option<&str> {
        self.fields.iter().find(|field| field.hint.namespace).map(|field| field.name.as_str())
    }

    pub(crate) fn read(&self, value: Value) -> Result<Box<dyn AnyOutput>, Problem> {
        (self.registration.read)(value)
    }

    /// Reads the entries of one environment into the plugin's type.
    pub(crate) fn read_entries(
        &self,
        entries: &Value,
    ) -> Result<Box<dyn Any + Send + Sync>, Problem> {
        (self.registration.entries.read)(entries.clone())
    }
}

/// Where a registration stands, for problems: plugin, crate, version, file and line.
pub(crate) fn at(registration: &Registration) -> String {
    format!("{} ({})", registration.id, registration.origin)
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

/// The columns without `id` must be the properties: the same names, in any order.
fn columns_problem(
    properties: &[&str],
    columns: &[&str],
    table: &str,
    refuse: &mut impl FnMut(String),
) {
    let columns: Vec<&str> = columns.iter().copied().filter(|name| *name != "id").collect();
    let without = |of: &[&str], other: &[&str]| {
        of.iter().copied().filter(|name| !other.contains(name)).collect::<Vec<_>>().join(", ")
    };
    let (no_column, no_field) = (without(properties, &columns), without(&columns, properties));
    if !no_column.is_empty() {
        refuse(format!("the table {table} has no column for the fields {no_column}"));
    }
    if !no_field.is_empty() {
        refuse(format!("the table {table} has columns without a field: {no_field}"));
    }
}

fn migrations_problems(migrations: &[EmbeddedMigration], refuse: &mut impl FnMut(String)) {
    for migration in migrations {
        if !migration.is_well_named() {
            refuse(format!(
                "the migration folder {:?} is not named like 2026-01-31-120000_what_it_does",
                migration.folder
            ));
        }
    }
    for pair in migrations.windows(2) {
        if pair[0].version() >= pair[1].version() {
            refuse(format!(
                "the migrations {} and {} have the same version or are not listed oldest first",
                pair[0].folder, pair[1].folder
            ));
        }
    }
}
