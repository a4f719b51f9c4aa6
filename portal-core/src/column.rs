//! Columns of a plugin's table: which types are kept in them and how, alike on every database.

mod itself;

use std::fmt;
use std::marker::PhantomData;

use diesel::{QueryResult, result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::form;

/// A column of a plugin's table, as the struct of its data output declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name in SQL, which is the field's.
    pub name: &'static str,
    /// Type in SQL.
    pub column_type: ColumnType,
    /// Whether it can be NULL: whether the field is an `Option`.
    pub is_nullable: bool,
    /// Source file of the field, as the compiler was given it.
    pub file: &'static str,
    /// Line of the field in that file.
    pub line: u32,
}

/// The types that a column of a plugin can have: those that SQLite and PostgreSQL both know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `TEXT`: texts, choices, and lists as JSON.
    Text,
    /// `INTEGER`: 32 bits.
    Integer,
    /// `BIGINT`: 64 bits.
    BigInt,
    /// `BOOLEAN`.
    Boolean,
    /// `DOUBLE PRECISION`: 64 bits.
    Double,
}

impl ColumnType {
    /// All of them.
    pub const ALL: [ColumnType; 5] = [
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Boolean,
        ColumnType::Double,
    ];

    /// As a migration writes it.
    pub fn in_sql(self) -> &'static str {
        match self {
            ColumnType::Text => "TEXT",
            ColumnType::Integer => "INTEGER",
            ColumnType::BigInt => "BIGINT",
            ColumnType::Boolean => "BOOLEAN",
            ColumnType::Double => "DOUBLE PRECISION",
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_sql())
    }
}

/// A column of `TEXT`.
#[derive(Debug)]
pub struct TextColumn;
/// A column of `INTEGER`.
#[derive(Debug)]
pub struct IntegerColumn;
/// A column of `BIGINT`.
#[derive(Debug)]
pub struct BigIntColumn;
/// A column of `BOOLEAN`.
#[derive(Debug)]
pub struct BooleanColumn;
/// A column of `DOUBLE PRECISION`.
#[derive(Debug)]
pub struct DoubleColumn;
/// A column of the other sort that can be NULL.
#[derive(Debug)]
pub struct NullableColumn<Other>(PhantomData<Other>);

/// A type of fields that is kept in this sort of column.
///
/// `#[data_output]` reads the sort of column off the spelling of the field's type, and asks this
/// trait whether that is right.
#[diagnostic::on_unimplemented(
    message = "a field of the type `{Self}` cannot be kept in its column",
    label = "no column holds this type",
    note = "if it is an enum of yours, write #[choice] above it",
    note = "a field is a String, bool, i32, i64, f64, an enum with #[choice], a List<…>, or an Option<…> of one of these",
    note = "write the type out: an alias hides what it is"
)]
pub trait StoredAs<Column>: Sized {
    /// What is written.
    type Bound<'a>
    where
        Self: 'a;
    /// What is read.
    type Loaded;

    /// The value for the column.
    fn to_column(&self) -> Self::Bound<'_>;

    /// The value from the column.
    ///
    /// # Errors
    ///
    /// What the column holds is no value of this type.
    fn from_column(loaded: Self::Loaded) -> QueryResult<Self>;
}

#[diagnostic::do_not_recommend]
impl StoredAs<TextColumn> for String {
    type Bound<'a> = &'a str;
    type Loaded = String;

    fn to_column(&self) -> &str {
        self
    }

    fn from_column(loaded: String) -> QueryResult<Self> {
        Ok(loaded)
    }
}

#[diagnostic::do_not_recommend]
impl<Column, T: StoredAs<Column>> StoredAs<NullableColumn<Column>> for Option<T> {
    type Bound<'a>
        = Option<T::Bound<'a>>
    where
        T: 'a;
    type Loaded = Option<T::Loaded>;

    fn to_column(&self) -> Self::Bound<'_> {
        self.as_ref().map(T::to_column)
    }

    fn from_column(loaded: Self::Loaded) -> QueryResult<Self> {
        loaded.map(T::from_column).transpose()
    }
}

/// A list in one `TEXT` column, stored as JSON. An empty list is stored as `[]`, never as NULL.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct List<T>(pub Vec<T>);

impl<T> std::ops::Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredAs<TextColumn> for List<T> {
    type Bound<'a>
        = String
    where
        T: 'a;
    type Loaded = String;

    fn to_column(&self) -> String {
        serde_json::to_string(&self.0)
            .expect("lists of form values have no map with other keys than text")
    }

    fn from_column(loaded: String) -> QueryResult<Self> {
        serde_json::from_str(&loaded)
            .map(List)
            .map_err(|error| result::Error::DeserializationError(error.into()))
    }
}

#[diagnostic::do_not_recommend]
impl<T> form::Fits<List<T>> for form::Hint<form::Select> {}
