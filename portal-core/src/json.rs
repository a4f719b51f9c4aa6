//! Rust types as JSON: their schema, and reading them back.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Problem, ProblemKind};

/// The JSON Schema (2020-12) of a type as it is read, in one piece and in declaration order.
/// Unknown properties of the type itself are refused.
pub fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("$schema");
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    schema.to_value()
}

/// Reads checked input into its type.
///
/// # Errors
///
/// The one problem that serde stops at, for rules that JSON Schema does not express, such as the
/// range of an `i32`.
pub fn read<T: DeserializeOwned>(input: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(input).map_err(|error| {
        let at = error.path().iter().fold(String::new(), |at, segment| match segment {
            serde_path_to_error::Segment::Seq { index } => format!("{at}/{index}"),
            serde_path_to_error::Segment::Map { key } => format!("{at}/{}", escape(key)),
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => at,
        });
        Problem::new(ProblemKind::ValueError, at, cap(error.into_inner().to_string()))
    })
}

/// Escapes one segment of a JSON pointer (RFC 6901).
pub fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// The segments of a JSON pointer, unescaped.
pub fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

/// A text for a message, cut when it is long.
pub fn cap(text: String) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
