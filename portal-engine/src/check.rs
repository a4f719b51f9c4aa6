//! Checking what somebody entered for a data output, in one fixed order.
//!
//! Unknown fields, types and enums come first; then defaults, the namespace, conditions; then the
//! JSON Schema as a whole; then the type itself, and its `normalise`. A preview stops there.
//! Creating goes on: required fields, options, the plugin's own rules. All problems of a stage
//! are reported together; a later stage would only repeat them.

use std::collections::BTreeSet;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use portal_core::__private::AnyOutput;
use portal_core::template::Fields;
use portal_core::{DataProduct, Error, Problem, ProblemKind, Problems, Result, text_column};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::field::{Field, is_empty};
use crate::linked::LinkedOutput;
use crate::problems::{MOST_PROBLEMS, cut_to};
use crate::schema;

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

/// What creating or updating checks a configuration against.
pub struct Checks<'a> {
    /// The data product that owns the asset.
    pub product: &'a DataProduct,
    /// How names relate to its namespace.
    pub mapping: TechnicalMapping,
    /// The options that the platform service offers.
    pub options: &'a [String],
    /// Asks which of some namespaces belong to other data products.
    pub find_rivals: &'a mut FindRivals<'a>,
}

impl std::fmt::Debug for Checks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").field("mapping", &self.mapping).finish_non_exhaustive()
    }
}

impl LinkedOutput {
    /// Checks the shape of a configuration (known fields, types, enums, required properties) and
    /// reads it, whatever text it holds. `configuration` is without `configuration_type`.
    ///
    /// # Errors
    ///
    /// All problems of the first stage that finds any, with pointers into `configuration`.
    pub fn preview(
        &self,
        configuration: &Fields,
    ) -> std::result::Result<Box<dyn AnyOutput>, Problems> {
        self.complete(configuration.clone(), None)
    }

    /// Checks everything and returns the data output to store.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with all problems of the first stage that finds any, or what looking
    /// up rivals says.
    pub fn check(
        &self,
        configuration: &Fields,
        checks: &mut Checks<'_>,
    ) -> Result<Box<dyn AnyOutput>> {
        let namespace = (checks.mapping == TechnicalMapping::Default)
            .then_some(checks.product.namespace.as_str());
        let output = self.complete(configuration.clone(), namespace)?;
        let fields = output.fields();
        let mut problems = Problems::new();
        for field in &self.fields {
            if field.applies(&fields) {
                let value = fields.get(&field.name).unwrap_or(&Value::Null);
                required_problem(field, value, &mut problems);
                if namespace.is_none() || !field.hint.namespace {
                    option_problems(field, value, checks.options, &mut problems);
                }
            }
        }
        output.validate(checks.product, &mut problems);
        problems.into_result()?;
        if let Some(namespace) = namespace {
            self.check_namespace(&fields, namespace, checks)?;
        }
        Ok(output)
    }

    /// The names of the fields whose conditions hold for these values. As when creating, absent
    /// fields and those whose own condition is false count as their default.
    pub fn applying_fields(&self, configuration: &Fields) -> BTreeSet<&str> {
        let mut fields = configuration.clone();
        self.fill_defaults(&mut fields);
        self.reset_unshown(&mut fields);
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

    /// All stages up to and including `normalise`.
    fn complete(
        &self,
        mut fields: Fields,
        namespace: Option<&str>,
    ) -> std::result::Result<Box<dyn AnyOutput>, Problems> {
        let input = Value::Object(fields.clone());
        let mut problems = self.schema.shape_problems(&input);
        problems.extend_under("", schema::nul_problems(&input));
        problems.into_result()?;
        self.fill_defaults(&mut fields);
        if let (Some(namespace), Some(field)) = (namespace, self.namespace_field()) {
            let value = fields.entry(field.name.clone()).or_insert(Value::Null);
            if is_empty(value) {
                *value = Value::from(namespace);
            }
        }
        self.reset_unshown(&mut fields);
        let complete = Value::Object(fields);
        self.schema.problems(&complete).into_result()?;
        let mut output = self.read(complete)?;
        output.normalise();
        Ok(output)
    }

    /// Sets fields whose condition is false back to their default. One field's condition may rest
    /// on another conditional field, so this repeats until nothing changes; each round settles at
    /// least one field of a chain.
    fn reset_unshown(&self, fields: &mut Fields) {
        for _ in &self.fields {
            let mut changed = false;
            for field in self.fields.iter().filter(|field| !field.hint.hidden) {
                if !field.applies(fields)
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

    fn namespace_field(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.hint.namespace)
    }

    /// In the default mapping the namespace field is the product's namespace or continues it, and
    /// no other product's longer namespace fits.
    fn check_namespace(
        &self,
        fields: &Fields,
        namespace: &str,
        checks: &mut Checks<'_>,
    ) -> Result<()> {
        let Some(field) = self.namespace_field() else { return Ok(()) };
        let value = fields.get(&field.name).and_then(Value::as_str).unwrap_or_default();
        let problem = |message: String| {
            Problems::from(
                Problem::new(ProblemKind::Namespace, format!("/{}", field.name), message).hint(
                    format!(
                        "use {namespace}, or continue it after one of _ - . /, or choose the custom mapping"
                    ),
                ),
            )
        };
        if !continues(value, namespace) {
            return Err(problem(format!(
                "{value:?} is outside the data product's namespace {namespace:?}"
            ))
            .into());
        }
        let candidates = longer_namespaces(value, namespace);
        match (checks.find_rivals)(&candidates)?.first() {
            None => Ok(()),
            Some(rival) => Err(Error::Invalid(problem(format!(
                "{value:?} belongs to the data product with the namespace {rival:?}"
            )))),
        }
    }
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
    if field.hint.required && is_empty(value) {
        problems.push(Problem::new(
            ProblemKind::Missing,
            format!("/{}", field.name),
            format!("the field {:?} must not be empty", field.name),
        ));
    }
}

/// Checks a chosen value, or each of several, against what is offered. A value that is left out is
/// the business of `required`; blanks are no option, and would be stored as they are.
fn option_problems(field: &Field, value: &Value, platform: &[String], problems: &mut Problems) {
    let Some(choices) = field.choices(platform) else { return };
    let is_left_out = value.as_str().map_or(is_empty(value), str::is_empty);
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
    if let Some(count) = field.hint.max_count
        && chosen.len() > count as usize
    {
        problems.push(Problem::new(
            ProblemKind::ValueError,
            &at,
            format!("{} options are chosen, {count} are allowed", chosen.len()),
        ));
    }
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
