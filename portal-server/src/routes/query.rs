//! The query of a request to the API: only parameters that its route declares.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use portal_core::{Problem, ProblemKind, Problems};
use portal_engine::suggest;

use crate::error::ApiError;
use crate::operation::Parameter;

/// The query of a request, which may hold only `known` parameters, each once.
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
                if known.iter().all(|parameter| parameter.name != name) {
                    let message = format!("the parameter {name:?} is unknown");
                    problems.push(
                        Problem::new(ProblemKind::ExtraForbidden, format!("/{name}"), message)
                            .hint(suggest::hint(&name, known.iter().map(|known| known.name))),
                    );
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
    problems.into_result().map_err(|problems| ApiError::in_part("query", problems))?;
    Ok(parameters)
}
