//! Enums as a field's type, stored under their serde names; and the one that several plugins share.

use diesel::{QueryResult, result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a choice is stored as: its serde name.
pub fn choice_to_column<T: Serialize>(choice: &T) -> &'static str {
    serde_variant::to_variant_name(choice).expect("the variants of a #[choice] hold no data")
}

/// The choice that is stored under a serde name.
pub fn choice_from_column<T: DeserializeOwned>(name: String) -> QueryResult<T> {
    serde_json::from_value(serde_json::Value::String(name))
        .map_err(|error| result::Error::DeserializationError(error.into()))
}

/// Keeps an enum under its serde names; `#[choice]` writes this call.
#[doc(hidden)]
#[macro_export]
macro_rules! __choice {
    ($choice:ty) => {
        #[diagnostic::do_not_recommend]
        impl $crate::column::StoredAs<$crate::column::TextColumn> for $choice {
            type Bound<'a> = &'static str;
            type Loaded = ::std::string::String;

            fn to_column(&self) -> &'static str {
                $crate::__private::choice_to_column(self)
            }

            fn from_column(
                loaded: ::std::string::String,
            ) -> $crate::__private::diesel::QueryResult<Self> {
                $crate::__private::choice_from_column(loaded)
            }
        }
    };
}

/// Whether an asset covers all tables of a schema or a single one; shared by the plugins of
/// every warehouse.
#[portal_macros::choice]
#[derive(Default)]
pub enum AccessGranularity {
    /// All tables of the schema.
    #[default]
    #[label("Schema level")]
    Schema,
    /// One table of the schema.
    #[label("Table level")]
    Table,
}

impl AccessGranularity {
    /// What stands in the place of a table's name when all of them are meant: serde's default for
    /// such a field.
    pub fn all_tables() -> String {
        "*".to_owned()
    }
}
