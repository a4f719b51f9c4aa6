//! Columns beyond plain text, alike on every database.
//!
//! Booleans, integers and options need nothing from here: `Bool`, `Integer`, `BigInt` and
//! `Nullable` map to `bool`, `i32`, `i64` and `Option`. This module adds lists and enums, both
//! kept as text.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::sql_types::Text;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::db::{MultiBackend, MultiRawValue};

/// A list in one `Text` column, stored as JSON. An empty list is stored as `[]`, never as NULL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema, FromSqlRow)]
#[serde(transparent)]
pub struct List<T>(pub Vec<T>);

impl<T> std::ops::Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> List<T>
where
    T: Serialize,
{
    fn stored(&self) -> String {
        serde_json::to_string(&self.0)
            .expect("lists of form values have no map with other keys than text")
    }
}

impl<T: Serialize> AsExpression<Text> for List<T> {
    type Expression = Bound<Text, String>;

    fn as_expression(self) -> Self::Expression {
        AsExpression::<Text>::as_expression(self.stored())
    }
}

impl<T: Serialize> AsExpression<Text> for &List<T> {
    type Expression = Bound<Text, String>;

    fn as_expression(self) -> Self::Expression {
        AsExpression::<Text>::as_expression(self.stored())
    }
}

impl<T: DeserializeOwned> FromSql<Text, MultiBackend> for List<T> {
    fn from_sql(bytes: MultiRawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, MultiBackend>>::from_sql(bytes)?;
        Ok(List(serde_json::from_str(&text)?))
    }
}

/// Lets an enum stand in a `Text` column under its serde names.
///
/// The enum derives `AsExpression` and `FromSqlRow` with `#[diesel(sql_type = Text)]`, which
/// also makes it work as `Option` in a `Nullable<Text>` column.
#[macro_export]
macro_rules! text_column {
    ($enum:ty) => {
        impl ::diesel::serialize::ToSql<::diesel::sql_types::Text, $crate::MultiBackend> for $enum {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, $crate::MultiBackend>,
            ) -> ::diesel::serialize::Result {
                let name = $crate::__private::variant_name(self)?;
                <str as ::diesel::serialize::ToSql<
                    ::diesel::sql_types::Text,
                    $crate::MultiBackend,
                >>::to_sql(name, out)
            }
        }

        impl ::diesel::deserialize::FromSql<::diesel::sql_types::Text, $crate::MultiBackend>
            for $enum
        {
            fn from_sql(bytes: $crate::MultiRawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                $crate::__private::variant_from_sql(bytes)
            }
        }
    };
}

/// Whether an asset covers all tables of a schema or a single one; shared by the plugins of
/// every warehouse.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
    AsExpression,
    FromSqlRow
)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum AccessGranularity {
    /// All tables of the schema.
    #[default]
    #[schemars(title = "Schema level")]
    Schema,
    /// One table of the schema.
    #[schemars(title = "Table level")]
    Table,
}

text_column!(AccessGranularity);
