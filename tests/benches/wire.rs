//! `GET /api/v2/plugins/` against a bare actix handler that serves the same bytes, and against itself
//! with a token.
//!
//! Both servers run in this process with the same number of workers. They are measured in turn,
//! so that whatever else the machine does meets both, and the ratio of each turn is what counts.
//! The clients are threads with one kept-alive connection each that look at nothing but the
//! length of an answer.

use std::net::SocketAddr;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes};
use portal_engine::access::TokenRole;
use portal_testing::TestDatabase;
use portal_tests::harness::{
    KeepAlive, TestServer, get_request, per_second, quartiles, serve_bare, token_for, with_token,
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
    let token = token_for(&portal, &mut database.connect(), "bench", TokenRole::Viewer, None);
    let plain = || requests_per_second(portal_address, None);
    let known = || requests_per_second(portal_address, Some(&token));
    let bare = || requests_per_second(bare_address, None);
    for side in [&plain as &dyn Fn() -> f64, &known, &bare] {
        side();
    }
    let turns: Vec<[f64; 3]> = (0..TURNS)
        .map(|turn| {
            // Whoever goes last may find a warmer machine: change places every turn.
            if turn % 2 == 0 {
                [plain(), known(), bare()]
            } else {
                let (bare, known) = (bare(), known());
                [plain(), known, bare]
            }
        })
        .collect();
    for (side, name) in ["portal", "token", "bare"].into_iter().enumerate() {
        let [_, median, _] = quartiles(turns.iter().map(|turn| turn[side]));
        println!("{name:<7} {median:>9.0} requests/s (median)");
    }
    for (what, one, other) in [("portal / bare", 0, 2), ("token / portal", 1, 0)] {
        let [low, ratio, high] = quartiles(turns.iter().map(|turn| turn[one] / turn[other]));
        println!(
            "{what:<14} {ratio:.3} (median; half of the turns between {low:.3} and {high:.3}); wanted: at least 0.9",
        );
    }
}

fn requests_per_second(address: SocketAddr, token: Option<&str>) -> f64 {
    let plain = get_request(address, PATH);
    let request = &token.map_or(plain.clone(), |token| with_token(&plain, token));
    per_second(CONNECTIONS, REQUESTS_PER_CONNECTION, || {
        let mut connection = KeepAlive::open(address, request);
        move || connection.exchange(request)
    })
}
