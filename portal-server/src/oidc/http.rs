//! How the provider is reached: what is trusted, how long it may take, and how failures read.

use std::error::Error as StdError;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::{DiscoveryError, HttpRequest, HttpResponse};
use portal_engine::access::OidcSettings;
use portal_engine::read_bounded;
use ureq::http::StatusCode;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

/// How long the provider may take to answer, and how long to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// How many bytes an answer has at the most.
const ANSWER_MAX: u64 = 1_000_000;

/// How many bytes a file with certificates has at the most.
const CERTIFICATES_MAX: u64 = 1_000_000;

/// With what a provider asks for patience.
const FOR_NOW: [StatusCode; 2] = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];

/// What is wrong with an address that a provider found by https refers to, in words that follow its name.
pub(super) const WITHOUT_HTTPS: &str = "refers to an address without https";

/// A client that follows no redirect, and remembers nothing.
#[derive(Debug)]
pub(super) struct Http(Agent);

impl Http {
    /// # Errors
    ///
    /// A sentence, for certificates or a proxy that cannot be used.
    pub(super) fn new(settings: &OidcSettings) -> Result<Self, String> {
        let roots = settings.ca_file.as_deref().map(roots_in).transpose()?;
        let tls = TlsConfig::builder()
            .root_certs(roots.unwrap_or(RootCerts::WebPki))
            .unversioned_rustls_crypto_provider(Arc::new(
                rustls::crypto::aws_lc_rs::default_provider(),
            ))
            .build();
        let proxy = settings.proxy.as_deref().map(|proxy| {
            Proxy::new(proxy).map_err(|error| format!("the proxy {proxy:?} is none: {error}"))
        });
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(proxy.transpose()?)
            // What a provider found by https refers to is not asked without it.
            .https_only(settings.is_encrypted())
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .timeout_connect(Some(CONNECT_PATIENCE))
            .user_agent(concat!("data-product-portal/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Http(config.into()))
    }

    /// Sends a request of the protocol. That the provider cannot answer now is an error, whatever it says
    /// beside that.
    pub(super) fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        // A GET has no body, not even an empty one.
        let answer = match request.body().is_empty() {
            true => self.0.run(request.map(drop))?,
            false => self.0.run(request)?,
        };
        let status = answer.status();
        if status.is_server_error() || FOR_NOW.contains(&status) {
            return Err(ureq::Error::StatusCode(status.as_u16()));
        }
        let (parts, mut body) = answer.into_parts();
        let body = body.with_config().limit(ANSWER_MAX).read_to_vec()?;
        Ok(HttpResponse::from_parts(parts, body))
    }

    /// The client itself, for what is no request of the protocol.
    pub(super) fn agent(&self) -> &Agent {
        &self.0
    }
}

/// The certificates in a file.
fn roots_in(path: &str) -> Result<RootCerts, String> {
    let text = read_bounded(Path::new(path), CERTIFICATES_MAX)
        .map_err(|reason| format!("the file {path} with certificates cannot be read: {reason}"))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(text.as_bytes()) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            Err(error) => {
                return Err(format!("the file {path} is no list of certificates: {error}"));
            }
        }
    }
    if certificates.is_empty() {
        return Err(format!("the file {path} holds no certificate (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// Why nothing is known of the provider, in words that follow its address.
pub(super) fn discovery_failure(error: &DiscoveryError<ureq::Error>) -> String {
    match error {
        DiscoveryError::Request(error) => request_failure(error),
        DiscoveryError::Response(status, ..) if !status.is_success() => {
            format!("answers {status} where it should describe itself: is the issuer right?")
        }
        DiscoveryError::Validation(why) => {
            format!("calls itself something else ({why}): write the issuer exactly as it does")
        }
        other => format!("describes itself in no way that can be read: {}", in_full(other)),
    }
}

/// Why a request failed, in words that follow the provider's name.
pub(super) fn request_failure(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(status) => format!("answers {status}"),
        ureq::Error::Timeout(_) => "does not answer in time".to_owned(),
        ureq::Error::RequireHttpsOnly(_) => WITHOUT_HTTPS.to_owned(),
        ureq::Error::Io(error) => format!("cannot be reached: {}", in_full(error)),
        error => format!("cannot be reached: {}", in_full(error)),
    }
}

/// An error and what caused it.
pub(super) fn in_full(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = next.source();
    }
    text
}
