//! Trying a provider out: whether it is found, has keys, and agrees on the time, before anybody signs
//! in.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Provider;
use super::http::request_failure;

/// By how many seconds clocks may differ before it is told: tokens are taken with a minute.
const CLOCKS_MAX: i64 = 30;

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tried {
    /// What it is.
    pub what: &'static str,
    /// Whether it is as it should be.
    pub is_good: bool,
    /// What was found, in a sentence.
    pub found: String,
}

impl Tried {
    /// Nothing could be tried: why.
    pub(crate) fn not_done(why: &str) -> Self {
        bad("discovery", why.to_owned())
    }
}

fn good(what: &'static str, found: String) -> Tried {
    Tried { what, is_good: true, found }
}

fn bad(what: &'static str, found: String) -> Tried {
    Tried { what, is_good: false, found }
}

/// Tries everything that can be tried without a person.
pub(crate) fn try_provider(provider: &Provider) -> Vec<Tried> {
    let secrets = provider.settings.missing_secrets();
    let mut tried: Vec<Tried> = secrets.into_iter().map(|(key, reason)| bad(key, reason)).collect();
    let known = match provider.discover() {
        Ok(known) => known,
        Err(failure) => {
            tried.push(Tried::not_done(failure.sentence()));
            return tried;
        }
    };
    let metadata = &known.metadata;
    tried.push(good(
        "discovery",
        format!("people sign in at {}", metadata.authorization_endpoint().as_str()),
    ));
    let keys = known.keys.count();
    let jwks = metadata.jwks_uri().as_str();
    tried.push(match keys {
        0 => bad("keys", format!("{jwks} holds no key that tokens can be checked with")),
        1 => good("keys", format!("1 key at {jwks}")),
        keys => good("keys", format!("{keys} keys at {jwks}")),
    });
    tried.push(clock(provider));
    tried.push(match &metadata.additional_metadata().end_session_endpoint {
        Some(_) => good("sign-out", "people are signed out at the provider as well".to_owned()),
        None => {
            good("sign-out", "the provider offers none: people stay signed in there".to_owned())
        }
    });
    tried
}

/// Compares the clocks: tokens are good for some minutes.
fn clock(provider: &Provider) -> Tried {
    let url = format!(
        "{}/.well-known/openid-configuration",
        provider.settings.issuer.trim_end_matches('/')
    );
    let answer = match provider.http.agent().get(&url).call() {
        Ok(answer) => answer,
        Err(error) => return bad("clock", format!("{url} {}", request_failure(&error))),
    };
    let now = Utc::now();
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) else {
        return good("clock", "the provider does not say what time it is".to_owned());
    };
    let apart = (now - date.to_utc()).num_seconds();
    let found = match apart {
        0 => "the clocks agree".to_owned(),
        1.. => format!("the provider's clock is {apart} s behind this one"),
        _ => format!("the provider's clock is {} s ahead of this one", -apart),
    };
    if apart.abs() > CLOCKS_MAX {
        bad("clock", format!("{found}: set both by NTP"))
    } else {
        good("clock", found)
    }
}
