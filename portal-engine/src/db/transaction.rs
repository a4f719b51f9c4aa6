//! What the engine asks of a connection beyond statements: transactions, locks, tables.

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{QueryResult, RunQueryDsl};
use portal_core::__private::db::{Backend, backend, begin};
use portal_core::{Connection, Error};

/// What a connection can do here. Only [`Connection`] implements it.
pub trait ConnectionExt: Sized {
    /// Which database this is.
    fn backend(&self) -> Backend;

    /// Runs `write` in one transaction that holds the write lock from its first statement on.
    ///
    /// Within such a transaction it is a savepoint.
    ///
    /// Every write goes through here: on SQLite a transaction that reads and then writes would
    /// otherwise fail at once with "database is locked", whatever the busy timeout.
    ///
    /// # Errors
    ///
    /// What `write` returns, after rolling back, or the database's refusal to begin or commit.
    fn write<T, E: TransactionError>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Runs `read` over one state of the database: what others commit in the meantime is not
    /// seen. For reads of several statements that must fit together.
    ///
    /// # Errors
    ///
    /// What `read` returns, or the database's refusal to begin or commit.
    fn read<T, E: TransactionError>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Whether a table exists.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn has_table(&mut self, table: &str) -> QueryResult<bool>;
}

/// What work within a transaction fails with.
pub trait TransactionError: From<DieselError> {
    /// The same error, now that the connection is known to be lost: what looked like a defect is
    /// a database that does not answer. Words cannot tell them apart, PostgreSQL translates them.
    fn of_a_lost_connection(self) -> Self;
}

impl TransactionError for Error {
    fn of_a_lost_connection(self) -> Self {
        match self {
            Error::Internal { sentence, source } => Error::Unavailable { sentence, source },
            other => other,
        }
    }
}

impl TransactionError for DieselError {
    fn of_a_lost_connection(self) -> Self {
        match self {
            DieselError::DatabaseError(_, words) => {
                DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, words)
            }
            other => other,
        }
    }
}

impl ConnectionExt for Connection {
    fn backend(&self) -> Backend {
        backend(self)
    }

    fn write<T, E: TransactionError>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        // SQLite takes the write lock with BEGIN IMMEDIATE, PostgreSQL locks rows as it goes.
        let begin = match backend(self) {
            Backend::Postgres => "BEGIN",
            Backend::Sqlite => "BEGIN IMMEDIATE",
        };
        transact(self, begin, write)
    }

    fn read<T, E: TransactionError>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = match backend(self) {
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Backend::Sqlite => "BEGIN",
        };
        transact(self, begin, read)
    }

    fn has_table(&mut self, table: &str) -> QueryResult<bool> {
        #[derive(diesel::QueryableByName)]
        struct Found {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            found: i64,
        }
        let sql = match backend(self) {
            Backend::Postgres => {
                "SELECT count(*) AS found FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1"
            }
            Backend::Sqlite => {
                "SELECT count(*) AS found FROM sqlite_master WHERE type = 'table' AND name = ?"
            }
        };
        let row: Found =
            diesel::sql_query(sql).bind::<diesel::sql_types::Text, _>(table).get_result(self)?;
        Ok(row.found > 0)
    }
}

fn transact<T, E: TransactionError>(
    connection: &mut Connection,
    sql: &str,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    begin(connection, sql)?;
    let done = work(connection).and_then(|value| {
        <Connection as diesel::Connection>::TransactionManager::commit_transaction(connection)?;
        Ok(value)
    });
    done.map_err(|error| {
        let is_rolled_back = roll_back(connection);
        // SQLite rolls some failed transactions back by itself, after which rolling back fails.
        if is_rolled_back || backend(connection) == Backend::Sqlite {
            error
        } else {
            error.of_a_lost_connection()
        }
    })
}

/// Rolls back, and says whether it did; when that fails, the pool finds the connection broken and
/// drops it. Whether it is broken cannot be asked here: diesel also says so of an open transaction.
fn roll_back(connection: &mut Connection) -> bool {
    <Connection as diesel::Connection>::TransactionManager::rollback_transaction(connection)
        .inspect_err(|error| {
            tracing::debug!(%error, "rolling back failed; the connection is given up");
        })
        .is_ok()
}

/// Takes the lock under which migrations run; it ends with the transaction. On SQLite the
/// transaction that [`ConnectionExt::write`] begins is the lock already.
pub(crate) fn lock_for_migrations(connection: &mut Connection) -> QueryResult<()> {
    match backend(connection) {
        // The key is arbitrary; it spells "portal" in ASCII.
        Backend::Postgres => {
            connection.batch_execute("SELECT pg_advisory_xact_lock(123666814332268)")
        }
        Backend::Sqlite => Ok(()),
    }
}

/// Keeps others from writing to these tables until the transaction ends; they can still be read.
/// On SQLite the transaction that [`ConnectionExt::write`] begins does that already.
pub(crate) fn keep_others_from_writing(
    connection: &mut Connection,
    tables: &[&str],
) -> QueryResult<()> {
    match backend(connection) {
        Backend::Postgres => {
            connection.batch_execute(&format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", ")))
        }
        Backend::Sqlite => Ok(()),
    }
}

/// Why the database takes no writes now, in a sentence; `None` when it does. What a write needs is tried,
/// and nothing is written.
///
/// # Errors
///
/// What the database says.
pub fn refuses_writes(connection: &mut Connection) -> Result<Option<&'static str>, Error> {
    match connection {
        #[cfg(feature = "postgres")]
        Connection::Postgres(own) => {
            #[derive(diesel::QueryableByName)]
            struct Row {
                #[diesel(sql_type = diesel::sql_types::Bool)]
                is_read_only: bool,
            }
            // A standby says so as well.
            let sql = "SELECT current_setting('transaction_read_only') = 'on' AS is_read_only";
            let row: Row = diesel::sql_query(sql).get_result(own)?;
            Ok(row.is_read_only.then_some(
                "the database server is read-only: it is a standby, or is set so by default_transaction_read_only",
            ))
        }
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(own) => super::sqlite::refuses_writes(own),
    }
}

/// Switches foreign keys off for a migration, which may rebuild a table that others refer to;
/// inside a transaction SQLite ignores the switch. PostgreSQL needs none.
pub(crate) fn set_foreign_keys(connection: &mut Connection, on: bool) -> QueryResult<()> {
    match backend(connection) {
        Backend::Postgres => Ok(()),
        Backend::Sqlite if on => connection.batch_execute("PRAGMA foreign_keys = ON"),
        Backend::Sqlite => connection.batch_execute("PRAGMA foreign_keys = OFF"),
    }
}

/// The tables with rows whose parent is missing; for use before a migration commits.
pub(crate) fn orphaned_tables(connection: &mut Connection) -> QueryResult<Vec<String>> {
    #[derive(diesel::QueryableByName)]
    struct Orphan {
        #[diesel(sql_type = diesel::sql_types::Text)]
        orphan: String,
    }
    match backend(connection) {
        Backend::Postgres => Ok(Vec::new()),
        Backend::Sqlite => Ok(diesel::sql_query(
            "SELECT DISTINCT \"table\" AS orphan FROM pragma_foreign_key_check",
        )
        .load::<Orphan>(connection)?
        .into_iter()
        .map(|row| row.orphan)
        .collect()),
    }
}
