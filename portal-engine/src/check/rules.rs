//! The rules of single fields that no JSON Schema expresses: filled, chosen from what is offered,
//! within the data product's namespace.

use portal_core::{Problem, ProblemKind, Problems, Result};
use serde_json::Value;

use super::Checks;
use crate::field::Field;
use crate::form::is_empty;
use crate::problems::{MOST_PROBLEMS, cut_to};
use crate::schema::{self, escape};

/// The characters after which a name continues a namespace.
const CONTINUATIONS: [char; 4] = ['_', '-', '.', '/'];

/// In the default mapping the namespace field is the product's namespace or continues it, and no
/// other product's longer namespace fits.
pub(super) fn namespace_problems(
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

pub(super) fn required_problem(field: &Field, value: &Value, problems: &mut Problems) {
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
pub(super) fn option_problems(
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
