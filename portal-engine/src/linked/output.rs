//! A data output that has been checked: schema, form, templates and columns that agree.

use std::any::Any;

use portal_core::__private::{AnyOutput, EmbeddedMigration, OutputParts};
use portal_core::template::{Fields, Template};
use portal_core::{Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use crate::field::Field;
use crate::form::FormElement;
use crate::migration::{is_well_named, version};
use crate::schema::{InputSchema, limited};
use crate::secret;

/// The data output of a linked plugin.
#[derive(Debug)]
pub struct LinkedOutput {
    registration: &'static OutputParts,
    pub(crate) schema: InputSchema,
    pub(crate) entries: InputSchema,
    pub(crate) fields: Vec<Field>,
    result_template: Template,
    technical_info_template: Template,
}

impl LinkedOutput {
    pub(super) fn link(registration: &'static OutputParts, at: &str) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut refuse = |message: String| {
            problems.push(Problem::new(ProblemKind::Registration, at, message));
        };
        let mut compile = |what: &str, schema: Value| {
            InputSchema::compile(limited(schema))
                .map_err(|error| refuse(format!("{what}: {error}")))
                .ok()
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

    /// See [`DataOutput::SCHEMA_VERSION`](portal_core::DataOutput::SCHEMA_VERSION).
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
        if !is_well_named(migration) {
            refuse(format!(
                "the migration folder {:?} is not named like 2026-01-31-120000_what_it_does",
                migration.folder
            ));
        }
    }
    for pair in migrations.windows(2) {
        if version(&pair[0]) >= version(&pair[1]) {
            refuse(format!(
                "the migrations {} and {} have the same version or are not listed oldest first",
                pair[0].folder, pair[1].folder
            ));
        }
    }
}
