//! Where the database is: parsed and checked before any driver sees it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(feature = "postgres")]
use diesel::Connection as _;
use portal_core::__private::suggest;
use portal_core::{Error, Result};

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

/// The first line of a driver's message, which is the one for people.
pub(super) fn one_line(error: &impl fmt::Display) -> String {
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
        if is_compiled_in(url.backend()) { Ok(url) } else { Err(not_compiled_in(url.backend())) }
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
        if is_compiled_in(Backend::Postgres) {
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
