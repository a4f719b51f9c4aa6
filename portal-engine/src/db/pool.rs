//! The pool of connections that requests share, and how long a database may take. One whose server does not
//! answer any more is given up whole: the server may hang for good while another one has taken its place, and
//! nothing but a new connection finds that out.

use std::error::Error as StdError;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use diesel::r2d2::R2D2Connection;
use portal_core::{Error, Result};

use super::address::one_line;
use super::file::FileId;
use super::{Backend, Connection, ConnectionExt, DatabaseUrl};

/// How long a request waits for a free connection before it is told to come back.
pub const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a PostgreSQL server may take. SQLite needs no such limits: it is a file in reach of the process,
/// and has one writer at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To give a lock that somebody else holds (`lock_timeout`).
    pub lock: Duration,
    /// For one statement (`statement_timeout`).
    pub statement: Duration,
    /// To accept a connection, each host of the address (`connect_timeout`, which counts in seconds).
    pub connect: Duration,
    /// For all that one request asks. Then its connection, and all others, are given up.
    pub request: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            lock: Duration::from_secs(3),
            statement: Duration::from_secs(5),
            connect: Duration::from_secs(3),
            request: Duration::from_secs(8),
        }
    }
}

impl Patience {
    /// Checks that a server that answers is never taken for one that does not.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when a lock may take longer than a statement, or a statement longer than a request.
    pub fn check(&self) -> Result<()> {
        let Patience { lock, statement, request, .. } = *self;
        match lock <= statement && statement < request {
            true => Ok(()),
            false => Err(Error::refused(format!(
                "a lock ({lock:?}) may not take longer than a statement ({statement:?}), and a statement has to take less than a request ({request:?})"
            ))),
        }
    }
}

/// How long a connection that has answered is taken to be there still. Asking each time would be
/// one more round trip for every request.
const PROVEN_FOR: Duration = Duration::from_millis(250);

/// A database: its address and a pool of connections.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    size: u32,
    patience: Patience,
    pool: Arc<ArcSwap<Pool>>,
    /// The file that was opened.
    file: Option<FileId>,
}

/// The connections of one time: until they are given up.
struct Pool {
    era: u64,
    connections: r2d2::Pool<Manager>,
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
        Self::open_with(url, size, Patience::default())
    }

    /// The same for a server that may take so long.
    ///
    /// # Errors
    ///
    /// As [`DatabaseUrl::connect`], and [`Patience::check`].
    pub fn open_with(url: DatabaseUrl, size: u32, patience: Patience) -> Result<Self> {
        patience.check()?;
        drop(url.connect_to_serve(&patience)?);
        let file = url.file();
        let manager = Manager { url: url.clone(), file: file.clone(), patience };
        let pool = Arc::new(ArcSwap::from_pointee(Pool::new(1, size, manager)));
        Ok(Database { url, size, patience, pool, file })
    }

    /// How long all that a request asks may take; `None` where it is not limited.
    pub fn patience(&self) -> Option<Duration> {
        (self.url.backend() == Backend::Postgres).then_some(self.patience.request)
    }

    /// Which connections are handed out at the moment.
    pub fn era(&self) -> u64 {
        self.pool.load().era
    }

    /// Gives up the connections of an era, unless that has been done: whoever holds one keeps it, and nobody
    /// gets one of them again. New ones are made.
    pub fn give_up(&self, era: u64) {
        let manager =
            || Manager { url: self.url.clone(), file: self.file.clone(), patience: self.patience };
        self.pool.rcu(|pool| match pool.era == era {
            true => Arc::new(Pool::new(era + 1, self.size, manager())),
            false => Arc::clone(pool),
        });
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
    /// [`Error::Unavailable`] when none was free, or none could be made, within `patience`, and when the
    /// file is [lost](Self::lost).
    pub fn get_within(&self, patience: Duration) -> Result<PooledConnection> {
        self.get_telling(patience, || Ok(()))
    }

    /// The same for those who want to know when a connection was free: from then on its server is asked, and
    /// may hang.
    ///
    /// # Errors
    ///
    /// As [`get_within`](Self::get_within), and what `is_free` says.
    pub fn get_telling(
        &self,
        patience: Duration,
        is_free: impl Fn() -> Result<()>,
    ) -> Result<PooledConnection> {
        self.refuse_lost()?;
        let pool = self.pool.load_full();
        let until = Instant::now() + patience;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            let mut connection = pool
                .connections
                .get_timeout(rest)
                .map_err(|error| Error::unavailable(one_line(&error)).caused_by(error))?;
            is_free()?;
            match connection.prove(&self.patience) {
                Ok(()) => return Ok(connection),
                Err(error) if Instant::now() >= until => return Err(error),
                // One that is lost is dropped, and the next one may be there.
                Err(error) => tracing::debug!(%error, "a connection is given up"),
            }
        }
    }

    /// What an error means that work ended with after so long. A server that gives up waiting for a lock, or
    /// takes too long for a statement, says so in words, which it translates; diesel hides the code behind them.
    pub fn explain(&self, error: Error, took: Duration) -> Error {
        match error {
            Error::Internal { sentence, source: Some(source) }
                if self.url.backend() == Backend::Postgres
                    && took >= self.patience.lock
                    && is_without_kind(&*source) =>
            {
                Error::Unavailable { sentence, source: Some(source) }
            }
            other => other,
        }
    }

    /// A connection beside the pool, for a thread that looks again and again. It makes no file.
    ///
    /// # Errors
    ///
    /// As [`DatabaseUrl::connect_to_look`].
    pub fn connect_beside(&self) -> Result<Connection> {
        match self.url.backend() {
            Backend::Postgres => {
                let mut connection = self.url.connect_to_serve(&self.patience)?;
                DatabaseUrl::limit(&mut connection, &self.patience)?;
                Ok(connection)
            }
            Backend::Sqlite => self.url.connect_to_look(),
        }
    }

    /// Why what is written now would be found by nobody, in a sentence: the file of the database was
    /// deleted, or another one has taken its place. `None` while all is well, and for a server.
    pub fn lost(&self) -> Option<&'static str> {
        lost(&self.url, self.file.as_ref())
    }

    /// Refuses to go on with a file that is [lost](Self::lost). Whoever has written asks once more after
    /// that, before saying that it is stored.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`].
    pub fn refuse_lost(&self) -> Result<()> {
        self.lost().map_or(Ok(()), |why| Err(Error::unavailable(why)))
    }

    /// Where the database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }
}

