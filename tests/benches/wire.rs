//! `GET /api/v2/plugins/` against a bare actix handler that serves the same bytes.
//!
//! Both servers run in this process with the same number of workers. They are measured in turn,
//! so that whatever else the machine does meets both, and the ratio of each turn is what counts.
//! The clients are threads with one kept-alive connection each that look at nothing but the
//! length of an answer.

use std::net::SocketAddr;
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::Instant;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use portal_core::testing::TestDatabase;
use portal_tests::harness::{KeepAlive, TestServer, get_request};

const PATH: &str = "/api/v2/plugins/";
const CONNECTIONS: usize = 4;
const REQUESTS_PER_CONNECTION: usize = 2_500;
const TURNS: usize = 41;

fn main() {
    let database = TestDatabase::sqlite();
    let portal = TestServer::with_plugins(&database, Some("databricks,glue,redshift,s3,snowflake"));
    let body = portal.get(PATH).text;
    let length = body.len();
    let portal_address = portal.base().trim_start_matches("http://").parse().expect("an address");
    let bare_address = serve_bare(Bytes::from(body));

    println!(
        "{length} bytes, {CONNECTIONS} connections, {TURNS} turns of {} requests to each",
        CONNECTIONS * REQUESTS_PER_CONNECTION
    );
    requests_per_second(portal_address);
    requests_per_second(bare_address);
    let mut turns: Vec<(f64, f64)> = (0..TURNS)
        .map(|turn| {
            // Whoever goes second may find a warmer machine: change places every turn.
            if turn % 2 == 0 {
                let portal = requests_per_second(portal_address);
                (portal, requests_per_second(bare_address))
            } else {
                let bare = requests_per_second(bare_address);
                (requests_per_second(portal_address), bare)
            }
        })
        .collect();
    turns.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let ratio = |at: usize| turns[at].0 / turns[at].1;
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = turns.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[TURNS / 2]
    };
    println!("portal  {:>9.0} requests/s (median)", median(|turn| turn.0));
    println!("bare    {:>9.0} requests/s (median)", median(|turn| turn.1));
    println!(
        "ratio   {:.3} (median; half of the turns between {:.3} and {:.3}); wanted: at least 0.9",
        ratio(TURNS / 2),
        ratio(TURNS / 4),
        ratio(TURNS * 3 / 4)
    );
}

/// Serves the bytes without anything of the portal; ends with the process.
fn serve_bare(body: Bytes) -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                let body = body.clone();
                App::new().route(
                    PATH,
                    web::get().to(move || {
                        let answer =
                            HttpResponse::Ok().content_type("application/json").body(body.clone());
                        std::future::ready(answer)
                    }),
                )
            })
            .bind(("127.0.0.1", 0))
            .expect("a free port");
            sender.send(server.addrs()[0]).expect("the bench waits");
            server.run().await.expect("the server ends well");
        });
    });
    receiver.recv().expect("the server starts")
}

fn requests_per_second(address: SocketAddr) -> f64 {
    let request = &get_request(address, PATH);
    let start = Barrier::new(CONNECTIONS + 1);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = KeepAlive::open(address, request);
                    start.wait();
                    for _ in 0..REQUESTS_PER_CONNECTION {
                        connection.exchange(request);
                    }
                })
            })
            .collect();
        start.wait();
        let started = Instant::now();
        for client in clients {
            client.join().expect("the answers have the right length");
        }
        (CONNECTIONS * REQUESTS_PER_CONNECTION) as f64 / started.elapsed().as_secs_f64()
    })
}
