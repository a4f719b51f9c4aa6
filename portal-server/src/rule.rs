//! What a field says about itself for the OpenAPI document, beyond its type.
//!
//! Some rules are checked by code, because it can say more about what is wrong than a schema. A
//! field states them beside its type under [`KEY`], and the document shows them as part of its
//! schema.

use serde_json::{Value, json};

/// The key under which a field states what the document adds to its schema.
pub(crate) const KEY: &str = "x-rule";

/// Text that can be stored: without NUL characters.
pub(crate) const STORABLE: &str = r"^[^\u0000]*$";

/// Longest text that can be looked for, in characters. SQLite takes no pattern of 50,000.
pub(crate) const QUERY_MAX: usize = 200;

/// Where schemas stand in the document.
pub(crate) const SCHEMAS: &str = "#/components/schemas/";

/// What requests hold.
pub(crate) const DATA_OUTPUT: &str = "DataOutput";

/// What answers hold.
pub(crate) const STORED_DATA_OUTPUT: &str = "StoredDataOutput";

/// The rule of a name: something to be seen, no control characters, no overrides of direction.
pub(crate) fn name() -> Value {
    const REFUSED: &str = r"\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069";
    const UNSEEN: &str = r"\s\u061c\u200b-\u200f\u2060\ufeff";
    let pattern = format!("^[^{REFUSED}]*[^{REFUSED}{UNSEEN}][^{REFUSED}]*$");
    json!({"pattern": pattern, "minLength": 1, "maxLength": portal_engine::store::NAME_MAX})
}

/// The rule of a description.
pub(crate) fn description() -> Value {
    json!({"maxLength": portal_engine::store::DESCRIPTION_MAX})
}

/// The rule of a namespace.
pub(crate) fn namespace() -> Value {
    json!({"pattern": "^[a-z0-9+=,.@_-]+$", "maxLength": portal_engine::store::NAMESPACE_MAX})
}

/// A reference to the data output of a request, for the field that holds one.
pub(crate) fn data_output() -> Value {
    json!({"$ref": format!("{SCHEMAS}{DATA_OUTPUT}")})
}
