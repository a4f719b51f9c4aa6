//! `GET /api/v2/plugins/` against a bare actix handler that serves the same bytes.
//!
//! Both servers run in this process with the same number of workers. They are measured in turn,
//! so that whatever else the machine does meets both, and the ratio of each turn is what counts.
//! The clients are threads with one kept-alive connection each that look at nothing but the
//! length of an answer.

use std::net::SocketAddr;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use portal_testing::TestDatabase;
use portal_tests::harness::{
    KeepAlive, TestServer, get_request, per_second, quartiles, serve_bare,
};

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
    let body = Bytes::from(body);
    let bare_address = serve_bare(move || {
        let body = body.clone();
        web::get().to(move || {
            let answer = HttpResponse::Ok().content_type("application/json").body(body.clone());
            std::future::ready(answer)
        })
    });

    println!(
        "{length} bytes, {CONNECTIONS} connections, {TURNS} turns of {} requests to each",
        CONNECTIONS * REQUESTS_PER_CONNECTION
    );
    requests_per_second(portal_address);
    requests_per_second(bare_address);
    let turns: Vec<(f64, f64)> = (0..TURNS)
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
    let [_, portal, _] = quartiles(turns.iter().map(|turn| turn.0));
    let [_, bare, _] = quartiles(turns.iter().map(|turn| turn.1));
    let [low, ratio, high] = quartiles(turns.iter().map(|turn| turn.0 / turn.1));
    println!("portal  {portal:>9.0} requests/s (median)");
    println!("bare    {bare:>9.0} requests/s (median)");
    println!(
        "ratio   {ratio:.3} (median; half of the turns between {low:.3} and {high:.3}); wanted: at least 0.9",
    );
}

fn requests_per_second(address: SocketAddr) -> f64 {
    let request = &get_request(address, PATH);
    per_second(CONNECTIONS, REQUESTS_PER_CONNECTION, || {
        let mut connection = KeepAlive::open(address, request);
        move || connection.exchange(request)
    })
}
