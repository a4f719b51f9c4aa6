//! The cheapest client that can be: for benchmarks, where a client's own work would be measured
//! along with the server's.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A kept-alive connection on which every answer has the same length, so that nothing but the
/// status needs to be looked at.
#[derive(Debug)]
pub struct KeepAlive {
    address: SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
}

impl KeepAlive {
    /// Connects, and learns from the answer to a first request how long answers are.
    ///
    /// # Panics
    ///
    /// When the server does not answer 200.
    pub fn open(address: SocketAddr, first: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("the option exists");
        let mut connection = KeepAlive { address, stream, answer: Vec::new() };
        connection.stream.write_all(first.as_bytes()).expect("the server reads");
        while !connection.answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.stream.read_exact(&mut byte).expect("the server answers");
            connection.answer.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&connection.answer).into_owned();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, length)| length.parse::<usize>().ok())
            .expect("the answer has a length");
        let begun = connection.answer.len();
        connection.answer.resize(begun + length, 0);
        connection.stream.read_exact(&mut connection.answer[begun..]).expect("the server answers");
        connection
    }

    /// How long the body of every answer is, in bytes.
    pub fn body_length(&self) -> usize {
        let head = self.answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        head.map_or(0, |head| self.answer.len() - head - 4)
    }

    /// Sends a request and reads the answer.
    ///
    /// # Panics
    ///
    /// When the server does not answer 200.
    pub fn exchange(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).expect("the server reads");
        self.stream.read_exact(&mut self.answer).expect("the server answers");
        assert!(self.answer.starts_with(b"HTTP/1.1 200 "), "{} is not well", self.address);
    }
}

/// A GET request as it goes over the wire.
pub fn get_request(host: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n")
}

/// The same request with a token.
pub fn with_token(request: &str, token: &str) -> String {
    with_header(request, "authorization", &format!("Bearer {token}"))
}

/// The same request with another header.
pub fn with_header(request: &str, name: &str, value: &str) -> String {
    request.replacen("\r\n\r\n", &format!("\r\n{name}: {value}\r\n\r\n"), 1)
}

/// A POST request with a JSON body as it goes over the wire.
pub fn post_request(host: SocketAddr, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
