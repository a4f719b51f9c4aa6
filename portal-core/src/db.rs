//! The database: its address, one connection type for every backend, the pool.
//!
//! This is the only place that knows which backends are compiled in. Everything else speaks to
//! [`Connection`], in the SQL that SQLite and PostgreSQL share.

mod multi;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::R2D2Connection;
use diesel::{Connection as _, QueryResult, RunQueryDsl};

pub use self::multi::{AnyConnection as Connection, MultiBackend, MultiRawValue};
use crate::error::{Error, Result};
use crate::suggest;

/// How long a request waits for a free connection before it is told to come back.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long SQLite waits for another writer, in milliseconds. Longer than any queue of writers
/// that the pool can build up.
const BUSY_TIMEOUT_MS: u32 = 30_000;

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

/// Where the database is, checked before any driver sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    target: Target,
}

#[derive(Clone, PartialEq, Eq)]
enum Target {
    Sqlite(PathBuf),
    Postgres(String),
}

impl DatabaseUrl {
    /// Which database the address names.
    pub fn backend(&self) -> Backend {
        match self.target {
            Target::Sqlite(_) => Backend::Sqlite,
            Target::Postgres(_) => Backend::Postgres,
        }
    }

    /// The address of a SQLite file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        DatabaseUrl { target: Target::Sqlite(path.into()) }
    }

    /// Opens a connection, ready for use.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a file that cannot be opened, [`Error::Unavailable`] for a server
    /// that does not answer.
    pub fn connect(&self) -> Result<Connection> {
        match &self.target {
            #[cfg(feature = "sqlite")]
            Target::Sqlite(path) => sqlite::connect(path).map(Connection::Sqlite),
            #[cfg(feature = "postgres")]
            Target::Postgres(url) => diesel::PgConnection::establish(url)
                .map(Connection::Postgres)
                .map_err(|error| Error::Unavailable(format!("{self}: {}", one_line(&error)))),
            #[allow(unreachable_patterns, reason = "reachable when a backend is left out")]
            _ => Err(not_compiled_in(self.backend())),
        }
    }
}

/// The first line of a driver's message, which is the one for people.
fn one_line(error: &impl fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

fn not_compiled_in(backend: Backend) -> Error {
    let (name, feature) = match backend {
        Backend::Postgres => ("PostgreSQL", "postgres"),
        Backend::Sqlite => ("SQLite", "sqlite"),
    };
    Error::Refused(format!(
        "this binary is built without {name}: build it with `--features {feature}`, or use another database"
    ))
}

impl FromStr for DatabaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        const SCHEMES: [&str; 3] = ["sqlite", "postgres", "postgresql"];
        let allowed = "use sqlite://path/to/portal.db or postgres://user@host/database";
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(Error::Refused(if text.is_empty() {
                format!("the database URL is empty: {allowed}")
            } else if let Some(path) = text.strip_prefix("sqlite:") {
                format!("the database URL {text:?} lacks its slashes: write sqlite://{path}")
            } else {
                format!(
                    "the database URL {text:?} has no scheme: for a SQLite file write sqlite://{text}"
                )
            }));
        };
        let target = match scheme {
            "sqlite" if rest.is_empty() || rest == ":memory:" => {
                return Err(Error::Refused(format!(
                    "the database URL {text:?} names no file, and a database in memory would not survive a restart: {allowed}"
                )));
            }
            "sqlite" => Target::Sqlite(PathBuf::from(rest)),
            "postgres" | "postgresql" => Target::Postgres(text.to_owned()),
            other => {
                let near = suggest::nearest(other, SCHEMES)
                    .map_or(String::new(), |near| format!(", did you mean {near}://?"));
                return Err(Error::Refused(format!(
                    "the database URL has the unknown scheme {other:?}{near} ({allowed})"
                )));
            }
        };
        let url = DatabaseUrl { target };
        if url.backend().is_compiled_in() { Ok(url) } else { Err(not_compiled_in(url.backend())) }
    }
}

impl fmt::Display for DatabaseUrl {
    /// The address without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Target::Postgres(text) => match url::Url::parse(text) {
                Ok(mut url) => {
                    if url.password().is_some() && url.set_password(Some("***")).is_err() {
                        return f.write_str("postgres://…");
                    }
                    url.set_query(None);
                    write!(f, "{url}")
                }
                Err(_) => f.write_str("postgres://…"),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A database: its address and a pool of connections.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    pool: r2d2::Pool<Manager>,
}

