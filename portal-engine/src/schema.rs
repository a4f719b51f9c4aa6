//! JSON Schemas of Rust types, compiled, with errors a person can act on.
//!
//! [`InputSchema`] serves data outputs, environment entries and request bodies alike: it refuses
//! unknown properties with the nearest known name, and reports every problem at once.

mod choices;
mod limits;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, ValidationOptions, Validator};
use portal_core::__private::{cap, suggest};
pub use portal_core::__private::{escape, read, schema_of, segments};
use portal_core::environment::HttpsUrl;
use portal_core::template::Fields;
use portal_core::{Problem, ProblemKind, Problems};
use schemars::JsonSchema;
use serde_json::Value;

pub(crate) use self::choices::with_choices;
pub(crate) use self::limits::limited;
use crate::problems::{MOST_PROBLEMS, cut_to};
pub use crate::properties::{enum_values, properties};
use crate::secret;

/// Longest text that a data output, an entry or a platform value holds, in characters, unless its
/// plugin says otherwise.
pub const TEXT_MAX: usize = 1024;

/// A compiled JSON Schema.
#[derive(Debug)]
pub struct InputSchema {
    value: Value,
    validator: Validator,
}

impl InputSchema {
    /// Compiles the schema of a type.
    ///
    /// # Errors
    ///
    /// A sentence, when a `#[schemars(extend(…))]` made the schema invalid.
    pub fn of<T: JsonSchema>() -> Result<Self, String> {
        Self::compile(schema_of::<T>())
    }

    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// A sentence that says what the schema gets wrong.
    pub fn compile(value: Value) -> Result<Self, String> {
        // Formats are checked as well, so that a malformed id is reported beside other problems.
        static OPTIONS: LazyLock<ValidationOptions<'static>> = LazyLock::new(|| {
            jsonschema::draft202012::options()
                .should_validate_formats(true)
                .with_format(HttpsUrl::FORMAT, |text: &str| HttpsUrl::parse(text).is_ok())
        });
        let validator = OPTIONS.build(&value).map_err(|error| {
            format!("invalid JSON Schema at {}: {error}", error.instance_path())
        })?;
        Ok(InputSchema { value, validator })
    }

    /// The schema as JSON.
    pub fn as_value(&self) -> &Value {
        &self.value
    }

    /// Names of the properties in declaration order.
    pub fn property_names(&self) -> impl Iterator<Item = &str> + Clone {
        properties(&self.value).map(|(name, _)| name)
    }

    /// Unknown properties, wrong types, values that are none of an enum, lists of choices that are
    /// too long or hold one twice. Required properties and other limits are not looked at.
    pub fn shape_problems(&self, input: &Value) -> Problems {
        self.collect(input, |kind| {
            use ValidationErrorKind::{
                AdditionalProperties, AnyOf, Constant, Enum, MaxItems, OneOfNotValid, Type,
                UniqueItems,
            };
            matches!(
                kind,
                AdditionalProperties { .. }
                    | Type { .. }
                    | Enum { .. }
                    | Constant { .. }
                    | OneOfNotValid { .. }
                    | AnyOf { .. }
                    | MaxItems { .. }
                    | UniqueItems
            )
        })
    }

    /// Whether the schema allows an object with these members.
    pub fn is_valid(&self, members: &Fields) -> bool {
        self.validator.is_valid(&Value::Object(members.clone()))
    }

    /// Everything that the schema does not allow.
    pub fn problems(&self, input: &Value) -> Problems {
        self.collect(input, |_| true)
    }

    /// JSON pointers to everything that has another type than the schema says, is none of the values
    /// that it lists, or has no place in it: without these parts the input can be read.
    pub fn unreadable(&self, input: &Value) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for error in self.validator.iter_errors(input) {
            let at = error.instance_path().as_str();
            match error.kind() {
                ValidationErrorKind::AdditionalProperties { unexpected } => {
                    all.extend(unexpected.iter().map(|name| format!("{at}/{}", escape(name))));
                }
                ValidationErrorKind::Type { .. }
                | ValidationErrorKind::Enum { .. }
                | ValidationErrorKind::OneOfNotValid { .. } => {
                    all.insert(at.to_owned());
                }
                _ => {}
            }
        }
        all
    }

    fn collect(&self, input: &Value, wanted: impl Fn(&ValidationErrorKind) -> bool) -> Problems {
        let mut problems = Problems::new();
        if self.validator.is_valid(input) {
            return problems;
        }
        for error in self.validator.iter_errors(input).filter(|error| wanted(error.kind())) {
            if problems.len() > MOST_PROBLEMS {
                break;
            }
            self.describe(&error, &mut problems);
        }
        cut_to(&mut problems, MOST_PROBLEMS);
        problems
    }

    fn describe(&self, error: &ValidationError<'_>, problems: &mut Problems) {
        let at = error.instance_path().as_str();
        let rule = error.schema_path().as_str();
        let owner = rule.rfind('/').and_then(|end| self.value.pointer(&rule[..end]));
        if owner.is_some_and(secret::is_secret) {
            // Somebody may have written the secret itself, which must not be shown.
            problems.push(
                Problem::new(ProblemKind::TypeError, at, "a secret is a reference, never a value")
                    .hint("expected: { env = \"NAME\" } or { file = \"PATH\" }"),
            );
            return;
        }
        let shown = shorten(error.instance());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let parent = error.schema_path().as_str();
                let parent = parent.strip_suffix("/additionalProperties").unwrap_or(parent);
                let known = self.value.pointer(parent).unwrap_or(&Value::Null);
                let known: Vec<&str> = properties(known).map(|(name, _)| name).collect();
                for name in unexpected.iter().take(MOST_PROBLEMS + 1) {
                    problems.push(
                        Problem::new(
                            ProblemKind::ExtraForbidden,
                            format!("{at}/{}", escape(name)),
                            format!("the field {name:?} is unknown"),
                        )
                        .hint(suggest::hint(name, known.iter().copied())),
                    );
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                problems.push(Problem::new(
                    ProblemKind::Missing,
                    format!("{at}/{}", escape(name)),
                    format!("the field {name:?} is required"),
                ));
            }
            ValidationErrorKind::Type { kind } => {
                let expected = match kind {
                    jsonschema::error::TypeKind::Single(one) => one.to_string(),
                    jsonschema::error::TypeKind::Multiple(set) => {
                        set.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or ")
                    }
                };
                problems.push(
                    Problem::new(ProblemKind::TypeError, at, format!("{shown} has the wrong type"))
                        .hint(format!("expected: {expected}")),
                );
            }
            ValidationErrorKind::Enum { .. }
            | ValidationErrorKind::Constant { .. }
            | ValidationErrorKind::OneOfNotValid { .. }
            | ValidationErrorKind::AnyOf { .. } => {
                let rule = self.value.pointer(error.schema_path().as_str()).unwrap_or(&Value::Null);
                problems.push(none_of(at, error.instance(), &enum_values(rule)));
            }
            // The text itself would fill the message, and its limit would be cut off.
            ValidationErrorKind::MaxLength { limit } => {
                let length = error.instance().as_str().map_or(0, |text| text.chars().count());
                let message = format!("the text has {length} characters, {limit} are allowed");
                problems.push(Problem::new(ProblemKind::ValueError, at, message));
            }
            ValidationErrorKind::MaxItems { limit } => {
                let count = error.instance().as_array().map_or(0, Vec::len);
                let message = format!("the list has {count} items, {limit} are allowed");
                problems.push(Problem::new(ProblemKind::ValueError, at, message));
            }
            ValidationErrorKind::UniqueItems => {
                let items = error.instance().as_array().map_or(&[][..], Vec::as_slice);
                let twice = items.iter().enumerate().find_map(|(index, item)| {
                    items[..index].contains(item).then(|| (index, shorten(item)))
                });
                let (index, item) = twice.unwrap_or_default();
                let message = format!("{item} stands twice");
                let at = format!("{at}/{index}");
                problems.push(Problem::new(ProblemKind::ValueError, at, message));
            }
            ValidationErrorKind::Format { format } => {
                // An address says itself why it is none, and does not repeat what may be a password.
                let address = error.instance().as_str().filter(|_| format == HttpsUrl::FORMAT);
                let message = address
                    .and_then(|address| HttpsUrl::parse(address).err())
                    .map_or_else(|| format!("{shown} is no valid {format}"), cap);
                problems.push(Problem::new(ProblemKind::ValueError, at, message));
            }
            _ => {
                problems.push(Problem::new(ProblemKind::ValueError, at, cap(error.to_string())));
            }
        }
    }
}

