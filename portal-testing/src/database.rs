//! A database that exists for one test.

use std::env;

use diesel::connection::SimpleConnection;
use portal_core::{Connection, Id};
use portal_engine::db::{Backend, Database, DatabaseUrl};
use portal_engine::{Registry, migrate};
use tempfile::TempDir;

/// Names the variable that holds the address of a PostgreSQL server for tests. The user must be
/// allowed to create databases; each test makes one and drops it.
pub const POSTGRES_URL: &str = "PORTAL_TEST_POSTGRES_URL";

/// Names the variable that leaves SQLite out when it is set, for a run after one without PostgreSQL.
const POSTGRES_ALONE: &str = "PORTAL_TEST_POSTGRES_ALONE";

/// An empty database that is removed when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    place: Kept,
}

#[derive(Debug)]
enum Kept {
    Folder { _folder: TempDir },
    Server { admin: DatabaseUrl, name: String },
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite://{}", folder.path().join("portal.db").display());
        TestDatabase { url, place: Kept::Folder { _folder: folder } }
    }

    /// A new database on the server at `server`, an address such as
    /// `postgres://user@localhost:5432/postgres`.
    pub fn postgres(server: &str) -> Self {
        let admin: DatabaseUrl = server
            .parse()
            .unwrap_or_else(|error| panic!("{POSTGRES_URL} is set, but cannot be used: {error}"));
        let name = format!("portal_test_{}", Id::new().as_str().replace('-', "_"));
        admin
            .connect()
            .expect("the test server answers")
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))
            .expect("a test database can be created");
        let mut url = url::Url::parse(server).expect("the address was parsed before");
        url.set_path(&name);
        TestDatabase { url: url.to_string(), place: Kept::Server { admin, name } }
    }

    /// Its address, as `DATABASE_URL` takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.parsed().backend()
    }

    fn parsed(&self) -> DatabaseUrl {
        self.url.parse().expect("a test database has a good address")
    }

    /// A connection to it.
    pub fn connect(&self) -> Connection {
        self.parsed().connect().expect("a test database can be opened")
    }

    /// A pool of connections to it, with the migrations of `registry` applied.
    pub fn migrated(&self, registry: &Registry) -> Database {
        migrate::run(&mut self.connect(), registry).expect("the migrations run");
        Database::open(self.parsed(), 8).expect("a test database can be opened")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Kept::Server { admin, name } = &self.place {
            let dropped = admin.connect().map(|mut connection| {
                connection.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
            });
            if !matches!(dropped, Ok(Ok(()))) {
                eprintln!("the test database {name} could not be dropped");
            }
        }
    }
}

/// Runs a test on a fresh SQLite file and, when `PORTAL_TEST_POSTGRES_URL` is set, on a fresh
/// PostgreSQL database as well; on that alone when `PORTAL_TEST_POSTGRES_ALONE` is set too.
///
/// # Panics
///
/// When a variable is set but PostgreSQL is not compiled in, or not named: nothing is skipped
/// silently.
pub fn each_database(test: impl Fn(&TestDatabase)) {
    let server = env::var(POSTGRES_URL).ok();
    let is_alone = env::var_os(POSTGRES_ALONE).is_some();
    assert!(!is_alone || server.is_some(), "{POSTGRES_ALONE} is set, but {POSTGRES_URL} is not");
    if !is_alone {
        test(&TestDatabase::sqlite());
    }
    if let Some(server) = server {
        test(&TestDatabase::postgres(&server));
    }
}
