//! Clients that never finish: they are not waited for, and keep no server from ending.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use portal_testing::TestDatabase;
use portal_tests::harness::{Process, command_on};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn serve(database: &TestDatabase) -> Process {
    let mut portal = command_on(PORTAL, database);
    Process::serve(portal.args(["serve", "--demo", "--body-timeout", "1s"]))
}

/// Begins to send a body of 1,000 bytes.
fn begin(process: &Process, path: &str, media: &str) -> TcpStream {
    let host = process.client().base().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {media}\r\ncontent-length: 1000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Everything that comes until the server closes the connection.
fn answer(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn body_that_never_ends_is_waited_for_only_so_long() {
    let database = TestDatabase::sqlite();
    let process = serve(&database);
    for (path, media, told) in [
        ("/api/v2/data_products", "application/json", "\"code\":\"body_too_slow\""),
        ("/data_products/new", "application/x-www-form-urlencoded", "It did not arrive"),
    ] {
        // A byte now and then does not help.
        let mut stream = begin(&process, path, media);
        let mut drops = stream.try_clone().unwrap();
        let dripping = thread::spawn(move || {
            let started = Instant::now();
            while drops.write_all(b" ").is_ok() && started.elapsed() < Duration::from_secs(10) {
                thread::sleep(Duration::from_millis(100));
            }
            started.elapsed()
        });
        let text = answer(&mut stream);
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        assert!(text.contains(told), "{text}");
        assert!(text.to_ascii_lowercase().contains("connection: close"), "{text}");
        assert!(dripping.join().unwrap() < Duration::from_secs(10), "the connection stays open");
    }
    // Nobody else has noticed.
    process.client().create_product("orders");
}

#[test]
fn server_ends_although_bodies_never_do() {
    let database = TestDatabase::sqlite();
    let process = serve(&database);
    let _uploads: Vec<TcpStream> =
        (0..20).map(|_| begin(&process, "/api/v2/data_products", "application/json")).collect();
    thread::sleep(Duration::from_millis(200));
    let started = Instant::now();
    process.terminate();
    let (status, log) = process.wait();
    assert!(status.success(), "{status}: {log}");
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}
