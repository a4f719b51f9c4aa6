//! The database: its address, one connection type for every backend, the pool.
//!
//! This is the only place that knows which backends are compiled in. Everything else speaks to
//! [`Connection`], in the SQL that SQLite and PostgreSQL share.

mod address;
mod multi;
mod pool;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{QueryResult, RunQueryDsl};

pub use self::address::DatabaseUrl;
pub use self::multi::{AnyConnection as Connection, MultiBackend, MultiRawValue};
pub use self::pool::{Database, Manager, PooledConnection};

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// The databases this crate can speak to, compiled in or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// PostgreSQL, feature `postgres`.
    Postgres,
    /// SQLite, feature `sqlite`.
    Sqlite,
}

impl Backend {
    /// Whether the feature of this backend is on.
    pub fn is_compiled_in(self) -> bool {
        match self {
            Backend::Postgres => cfg!(feature = "postgres"),
            Backend::Sqlite => cfg!(feature = "sqlite"),
        }
    }
}

impl Connection {
    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self {
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Backend::Postgres,
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => Backend::Sqlite,
        }
    }

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
    pub fn write<T, E: From<diesel::result::Error>>(
        &mut self,
        write: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transact(Access::Write, write)
    }

    /// Runs `read` over one state of the database: what others commit in the meantime is not
    /// seen. For reads of several statements that must fit together.
    ///
    /// # Errors
    ///
    /// What `read` returns, or the database's refusal to begin or commit.
    pub fn read<T, E: From<diesel::result::Error>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.transact(Access::Read, read)
    }

    fn transact<T, E: From<diesel::result::Error>>(
        &mut self,
        access: Access,
        work: impl FnOnce(&mut Self) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.begin(access)?;
        match work(self) {
            Ok(value) => match self.commit() {
                Ok(()) => Ok(value),
                Err(error) => {
                    self.roll_back();
                    Err(error.into())
                }
            },
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    fn begin(&mut self, access: Access) -> QueryResult<()> {
        match self {
            #[cfg(feature = "postgres")]
            Connection::Postgres(inner) => match access {
                Access::Read => begin(inner, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                Access::Write => begin(inner, "BEGIN"),
            },
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(inner) => match access {
                Access::Read => begin(inner, "BEGIN"),
                Access::Write => begin(inner, "BEGIN IMMEDIATE"),
            },
        }
    }

    fn commit(&mut self) -> QueryResult<()> {
        <Self as diesel::Connection>::TransactionManager::commit_transaction(self)
    }

    /// Rolls back; when that fails, the pool finds the connection broken and drops it.
    fn roll_back(&mut self) {
        if let Err(error) =
            <Self as diesel::Connection>::TransactionManager::rollback_transaction(self)
        {
            tracing::debug!(%error, "rolling back failed; the connection is given up");
        }
    }

    /// Whether a table exists.
    pub(crate) fn has_table(&mut self, table: &str) -> QueryResult<bool> {
        #[derive(diesel::QueryableByName)]
        struct Found {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            found: i64,
        }
        let sql = match self.backend() {
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

    /// Takes the lock under which migrations run; it ends with the transaction. On SQLite the
    /// transaction that [`Connection::write`] begins is the lock already.
    pub(crate) fn lock_for_migrations(&mut self) -> QueryResult<()> {
        match self.backend() {
            // The key is arbitrary; it spells "portal" in ASCII.
            Backend::Postgres => {
                self.batch_execute("SELECT pg_advisory_xact_lock(123666814332268)")
            }
            Backend::Sqlite => Ok(()),
        }
    }

    /// Keeps others from writing to these tables until the transaction ends; they can still be read.
    /// On SQLite the transaction that [`Connection::write`] begins does that already.
    pub(crate) fn keep_others_from_writing(&mut self, tables: &[&str]) -> QueryResult<()> {
        match self.backend() {
            Backend::Postgres => {
                self.batch_execute(&format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", ")))
            }
            Backend::Sqlite => Ok(()),
        }
    }

    /// Switches foreign keys off for a migration, which may rebuild a table that others refer
    /// to; inside a transaction SQLite ignores the switch. PostgreSQL needs none.
    pub(crate) fn set_foreign_keys(&mut self, on: bool) -> QueryResult<()> {
        match self.backend() {
            Backend::Postgres => Ok(()),
            Backend::Sqlite if on => self.batch_execute("PRAGMA foreign_keys = ON"),
            Backend::Sqlite => self.batch_execute("PRAGMA foreign_keys = OFF"),
        }
    }

    /// The tables with rows whose parent is missing; for use before a migration commits.
    pub(crate) fn orphaned_tables(&mut self) -> QueryResult<Vec<String>> {
        #[derive(diesel::QueryableByName)]
        struct Orphan {
            #[diesel(sql_type = diesel::sql_types::Text)]
            orphan: String,
        }
        match self.backend() {
            Backend::Postgres => Ok(Vec::new()),
            Backend::Sqlite => Ok(diesel::sql_query(
                "SELECT DISTINCT \"table\" AS orphan FROM pragma_foreign_key_check",
            )
            .load::<Orphan>(self)?
            .into_iter()
            .map(|row| row.orphan)
            .collect()),
        }
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy)]
enum Access {
    Read,
    Write,
}

/// Begins a transaction with `sql`, or a savepoint within the one that is open.
fn begin<C>(connection: &mut C, sql: &str) -> QueryResult<()>
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    match AnsiTransactionManager::transaction_manager_status_mut(connection).transaction_depth()? {
        None => AnsiTransactionManager::begin_transaction_sql(connection, sql),
        Some(_) => AnsiTransactionManager::begin_transaction(connection),
    }
}
