//! The one connection type, in a module of its own because the derive brings names that would
//! clash with ours.

#![allow(missing_docs, reason = "the derive writes items without docs")]
/// A connection to one of the databases that are compiled in.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
}
