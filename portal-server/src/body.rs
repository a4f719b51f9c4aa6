//! Reading requests: JSON bodies checked against a schema, ids in paths, expected revisions.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::{InternalError, PayloadError};
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use portal_core::{Error, Id, Problem, ProblemKind, Problems};
use portal_engine::schema::{self, InputSchema, nul_problems, segments};
use portal_engine::tidy;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ApiError, Explained};
use crate::media::Media;

/// Largest request body, in bytes. The largest form is a few kilobytes.
pub(crate) const BODY_MAX: usize = 1024 * 1024;

/// How long a body may take to arrive when nothing is said.
pub(crate) const BODY_PATIENCE: Duration = Duration::from_secs(20);

/// How long a body may take to arrive, however much of it comes now and then: whoever sends one that never ends
/// keeps a connection, and a server that is to end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyPatience(pub Duration);

impl BodyPatience {
    fn of(request: &HttpRequest) -> Duration {
        request.app_data::<Self>().map_or(BODY_PATIENCE, |patience| patience.0)
    }

    /// Waits for a body that is about to be read from a request.
    ///
    /// # Errors
    ///
    /// Why it is not waited for any longer.
    pub(crate) fn wait<T, F: Future<Output = T>>(
        request: &HttpRequest,
        body: F,
    ) -> impl Future<Output = Result<T, Explained>> + use<T, F> {
        let patience = Self::of(request);
        async move {
            timeout(patience, body).await.map_err(|_| {
                let seconds = patience.as_secs_f32();
                Explained::too_slow(format!("the body did not arrive within {seconds} seconds"))
            })
        }
    }
}

/// A type that is read from a request body.
pub(crate) trait RequestBody: DeserializeOwned + JsonSchema {
    /// Its compiled schema.
    fn schema() -> &'static InputSchema;
}

/// Implements [`RequestBody`] with a schema that is compiled on first use.
macro_rules! request_body {
    ($type:ty) => {
        impl $crate::body::RequestBody for $type {
            fn schema() -> &'static portal_engine::schema::InputSchema {
                static SCHEMA: std::sync::LazyLock<portal_engine::schema::InputSchema> =
                    std::sync::LazyLock::new(|| {
                        portal_engine::schema::InputSchema::of::<$type>()
                            .expect("the schemas of request bodies are valid")
                    });
                &SCHEMA
            }
        }
    };
}
pub(crate) use request_body;

/// The id of what was created or changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Identified {
    pub id: Id,
}

/// A JSON body, whatever it holds.
#[derive(Debug)]
pub(crate) struct Json(pub Value);

impl Json {
    /// Looks for everything in which the body differs from `T`.
    pub(crate) fn check<T: RequestBody>(self) -> Checked<T> {
        let mut problems = nul_problems(&self.0);
        problems.extend_under("", T::schema().problems(&self.0));
        Checked { body: self.0, problems, read_as: PhantomData }
    }
}

/// A body that was compared with `T`, and everything that is known to be wrong with it. It can be
/// read once nothing is.
#[derive(Debug)]
pub(crate) struct Checked<T> {
    body: Value,
    problems: Problems,
    read_as: PhantomData<T>,
}

impl<T: RequestBody> Checked<T> {
    /// What stands in a field, whatever it is; null when nothing does.
    pub(crate) fn field(&self, name: &str) -> &Value {
        &self.body[name]
    }

    /// A field as what it should be; `None` when it is absent or something else.
    pub(crate) fn sound<F: DeserializeOwned>(&self, name: &str) -> Option<F> {
        F::deserialize(self.field(name)).ok()
    }

    /// Looks at the text in a field, if one stands there. The problem is moved to the field.
    pub(crate) fn check_text(&mut self, name: &str, rule: impl Fn(&str) -> Result<(), Problem>) {
        if let Some(Err(problem)) = self.field(name).as_str().map(rule) {
            self.problems.push(Problem { at: format!("/{name}"), ..problem });
        }
    }

    /// Adds what else is wrong, with pointers into what stands at `prefix`.
    pub(crate) fn refuse(&mut self, prefix: &str, problems: impl Into<Problems>) {
        self.problems.extend_under(prefix, problems.into());
    }

