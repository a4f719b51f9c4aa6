//! The database: its address, the pool, and transactions that fit both backends.
//!
//! This is the only place of the engine that knows which backends are compiled in.

mod address;
mod columns;
mod file;
mod pool;
#[cfg(feature = "sqlite")]
mod sqlite;
mod transaction;

pub use portal_core::__private::db::Backend;
pub use portal_core::{Connection, MultiBackend};

pub use self::address::DatabaseUrl;
pub(crate) use self::columns::{TableColumn, table_columns};
pub use self::pool::{CHECKOUT_TIMEOUT, Database, Manager, Patience, PooledConnection};
pub use self::transaction::{ConnectionExt, TransactionError, refuses_writes};
pub(crate) use self::transaction::{
    keep_others_from_writing, lock_for_migrations, orphaned_tables, set_foreign_keys,
};

/// Whether the feature of a backend is on.
pub fn is_compiled_in(backend: Backend) -> bool {
    match backend {
        Backend::Postgres => cfg!(feature = "postgres"),
        Backend::Sqlite => cfg!(feature = "sqlite"),
    }
}
