//! Technical assets over the wire, beside the same statements issued by plain diesel.
//!
//! Five sides run in this process on the same database, in turn, so that whatever else the
//! machine does meets all of them; the ratios of each turn are what counts:
//!
//! - the portal, asked over HTTP by clients with one kept-alive connection each;
//! - plain diesel behind a bare actix handler, asked by the same clients: no checks, no templates;
//! - plain diesel alone, as many threads with a database connection each, which serialise what
//!   they read: no HTTP either;
//! - HTTP alone: a handler that answers at once with as many bytes as the portal, asked by the same
//!   clients. Nothing that is asked over HTTP can be faster, whatever its statements cost.
//!
//! A fifth side is the portal again, asked with the token of a member of the data product, who has to
//! be looked at before each write.
//!
//! Plain diesel's connection is its own `MultiConnection`, the type that the portal uses as well.
//!
//! Arguments choose what is measured, such as `-- Sqlite read`. PostgreSQL is measured when
//! `PORTAL_TEST_POSTGRES_URL` is set and the feature `postgres` is on.

mod plain;

use std::env;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, Route};
use portal_core::Id;
use portal_engine::Registry;
use portal_engine::access::TokenRole;
use portal_engine::db::{Connection, Database};
use portal_testing::{POSTGRES_URL, TestDatabase};
use portal_tests::harness::{
    KeepAlive, TestServer, assets_of, get_request, per_second, post_request, quartiles, serve_bare,
    token_for, with_token,
};
use serde_json::{Value, json};

/// How many clients there are at once. Creating is measured with one client as well, which waits
/// for each commit.
const CLIENTS: usize = 16;
const TURNS: usize = 9;

fn main() {
    println!(
        "{:<23} {:>10} {:>12} {:>10} {:>10}  portal / diesel over HTTP, portal / diesel, with a token / without (half of the turns)",
        "requests per second", "portal", "diesel+HTTP", "diesel", "HTTP"
    );
    measure(&TestDatabase::sqlite());
    match env::var(POSTGRES_URL) {
        Ok(server) => measure(&TestDatabase::postgres(&server)),
        Err(_) => println!("PostgreSQL is not measured: {POSTGRES_URL} is not set"),
    }
}

fn measure(database: &TestDatabase) {
    let server = TestServer::with_plugins(database, Some("s3"));
    let portal = Portal::new(&server, database);
    for count in [1, 100, 1_000] {
        let (product, token) = portal.product_with(count);
        let path = assets_of(&product);
        let owner = id(&product);
        if count == 1 {
            let listed = server.get(&path).ok();
            let asset = text(&listed["technical_assets"][0]["id"]);
            let path = format!("{path}/{asset}");
            let (owner, asset) = (owner.clone(), id(&asset));
            Case { database, what: "read".to_owned(), clients: CLIENTS, rounds: rounds(1) }
                .compare(
                    |address| get_request(address, &path),
                    &token,
                    portal.address,
                    move |connection| plain::find(connection, &owner, &asset),
                );
        }
        Case {
            database,
            what: format!("list of {count}"),
            clients: CLIENTS,
            rounds: rounds(count),
        }
        .compare(
            |address| get_request(address, &path),
            &token,
            portal.address,
            move |connection| plain::list(connection, &owner),
        );
    }
    let (product, token) = portal.product_with(0);
    let path = assets_of(&product);
    let (owner, service) = (id(&product), id(&portal.service));
    for (what, clients) in [("create, one", 1), ("create", CLIENTS)] {
        let (owner, service) = (owner.clone(), service.clone());
        Case { database, what: what.to_owned(), clients, rounds: 100 }.compare(
            |address| post_request(address, &path, &portal.new_asset().to_string()),
            &token,
            portal.address,
            move |connection| plain::create(connection, &owner, &service),
        );
    }
}

/// How often one client reads so many assets in a turn, so that a turn takes about a second.
fn rounds(count: usize) -> usize {
    20_000 / (10 + count)
}

/// The portal's side: what is sent to it.
struct Portal<'a> {
    server: &'a TestServer,
    database: &'a TestDatabase,
    address: SocketAddr,
    platform: String,
    service: String,
}

impl<'a> Portal<'a> {
    fn new(server: &'a TestServer, database: &'a TestDatabase) -> Self {
        let address = server.base().trim_start_matches("http://").parse().expect("an address");
        let (platform, service) = server.service("S3");
        Portal { server, database, address, platform, service }
    }

    /// A data product with so many assets, all of them S3's, and the token of a member of it.
    fn product_with(&self, count: usize) -> (String, String) {
        let namespace = format!("bench-{}", Id::new());
        let product = self.server.create_product(&namespace);
        for _ in 0..count {
            self.server.create_asset(&product, &self.new_asset());
        }
        let connection = &mut self.database.connect();
        let of = Some(namespace.as_str());
        let token = token_for(self.server, connection, &namespace, TokenRole::Member, of);
        (product, token)
    }

