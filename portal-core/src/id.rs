//! Ids: UUIDs of version 7, made by the application and stored as text.

use std::fmt;
use std::str::FromStr;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::db::MultiBackend;

/// The id of a stored thing. Ids sort by the time they were made.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    JsonSchema,
    AsExpression,
    FromSqlRow
)]
#[diesel(sql_type = Text)]
#[serde(transparent)]
pub struct Id(#[schemars(extend("format" = "uuid"))] String);

impl Id {
    /// A new id.
    #[allow(clippy::new_without_default, reason = "two new ids are never equal")]
    pub fn new() -> Self {
        Id(Uuid::now_v7().to_string())
    }

    /// The id as it is stored and sent: lower-case hexadecimal with dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text)
            .map(|uuid| Id(uuid.to_string()))
            .map_err(|_| format!("{text:?} is no UUID"))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl ToSql<Text, MultiBackend> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        <str as ToSql<Text, MultiBackend>>::to_sql(&self.0, out)
    }
}

impl FromSql<Text, MultiBackend> for Id {
    fn from_sql(bytes: crate::db::MultiRawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<Text, MultiBackend>>::from_sql(bytes).map(Id)
    }
}
