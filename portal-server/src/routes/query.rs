//! The query of a request to the API: only parameters that its route declares.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use portal_core::{Problem, ProblemKind, Problems};
use portal_engine::{MOST_PROBLEMS, cut_to, suggest};
use schemars::{Schema, SchemaGenerator, json_schema};

use crate::error::ApiError;
use crate::operation::Parameter;
use crate::rule::{QUERY_MAX, STORABLE};

/// The schema of a parameter that holds a name.
pub(super) fn name_text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "maxLength": QUERY_MAX})
}

/// The schema of a parameter whose text is looked for in the database.
pub(super) fn query_text(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "pattern": STORABLE, "maxLength": QUERY_MAX})
}

/// The query of a request, which may hold only `known` parameters, each once and no longer
/// than [`QUERY_MAX`]. What it holds is told in messages, so that names are cut as well.
pub(super) fn query(
    request: &HttpRequest,
    known: &[Parameter],
) -> Result<BTreeMap<String, String>, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let mut problems = Problems::new();
    let mut parameters = BTreeMap::new();
    match pairs {
        Err(error) => {
            problems.push(Problem::new(ProblemKind::ValueError, "", error.to_string()));
        }
        Ok(pairs) => {
            for (name, value) in pairs.into_inner() {
                if problems.len() > MOST_PROBLEMS {
                    break;
                }
                let name = shortened(name);
                if known.iter().all(|parameter| parameter.name != name) {
                    let message = format!("the parameter {name:?} is unknown");
                    problems.push(
                        Problem::new(ProblemKind::ExtraForbidden, format!("/{name}"), message)
                            .hint(suggest::hint(&name, known.iter().map(|known| known.name))),
                    );
                } else if value.chars().count() > QUERY_MAX {
                    let message =
                        format!("the parameter {name:?} is longer than {QUERY_MAX} characters");
                    problems.push(Problem::new(
                        ProblemKind::ValueError,
                        format!("/{name}"),
                        message,
                    ));
                } else if parameters.insert(name.clone(), value).is_some() {
                    let message = format!("the parameter {name:?} is given twice");
                    problems.push(Problem::new(
                        ProblemKind::ValueError,
                        format!("/{name}"),
                        message,
                    ));
                }
            }
        }
    }
    cut_to(&mut problems, MOST_PROBLEMS);
    problems.into_result().map_err(|problems| ApiError::in_part("query", problems))?;
    Ok(parameters)
}

/// A name that may be of any length, in a length that can be told.
fn shortened(name: String) -> String {
    match name.char_indices().nth(QUERY_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}
