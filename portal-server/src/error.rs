//! Errors on the wire: the one place that turns what went wrong into an HTTP status.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use portal_core::{Error, Problem, ProblemKind, Problems};
use serde_json::{Value, json};

/// An error, and which part of the request its problems point into.
#[derive(Debug)]
pub(crate) struct ApiError {
    error: Error,
    part: &'static str,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        ApiError { error, part: "body" }
    }
}

impl From<Problems> for ApiError {
    fn from(problems: Problems) -> Self {
        Error::from(problems).into()
    }
}

impl ApiError {
    /// Problems with the path or the query of a request.
    pub(crate) fn in_part(part: &'static str, problems: Problems) -> Self {
        ApiError { error: problems.into(), part }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match &self.error {
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Invalid(problems) if is_about_namespaces(problems) => StatusCode::BAD_REQUEST,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Stale { .. } => StatusCode::PRECONDITION_FAILED,
            Error::Incomplete(_) => StatusCode::BAD_REQUEST,
            Error::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Refused(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        let (detail, problems) = match &self.error {
            Error::Invalid(problems) => {
                let detail = if status == StatusCode::BAD_REQUEST {
                    json!(problems.to_string())
                } else {
                    problems.iter().map(|problem| detail(self.part, problem)).collect()
                };
                (detail, Some(problems))
            }
            Error::Unsupported(sentence) => (json!(sentence), None),
            Error::Stale { revision } => {
                response.insert_header((header::ETAG, revision_etag(*revision)));
                (json!(self.error.to_string()), None)
            }
            // What a failure of ours says is for the log; clients get a constant sentence.
            _ if status.is_server_error() => {
                tracing::error!(error = %self.error, "a request failed");
                if status == StatusCode::SERVICE_UNAVAILABLE {
                    response.insert_header((header::RETRY_AFTER, "1"));
                    (json!("the database does not answer, try again"), None)
                } else {
                    (json!("the portal failed; its log says why"), None)
                }
            }
            other => (json!(other.to_string()), None),
        };
        let mut body = json!({"detail": detail, "code": self.error.code()});
        if let Some(problems) = problems {
            body["problems"] = problems.iter().map(|problem| json!(problem)).collect();
        }
        response.json(body)
    }
}

/// The entity tag of a technical asset at one revision.
pub(crate) fn revision_etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn is_about_namespaces(problems: &Problems) -> bool {
    problems.iter().all(|problem| problem.kind == ProblemKind::Namespace)
}

/// A problem as the Python portal's clients expect it: `type`, `loc`, `msg`.
fn detail(part: &'static str, problem: &Problem) -> Value {
    let segments = problem.at.split('/').skip(1).map(|segment| {
        segment.parse::<u64>().map_or_else(
            |_| json!(segment.replace("~1", "/").replace("~0", "~")),
            |index| json!(index),
        )
    });
    let loc: Vec<Value> = std::iter::once(json!(part)).chain(segments).collect();
    let msg = if problem.hint.is_empty() {
        problem.message.clone()
    } else {
        format!("{} ({})", problem.message, problem.hint)
    };
    json!({"type": problem.kind, "loc": loc, "msg": msg})
}