    fn new_asset(&self) -> Value {
        json!({
            "name": "Daily", "namespace": Id::new(),
            "platform_id": self.platform, "service_id": self.service,
            "technical_mapping": "custom",
            "configuration": {
                "configuration_type": "S3DataOutput", "bucket": "datalake", "path": "daily",
            },
        })
    }
}

/// One thing that is compared.
struct Case<'a> {
    database: &'a TestDatabase,
    what: String,
    clients: usize,
    /// How often each client does it in one turn.
    rounds: usize,
}

impl Case<'_> {
    /// Measures the five sides in turn and prints medians and ratios. `request` makes the next
    /// request to a server, `statements` are what it comes to.
    fn compare(
        &self,
        request: impl Fn(SocketAddr) -> String + Sync,
        token: &str,
        portal: SocketAddr,
        statements: impl Fn(&mut Connection) -> Vec<u8> + Send + Sync + 'static,
    ) {
        let name = format!("{:<10} {:<12}", format!("{:?}", self.database.backend()), self.what);
        let mut wanted = env::args().skip(1).filter(|wanted| wanted != "--bench");
        if !wanted.all(|wanted| name.contains(&wanted)) {
            return;
        }
        let statements = Arc::new(statements);
        let bare = serve_bare(behind_http(self.pool(), Arc::clone(&statements)));
        let empty = serve_bare(answering(KeepAlive::open(portal, &request(portal)).body_length()));
        let over_http = |address, token: Option<&str>| {
            let request = || {
                let plain = request(address);
                token.map_or_else(|| plain.clone(), |token| with_token(&plain, token))
            };
            per_second(self.clients, self.rounds, || {
                let mut connection = KeepAlive::open(address, &request());
                let mut prepared: Vec<String> = (0..self.rounds).map(|_| request()).collect();
                move || connection.exchange(&prepared.pop().expect("one for each round"))
            })
        };
        let alone = || {
            per_second(self.clients, self.rounds, || {
                let mut connection = self.database.connect();
                let statements = &statements;
                statements(&mut connection);
                move || drop(std::hint::black_box(statements(&mut connection)))
            })
        };
        let turns: Vec<[f64; 5]> = (0..TURNS)
            .map(|turn| {
                // Whoever goes last may find a warmer machine: change places every turn.
                if turn % 2 == 0 {
                    [
                        over_http(portal, None),
                        over_http(bare, None),
                        alone(),
                        over_http(empty, None),
                        over_http(portal, Some(token)),
                    ]
                } else {
                    let known = over_http(portal, Some(token));
                    let (empty, alone) = (over_http(empty, None), alone());
                    let bare = over_http(bare, None);
                    [over_http(portal, None), bare, alone, empty, known]
                }
            })
            .collect();
        let median = |side: usize| quartiles(turns.iter().map(|turn| turn[side]))[1];
        let ratio = |one: usize, other: usize| {
            let [low, ratio, high] = quartiles(turns.iter().map(|turn| turn[one] / turn[other]));
            format!("{ratio:.2} ({low:.2} to {high:.2})")
        };
        println!(
            "{name} {:>10.0} {:>12.0} {:>10.0} {:>10.0}  {}, {}, {}",
            median(0),
            median(1),
            median(2),
            median(3),
            ratio(0, 1),
            ratio(0, 2),
            ratio(4, 0)
        );
    }

    /// A pool as the portal has it.
    fn pool(&self) -> Database {
        self.database.migrated(Registry::load().expect("the linked plugins are sound"))
    }
}

/// A handler that runs the statements and answers with what they give.
fn behind_http(
    pool: Database,
    statements: Arc<impl Fn(&mut Connection) -> Vec<u8> + Send + Sync + 'static>,
) -> impl Fn() -> Route + Clone + Send + 'static {
    move || {
        let (pool, statements) = (pool.clone(), Arc::clone(&statements));
        web::route().to(move |_: Bytes| {
            let (pool, statements) = (pool.clone(), Arc::clone(&statements));
            async move {
                let work = move || statements(&mut pool.get().expect("a connection is free"));
                let body = web::block(work).await.expect("nobody cancels it");
                HttpResponse::Ok().content_type("application/json").body(body)
            }
        })
    }
}

/// A handler that does nothing but answer with so many bytes.
fn answering(length: usize) -> impl Fn() -> Route + Clone + Send + 'static {
    let body = Bytes::from(vec![b' '; length]);
    move || {
        let body = body.clone();
        web::route().to(move |_: Bytes| {
            let answer = HttpResponse::Ok().content_type("application/json").body(body.clone());
            std::future::ready(answer)
        })
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn id(text: &str) -> Id {
    text.parse().expect("an id")
}
