//! A data output that has been checked: schema, form, templates and columns that agree.

use std::any::Any;

use portal_core::__private::{AnyOutput, EmbeddedMigration, OutputParts};
use portal_core::column::Column;
use portal_core::template::{Fields, Purpose, Template};
use portal_core::{Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use crate::field::Field;
use crate::form::FormElement;
use crate::migration::{is_well_named, version};
use crate::properties::defaults;
use crate::schema::{self, InputSchema, limited, with_choices};
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
    /// What technical information can name.
    info_names: Vec<String>,
    /// What an entry says when it is silent.
    entry_defaults: Fields,
}

impl LinkedOutput {
    /// Checks everything about a data output. `values` is the schema of its platform's values, as
    /// far as that is valid; `place` says where a field or the registration is.
    pub(super) fn link(
        registration: &'static OutputParts,
        values: Option<&InputSchema>,
        place: impl Fn(Option<&Column>) -> String,
    ) -> Result<Self, Problems> {
        let at = place(None);
        let at = at.as_str();
        let mut problems = Problems::new();
        let mut refuse = |message: String| {
            problems.push(Problem::new(ProblemKind::Registration, at, message));
        };
        let mut compile = |what: &str, schema: Value| {
            InputSchema::compile(schema).map_err(|error| refuse(format!("{what}: {error}"))).ok()
        };
        let schema = compile("data output", limited(with_choices((registration.schema)())));
        let entries = compile("environment entries", limited((registration.entries.schema)()));
        let (Some(schema), Some(entries)) = (schema, entries) else { return Err(problems) };
        if secret::is_in(schema.as_value()) {
            refuse("a data output holds a secret: secrets belong to environment entries and platform values".to_owned());
        }
        let properties: Vec<&str> = schema.property_names().collect();
        columns_problem(&properties, registration.columns, registration.table, &mut refuse);
        migrations_problems(registration.migrations, &mut refuse);

        let fields = Field::read_all(schema.as_value(), |name| {
            place(registration.columns.iter().find(|column| column.name == name))
        });
        entry_problems(registration, &entries, &mut refuse);
        let result =
            Template::parse(Purpose::Result, registration.result_template, at, &properties);
        let mut info_names: Vec<String> = [Some(&schema), Some(&entries), values]
            .into_iter()
            .flatten()
            .flat_map(|schema| schema::properties(schema.as_value()))
            .filter(|(_, property)| !secret::is_in(property))
            .map(|(name, _)| name.to_owned())
            .collect();
        info_names.push("environment".to_owned());
        // Without them, nobody knows what may be named.
        let values = values.ok_or_else(Problems::new);
        let info = values.and_then(|_| {
            let names: Vec<&str> = info_names.iter().map(String::as_str).collect();
            let source = registration.technical_info_template;
            Template::parse(Purpose::TechnicalInfo, source, at, &names)
        });
        match (problems.is_empty(), fields, result, info) {
            (true, Ok(fields), Ok(result_template), Ok(technical_info_template)) => {
                Ok(LinkedOutput {
                    registration,
                    fields,
                    result_template,
                    technical_info_template,
                    info_names,
                    entry_defaults: defaults(entries.as_value()),
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

    /// Parses a template of the operator's, which may name what the plugin's own may.
    pub(crate) fn parse_template(
        &self,
        purpose: Purpose,
        source: &str,
        at: &str,
    ) -> Result<Template, Problems> {
        let names: Vec<&str> = match purpose {
            Purpose::TechnicalInfo => self.info_names.iter().map(String::as_str).collect(),
            Purpose::Result | Purpose::Address | Purpose::Entry => {
                self.schema.property_names().collect()
            }
        };
        Template::parse(purpose, source, at, &names)
    }

    /// What is wrong with the operator's templates of the result and of the technical information,
    /// at `/result_template` and `/technical_info_template`.
    pub(crate) fn template_problems(&self, [result, info]: [&Option<String>; 2]) -> Problems {
        let mut problems = Problems::new();
        for (at, purpose, template) in [
            ("/result_template", Purpose::Result, result),
            ("/technical_info_template", Purpose::TechnicalInfo, info),
        ] {
            let wrong = template.as_ref().map(|source| self.parse_template(purpose, source, at));
            problems.extend_under("", wrong.and_then(Result::err).unwrap_or_default());
        }
        problems
    }

    /// Whether a template of technical information names what only the platform's values have.
    pub(crate) fn needs_values(&self, template: &Template) -> bool {
        let has = |name: &str| {
            let mut own = self.schema.property_names().chain(self.entries.property_names());
            name == "environment" || own.any(|own| own == name)
        };
        template.names().any(|name| !has(name))
    }

    /// What a template of technical information names, and an entry or the platform's values may leave
    /// out although nothing stands for it then.
    pub(crate) fn may_lack(&self, template: &Template, values: &InputSchema) -> Vec<String> {
        let is_optional = |schema: &InputSchema, name: &str| {
            let required = schema.as_value()["required"].as_array();
            let is_required = required.is_some_and(|all| all.iter().any(|one| one == name));
            let is_known = schema.property_names().any(|known| known == name);
            is_known && !is_required && !defaults(schema.as_value()).contains_key(name)
        };
        let is_own = |name: &str| self.schema.property_names().any(|own| own == name);
        template
            .names()
            .filter(|name| !is_own(name))
            .filter(|name| is_optional(&self.entries, name) || is_optional(values, name))
            .map(str::to_owned)
            .collect()
    }

    /// What an entry says when it is silent.
    pub(crate) fn entry_defaults(&self) -> &Fields {
        &self.entry_defaults
    }

    /// The member of an entry that data outputs refer to it by; `None` when there is exactly one
    /// entry in each environment.
    pub fn entries_named_by(&self) -> Option<&'static str> {
        self.registration.named_by
    }

    /// The member of an entry that marks the one which forms start with.
    pub(crate) fn entries_marked_by(&self) -> Option<&'static str> {
        self.registration.marked_by
    }

    /// Whether a field takes the options of its platform service.
    pub fn takes_options(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.hint.platform_options && field.name == name)
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
    pub fn chosen_options(&self, fields: &Fields) -> Vec<String> {
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

    /// Whether the namespace of a data product is the name of an entry.
    pub fn is_found_by_namespace(&self) -> bool {
        self.fields.iter().any(|field| field.hint.namespace && field.hint.platform_options)
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

/// An output refers to its entry by name, or there is exactly one: outputs and entries must agree
/// on that, as the examples show.
fn entry_problems(
    registration: &OutputParts,
    entries: &InputSchema,
    refuse: &mut impl FnMut(String),
) {
    if let Some(field) = registration.named_by
        && entries.property_names().all(|name| name != field)
    {
        let fields: Vec<&str> = entries.property_names().collect();
        refuse(format!(
            "entries are named by the field {field:?}, which is none of theirs ({})",
            fields.join(", ")
        ));
        return;
    }
    if let Some(field) = registration.marked_by
        && entries.as_value()["properties"][field]["type"] != "boolean"
    {
        refuse(format!(
            "the default entry is marked by the field {field:?}, which is no bool of theirs"
        ));
    }
    let example = (registration.example)();
    let entry = Value::Array(vec![(registration.entries.example)("dev")]);
    let name = match (registration.entries.read)(entry) {
        Ok(read) => (registration.names)(read.as_ref()).pop().flatten(),
        Err(problem) => {
            return refuse(format!("the example of its entries cannot be read again: {problem}"));
        }
    };
    match (example.entry_name(), name.as_deref()) {
        (Some(meant), None) => refuse(format!(
            "the example refers to the entry {meant:?}, but entries have no names: write #[entry] above their type, not #[entry(single)]"
        )),
        (None, Some(_)) => refuse(
            "entries have names, but the example refers to none: give one field of type String options_from_platform(), implement entry_name, or write #[entry(single)] above their type"
                .to_owned(),
        ),
        (Some(meant), Some(name)) if meant != name => refuse(format!(
            "the example refers to the entry {meant:?}, but the example of its entries is called {name:?}"
        )),
        _ => {}
    }
}

/// The columns must be the properties: the same names, in any order. They differ where serde gives a
/// field another name.
fn columns_problem(
    properties: &[&str],
    columns: &[Column],
    table: &str,
    refuse: &mut impl FnMut(String),
) {
    let columns: Vec<&str> = columns.iter().map(|column| column.name).collect();
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
