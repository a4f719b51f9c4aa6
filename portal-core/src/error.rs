//! What can go wrong, named by what the caller can do about it.
//!
//! [`Error`] has few variants, each with a stable code. [`Problems`] are the many things that
//! can be wrong with input, or with a set of linked plugins: they are collected, never thrown
//! one at a time, so that whoever reads them can fix all of them in one go.

use std::error::Error as StdError;
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
    /// Whoever asks may not do that. The text says who may.
    #[error("{0}")]
    Forbidden(String),
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
    #[error("{sentence}")]
    Refused {
        /// What happened.
        sentence: String,
        /// What it comes from.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// Going on would lose something, and nobody has agreed to that. The text says what; how to
    /// agree is the caller's to say.
    #[error("{0}")]
    Unconfirmed(String),
    /// The disk of the database is full: nothing was stored, and what is stored can be read.
    #[error("there is no space left for the database: {sentence}")]
    Full {
        /// What happened.
        sentence: String,
        /// What it comes from.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The database cannot be reached right now; trying again may help.
    #[error("the database does not answer: {sentence}")]
    Unavailable {
        /// What happened.
        sentence: String,
        /// What it comes from.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// The database was asked and has not answered in time. What was to be stored may be stored all the same.
    #[error("the database has not answered: {0}")]
    Unanswered(String),
    /// A defect or a broken disk: nothing the caller sent.
    #[error("internal error: {sentence}")]
    Internal {
        /// What happened.
        sentence: String,
        /// What it comes from.
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
}

impl Error {
    /// [`Error::Unavailable`] without a source.
    pub fn unavailable(sentence: impl Into<String>) -> Self {
        Error::Unavailable { sentence: sentence.into(), source: None }
    }

    /// [`Error::Refused`] without a source.
    pub fn refused(sentence: impl Into<String>) -> Self {
        Error::Refused { sentence: sentence.into(), source: None }
    }

    /// [`Error::Internal`] without a source.
    pub fn internal(sentence: impl Into<String>) -> Self {
        Error::Internal { sentence: sentence.into(), source: None }
    }

    /// Adds what the error comes from, where it can have a source.
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        if let Error::Refused { source, .. }
        | Error::Full { source, .. }
        | Error::Unavailable { source, .. }
        | Error::Internal { source, .. } = &mut self
        {
            *source = Some(cause.into());
        }
        self
    }

    /// A stable, machine-readable name of the variant.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NotFound(_) => "not_found",
            Error::Invalid(_) => "invalid_input",
            Error::Forbidden(_) => "forbidden",
            Error::Conflict(_) => "conflict",
            Error::Stale { .. } => "stale",
            Error::Incomplete(_) => "incomplete_request",
            Error::Unsupported(_) => "unsupported",
            Error::Refused { .. } => "refused",
            Error::Unconfirmed(_) => "unconfirmed",
            Error::Full { .. } => "storage_full",
            Error::Unavailable { .. } => "unavailable",
            Error::Unanswered(_) => "unanswered",
            Error::Internal { .. } => "internal",
        }
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Error::Invalid(problems)
    }
}

/// A row that is not there is a defect: where absence is meant, `.optional()` says so.
impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        let sentence = error.to_string();
        let told = match (&error, sqlite_state(&error)) {
            (
                Diesel::DatabaseError(
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
                    _,
                )
                | Diesel::BrokenTransactionManager,
                _,
            )
            | (_, Some(SqliteState::Busy)) => Error::unavailable(sentence),
            (_, Some(SqliteState::Full)) => Error::Full { sentence, source: None },
            (Diesel::NotFound, _) => Error::internal("the database lacks a row that must be there"),
            _ => Error::internal(sentence),
        };
        told.caused_by(error)
    }
}

/// States of a SQLite file for which diesel has no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqliteState {
    /// Somebody else holds the lock.
    Busy,
    /// The disk, or the file's own limit.
    Full,
    /// The file is something else.
    NotADatabase,
    /// The file or its folder cannot be opened or written.
    NotPermitted,
}

/// What SQLite's message says of its file. The texts are compiled into SQLite, in English whatever
/// the locale; diesel hides the codes behind them.
pub fn sqlite_state(error: &impl fmt::Display) -> Option<SqliteState> {
    let message = error.to_string();
    [
        ("database is locked", SqliteState::Busy),
        ("database table is locked", SqliteState::Busy),
        ("database schema is locked", SqliteState::Busy),
        ("database is busy", SqliteState::Busy),
        ("database or disk is full", SqliteState::Full),
        ("file is not a database", SqliteState::NotADatabase),
        ("readonly database", SqliteState::NotPermitted),
        ("unable to open", SqliteState::NotPermitted),
    ]
    .into_iter()
    .find_map(|(text, state)| message.contains(text).then_some(state))
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

/// The name of a field of a data output. `#[data_output]` writes one for each, so that a misspelt one
/// does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldName(&'static str);

impl FieldName {
    #[doc(hidden)]
    pub const fn new(name: &'static str) -> Self {
        FieldName(name)
    }

    /// The name as it stands in requests.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// What can name a field: one of the constants in `Self::FIELDS`.
#[diagnostic::on_unimplemented(
    message = "a value of the type `{Self}` names no field",
    label = "write `Self::FIELDS.` and the field's name",
    note = "`#[data_output]` writes the constants in `FIELDS`, so that a misspelt name does not compile"
)]
pub trait NamesField {
    /// The constant.
    fn field_name(self) -> FieldName;
}

impl NamesField for FieldName {
    fn field_name(self) -> FieldName {
        self
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

    /// Adds a broken rule of one field: `problems.field(Self::FIELDS.topic, "…")`.
    pub fn field(&mut self, field: impl NamesField, message: impl Into<String>) {
        let at = format!("/{}", field.field_name().as_str());
        self.push(Problem::new(ProblemKind::ValueError, at, message));
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

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorKind, Error as Diesel};

    use super::*;

    fn said(message: &str) -> Error {
        Diesel::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message.to_owned())).into()
    }

    #[test]
    fn missing_row_is_a_defect_and_no_answer() {
        assert_eq!(Error::from(Diesel::NotFound).code(), "internal");
    }

    #[test]
    fn state_of_a_sqlite_file_has_a_code_of_its_own() {
        assert_eq!(said("database is locked").code(), "unavailable");
        assert_eq!(said("database or disk is full").code(), "storage_full");
        assert_eq!(said("no such table: a").code(), "internal");
    }

    #[test]
    fn connection_is_known_to_be_closed_by_its_kind_and_not_by_words() {
        let closed = |message: &str| {
            let message = Box::new(message.to_owned());
            Error::from(Diesel::DatabaseError(DatabaseErrorKind::ClosedConnection, message))
        };
        assert_eq!(closed("Verbindung wird abgebrochen").code(), "unavailable");
        assert_eq!(said("the word \"terminating connection\" is reserved").code(), "internal");
    }

    #[test]
    fn error_of_the_database_is_the_source() {
        for error in [said("database is locked"), said("no such table: a"), Diesel::NotFound.into()]
        {
            let source = StdError::source(&error).unwrap();
            assert!(source.is::<Diesel>(), "{error}");
        }
    }
}
