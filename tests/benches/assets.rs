//! Technical assets over the wire, beside the same statements issued by plain diesel.
//!
//! Both run in this process on the same database, in turn, so that whatever else the machine does
//! meets both; the ratio of each turn is what counts. The portal is asked over HTTP by clients
//! with one kept-alive connection each. Plain diesel is as many threads with a database connection
//! each, which serialise what they read: no HTTP, no checks, no templates. Its connection is
//! diesel's own `MultiConnection`, the type that the portal uses as well.
//!
//! PostgreSQL is measured when `PORTAL_TEST_POSTGRES_URL` is set and the feature `postgres` is on.

mod plain;

use std::env;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use portal_core::Id;
use portal_core::testing::{POSTGRES_URL, TestDatabase};
use portal_tests::harness::{KeepAlive, TestServer, assets_of, get_request, post_request};
use serde_json::{Value, json};

use self::plain::Plain;

/// How many clients read at once. One creates: its commits are what is compared.
const READERS: usize = 4;
const TURNS: usize = 21;

fn main() {
    println!("{:<10} {:<22} {:>12} {:>12}  portal / plain", "database", "", "portal/s", "plain/s");
    measure(&TestDatabase::sqlite());
    match env::var(POSTGRES_URL) {
        Ok(server) => measure(&TestDatabase::postgres(&server)),
        Err(_) => println!("PostgreSQL is not measured: {POSTGRES_URL} is not set"),
    }
}

fn measure(database: &TestDatabase) {
    let server = TestServer::with_plugins(database, Some("s3"));
    let portal = Portal::new(&server);
    for count in [1, 100, 1_000] {
        let product = portal.product_with(count);
        let list = assets_of(&product);
        if count == 1 {
            let listed = server.get(&list).ok();
            let asset = text(&listed["technical_assets"][0]["id"]);
            let path = format!("{list}/{asset}");
            let (product, asset) = (id(&product), id(&asset));
            compare(database, "read", READERS, 1_000, &portal.get(&path), |plain| {
                plain.find(&product, &asset);
            });
        }
        let rounds = (40_000 / (40 + count)).max(20);
        let product = id(&product);
        compare(
            database,
            &format!("list of {count}"),
            READERS,
            rounds,
            &portal.get(&list),
            |plain| {
                plain.list(&product);
            },
        );
    }
    let product = portal.product_with(0);
    let own = id(&product);
    let service = id(&portal.service);
    compare(database, "create", 1, 200, &portal.post(&product), |plain| {
        plain.create(&own, &service)
    });
}

/// The portal's side: what is sent to it.
struct Portal<'a> {
    server: &'a TestServer,
    address: SocketAddr,
    platform: String,
    service: String,
}

impl<'a> Portal<'a> {
    fn new(server: &'a TestServer) -> Self {
        let address = server.base().trim_start_matches("http://").parse().expect("an address");
        let (platform, service) = server.service("S3");
        Portal { server, address, platform, service }
    }

    /// A data product with so many assets, all of them S3's.
    fn product_with(&self, count: usize) -> String {
        let product = self.server.create_product(&format!("bench-{}", Id::new()));
        for _ in 0..count {
            self.server.create_asset(&product, &self.new_asset());
        }
        product
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

    fn get(&self, path: &str) -> (SocketAddr, impl Fn() -> String + Sync + use<>) {
        let request = get_request(self.address, path);
        (self.address, move || request.clone())
    }

    fn post(&self, product: &str) -> (SocketAddr, impl Fn() -> String + Sync + use<'_, 'a>) {
        let path = assets_of(product);
        (self.address, move || post_request(self.address, &path, &self.new_asset().to_string()))
    }
}

/// Measures both sides in turn and prints their medians and the ratio's.
fn compare(
    database: &TestDatabase,
    what: &str,
    clients: usize,
    rounds: usize,
    (address, requests): &(SocketAddr, impl Fn() -> String + Sync),
    statements: impl Fn(&mut Plain) + Sync,
) {
    let portal = || {
        per_second(clients, rounds, || {
            let mut connection = KeepAlive::open(*address, &requests());
            let mut prepared: Vec<String> = (0..rounds).map(|_| requests()).collect();
            move || connection.exchange(&prepared.pop().expect("one for each round"))
        })
    };
    let plain = || {
        per_second(clients, rounds, || {
            let mut plain = Plain::new(database.connect());
            statements(&mut plain);
            let statements = &statements;
            move || statements(&mut plain)
        })
    };
    let mut turns: Vec<(f64, f64)> = (0..TURNS)
        .map(|turn| {
            // Whoever goes second may find a warmer machine: change places every turn.
            if turn % 2 == 0 {
                let portal = portal();
                (portal, plain())
            } else {
                let plain = plain();
                (portal(), plain)
            }
        })
        .collect();
    let median = |of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = turns.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[TURNS / 2]
    };
    let (portal, plain) = (median(|turn| turn.0), median(|turn| turn.1));
    turns.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let ratio = |at: usize| turns[at].0 / turns[at].1;
    println!(
        "{:<10} {what:<22} {portal:>12.0} {plain:>12.0}  {:.2} (half of the turns between {:.2} and {:.2})",
        format!("{:?}", database.backend()),
        ratio(TURNS / 2),
        ratio(TURNS / 4),
        ratio(TURNS * 3 / 4)
    );
}

/// How often per second all clients together do what `prepare` gives each of them.
fn per_second<Work: FnMut()>(
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

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn id(text: &str) -> Id {
    text.parse().expect("an id")
}
