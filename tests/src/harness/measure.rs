//! What the benchmarks over the wire share: a bare server, clients side by side, medians.

use std::net::SocketAddr;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Instant;

use actix_web::{App, HttpServer, Route};

/// Serves one handler at every path, without anything of the portal. It ends with the process.
///
/// # Panics
///
/// When there is no free port.
pub fn serve_bare(route: impl Fn() -> Route + Clone + Send + 'static) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().default_service(route()))
                .tcp_nodelay(true)
                .bind(("127.0.0.1", 0))
                .expect("a free port");
            sender.send(server.addrs()[0]).expect("the bench waits");
            server.run().await.expect("the server ends well");
        });
    });
    receiver.recv().expect("the server starts")
}

/// How often per second all clients together do what `prepare` gives each of them, when each does
/// it `rounds` times. The clients look at the clock themselves, from the first that begins to the
/// last that ends: a thread that waits for them to begin may be woken long after they have.
///
/// # Panics
///
/// When a client does, and when there is none.
pub fn per_second<Work: FnMut()>(
    clients: usize,
    rounds: usize,
    prepare: impl Fn() -> Work + Sync,
) -> f64 {
    let start = Barrier::new(clients);
    let run = || {
        let mut work = prepare();
        start.wait();
        let begun = Instant::now();
        for _ in 0..rounds {
            work();
        }
        (begun, Instant::now())
    };
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|client| client.join().expect("no client fails")).collect()
    });
    let begun = times.iter().map(|(begun, _)| *begun).min().expect("there is a client");
    let ended = times.iter().map(|(_, ended)| *ended).max().expect("there is a client");
    (clients * rounds) as f64 / (ended - begun).as_secs_f64()
}

/// First quartile, median and third quartile.
///
/// # Panics
///
/// When there are no values.
pub fn quartiles(values: impl IntoIterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[values.len() * quarter / 4])
}
