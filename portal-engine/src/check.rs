//! Checking what somebody entered for a data output, in one fixed order.
//!
//! Unknown fields, types and enums come first; then defaults, the namespace, conditions; then the
//! limits of the JSON Schema; then the type itself, and its `normalise`. A preview stops there.
//! Creating goes on: required fields, options, the plugin's own rules, the namespace.
//!
//! One check reports the problems of all stages. What is wrong with a field at one stage leaves
//! that field, and those whose conditions rest on it, out of the later ones.

use std::collections::BTreeSet;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use portal_core::__private::AnyOutput;
use portal_core::template::Fields;
use portal_core::{DataProduct, Problem, ProblemKind, Problems, Result, text_column};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::field::{Field, is_empty};
use crate::linked::LinkedOutput;
use crate::problems::{MOST_PROBLEMS, cut_to, tidy};
use crate::schema::{self, escape, segments};

/// How the names in a data output relate to the data product's namespace.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
    AsExpression,
    FromSqlRow
)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum TechnicalMapping {
    /// The names begin with the namespace; nobody has to approve them.
    #[default]
    Default,
    /// The names are free; the asset waits for approval.
    Custom,
}

text_column!(TechnicalMapping);

/// The characters after which a name continues a namespace.
const CONTINUATIONS: [char; 4] = ['_', '-', '.', '/'];

/// Which of these namespaces belong to other data products.
pub type FindRivals<'a> = dyn FnMut(&[String]) -> Result<Vec<String>> + 'a;

/// What creating or updating checks a configuration against. What is `None` is not known, because
/// another part of the request is wrong: the rules that rest on it wait until it is.
pub struct Checks<'a> {
    /// The data product that owns the asset.
    pub product: &'a DataProduct,
    /// How names relate to its namespace.
    pub mapping: Option<TechnicalMapping>,
    /// The options that the platform service offers.
    pub options: Option<&'a [String]>,
    /// Asks which of some namespaces belong to other data products.
    pub find_rivals: &'a mut FindRivals<'a>,
}

impl std::fmt::Debug for Checks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").field("mapping", &self.mapping).finish_non_exhaustive()
    }
}

impl LinkedOutput {
    /// Checks the shape and the limits of a configuration and reads it, whatever names it holds.
    /// `configuration` is without `configuration_type`.
    ///
    /// # Errors
    ///
    /// All problems, with pointers into `configuration`.
    pub fn preview(
        &self,
        configuration: &Fields,
    ) -> std::result::Result<Box<dyn AnyOutput>, Problems> {
        let mut draft = Draft::new(self, configuration);
        draft.complete(None);
        let output = draft.read();
        draft.finish(output)
    }

    /// Checks everything and returns the data output to store.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](portal_core::Error::Invalid) with all problems, or what looking up rivals says.
    pub fn check(
        &self,
        configuration: &Fields,
        checks: &mut Checks<'_>,
    ) -> Result<Box<dyn AnyOutput>> {
        let mut draft = Draft::new(self, configuration);
        let namespace_field = self.namespace_field_name();
        let namespace = match checks.mapping {
            Some(TechnicalMapping::Default) => Some(checks.product.namespace.as_str()),
            Some(TechnicalMapping::Custom) => None,
            None => {
                draft.doubt(namespace_field.map(str::to_owned));
                None
            }
        };
        draft.complete(namespace);
        let output = draft.read();
        let fields = output.as_ref().map_or_else(|| draft.fields.clone(), |read| read.fields());
        let mut problems = Problems::new();
        for field in self.fields.iter().filter(|field| field.applies(&fields)) {
            let value = fields.get(&field.name).unwrap_or(&Value::Null);
            required_problem(field, value, &mut problems);
            if namespace.is_none() || !field.hint.namespace {
                option_problems(field, value, checks.options, &mut problems);
            }
        }
        if let Some(output) = &output {
            output.validate(checks.product, &mut problems);
        }
        if let (Some(namespace), Some(field)) = (namespace, namespace_field)
            && draft.is_sure(field)
        {
            let value = fields.get(field).and_then(Value::as_str).unwrap_or_default();
            problems.extend_under("", namespace_problems(field, value, namespace, checks)?);
        }
        draft.add(problems);
        Ok(draft.finish(output)?)
    }

    /// The names of the fields whose conditions hold for these values. As when creating, absent
    /// fields and those whose own condition is false count as their default.
    pub fn applying_fields(&self, configuration: &Fields) -> BTreeSet<&str> {
        let mut fields = configuration.clone();
        self.fill_defaults(&mut fields);
        self.reset_unshown(&mut fields, &BTreeSet::new());
        let applying = self.fields.iter().filter(|field| field.applies(&fields));
        applying.map(|field| field.name.as_str()).collect()
    }

