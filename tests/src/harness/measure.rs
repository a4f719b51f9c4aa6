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
/// it `rounds` times.
///
/// # Panics
///
/// When a client does.
pub fn per_second<Work: FnMut()>(
    clients: usize,
    rounds: usize,
    prepare: impl Fn() -> Work + Sync,
) -> f64 {
    let start = Barrier::new(clients + 1);
    thread::scope(|scope| {
        let running: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let mut work = prepare();
                    start.wait();
                    for _ in 0..rounds {
                        work();
                    }
                })
            })
            .collect();
        start.wait();
        let started = Instant::now();
        for client in running {
            client.join().expect("no client fails");
        }
        (clients * rounds) as f64 / started.elapsed().as_secs_f64()
    })
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
