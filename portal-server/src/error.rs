//! Errors on the wire: the one place that turns what went wrong into an HTTP status.

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use portal_core::{Error, Problem, ProblemKind, Problems};
use schemars::JsonSchema;
use serde::Serialize;

/// Why a request was not carried out.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Refusal {
    /// A sentence.
    detail: String,
    /// The sort of error, the same in every version.
    code: &'static str,
    /// What is wrong with the input; absent when something else is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Problem>")]
    problems: Option<Vec<Problem>>,
}

impl Refusal {
    pub(crate) fn new(detail: impl Into<String>, code: &'static str) -> Self {
        Refusal { detail: detail.into(), code, problems: None }
    }
}

/// What is wrong with a request, twice: as clients of the Python portal expect it, and with JSON
/// pointers and hints.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InvalidInput {
    detail: Vec<Detail>,
    code: &'static str,
    problems: Vec<Problem>,
}

/// A problem as clients of the Python portal expect it.
#[derive(Debug, Serialize, JsonSchema)]
struct Detail {
    #[serde(rename = "type")]
    kind: ProblemKind,
    /// Where it is: `body`, `path` or `query`, then names and indices.
    loc: Vec<Segment>,
    msg: String,
}

/// A step towards a value: the name of a field, or the index of an item.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Segment {
    Index(u64),
    Name(String),
}

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
        let Explained { status, code, sentence, problems } = self.explain();
        let mut response = self.response(status);
        if status == StatusCode::UNPROCESSABLE_ENTITY {
            let detail = problems.iter().map(|problem| detail(self.part, problem)).collect();
            return response.json(InvalidInput { detail, code, problems });
        }
        let problems = Some(problems).filter(|problems| !problems.is_empty());
        response.json(Refusal { detail: sentence, code, problems })
    }
}

/// An error as somebody outside may see it.
#[derive(Debug)]
pub(crate) struct Explained {
    pub status: StatusCode,
    /// The sort of error, the same in every version.
    pub code: &'static str,
    pub sentence: String,
    /// What is wrong with the input; empty when something else is.
    pub problems: Vec<Problem>,
}

impl ApiError {
    /// What clients are told. What a failure of ours says is for the log; they get a constant
    /// sentence.
    pub(crate) fn explain(&self) -> Explained {
        let (status, code) = (self.status_code(), self.error.code());
        let mut problems = Vec::new();
        let sentence = match &self.error {
            Error::Invalid(found) => {
                problems = found.iter().cloned().collect();
                found.to_string()
            }
            Error::Unsupported(sentence) => sentence.clone(),
            _ if status.is_server_error() => {
                tracing::error!(error = %self.error, "a request failed");
                match status {
                    StatusCode::SERVICE_UNAVAILABLE => {
                        "the database does not answer, try again".to_owned()
                    }
                    _ => "the portal failed; its log says why".to_owned(),
                }
            }
            other => other.to_string(),
        };
        Explained { status, code, sentence, problems }
    }

    /// An answer of that status with the headers that belong to it.
    pub(crate) fn response(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        if let Error::Stale { revision } = self.error {
            response.insert_header((header::ETAG, revision_etag(revision)));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        response
    }
}

/// The entity tag of a technical asset at one revision.
pub(crate) fn revision_etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn is_about_namespaces(problems: &Problems) -> bool {
    problems.iter().all(|problem| problem.kind == ProblemKind::Namespace)
}

fn detail(part: &'static str, problem: &Problem) -> Detail {
    let segments = problem.at.split('/').skip(1).map(|segment| {
        segment.parse().map_or_else(
            |_| Segment::Name(segment.replace("~1", "/").replace("~0", "~")),
            Segment::Index,
        )
    });
    let msg = if problem.hint.is_empty() {
        problem.message.clone()
    } else {
        format!("{} ({})", problem.message, problem.hint)
    };
    let loc = std::iter::once(Segment::Name(part.to_owned())).chain(segments).collect();
    Detail { kind: problem.kind, loc, msg }
}
