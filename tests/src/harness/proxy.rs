//! A network between a server and its database that can be cut and mended.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes connections on to another address, as long as it is not cut.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_cut: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts to pass connections on to `target`, `host:port`.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub fn to(target: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        // The thread ends with the process; it only waits for connections.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if !shared.is_cut.load(Ordering::SeqCst)
                    && let Err(error) = shared.pass(client, &target)
                {
                    eprintln!("a connection could not be passed on: {error}");
                }
            }
        });
        Proxy { port, state }
    }

    /// The port to connect to instead.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks every connection and lets no new one through.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
        for stream in self.state.open.lock().expect("no holder panics").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }
}

impl State {
    fn pass(&self, client: TcpStream, target: &str) -> io::Result<()> {
        let server = TcpStream::connect(target)?;
        let mut open = self.open.lock().expect("no holder panics");
        open.extend([client.try_clone()?, server.try_clone()?]);
        let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || copy(from_client, to_server));
        thread::spawn(move || copy(server, client));
        Ok(())
    }
}

/// Copies until one side ends, then ends the other.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