    fn fill_defaults(&self, fields: &mut Fields) {
        for field in &self.fields {
            if let Some(default) = &field.default {
                fields.entry(field.name.clone()).or_insert_with(|| default.clone());
            }
        }
    }

    /// Sets fields whose condition is false back to their default, but for those in doubt. One
    /// field's condition may rest on another conditional field, so this repeats until nothing
    /// changes; each round settles at least one field of a chain.
    fn reset_unshown(&self, fields: &mut Fields, doubtful: &BTreeSet<String>) {
        for _ in &self.fields {
            let mut changed = false;
            for field in self.fields.iter().filter(|field| !field.hint.hidden) {
                if !field.applies(fields)
                    && !doubtful.contains(&field.name)
                    && let Some(default) = &field.default
                    && fields.get(&field.name) != Some(default)
                {
                    fields.insert(field.name.clone(), default.clone());
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }
}

/// A configuration on its way through the stages.
struct Draft<'a> {
    output: &'a LinkedOutput,
    fields: Fields,
    problems: Problems,
    /// Names of which nothing more can be said: something is wrong with them, or whether they
    /// count rests on such a field.
    doubtful: BTreeSet<String>,
}

impl<'a> Draft<'a> {
    /// Looks at the shape.
    fn new(output: &'a LinkedOutput, configuration: &Fields) -> Self {
        let mut fields = configuration.clone();
        for field in &output.fields {
            if let Some(value) = fields.get_mut(&field.name)
                && let Some(counted) = field.value_of_empty_choice(value)
            {
                *value = counted.clone();
            }
        }
        let input = Value::Object(fields);
        let mut shape = output.schema.shape_problems(&input);
        shape.extend_under("", schema::nul_problems(&input));
        let mut draft = Draft {
            output,
            fields: match input {
                Value::Object(fields) => fields,
                _ => Fields::new(),
            },
            problems: Problems::new(),
            doubtful: BTreeSet::new(),
        };
        draft.add(shape);
        draft
    }

    /// Gives every field a value, and looks at the limits.
    fn complete(&mut self, namespace: Option<&str>) {
        let output = self.output;
        output.fill_defaults(&mut self.fields);
        if let (Some(namespace), Some(name)) = (namespace, output.namespace_field_name())
            && self.is_sure(name)
        {
            let value = self.fields.entry(name.to_owned()).or_insert(Value::Null);
            if is_empty(value) {
                *value = Value::from(namespace);
            }
        }
        output.reset_unshown(&mut self.fields, &self.doubtful);
        let complete = Value::Object(std::mem::take(&mut self.fields));
        let limits = output.schema.problems(&complete);
        if let Value::Object(fields) = complete {
            self.fields = fields;
        }
        self.add(limits);
    }

    /// The data output, normalised. Fields in doubt count as left out in it: they have their
    /// default, or the example's value where there is none. `None` when not even that can be read.
    fn read(&mut self) -> Option<Box<dyn AnyOutput>> {
        loop {
            let known = self.doubtful.len();
            match self.output.read(Value::Object(self.sure_fields())) {
                Ok(mut output) => {
                    output.normalise();
                    return Some(output);
                }
                // serde stops at its first problem; without that field it finds the next one.
                Err(problem) => self.add(problem.into()),
            }
            if self.doubtful.len() == known {
                return None;
            }
        }
    }

    fn sure_fields(&self) -> Fields {
        let mut fields = self.fields.clone();
        if self.doubtful.is_empty() {
            return fields;
        }
        fields.retain(|name, _| self.is_sure(name));
        let example = self.output.example().fields();
        for field in self.output.fields.iter().filter(|field| !self.is_sure(&field.name)) {
            let value = field.default.as_ref().or_else(|| example.get(&field.name));
            fields.insert(field.name.clone(), value.cloned().unwrap_or_default());
        }
        fields
    }

    fn is_sure(&self, name: &str) -> bool {
        !self.doubtful.contains(name)
    }

    /// Adds the problems of one stage, but for those of fields that were in doubt before it. A
    /// problem of the whole counts as long as nothing is in doubt.
    fn add(&mut self, problems: Problems) {
        let is_sure = |problem: &Problem| match segments(&problem.at).next() {
            Some(name) => self.is_sure(&name),
            None => self.doubtful.is_empty(),
        };
        let new: Vec<Problem> = problems.into_iter().filter(is_sure).collect();
        self.doubt(new.iter().filter_map(|problem| segments(&problem.at).next()));
        self.problems.extend_under("", new.into_iter().collect());
    }

    /// Doubts fields, and those whose conditions rest on fields in doubt.
    fn doubt(&mut self, names: impl IntoIterator<Item = String>) {
        let before = self.doubtful.len();
        self.doubtful.extend(names);
        let mut known = before;
        while self.doubtful.len() > known {
            known = self.doubtful.len();
            for field in &self.output.fields {
                let mut conditions = field.hint.shown_when.iter();
                if conditions.any(|condition| self.doubtful.contains(&condition.field_name)) {
                    self.doubtful.insert(field.name.clone());
                }
            }
        }
    }

    fn finish(
        self,
        output: Option<Box<dyn AnyOutput>>,
    ) -> std::result::Result<Box<dyn AnyOutput>, Problems> {
        let mut problems = self.problems;
        tidy(&mut problems);
        match output {
            Some(output) if problems.is_empty() => Ok(output),
            _ => Err(problems),
        }
    }
}

/// In the default mapping the namespace field is the product's namespace or continues it, and no
/// other product's longer namespace fits.
fn namespace_problems(
    field: &str,
    value: &str,
    namespace: &str,
    checks: &mut Checks<'_>,
) -> Result<Problems> {
    let message = if continues(value, namespace) {
        match (checks.find_rivals)(&longer_namespaces(value, namespace))?.first() {
            None => return Ok(Problems::new()),
            Some(rival) => {
                format!("{value:?} belongs to the data product with the namespace {rival:?}")
            }
        }
    } else {
        format!("{value:?} is outside the data product's namespace {namespace:?}")
    };
    let hint = format!(
        "use {namespace}, or continue it after one of _ - . /, or choose the custom mapping"
    );
    let at = format!("/{}", escape(field));
    Ok(Problem::new(ProblemKind::Namespace, at, message).hint(hint).into())
}

/// Whether a name is a namespace, or continues it after a separator.
fn continues(name: &str, namespace: &str) -> bool {
    name.strip_prefix(namespace)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(CONTINUATIONS))
}

/// The namespaces longer than `namespace` that `name` would continue as well.
fn longer_namespaces(name: &str, namespace: &str) -> Vec<String> {
    name.char_indices()
        .filter(|(index, character)| *index > namespace.len() && CONTINUATIONS.contains(character))
        .map(|(index, _)| name[..index].to_owned())
        .chain((name.len() > namespace.len()).then(|| name.to_owned()))
        .collect()
}

fn required_problem(field: &Field, value: &Value, problems: &mut Problems) {
    // Nobody could fill a hidden field: that it is required is for other clients to know.
    if field.hint.required && !field.hint.hidden && is_empty(value) {
        problems.push(Problem::new(
            ProblemKind::Missing,
            format!("/{}", field.name),
            format!("the field {:?} must not be empty", field.name),
        ));
    }
}

/// Checks a chosen value, or each of several, against what is offered. One that is left out is its
/// default, or an error; blanks are no option.
fn option_problems(
    field: &Field,
    value: &Value,
    platform: Option<&[String]>,
    problems: &mut Problems,
) {
    if field.hint.platform_options && platform.is_none() {
        return;
    }
    let Some(choices) = field.choices(platform.unwrap_or_default()) else { return };
    let is_left_out = value.as_str().map_or(is_empty(value), str::is_empty);
    if is_left_out && field.default.is_none() && !field.hint.required && !field.hint.hidden {
        problems.push(Problem::new(
            ProblemKind::Missing,
            format!("/{}", field.name),
            format!("nothing is chosen for the field {:?}", field.name),
        ));
    }
    if is_left_out || (field.hint.required && is_empty(value)) {
        return;
    }
    let allowed: Vec<&Value> = choices.iter().map(|choice| &choice.value).collect();
    let at = format!("/{}", field.name);
    let chosen: Vec<(String, &Value)> = match value {
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (format!("{at}/{index}"), item)).collect()
        }
        one => vec![(at.clone(), one)],
    };
    for (at, item) in chosen.into_iter().take(MOST_PROBLEMS + 1) {
        if !allowed.contains(&item) {
            problems.push(schema::none_of(&at, item, &allowed));
        }
    }
    cut_to(problems, MOST_PROBLEMS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_continues_a_namespace_only_after_a_separator() {
        for good in ["sales", "sales_eu", "sales-eu", "sales.eu", "sales/eu"] {
            assert!(continues(good, "sales"), "{good}");
        }
        for bad in ["salesforce", "sale", "", "eu_sales"] {
            assert!(!continues(bad, "sales"), "{bad}");
        }
    }

    #[test]
    fn longer_namespaces_are_the_rivals_a_name_could_belong_to() {
        assert_eq!(longer_namespaces("sales_eu-raw", "sales"), ["sales_eu", "sales_eu-raw"]);
        assert!(longer_namespaces("sales", "sales").is_empty());
    }
}
