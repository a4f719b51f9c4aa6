//! Errors and refusals on the wire: the one place that decides which HTTP status they have.

use std::fmt;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use portal_core::{Error, Problem, ProblemKind, Problems};
use portal_engine::schema::segments;
use schemars::JsonSchema;
use serde::Serialize;

/// Makes an answer of why something was not done: for a program, or for a page.
pub(crate) type Refuse = fn(Explained) -> HttpResponse;

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

/// The status of an error. This is the only place that decides it.
pub(crate) fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Invalid(problems) if is_about_namespaces(problems) => StatusCode::BAD_REQUEST,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::Conflict(_) | Error::Unconfirmed(_) => StatusCode::CONFLICT,
        Error::Stale { .. } => StatusCode::PRECONDITION_FAILED,
        Error::Incomplete(_) => StatusCode::BAD_REQUEST,
        Error::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
        Error::Full { .. } => StatusCode::INSUFFICIENT_STORAGE,
        Error::Unavailable { .. } | Error::Unanswered(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Refused { .. } | Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        status_of(&self.error)
    }

    fn error_response(&self) -> HttpResponse {
        self.explain().fill(self.response())
    }
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
                    StatusCode::SERVICE_UNAVAILABLE if code == "unanswered" => {
                        "the database has not answered in time: what this request was to store may be stored all the same, so look before you send it again".to_owned()
                    }
                    StatusCode::SERVICE_UNAVAILABLE => {
                        "the database does not answer, try again".to_owned()
                    }
                    StatusCode::INSUFFICIENT_STORAGE => {
                        "the disk of the database is full: nothing was stored, but reading goes on"
                            .to_owned()
                    }
                    _ => "the portal failed; its log says why".to_owned(),
                }
            }
            other => other.to_string(),
        };
        let mut headers = Vec::new();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.push((header::RETRY_AFTER, "1".to_owned()));
        }
        Explained { status, code, sentence, part: self.part, problems, headers }
    }

    /// The beginning of an answer, with the headers that belong to the error.
    pub(crate) fn response(&self) -> HttpResponseBuilder {
        let status = self.status_code();
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

/// Why a request was not carried out, as somebody outside may see it: an error, or a refusal that
/// comes before anything was asked for.
#[derive(Debug)]
pub(crate) struct Explained {
    pub status: StatusCode,
    /// The sort of error, the same in every version.
    pub code: &'static str,
    pub sentence: String,
    /// Which part of the request the problems point into.
    pub part: &'static str,
    /// What is wrong with the input; empty when something else is.
    pub problems: Vec<Problem>,
    /// Headers that belong to the answer.
    pub headers: Vec<(header::HeaderName, String)>,
}

impl Explained {
    fn new(status: StatusCode, code: &'static str, sentence: String) -> Self {
        let (problems, headers) = (Vec::new(), Vec::new());
        Explained { status, code, sentence, part: "body", problems, headers }
    }

    fn with(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Nobody is known, and somebody has to be.
    pub(crate) fn unauthenticated(sentence: String) -> Self {
        Explained::new(StatusCode::UNAUTHORIZED, "unauthenticated", sentence)
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"portal\"")
    }

    /// What somebody showed is nothing that makes anybody known (RFC 6750, section 3.1).
    pub(crate) fn unknown_credentials(sentence: String) -> Self {
        Explained::new(StatusCode::UNAUTHORIZED, "unknown_credentials", sentence)
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"portal\", error=\"invalid_token\"")
    }

    /// A client has shown too much of that.
    pub(crate) fn too_many_failures(most: u32, wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        let sentence = format!(
            "more than {most} wrong credentials came from this client within a minute: wait {seconds} seconds, or send right ones"
        );
        Explained::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", sentence)
            .with(header::RETRY_AFTER, seconds.to_string())
    }

    /// Whoever asks may not do that.
    pub(crate) fn forbidden(sentence: String) -> Self {
        Explained::new(StatusCode::FORBIDDEN, "forbidden", sentence)
    }

    /// The identity provider cannot be asked.
    pub(crate) fn provider_unreachable(sentence: String) -> Self {
        Explained::new(StatusCode::SERVICE_UNAVAILABLE, "provider_unreachable", sentence)
            .with(header::RETRY_AFTER, "5")
    }

    /// Somebody did not come back from the identity provider as they should.
    pub(crate) fn sign_in_failed(sentence: String) -> Self {
        Explained::new(StatusCode::BAD_REQUEST, "sign_in_failed", sentence)
    }

    /// People do not sign in here.
    pub(crate) fn no_sign_in() -> Self {
        let sentence = "nobody signs in here: portal.toml has no section [access.oidc]".to_owned();
        Explained::new(StatusCode::NOT_FOUND, "no_sign_in", sentence)
    }

    /// Nothing says who may do what, where somebody has to.
    pub(crate) fn not_configured(sentence: String) -> Self {
        Explained::new(StatusCode::SERVICE_UNAVAILABLE, "access_not_configured", sentence)
            .with(header::RETRY_AFTER, "60")
    }

    /// The portal is not known under the host that was asked for.
    pub(crate) fn unknown_host(sentence: String) -> Self {
        Explained::new(StatusCode::MISDIRECTED_REQUEST, "unknown_host", sentence)
    }

    /// A page of another site wants to change something.
    pub(crate) fn foreign_origin(sentence: String) -> Self {
        Explained::new(StatusCode::FORBIDDEN, "foreign_origin", sentence)
    }

    /// Nobody serves the path.
    pub(crate) fn nothing_at(path: &str) -> Self {
        let sentence = format!("there is nothing at {path}");
        Explained::new(StatusCode::NOT_FOUND, "not_found", sentence)
    }

    /// The path does not know the method.
    pub(crate) fn method_not_allowed(sentence: String) -> Self {
        Explained::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", sentence)
    }

    /// The body is larger than the portal reads.
    pub(crate) fn too_large(sentence: String) -> Self {
        Explained::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", sentence)
    }

    /// The body does not arrive. The connection is closed, as the rest of it may never come.
    pub(crate) fn too_slow(sentence: String) -> Self {
        Explained::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", sentence)
            .with(header::CONNECTION, "close")
    }

    /// The body is packed, or of a type that is not read here.
    pub(crate) fn unsupported_media(sentence: String) -> Self {
        Explained::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", sentence)
    }

    /// The body did not arrive whole, or is none that can be read at all.
    pub(crate) fn unreadable(sentence: String) -> Self {
        Explained::new(StatusCode::BAD_REQUEST, "incomplete_request", sentence)
    }

    /// The answer for a program.
    pub(crate) fn json(mut self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in std::mem::take(&mut self.headers) {
            response.insert_header(header);
        }
        self.fill(response)
    }

    /// An answer for a program that has begun already.
    fn fill(self, mut response: HttpResponseBuilder) -> HttpResponse {
        if self.status != StatusCode::UNPROCESSABLE_ENTITY {
            return response.json(Refusal::from(self));
        }
        let Explained { code, part, problems, .. } = self;
        let detail = problems.iter().map(|problem| detail(part, problem)).collect();
        response.json(InvalidInput { detail, code, problems })
    }
}

impl From<Explained> for Refusal {
    fn from(explained: Explained) -> Self {
        let Explained { code, sentence, problems, .. } = explained;
        let problems = Some(problems).filter(|problems| !problems.is_empty());
        Refusal { detail: sentence, code, problems }
    }
}

/// The beginning of the answer of a server that cannot serve yet, whatever keeps it from that.
pub(crate) fn not_ready() -> HttpResponseBuilder {
    HttpResponse::ServiceUnavailable()
}

/// The entity tag of a technical asset at one revision.
pub(crate) fn revision_etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn is_about_namespaces(problems: &Problems) -> bool {
    problems.iter().all(|problem| problem.kind == ProblemKind::Namespace)
}

fn detail(part: &'static str, problem: &Problem) -> Detail {
    let segments = segments(&problem.at)
        .map(|segment| segment.parse().map_or_else(|_| Segment::Name(segment), Segment::Index));
    let msg = if problem.hint.is_empty() {
        problem.message.clone()
    } else {
        format!("{} ({})", problem.message, problem.hint)
    };
    let loc = std::iter::once(Segment::Name(part.to_owned())).chain(segments).collect();
    Detail { kind: problem.kind, loc, msg }
}
