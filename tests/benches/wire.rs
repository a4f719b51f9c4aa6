//! `GET /api/v2/plugins/` against a bare actix handler that serves the same bytes, and, where people
//! sign in, with a token, a session and a token of the identity provider against without.
//!
//! All servers run in this process with the same number of workers. They are measured in turn,
//! so that whatever else the machine does meets all, and the ratio of each turn is what counts.
//! The clients are threads with one kept-alive connection each that look at nothing but the
//! length of an answer.

use std::net::SocketAddr;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use portal_engine::access::TokenRole;
use portal_testing::TestDatabase;
use portal_tests::harness::{
    AUDIENCE, KeepAlive, SigningIn, TestServer, get_request, per_second, quartiles, serve_bare,
    token_for, with_header, with_token,
};
use serde_json::json;

const PATH: &str = "/api/v2/plugins/";
const CONNECTIONS: usize = 4;
const REQUESTS_PER_CONNECTION: usize = 2_500;
const TURNS: usize = 41;

fn main() {
    let database = TestDatabase::sqlite();
    let open = TestServer::with_plugins(&database, Some("databricks,glue,redshift,s3,snowflake"));
    let body = open.get(PATH).text;
    let length = body.len();
    let body = Bytes::from(body);
    let bare = serve_bare(move || {
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
    let open = address_of(&open);
    compare(&[
        Side::new("portal", open, get_request(open, PATH)),
        Side::new("bare", bare, get_request(bare, PATH)),
    ]);

    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"anonymous": "viewer"}));
    let address = address_of(&portal.server);
    let plain = get_request(address, PATH);
    let token =
        token_for(&portal.server, &mut database.connect(), "bench", TokenRole::Viewer, None);
    let browser = portal.in_groups("ada@example.com", &["one", "two", "three"]);
    let bearer = portal.provider.token(&portal.provider.claims(AUDIENCE));
    println!("where people sign in, and may read without:");
    compare(&[
        Side::new("token", address, with_token(&plain, &token)),
        Side::new("session", address, with_header(&plain, "cookie", &browser.cookie())),
        Side::new("JWT", address, with_token(&plain, &bearer)),
        Side::new("without", address, plain),
    ]);
}

/// Requests that are measured.
struct Side {
    name: &'static str,
    address: SocketAddr,
    request: String,
}

impl Side {
    fn new(name: &'static str, address: SocketAddr, request: String) -> Self {
        Side { name, address, request }
    }

    fn requests_per_second(&self) -> f64 {
        per_second(CONNECTIONS, REQUESTS_PER_CONNECTION, || {
            let mut connection = KeepAlive::open(self.address, &self.request);
            move || connection.exchange(&self.request)
        })
    }
}

/// Measures all sides in turn, and prints the ratio of each to the last one.
fn compare(sides: &[Side]) {
    for side in sides {
        side.requests_per_second();
    }
    let mut turns: Vec<Vec<f64>> = Vec::new();
    for turn in 0..TURNS {
        // Whoever goes last may find a warmer machine: change places every turn.
        let mut order: Vec<usize> = (0..sides.len()).collect();
        order.rotate_left(turn % sides.len());
        let mut measured = vec![0.0; sides.len()];
        for side in order {
            measured[side] = sides[side].requests_per_second();
        }
        turns.push(measured);
    }
    let last = sides.len() - 1;
    for (at, side) in sides.iter().enumerate() {
        let [_, median, _] = quartiles(turns.iter().map(|turn| turn[at]));
        println!("{:<8} {median:>9.0} requests/s (median)", side.name);
    }
    for (at, side) in sides[..last].iter().enumerate() {
        let [low, ratio, high] = quartiles(turns.iter().map(|turn| turn[at] / turn[last]));
        println!(
            "{:<18} {ratio:.3} (median; half of the turns between {low:.3} and {high:.3}); wanted: at least 0.9",
            format!("{} / {}", side.name, sides[last].name)
        );
    }
}

fn address_of(server: &TestServer) -> SocketAddr {
    server.base().trim_start_matches("http://").parse().expect("an address")
}
