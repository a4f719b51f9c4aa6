//! A server in this process, over a fresh database.

use std::ops::Deref;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use portal_engine::Registry;
use portal_engine::db::Database;
use portal_engine::store::write;
use portal_server::Builder;
use portal_testing::{TestDatabase, add_examples, each_database, example_environments};

use super::Client;

/// Runs a test against a server over a fresh database, on every database there is.
pub fn each_server(test: impl Fn(&TestServer)) {
    each_database(|database| test(&TestServer::start(database)));
}

/// A running server; it is stopped when dropped.
pub struct TestServer {
    client: Client,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Serves everything that is linked here, configured by the plugins' own examples.
    pub fn start(database: &TestDatabase) -> Self {
        Self::below("", database, None)
    }

    /// Serves the plugins that `enabled` names, in the syntax of `ENABLED_PLUGINS`.
    pub fn with_plugins(database: &TestDatabase, enabled: Option<&str>) -> Self {
        Self::below("", database, enabled)
    }

    /// The same below a prefix, such as `/portal`.
    pub fn below(prefix: &str, database: &TestDatabase, enabled: Option<&str>) -> Self {
        let linked = Registry::load().expect("the linked plugins are sound");
        Self::with(prefix, database, linked.narrow(enabled).expect("the selection is sound"))
    }

    /// Serves the plugins of `registry`, which need not be linked.
    pub fn of(database: &TestDatabase, registry: Registry) -> Self {
        Self::with("", database, registry)
    }

    fn with(prefix: &str, database: &TestDatabase, registry: Registry) -> Self {
        let pool = database.migrated(&registry);
        let mut connection = pool.get().expect("the database answers");
        write::if_empty(&mut connection, |connection| {
            add_examples(connection, &registry, &example_environments())
        })
        .expect("the examples can be stored");
        drop(connection);
        Self::run(prefix, Builder::over(pool).registry(registry).migrate(false))
    }

    /// Serves what is in a database, through its pool of connections.
    pub fn over(pool: Database, registry: Registry) -> Self {
        Self::run("", Builder::over(pool).registry(registry).migrate(false))
    }

    /// Serves a portal that is about to be started, below a prefix. Its client's paths are those of
    /// the portal.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn run(prefix: &str, portal: Builder) -> Self {
        let portal = portal.prefix(prefix).bind(([127, 0, 0, 1], 0).into());
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let (server, address) = portal.start().expect("the portal starts");
                sender.send((server.handle(), address)).expect("the test waits");
                server.await.expect("the server ends well");
            });
        });
        let (handle, address) = receiver.recv().expect("the server starts");
        let client = Client::new(&format!("http://{address}{prefix}"));
        TestServer { client, handle, thread: Some(thread) }
    }
}

impl Deref for TestServer {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Stopping is only asked for here; the server's own thread carries it out.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server's thread ends well");
        }
    }
}
