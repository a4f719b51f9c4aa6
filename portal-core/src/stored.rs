//! How a data output is kept: its table, and the calls that write and read a row.

use diesel::QueryResult;

use crate::column::Column;
use crate::db::Connection;
use crate::id::Id;

/// A struct whose fields are the columns of a table, beside the asset's id. `#[data_output]` writes
/// the implementation.
pub trait Stored: Sized {
    /// The struct's name.
    const NAME: &'static str;

    /// Name of the table.
    const TABLE: &'static str;

    /// Template of the result over the struct's fields, such as `{bucket}/{path}`. The operator can
    /// override it.
    const RESULT_TEMPLATE: &'static str;

    /// The columns of the table, without `id`.
    const COLUMNS: &'static [Column];

    /// The value of the field whose options are the platform's; `None` when no field, or more than
    /// one, has such options, or when it is no `String`.
    fn platform_option(&self) -> Option<&str>;

    /// Writes the row of an asset that has none yet.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn insert(&self, connection: &mut Connection, id: &Id) -> QueryResult<()>;

    /// Deletes the row of an asset.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn delete(connection: &mut Connection, id: &Id) -> QueryResult<()>;

    /// Loads the rows of these assets; ids without a row are left out.
    ///
    /// # Errors
    ///
    /// What the database says, and a value that is none of its field's type.
    fn load(connection: &mut Connection, ids: &[&str]) -> QueryResult<Vec<(Id, Self)>>;
}