    /// Refuses what the portal cannot keep, instead of dropping it: fields, each with what it holds.
    pub(crate) fn refuse_unkept(&mut self, fields: &[(&str, &str)]) {
        for (field, what) in fields {
            let is_empty = match self.field(field) {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            if !is_empty && !self.is_wrong_at(field) {
                let message =
                    format!("{what} are not kept here: they belong to the portal around this one");
                let problem = Problem::new(ProblemKind::ValueError, "", message);
                self.refuse(&format!("/{field}"), problem.hint("leave the list empty"));
            }
        }
    }

    /// Says which ids in it nothing has.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when one of them is all that is wrong; beside others each is a problem.
    pub(crate) fn refuse_absent(&mut self, absent: Vec<Problem>) -> Result<(), Error> {
        match absent.as_slice() {
            [one] if !self.is_wrong() => Err(Error::NotFound(one.message.clone())),
            _ => {
                absent.into_iter().for_each(|problem| self.refuse("", problem));
                Ok(())
            }
        }
    }

    /// Whether something is wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Whether something is wrong with a field, or with a part of it.
    pub(crate) fn is_wrong_at(&self, name: &str) -> bool {
        let mut problems = self.problems.iter();
        problems.any(|problem| segments(&problem.at).next().as_deref() == Some(name))
    }

    /// Everything that is wrong.
    pub(crate) fn into_problems(self) -> Problems {
        let mut problems = self.problems;
        tidy(&mut problems);
        problems
    }

    /// The body, or everything that is wrong with it.
    pub(crate) fn read(self) -> Result<T, Error> {
        if self.is_wrong() {
            return Err(self.into_problems().into());
        }
        schema::read(self.body).map_err(|problem| Problems::from(problem).into())
    }
}

impl FromRequest for Json {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if let Err(sentence) = Media::Json.check(request.headers()) {
            let answer = Explained::unsupported_media(sentence.clone()).json();
            return Box::pin(async { Err(InternalError::from_response(sentence, answer).into()) });
        }
        let bytes = BodyPatience::wait(request, Bytes::from_request(request, payload));
        Box::pin(async move {
            let bytes = bytes.await.map_err(|why| {
                let sentence = why.sentence.clone();
                actix_web::Error::from(InternalError::from_response(sentence, why.json()))
            })?;
            let bytes = bytes.map_err(unreadable)?;
            serde_json::from_slice(&bytes).map(Json).map_err(|error| {
                let message = format!("the body cannot be read as JSON: {error}");
                let problem = Problem::new(ProblemKind::JsonInvalid, "", message);
                ApiError::from(Problems::from(problem)).into()
            })
        })
    }
}

/// A body that did not arrive, in the portal's own envelope.
fn unreadable(error: actix_web::Error) -> actix_web::Error {
    let why = match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            Explained::too_large(format!("the body is larger than {BODY_MAX} bytes"))
        }
        _ => Explained::unreadable(format!("the body did not arrive: {error}")),
    };
    InternalError::from_response(error, why.json()).into()
}

/// The ids that a path holds under these names.
pub(crate) fn path_ids<const N: usize>(
    request: &HttpRequest,
    names: [&str; N],
) -> Result<[Id; N], ApiError> {
    let mut problems = Problems::new();
    let ids: Vec<Id> = names
        .iter()
        .filter_map(|name| parse_id(name, request.match_info().query(name), &mut problems))
        .collect();
    match ids.try_into() {
        Ok(ids) => Ok(ids),
        Err(_) => Err(ApiError::in_part("path", problems)),
    }
}

/// Reads an id, or adds the problem at `/name`.
pub(crate) fn parse_id(name: &str, text: &str, problems: &mut Problems) -> Option<Id> {
    text.parse()
        .map_err(|message: String| {
            problems.push(Problem::new(ProblemKind::ValueError, format!("/{name}"), message));
        })
        .ok()
}

/// The revision that `If-Match` names (RFC 9110, section 13.1.1); `None` when any will do.
///
/// A tag that is none of ours, such as a weak one, matches no revision: 0 was never given out.
pub(crate) fn expected_revision(request: &HttpRequest) -> Result<Option<i64>, ApiError> {
    let mut tags = request.headers().get_all(header::IF_MATCH);
    let Some(tag) = tags.next() else { return Ok(None) };
    let tag = tag.to_str().unwrap_or_default().trim();
    if tags.next().is_some() || tag.contains(',') {
        let message = "If-Match names several tags: send the one that was read";
        return Err(Error::Incomplete(message.to_owned()).into());
    }
    if tag == "*" {
        return Ok(None);
    }
    let number = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    Ok(Some(number.and_then(|number| number.parse().ok()).unwrap_or(0)))
}
