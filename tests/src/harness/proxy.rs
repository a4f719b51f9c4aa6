//! What stands between a server and what it connects to: a network that can be cut and mended, and an
//! outgoing proxy.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Passes connections on to another address, as long as it is not cut.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_cut: AtomicBool,
    passed: AtomicUsize,
    /// How often it was frozen: connections of before pass nothing on any more.
    freezes: Arc<AtomicUsize>,
    /// Whether new connections are frozen from the beginning.
    is_frozen: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Starts to pass connections on to `target`, `host:port`.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub fn to(target: String) -> Self {
        Self::start(move |state, client| state.pass(client, &target))
    }

    /// Starts an outgoing HTTP proxy: whoever connects says where to, with CONNECT (RFC 9110, 9.3.6).
    ///
    /// # Panics
    ///
    /// Likewise.
    pub fn outgoing() -> Self {
        Self::start(|state, client| {
            let target = asked_for(&client)?;
            (&client).write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
            state.pass(client, &target)
        })
    }

    fn start(pass: impl Fn(&State, TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        // The thread ends with the process; it only waits for connections.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if !shared.is_cut.load(Ordering::SeqCst)
                    && let Err(error) = pass(&shared, client)
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

    /// How many connections were passed on.
    pub fn passed(&self) -> usize {
        self.state.passed.load(Ordering::SeqCst)
    }

    /// Breaks every connection and lets no new one through.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
        for stream in self.state.open.lock().expect("no holder panics").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Passes nothing on any more, while every connection stays open and new ones are accepted, as the system
    /// of a process does that hangs.
    pub fn freeze(&self) {
        self.state.is_frozen.store(true, Ordering::SeqCst);
        self.state.freezes.fetch_add(1, Ordering::SeqCst);
    }

    /// Lets new connections through again; those of before stay frozen.
    pub fn replace(&self) {
        self.state.is_frozen.store(false, Ordering::SeqCst);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }
}

impl State {
    fn pass(&self, client: TcpStream, target: &str) -> io::Result<()> {
        if self.is_frozen.load(Ordering::SeqCst) {
            self.open.lock().expect("no holder panics").push(client);
            return Ok(());
        }
        let server = TcpStream::connect(target)?;
        self.passed.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().expect("no holder panics");
        open.extend([client.try_clone()?, server.try_clone()?]);
        let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
        let begun = self.freezes.load(Ordering::SeqCst);
        for (from, to) in [(from_client, to_server), (server, client)] {
            let freezes = Arc::clone(&self.freezes);
            thread::spawn(move || copy(from, to, || freezes.load(Ordering::SeqCst) != begun));
        }
        Ok(())
    }
}

/// Where a client of an outgoing proxy wants to go. Nothing of what follows its request is read.
fn asked_for(client: &TcpStream) -> io::Result<String> {
    // The client waits for the answer before it sends more.
    let mut lines = BufReader::new(client).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    target.map(str::to_owned).ok_or_else(|| io::Error::other(format!("it is no CONNECT: {first}")))
}

/// Copies until one side ends, then ends the other. Once it is frozen, it holds both and does nothing.
fn copy(mut from: TcpStream, mut to: TcpStream, is_frozen: impl Fn() -> bool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        while is_frozen() {
            thread::sleep(Duration::from_secs(1));
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
