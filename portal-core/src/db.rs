//! The one connection type, for every database that is compiled in.
//!
//! Everything speaks to [`Connection`], in the SQL that SQLite and PostgreSQL share. Opening one,
//! pooling and transactions belong to the engine.

mod multi;

use std::fmt;

use diesel::QueryResult;
use diesel::connection::{AnsiTransactionManager, TransactionManager};

pub use self::multi::{AnyConnection as Connection, MultiBackend, MultiRawValue};

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// The databases that a connection can lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// PostgreSQL, feature `postgres`.
    Postgres,
    /// SQLite, feature `sqlite`.
    Sqlite,
}

/// The database that a connection leads to.
pub fn backend(connection: &Connection) -> Backend {
    match connection {
        #[cfg(feature = "postgres")]
        Connection::Postgres(_) => Backend::Postgres,
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(_) => Backend::Sqlite,
    }
}

/// Begins a transaction with `sql`, or a savepoint within the one that is open.
///
/// # Errors
///
/// What the database says.
pub fn begin(connection: &mut Connection, sql: &str) -> QueryResult<()> {
    match connection {
        #[cfg(feature = "postgres")]
        Connection::Postgres(inner) => begin_on(inner, sql),
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(inner) => begin_on(inner, sql),
    }
}

fn begin_on<C>(connection: &mut C, sql: &str) -> QueryResult<()>
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    match AnsiTransactionManager::transaction_manager_status_mut(connection).transaction_depth()? {
        None => AnsiTransactionManager::begin_transaction_sql(connection, sql),
        Some(_) => AnsiTransactionManager::begin_transaction(connection),
    }
}
