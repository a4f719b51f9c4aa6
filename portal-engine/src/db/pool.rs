//! The pool of connections that requests share.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection;
use portal_core::{Error, Result};

use super::address::one_line;
use super::{Backend, Connection, DatabaseUrl};

/// How long a request waits for a free connection before it is told to come back.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection that has answered is taken to be there still. Asking each time would be
/// one more round trip for every request.
const PROVEN_FOR: Duration = Duration::from_millis(250);

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
        self.get_within(CHECKOUT_TIMEOUT)
    }

    /// A connection from the pool, for those who need an answer soon.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when none was free, or none could be made, within `patience`.
    pub fn get_within(&self, patience: Duration) -> Result<PooledConnection> {
        self.pool
            .get_timeout(patience)
            .map_err(|error| Error::unavailable(one_line(&error)).caused_by(error))
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

/// A connection, and when it was last seen to be there.
#[derive(Debug)]
pub struct CheckedConnection {
    connection: Connection,
    at: Instant,
}

impl Deref for CheckedConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for CheckedConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = CheckedConnection;
    type Error = Error;

    fn connect(&self) -> Result<CheckedConnection> {
        Ok(CheckedConnection { connection: self.0.connect()?, at: Instant::now() })
    }

    fn is_valid(&self, checked: &mut CheckedConnection) -> Result<()> {
        if checked.at.elapsed() > PROVEN_FOR {
            checked.connection.ping()?;
            checked.at = Instant::now();
        }
        Ok(())
    }

    fn has_broken(&self, checked: &mut CheckedConnection) -> bool {
        std::thread::panicking() || checked.connection.is_broken()
    }
}
