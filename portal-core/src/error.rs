//! What can go wrong, named by what the caller can do about it.
//!
//! [`Error`] has few variants, each with a stable code. [`Problems`] are the many things that
//! can be wrong with input, or with a set of linked plugins: they are collected, never thrown
//! one at a time, so that whoever reads them can mend all of them in one go.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing has that id or name. The text names what was looked for.
    #[error("{0}")]
    NotFound(String),
    /// The input is wrong in the listed ways; nothing was stored.
    #[error("{0}")]
    Invalid(Problems),
    /// The request is understood but clashes with what is stored.
    #[error("{0}")]
    Conflict(String),
    /// The caller's copy is older than what is stored.
    #[error("what was read has changed since: it is at revision {revision} now")]
    Stale {
        /// The revision that is stored.
        revision: i64,
    },
    /// The request lacks something that only the caller can choose.
    #[error("{0}")]
    Incomplete(String),
    /// The plugin does not offer this.
    #[error("{0}")]
    Unsupported(String),
    /// The system must not start or go on like this; the text names cause and remedy.
    #[error("{0}")]
    Refused(String),
    /// The database cannot be reached right now; trying again may help.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A defect or a broken disk: nothing the caller sent.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// A stable, machine-readable name of the variant.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NotFound(_) => "not_found",
            Error::Invalid(_) => "invalid_input",
            Error::Conflict(_) => "conflict",
            Error::Stale { .. } => "stale",
            Error::Incomplete(_) => "incomplete_request",
            Error::Unsupported(_) => "unsupported",
            Error::Refused(_) => "refused",
            Error::Unavailable(_) => "unavailable",
            Error::Internal(_) => "internal",
        }
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Error::Invalid(problems)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        match &error {
            Diesel::NotFound => Error::NotFound("no such row".to_owned()),
            Diesel::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                _,
            )
            | Diesel::BrokenTransactionManager => Error::Unavailable(error.to_string()),
            Diesel::DatabaseError(_, info) if is_passing(info.message()) => {
                Error::Unavailable(error.to_string())
            }
            _ => Error::Internal(error.to_string()),
        }
    }
}

/// Whether a database message speaks of a state that passes: SQLite's busy result and the
/// PostgreSQL shutdown notices, which diesel reports without a kind of their own.
fn is_passing(message: &str) -> bool {
    [
        "database is locked",
        "database is busy",
        "terminating connection",
        "server closed the connection",
    ]
    .iter()
    .any(|passing| message.contains(passing))
}

/// What is wrong with one place of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// Machine-readable sort of problem.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// Where: a JSON pointer (RFC 6901) into the input, or a crate with file and line.
    pub at: String,
    /// What was wrong, for which value, in one sentence without a full stop.
    pub message: String,
    /// What would be right; empty when the message says it all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// The sorts of [`Problem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The text is not JSON, or nests too deeply.
    JsonInvalid,
    /// A required value is absent or empty.
    Missing,
    /// The field exists nowhere in this input.
    ExtraForbidden,
    /// The value has another JSON type than the field.
    TypeError,
    /// The value is none of the allowed ones.
    Enum,
    /// The value breaks another rule of its field.
    ValueError,
    /// A namespace is malformed, taken, or belongs to somebody else.
    Namespace,
    /// A registration disagrees with itself or with another one.
    Registration,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(kind: ProblemKind, at: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { kind, at: at.into(), message: message.into(), hint: String::new() }
    }

    /// Adds what would be right.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

/// Everything that is wrong, in the order it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// No problems yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// Adds a broken rule of one field; `field` is its name in the data output.
    pub fn field(&mut self, field: &str, message: impl Into<String>) {
        self.push(Problem::new(ProblemKind::ValueError, format!("/{field}"), message));
    }

    /// Adds all of another collection, each place prefixed with `prefix`.
    pub fn extend_under(&mut self, prefix: &str, other: Problems) {
        self.0.extend(other.0.into_iter().map(|mut problem| {
            problem.at.insert_str(0, prefix);
            problem
        }));
    }

    /// `Ok` when there are none.
    ///
    /// # Errors
    ///
    /// The problems themselves.
    pub fn into_result(self) -> std::result::Result<(), Problems> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        Problems(problems.into_iter().collect())
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
