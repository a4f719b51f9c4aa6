//! The HTTP/1.1 that the provider speaks: one request and one reply per connection.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::http::header::HttpDate;
use jsonwebtoken::EncodingKey;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{CLIENT_ID, CLIENT_SECRET};

/// A request whose fields are its query's, or its body's when it is a POST.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    pub fields: HashMap<String, String>,
}

impl Request {
    pub fn read(stream: impl Read) -> io::Result<Self> {
        let mut reader = BufReader::new(stream.take(1 << 20));
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let mut body = String::new();
        reader.take(length.unwrap_or_default()).read_to_string(&mut body)?;
        let mut words = first.split_whitespace();
        let mut word = || words.next().unwrap_or_default();
        let (method, target) = (word().to_owned(), word());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let text = if method == "POST" { &body } else { query };
        let fields = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        Ok(Request { method, path: path.to_owned(), headers, fields })
    }

    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether the client proves itself, by HTTP Basic or in the form (RFC 6749, 2.3.1).
    pub fn is_from_client(&self) -> bool {
        let Some(basic) = self.header("authorization").strip_prefix("Basic ") else {
            return self.field("client_id") == CLIENT_ID
                && self.field("client_secret") == CLIENT_SECRET;
        };
        let Ok(decoded) = EncodingKey::from_base64_secret(basic) else { return false };
        let decoded = String::from_utf8_lossy(decoded.as_bytes()).replacen(':', "=", 1);
        form_urlencoded::parse(decoded.as_bytes()).eq([(CLIENT_ID.into(), CLIENT_SECRET.into())])
    }
}

#[derive(Debug)]
pub struct Reply {
    status: u16,
    /// The header that is special about it, as `name: value`.
    header: String,
    body: String,
}

impl Reply {
    pub fn text(status: u16, body: &str) -> Self {
        Reply { status, header: "content-type: text/plain".to_owned(), body: body.to_owned() }
    }

    pub fn html(body: &str) -> Self {
        Reply { status: 200, header: "content-type: text/html".to_owned(), body: body.to_owned() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Reply {
            status,
            header: "content-type: application/json".to_owned(),
            body: body.to_string(),
        }
    }

    pub fn redirect(to: &Url) -> Self {
        Reply { status: 303, header: format!("location: {to}"), body: "go on there".to_owned() }
    }

    /// The reply as HTTP/1.1; the reason of its status may be empty.
    pub fn to_http(&self) -> String {
        let Reply { status, header, body } = self;
        let (date, length) = (HttpDate::from(SystemTime::now()), body.len());
        format!(
            "HTTP/1.1 {status} \r\n{header}\r\ndate: {date}\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{body}"
        )
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("1970 is over").as_secs()
}
