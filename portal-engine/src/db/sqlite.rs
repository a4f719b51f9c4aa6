//! Opening a SQLite file so that several processes can use it at once.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, QueryResult, RunQueryDsl, SqliteConnection};
use portal_core::__private::db::{SqliteState, sqlite_state};
use portal_core::{Error, Result};

/// How long SQLite waits for another writer, in milliseconds. Longer than any queue of writers
/// that the pool can build up.
const BUSY_TIMEOUT_MS: u32 = 30_000;

/// How long to keep trying to switch a new file to write-ahead logging.
const WAL_PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn connect(path: &Path) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|error| cannot_be_used(path, error))?;
    connection
        .batch_execute(&format!(
            "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA foreign_keys = ON;"
        ))
        .and_then(|()| switch_to_wal(&mut connection))
        .map_err(|error| cannot_be_used(path, error))?;
    Ok(connection)
}

fn cannot_be_used(path: &Path, error: impl StdError + Send + Sync + 'static) -> Error {
    let why = explain(path, &error);
    Error::refused(format!("the database file {} cannot be used: {why}", path.display()))
        .caused_by(error)
}

/// Whether the folder of a file exists, so that the file could be made.
pub(super) fn can_be_made(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir())
}

/// What a person can do about it, where SQLite's own words leave that open.
fn explain(path: &Path, error: &dyn fmt::Display) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return format!("the folder {} does not exist", folder.display());
    }
    if path.is_dir() {
        return "it is a folder".to_owned();
    }
    match sqlite_state(&error) {
        Some(SqliteState::NotADatabase) => "it is not a SQLite database".to_owned(),
        Some(SqliteState::NotPermitted) => {
            format!("{error}; check the permissions of the file and its folder")
        }
        _ => error.to_string(),
    }
}

/// Two processes that open a new file race for this switch, and the loser gets "database is
/// locked" at once, whatever its busy timeout: look first, then switch, then try again.
fn switch_to_wal(connection: &mut SqliteConnection) -> QueryResult<()> {
    #[derive(diesel::QueryableByName)]
    struct Mode {
        #[diesel(sql_type = diesel::sql_types::Text)]
        journal_mode: String,
    }
    let started = Instant::now();
    loop {
        let switched = diesel::sql_query("PRAGMA journal_mode")
            .get_result::<Mode>(connection)
            .and_then(|mode| match mode.journal_mode.as_str() {
                "wal" => Ok(()),
                _ => connection.batch_execute("PRAGMA journal_mode = WAL"),
            });
        match switched {
            Err(error)
                if sqlite_state(&error) == Some(SqliteState::Busy)
                    && started.elapsed() < WAL_PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}
