//! Everything that is wrong with a configuration, for those who see all of a form at once.

use std::collections::BTreeSet;

use portal_core::{DataProduct, Error, Problem, Problems, Result};
use portal_engine::LinkedOutput;
use portal_engine::check::TechnicalMapping;
use portal_engine::db::Connection;
use portal_engine::store::ServiceRow;
use serde_json::{Map, Value};

use super::configured::check;

/// What else is wrong with a configuration, beside the problems that were found already.
///
/// Checks stop at the first stage that finds something. A form shows everything at once, so each
/// field that is known to be wrong is given a value that is right, and the checks run again.
/// Fields whose condition rests on such a field are left out: nobody knows whether they count.
pub(crate) fn further_problems(
    connection: &mut Connection,
    product: &DataProduct,
    mapping: TechnicalMapping,
    (service, output): (&ServiceRow, &LinkedOutput),
    fields: &Map<String, Value>,
    found: Problems,
) -> Result<Problems> {
    let example = output.example().fields();
    let form = output.form(&service.options);
    let mut problems = found;
    for _ in 0..=form.len() {
        let wrong: BTreeSet<String> = problems.iter().filter_map(configuration_field).collect();
        let mut repaired = fields.clone();
        for name in &wrong {
            let is_namespace = output.namespace_field_name() == Some(name);
            match example.get(name) {
                Some(value) if mapping == TechnicalMapping::Custom || !is_namespace => {
                    repaired.insert(name.clone(), value.clone())
                }
                _ => repaired.shift_remove(name),
            };
        }
        let more = match check(connection, product, mapping, service, output, &repaired) {
            Ok(_) => break,
            Err(Error::Invalid(more)) => more,
            Err(other) => return Err(other),
        };
        let is_unsure = |name: &String| {
            let element = form.iter().find(|element| element.name == *name);
            let conditions = element.and_then(|element| element.depends_on.as_deref());
            wrong.contains(name)
                || conditions.unwrap_or_default().iter().any(|one| wrong.contains(&one.field_name))
        };
        let before = problems.len();
        for problem in more.iter() {
            if !configuration_field(problem).is_some_and(|name| is_unsure(&name)) {
                problems.push(problem.clone());
            }
        }
        if problems.len() == before {
            break;
        }
    }
    Ok(problems)
}

/// The field of the configuration that a problem with a body is about.
pub(crate) fn configuration_field(problem: &Problem) -> Option<String> {
    let segment = problem.at.strip_prefix("/configuration/")?.split('/').next()?;
    Some(segment.replace("~1", "/").replace("~0", "~"))
}