/// The problem of a value that is none of the allowed ones.
pub(crate) fn none_of(at: &str, value: &Value, allowed: &[&Value]) -> Problem {
    let names: Vec<String> = allowed.iter().map(|value| plain(value)).collect();
    Problem::new(
        ProblemKind::Enum,
        at,
        format!("{} is not one of the allowed values", shorten(value)),
    )
    .hint(suggest::hint(&plain(value), names.iter().map(String::as_str)))
}

/// A problem for every string with a NUL character, which no text column of PostgreSQL can hold.
pub fn nul_problems(input: &Value) -> Problems {
    fn walk(at: &str, value: &Value, problems: &mut Problems) {
        if problems.len() > MOST_PROBLEMS {
            return;
        }
        let found = |problems: &mut Problems| {
            problems.push(Problem::new(
                ProblemKind::ValueError,
                at.replace('\0', "\\u0000"),
                "text with a NUL character cannot be stored",
            ));
        };
        match value {
            Value::String(text) if text.contains('\0') => found(problems),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(&format!("{at}/{index}"), item, problems);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    if name.contains('\0') {
                        found(problems);
                    }
                    walk(&format!("{at}/{}", escape(name)), member, problems);
                }
            }
            _ => {}
        }
    }
    let mut problems = Problems::new();
    walk("", input, &mut problems);
    cut_to(&mut problems, MOST_PROBLEMS);
    problems
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value for a message: quoted, and cut when it is long.
pub(crate) fn shorten(value: &Value) -> String {
    cap(value.to_string())
}
