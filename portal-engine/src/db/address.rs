//! Where the database is: parsed and checked before any driver sees it.

mod postgres;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(feature = "postgres")]
use diesel::Connection as _;
#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection as _;
use portal_core::__private::suggest;
use portal_core::{Error, Result};

use self::postgres::PostgresAddress;
use super::Patience;
use super::file::FileId;
#[cfg(feature = "sqlite")]
use super::sqlite;
use super::{Backend, Connection, is_compiled_in};

/// Where the database is, checked before any driver sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    target: Target,
}

#[derive(Clone, PartialEq, Eq)]
enum Target {
    Sqlite(PathBuf),
    Postgres(PostgresAddress),
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
            Target::Postgres(address) => self.dial(address, address.text()),
            #[allow(unreachable_patterns, reason = "reachable when a backend is left out")]
            _ => Err(not_compiled_in(self.backend())),
        }
    }

    /// As [`connect`](Self::connect), for one that serves requests: a server that takes too long to accept it is
    /// not waited for. It has no [limits](Self::limit) yet.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub(super) fn connect_to_serve(&self, patience: &Patience) -> Result<Connection> {
        match &self.target {
            #[cfg(feature = "postgres")]
            Target::Postgres(address) => self.dial(address, &address.text_within(patience)),
            _ => {
                let _ = patience;
                self.connect()
            }
        }
    }

    /// Tells the server how long it may take. Making a connection is limited already; this may hang.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(super) fn limit(connection: &mut Connection, patience: &Patience) -> Result<()> {
        match connection {
            #[cfg(feature = "postgres")]
            Connection::Postgres(own) => {
                let (lock, statement) = (patience.lock.as_millis(), patience.statement.as_millis());
                // A connection that is left within a transaction keeps its locks: no request rests there.
                let idle = 2 * patience.request.as_millis();
                let limits = format!(
                    "SET lock_timeout = {lock}; SET statement_timeout = {statement}; \
                     SET idle_in_transaction_session_timeout = {idle}"
                );
                Ok(own.batch_execute(&limits)?)
            }
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => {
                let _ = patience;
                Ok(())
            }
        }
    }

    #[cfg(feature = "postgres")]
    fn dial(&self, address: &PostgresAddress, text: &str) -> Result<Connection> {
        diesel::PgConnection::establish(text).map(Connection::Postgres).map_err(|error| {
            let message = address.without_secrets(one_line(&error));
            Error::unavailable(format!("{self}: {message}"))
        })
    }

    /// Why a server that has the file open as `file` would lose what it writes; `None` for a database that
    /// is no file.
    pub(super) fn lost(&self, file: &FileId) -> Option<&'static str> {
        match &self.target {
            Target::Sqlite(path) => file.lost_at(path),
            Target::Postgres(_) => None,
        }
    }

    /// The file that is at the address now.
    pub(super) fn file(&self) -> Option<FileId> {
        match &self.target {
            Target::Sqlite(path) => FileId::of(path).ok(),
            Target::Postgres(_) => None,
        }
    }

    /// As [`connect`](Self::connect), for those who only look, or write only where there is something
    /// already: a SQLite file that does not exist is taken for an empty database, and is not made.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_to_look(&self) -> Result<Connection> {
        match &self.target {
            #[cfg(feature = "sqlite")]
            Target::Sqlite(path) if !path.exists() && sqlite::can_be_made(path) => {
                sqlite::connect(":memory:".as_ref()).map(Connection::Sqlite)
            }
            _ => self.connect(),
        }
    }
}

/// A driver's message in one line, as the log takes it. Of several hosts libpq tells each one's
/// failure in lines of its own.
pub(super) fn one_line(error: &impl fmt::Display) -> String {
    let message = error.to_string();
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

fn not_compiled_in(backend: Backend) -> Error {
    let (name, feature) = match backend {
        Backend::Postgres => ("PostgreSQL", "postgres"),
        Backend::Sqlite => ("SQLite", "sqlite"),
    };
    Error::refused(format!(
        "this binary is built without {name}: build it with `--features {feature}`, or use another database"
    ))
}

/// What an address looks like.
const ALLOWED: &str =
    "use sqlite://path/to/portal.db or postgres://user:password@host:5432/database";

impl FromStr for DatabaseUrl {
    type Err = Error;

    /// What does not parse may hold a password anywhere, so errors repeat nothing but the scheme.
    fn from_str(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme))
        else {
            return Err(Error::refused(without_scheme(text)));
        };
        let target = match scheme {
            "sqlite" => Target::Sqlite(sqlite_file(rest)?),
            "postgres" | "postgresql" => {
                Target::Postgres(PostgresAddress::parse(scheme, rest).map_err(|wrong| {
                    Error::refused(format!(
                        "the database URL {scheme}://… {wrong} (for example \
                         {scheme}://user:password@host:5432/database)"
                    ))
                })?)
            }
            other => {
                let near = suggest::nearest(other, ["sqlite", "postgres", "postgresql"])
                    .map_or(String::new(), |near| format!(", did you mean {near}://?"));
                return Err(Error::refused(format!(
                    "the database URL has the unknown scheme {other:?}{near} ({ALLOWED})"
                )));
            }
        };
        let url = DatabaseUrl { target };
        if is_compiled_in(url.backend()) { Ok(url) } else { Err(not_compiled_in(url.backend())) }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|one| one.is_ascii_alphanumeric() || b"+-.".contains(&one))
}

