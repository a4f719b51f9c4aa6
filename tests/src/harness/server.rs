//! A server in this process, over a fresh database.

use std::ops::Deref;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use actix_web::dev::ServerHandle;
use portal_engine::Registry;
use portal_engine::db::Database;
use portal_engine::store::write;
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
        Self::with_plugins(database, None)
    }

    /// Serves the plugins that `enabled` names, in the syntax of `ENABLED_PLUGINS`.
    pub fn with_plugins(database: &TestDatabase, enabled: Option<&str>) -> Self {
        let linked = Registry::load().expect("the linked plugins are sound");
        Self::of(database, linked.narrow(enabled).expect("the selection is sound"))
    }

    /// Serves the plugins of `registry`, which need not be linked.
    pub fn of(database: &TestDatabase, registry: Registry) -> Self {
        let pool = database.migrated(&registry);
        let mut connection = pool.get().expect("the database answers");
        write::if_empty(&mut connection, |connection| {
            add_examples(connection, &registry, &example_environments())
        })
        .expect("the examples can be stored");
        drop(connection);
        Self::over(pool, registry)
    }

    /// Serves what is in a database, through its pool of connections.
    pub fn over(pool: Database, registry: Registry) -> Self {
        let portal = portal_server::Portal::open(registry, pool).expect("the portal opens");
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let bind = ([127, 0, 0, 1], 0).into();
                let (server, address) = portal_server::start(portal, bind).expect("a free port");
                sender.send((server.handle(), address)).expect("the test waits");
                server.await.expect("the server ends well");
            });
        });
        let (handle, address) = receiver.recv().expect("the server starts");
        let client = Client::new(&format!("http://{address}"));
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
