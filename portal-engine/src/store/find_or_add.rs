//! Rows that exist from the first time somebody names them.

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use portal_core::Id;

use crate::db::{Connection, ConnectionExt};

/// Finds a row or adds it within a savepoint, so that losing a race against another transaction
/// leaves this one usable.
pub(super) fn find_or_add(
    connection: &mut Connection,
    find: impl Fn(&mut Connection) -> QueryResult<Option<Id>>,
    add: impl Fn(&mut Connection, &Id) -> QueryResult<usize>,
) -> QueryResult<Id> {
    if let Some(id) = find(connection)? {
        return Ok(id);
    }
    let id = Id::new();
    match connection.write(|connection| add(connection, &id)) {
        Ok(_) => Ok(id),
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            find(connection)?.ok_or(DieselError::NotFound)
        }
        Err(error) => Err(error),
    }
}