fn without_scheme(text: &str) -> String {
    if text.is_empty() {
        return format!("the database URL is empty: {ALLOWED}");
    }
    match ["sqlite", "postgres", "postgresql"]
        .into_iter()
        .find(|scheme| text.strip_prefix(scheme).is_some_and(|rest| rest.starts_with(':')))
    {
        Some(scheme) => {
            format!("the database URL lacks its slashes after {scheme}: {ALLOWED}")
        }
        None => format!("the database URL has no scheme: {ALLOWED}"),
    }
}

fn sqlite_file(rest: &str) -> Result<PathBuf> {
    let refused = |wrong: &str| Err(Error::refused(format!("the database URL sqlite://… {wrong}")));
    if rest.is_empty() || rest == ":memory:" {
        return refused(&format!(
            "names no file, and a database in memory would not survive a restart: {ALLOWED}"
        ));
    }
    if rest.contains('?') {
        return refused(
            "has parameters after its ?, which an address of SQLite does not take: write only the path of the file, sqlite://path/to/portal.db",
        );
    }
    if rest.starts_with("file:") {
        return refused(
            "holds a file: URI: write only the path of the file, sqlite://path/to/portal.db",
        );
    }
    Ok(PathBuf::from(rest))
}

impl fmt::Display for DatabaseUrl {
    /// The address without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Target::Postgres(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
        assert!(refusal("portal.db").contains("has no scheme: use sqlite://path"));
        assert!(refusal("postgress://h/d").contains("did you mean postgres://?"));
        assert!(refusal("sqlite:portal.db").contains("lacks its slashes after sqlite: use"));
        assert!(refusal("sqlite://:memory:").contains("in memory"));
        assert!(refusal("").contains("is empty"));
        assert!(refusal("postgres://me:hunter%2@h/d").contains("% itself is written %25"));
        assert!(refusal("postgres://me:hun/ter2@h/d").contains("/ is written %2F"));
        assert!(refusal("postgres://[::1/d").contains("has a [ without its ]"));
        assert!(refusal("postgres://h:p/d").contains("no number from 1 to 65535"));
        assert!(refusal("postgres://h/d?hunter2").contains("no name=value"));
    }

    #[test]
    fn address_that_does_not_parse_is_not_repeated() {
        for text in [
            "host=127.0.0.1 password=hunter2",
            "host=127.0.0.1 password=hunter2 options=a://b",
            "me:hunter2@h/d",
            "postgres:me:hunter2@h/d",
            "postgres:/me:hunter2@h/d",
            "postgres://me:hunter2%2@h/d",
            "postgres://me:hunter2%@h/d",
            "postgres://me:hunter2%00@h/d",
            "postgres://me:hunter2@[127.0.0.1/d",
            "postgres://me:hunter2@[]/d",
            "postgres://me:hunter2@[::1]x/d",
            "postgres://me:/hunter2@",
            "postgres://me:1/hunter2@h/d",
            "postgres://me:1?hunter2@h/d",
            "postgres://me:1@hunter2@h/d",
            "postgres://me:hunter2@h:port/d",
            "postgres://me:hunter2",
            "postgres://me:hunter2@h/a b",
            "postgres://me@h/d?password=1&hunter2",
            "postgres://me@h/d?password=hunter2=",
            "postgress://me:hunter2@h/d",
            "sqlite:me:hunter2@h",
        ] {
            let said = refusal(text);
            assert!(!said.contains("hunter2") && !said.contains("127.0.0.1"), "{text}: {said}");
        }
    }

    #[test]
    fn parameters_do_not_become_part_of_a_file_s_name() {
        assert!(refusal("sqlite://x.db?mode=memory").contains("has parameters after its ?"));
        assert!(refusal("sqlite://file:x.db").contains("write only the path of the file"));
        assert!(refusal("sqlite://file::memory:?cache=shared").contains("sqlite://path/to"));
    }

    #[test]
    fn every_line_of_a_driver_is_told_in_one() {
        let said = "first host: refused\n\tIs it running?\nsecond host: refused\n";
        assert_eq!(one_line(&said), "first host: refused; Is it running?; second host: refused");
    }

    #[test]
    fn postgres_without_the_feature_names_the_feature() {
        let parsed = "postgres://me:hunter2@h/d".parse::<DatabaseUrl>();
        if is_compiled_in(Backend::Postgres) {
            let url = parsed.unwrap();
            assert_eq!(format!("{url} {url:?}"), "postgres://me:***@h/d postgres://me:***@h/d");
        } else {
            assert!(parsed.unwrap_err().to_string().contains("--features postgres"));
        }
    }
}