/// A connection that goes back to its pool when dropped.
pub type PooledConnection = r2d2::PooledConnection<Manager>;

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.url).finish()
    }
}

impl Database {
    /// Opens the database with up to `size` connections; the first one is made at once.
    ///
    /// # Errors
    ///
    /// As [`DatabaseUrl::connect`].
    pub fn open(url: DatabaseUrl, size: u32) -> Result<Self> {
        drop(url.connect()?);
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(CHECKOUT_TIMEOUT)
            .test_on_check_out(url.backend() == Backend::Postgres)
            .error_handler(Box::new(LogPoolErrors))
            .build_unchecked(Manager(url.clone()));
        Ok(Database { url, pool })
    }

    /// A connection from the pool.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when none was free, or none could be made, within ten seconds.
    pub fn get(&self) -> Result<PooledConnection> {
        self.pool.get().map_err(|error| Error::Unavailable(one_line(&error)))
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl r2d2::HandleError<Error> for LogPoolErrors {
    fn handle_error(&self, error: Error) {
        tracing::warn!(%error, "a database connection could not be made");
    }
}

/// Makes the pool's connections.
#[derive(Debug)]
pub struct Manager(DatabaseUrl);

impl r2d2::ManageConnection for Manager {
    type Connection = Connection;
    type Error = Error;

    fn connect(&self) -> Result<Connection> {
        self.0.connect()
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<()> {
        Ok(connection.ping()?)
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    //! Opening a SQLite file so that several processes can use it at once.

    use std::time::Instant;

    use diesel::SqliteConnection;

    use super::*;

    /// How long to keep trying to switch a new file to write-ahead logging.
    const WAL_PATIENCE: Duration = Duration::from_secs(10);

    pub(super) fn connect(path: &Path) -> Result<SqliteConnection> {
        let refused = |error: &dyn fmt::Display| {
            Error::Refused(format!(
                "the database file {} cannot be used: {}",
                path.display(),
                explain(path, &error.to_string())
            ))
        };
        let mut connection = SqliteConnection::establish(&path.to_string_lossy())
            .map_err(|error| refused(&error))?;
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA foreign_keys = ON;"
            ))
            .map_err(|error| refused(&error))?;
        switch_to_wal(&mut connection).map_err(|error| refused(&error))?;
        Ok(connection)
    }

    /// What a person can do about it, where SQLite's own words leave that open.
    fn explain(path: &Path, error: &str) -> String {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            return format!("the folder {} does not exist", folder.display());
        }
        if path.is_dir() {
            return "it is a folder".to_owned();
        }
        match error {
            error if error.contains("not a database") => "it is not a SQLite database".to_owned(),
            error if error.contains("readonly") || error.contains("unable to open") => {
                format!("{error}; check the permissions of the file and its folder")
            }
            error => error.to_owned(),
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
                    if error.to_string().contains("locked") && started.elapsed() < WAL_PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        url.parse::<DatabaseUrl>().unwrap_err().to_string()
    }

    #[test]
    fn each_wrong_url_gets_its_own_sentence() {
        assert!(refusal("portal.db").contains("no scheme"), "{}", refusal("portal.db"));
        assert!(refusal("postgress://h/d").contains("did you mean postgres://?"));
        assert!(refusal("sqlite:portal.db").contains("write sqlite://portal.db"));
        assert!(refusal("sqlite://:memory:").contains("in memory"));
        assert!(refusal("").contains("is empty"));
    }

    #[test]
    fn postgres_without_the_feature_names_the_feature() {
        let parsed = "postgres://h/d".parse::<DatabaseUrl>();
        if Backend::Postgres.is_compiled_in() {
            assert!(parsed.is_ok());
        } else {
            assert!(parsed.unwrap_err().to_string().contains("--features postgres"));
        }
    }

    #[test]
    fn password_is_never_shown() {
        let url = DatabaseUrl { target: Target::Postgres("postgres://me:hunter2@h/d".into()) };
        assert_eq!(url.to_string(), "postgres://me:***@h/d");
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