impl Pool {
    fn new(era: u64, size: u32, manager: Manager) -> Self {
        let connections = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(CHECKOUT_TIMEOUT)
            // Whoever takes one looks by themselves whether it is there, so that it is known who hangs.
            .test_on_check_out(false)
            .error_handler(Box::new(LogPoolErrors))
            .build_unchecked(manager);
        Pool { era, connections }
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl r2d2::HandleError<Error> for LogPoolErrors {
    fn handle_error(&self, error: Error) {
        tracing::warn!(%error, "a database connection could not be made");
    }
}

/// Whether the database says something that diesel knows no kind of.
fn is_without_kind(error: &(dyn StdError + 'static)) -> bool {
    use diesel::result::{DatabaseErrorKind, Error as DieselError};

    let error = error.downcast_ref::<DieselError>();
    matches!(error, Some(DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)))
}

fn lost(url: &DatabaseUrl, file: Option<&FileId>) -> Option<&'static str> {
    url.lost(file?)
}

/// Makes the pool's connections.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
    file: Option<FileId>,
    patience: Patience,
}

/// A connection, and when it was last seen to be there.
#[derive(Debug)]
pub struct CheckedConnection {
    connection: Connection,
    /// `None` for a new one, whose server has to be told its limits.
    at: Option<Instant>,
    is_lost: bool,
}

impl CheckedConnection {
    /// Looks whether it is there still, where that was not seen just now.
    fn prove(&mut self, patience: &Patience) -> Result<()> {
        let proven = match self.at {
            None => DatabaseUrl::limit(&mut self.connection, patience),
            Some(at) if at.elapsed() > PROVEN_FOR => self.ping(),
            Some(_) => return Ok(()),
        };
        self.at = Some(Instant::now());
        self.is_lost = proven.is_err();
        proven
    }

    /// A file in reach of the process is always there.
    fn ping(&mut self) -> Result<()> {
        match self.connection.backend() {
            Backend::Postgres => Ok(self.connection.ping()?),
            Backend::Sqlite => Ok(()),
        }
    }
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
        // SQLite would make a file where there is none.
        if let Some(why) = lost(&self.url, self.file.as_ref()) {
            return Err(Error::unavailable(why));
        }
        let connection = self.url.connect_to_serve(&self.patience)?;
        Ok(CheckedConnection { connection, at: None, is_lost: false })
    }

    fn is_valid(&self, checked: &mut CheckedConnection) -> Result<()> {
        checked.prove(&self.patience)
    }

    fn has_broken(&self, checked: &mut CheckedConnection) -> bool {
        std::thread::panicking() || checked.is_lost || checked.connection.is_broken()
    }
}
