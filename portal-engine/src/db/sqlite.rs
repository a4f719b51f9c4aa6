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

/// Why the file takes no writes now. Whether it could be written is asked of the system, which knows of file
/// systems that have become read-only, and of the file whether a transaction that writes can begin.
pub(super) fn refuses_writes(connection: &mut SqliteConnection) -> Result<Option<&'static str>> {
    const READ_ONLY: &str = "the file of the database is read-only: check its permissions, those of its folder, and whether the file system is";
    #[derive(diesel::QueryableByName)]
    struct Opened {
        #[diesel(sql_type = diesel::sql_types::Text)]
        file: String,
    }
    let opened: Opened =
        diesel::sql_query("SELECT file FROM pragma_database_list WHERE name = 'main'")
            .get_result(connection)?;
    if !opened.file.is_empty() && !is_writable(Path::new(&opened.file)) {
        return Ok(Some(READ_ONLY));
    }
    // Whoever writes at the moment is proof enough, and not waited for.
    connection.batch_execute("PRAGMA busy_timeout = 0")?;
    let begun = connection.batch_execute("BEGIN IMMEDIATE");
    let ended = if begun.is_ok() { connection.batch_execute("ROLLBACK") } else { Ok(()) };
    connection.batch_execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))?;
    match begun.and(ended) {
        Ok(()) => Ok(None),
        Err(error) => match sqlite_state(&error) {
            Some(SqliteState::Busy) => Ok(None),
            Some(SqliteState::NotPermitted) => Ok(Some(READ_ONLY)),
            _ => Err(error.into()),
        },
    }
}

/// Whether the system lets this process write a file, and make others beside it, as the log of a database
/// is.
#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    use rustix::fs::{Access, access};

    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    [Some(path), folder].into_iter().flatten().all(|path| access(path, Access::WRITE_OK).is_ok())
}

#[cfg(not(unix))]
fn is_writable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.permissions().readonly())
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
