//! Requests that never fail for their status: tests look at it themselves.

use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderName, HeaderValue, Request};
use ureq::middleware::MiddlewareNext;
use ureq::{Agent, SendBody};

/// A client of one server.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// One header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The JSON body of an answer that must be 200.
    ///
    /// # Panics
    ///
    /// When it is not, with the body.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

impl Client {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> Self {
        Client::sending(base, &[])
    }

    /// A client of the same server that sends these headers with every request.
    pub fn with(&self, headers: &[(&str, &str)]) -> Self {
        Client::sending(&self.base, headers)
    }

    /// A client of the same server that shows a token.
    pub fn with_token(&self, token: &str) -> Self {
        self.with(&[("authorization", &format!("Bearer {token}"))])
    }

    fn sending(base: &str, headers: &[(&str, &str)]) -> Self {
        let headers: Vec<(HeaderName, HeaderValue)> = headers
            .iter()
            .map(|(name, value)| {
                (name.parse().expect("a name"), value.parse().expect("a value of a header"))
            })
            .collect();
        let add = move |mut request: Request<SendBody<'_>>, next: MiddlewareNext<'_>| {
            for (name, value) in &headers {
                request.headers_mut().append(name, value.clone());
            }
            next.handle(request)
        };
        let config = Agent::config_builder()
            .middleware(add)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            // The server closes a connection that nobody used for five seconds: one that a test
            // left alone for nearly as long may end while the next request is under way.
            .max_idle_age(Duration::from_secs(1))
            // Tests look at where a redirect leads.
            .max_redirects(0)
            .build();
        Client { agent: config.into(), base: base.to_owned() }
    }

    /// Where the portal is: the paths of requests follow.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where the server is: its scheme, host and port.
    pub fn origin(&self) -> &str {
        let host = self.base.find("://").map_or(0, |at| at + 3);
        let end = self.base[host..].find('/').map_or(self.base.len(), |at| host + at);
        &self.base[..end]
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(format!("{}{path}", self.base)).call())
    }

    /// GET, as a browser asks for a page.
    pub fn page(&self, path: &str) -> Answer {
        self.send("GET", path, &[("accept", "text/html")])
    }

    /// How many bytes a page or a file takes on its way to a browser.
    ///
    /// # Panics
    ///
    /// When it is not compressed.
    pub fn compressed_size(&self, path: &str) -> usize {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = request.header("accept-encoding", "gzip");
        let mut response = request.call().expect("the server answers");
        assert_eq!(response.headers()["content-encoding"], "gzip", "{path}");
        response.body_mut().read_to_vec().expect("a body").len()
    }

    /// POST with a form, as a browser of one of the portal's own pages sends it.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request
            .header("accept", "text/html")
            .header("origin", self.origin())
            .header("sec-fetch-site", "same-origin");
        answer(request.send_form(fields.iter().copied()))
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Answer {
        answer(self.agent.delete(format!("{}{path}", self.base)).call())
    }

    /// A request without a body, with any method and headers.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(self.agent.run(request.body(()).expect("the request is well formed")))
    }

    /// A request with a JSON body, with any method and headers.
    pub fn send_json(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_string()).expect("the request is well formed");
        answer(self.agent.run(request))
    }

    /// POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_bytes(path, body.to_string().as_bytes())
    }

    /// POST with any body.
    pub fn post_bytes(&self, path: &str, body: &[u8]) -> Answer {
        self.post_as(path, &[("content-type", "application/json")], body)
    }

    /// POST with any body and headers, and no others that say what the body is.
    pub fn post_as(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let url = format!("{}{path}", self.base);
        let mut request = ureq::http::Request::builder().method("POST").uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(self.agent.run(request.body(body).expect("the request is well formed")))
    }

    /// The id of the platform and of the service that a plugin brings.
    ///
    /// # Panics
    ///
    /// When the portal has no such service.
    pub fn service(&self, display_name: &str) -> (String, String) {
        let platforms = self.get("/api/v2/configuration/platforms").ok();
        for platform in platforms["platforms"].as_array().expect("a list") {
            let id = platform["id"].as_str().expect("an id");
            let services = self.get(&format!("/api/v2/configuration/platforms/{id}/services")).ok();
            for service in services["platform_services"].as_array().expect("a list") {
                if service["name"] == display_name {
                    return (id.to_owned(), service["id"].as_str().expect("an id").to_owned());
                }
            }
        }
        panic!("no service is called {display_name}");
    }

    /// What creating a technical asset takes, for the plugin of that display name, in the custom
    /// mapping. The asset's namespace is its display name in lower case.
    pub fn new_asset(&self, display_name: &str, configuration: &Value) -> Value {
        let (platform, service) = self.service(display_name);
        serde_json::json!({
            "name": display_name,
            "namespace": display_name.to_lowercase(),
            "platform_id": platform,
            "service_id": service,
            "technical_mapping": "custom",
            "configuration": configuration,
        })
    }

    /// Creates a technical asset and returns its id.
    ///
    /// # Panics
    ///
    /// When it is refused.
    pub fn create_asset(&self, product: &str, asset: &Value) -> String {
        let created = self.post(&assets_of(product), asset).ok();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// Reads a technical asset.
    ///
    /// # Panics
    ///
    /// When it is not there.
    pub fn asset(&self, product: &str, asset: &str) -> Value {
        self.get(&format!("{}/{asset}", assets_of(product))).ok()
    }

    /// Creates a data product and returns its id.
    ///
    /// # Panics
    ///
    /// When it is refused.
    pub fn create_product(&self, namespace: &str) -> String {
        let body = serde_json::json!({"name": namespace, "namespace": namespace});
        let created = self.post("/api/v2/data_products", &body).ok();
        created["id"].as_str().expect("an id").to_owned()
    }
}

/// The path of a data product's technical assets.
pub fn assets_of(product: &str) -> String {
    format!("/api/v2/data_products/{product}/technical_assets")
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = result.expect("the server answers");
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let text = response.body_mut().with_config().limit(1 << 30).read_to_string();
    Answer { status: response.status().as_u16(), headers, text: text.expect("a text body") }
}
