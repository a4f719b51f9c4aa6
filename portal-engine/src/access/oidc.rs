//! The section `[access.oidc]` of the operator's file: the company's identity provider, by which
//! people sign in, and whose tokens programs may show.

use std::time::Duration;

use portal_core::{Problem, ProblemKind, Secret};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use url::{Host, Url};

/// The claim that holds groups when nothing is said.
const GROUPS_CLAIM: &str = "groups";

/// The claim that holds the address of a person when nothing is said.
const NAME_CLAIM: &str = "email";

/// The scopes that are asked for when nothing is said; `openid` always is.
const SCOPES: [&str; 2] = ["email", "profile"];

/// The issuer of Google, whose tokens hold no groups.
const GOOGLE: &str = "https://accounts.google.com";

/// How many characters a session key has at the least. It should be random: `openssl rand -hex 32`.
const SESSION_KEY_MIN: usize = 32;

/// The identity provider by which people sign in (OpenID Connect). It is found by its issuer: what
/// else is to know of it stands at `ISSUER/.well-known/openid-configuration`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OidcSettings {
    /// The issuer, exactly as the provider writes it, such as
    /// `https://login.example.com/realms/company`.
    #[schemars(length(min = 1))]
    pub issuer: String,
    /// What the provider calls this portal.
    #[schemars(length(min = 1))]
    pub client_id: String,
    /// Where the secret is that the provider gave this portal.
    #[schemars(with = "Secret")]
    pub client_secret: Option<Secret>,
    /// Where a random text of 32 characters or more is, such as `openssl rand -hex 32` prints. With it
    /// the refresh token of each session is kept, encrypted, so that `recheck` happens unnoticed;
    /// without it people pass by the provider again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Secret")]
    pub session_key: Option<Secret>,
    /// The audience of the bearer tokens that the API takes. None are taken when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub audience: Option<String>,
    /// What is asked for beside `openid`; `email` and `profile` when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>", extend("uniqueItems" = true))]
    pub scopes: Option<Vec<String>>,
    /// The claim with somebody's groups, or the path to it, such as `realm_access.roles`; `groups`
    /// when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub groups_claim: Option<String>,
    /// The claim with somebody's address, by which they are known here, or the path to it; `email`
    /// when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub name_claim: Option<String>,
    /// How old what is known of somebody's groups may be before the provider is asked again; an hour
    /// when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Span")]
    pub recheck: Option<Span>,
    /// How much longer a session goes on while the provider cannot be reached; four hours when it is
    /// left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Span")]
    pub grace: Option<Span>,
    /// After how long without a request a session ends; eight hours when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Span")]
    pub idle: Option<Span>,
    /// After how long a session ends whatever happens; seven days when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Span")]
    pub lasts: Option<Span>,
    /// A file on the server with the certificates (PEM) of the authorities that may vouch for the
    /// provider, in place of the public ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub ca_file: Option<String>,
    /// The proxy by which the provider is reached, such as `http://proxy.example.com:3128`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub proxy: Option<String>,
}

impl OidcSettings {
    /// The provider, and what it calls this portal: sessions are of both.
    pub fn name(&self) -> String {
        format!("{} {}", self.issuer, self.client_id)
    }

    /// Whether the provider is reached by https; without it, it is on this machine.
    pub fn is_encrypted(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    /// What is asked for beside `openid`.
    pub fn scopes(&self) -> Vec<&str> {
        match &self.scopes {
            Some(scopes) => {
                let others = scopes.iter().map(String::as_str);
                others.filter(|scope| *scope != "openid").collect()
            }
            None => SCOPES.to_vec(),
        }
    }

    /// The claim with somebody's groups.
    pub fn groups_claim(&self) -> &str {
        self.groups_claim.as_deref().unwrap_or(GROUPS_CLAIM)
    }

    /// The claim with somebody's address.
    pub fn name_claim(&self) -> &str {
        self.name_claim.as_deref().unwrap_or(NAME_CLAIM)
    }

    /// How old what is known of somebody's groups may be.
    pub fn recheck(&self) -> Duration {
        Span::or(self.recheck, 60 * 60)
    }

    /// How much longer a session goes on while the provider cannot be reached.
    pub fn grace(&self) -> Duration {
        Span::or(self.grace, 4 * 60 * 60)
    }

    /// After how long without a request a session ends.
    pub fn idle(&self) -> Duration {
        Span::or(self.idle, 8 * 60 * 60)
    }

    /// After how long a session ends whatever happens.
    pub fn lasts(&self) -> Duration {
        Span::or(self.lasts, 7 * 24 * 60 * 60)
    }

    /// Whether the provider tells groups at all.
    pub fn tells_groups(&self) -> bool {
        !self.is_google()
    }

    /// Whether it is Google, who tells no groups.
    pub fn is_google(&self) -> bool {
        self.issuer == GOOGLE
    }

    /// Why a secret of the section cannot be used on this server: its key, and a sentence.
    pub fn missing_secrets(&self) -> Vec<(&'static str, String)> {
        let secrets = [("client_secret", &self.client_secret), ("session_key", &self.session_key)];
        let missing = secrets.into_iter().filter_map(|(key, secret)| {
            let reason = match secret.as_ref()?.reveal() {
                Err(reason) => format!("the secret cannot be found here: {reason}"),
                Ok(found) if key == "session_key" && found.len() < SESSION_KEY_MIN => format!(
                    "the secret found here has {} characters, and {SESSION_KEY_MIN} are needed: `openssl rand -hex 32` prints a good one",
                    found.len()
                ),
                Ok("") => "the secret found here is empty".to_owned(),
                Ok(_) => return None,
            };
            Some((key, reason))
        });
        missing.collect()
    }

    /// Checks the addresses of the section. Where they stand is said from there on, such as
    /// `/issuer`.
    pub(crate) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.issuer.is_empty()
            && let Err(message) = check_issuer(&self.issuer)
        {
            problems.push(Problem::new(ProblemKind::ValueError, "/issuer", message).hint(
                "write it as the provider does, such as https://login.example.com/realms/company",
            ));
        }
        if self.audience.as_ref() == Some(&self.client_id) {
            let message = "the audience is the client id, so that an ID token, which passes through addresses of browsers, would do as a token for the API";
            problems.push(
                Problem::new(ProblemKind::ValueError, "/audience", message)
                    .hint("have the provider write an audience of the API's own"),
            );
        }
        if let Some(proxy) = &self.proxy
            && let Err(message) = check_proxy(proxy)
        {
            problems.push(
                Problem::new(ProblemKind::ValueError, "/proxy", message)
                    .hint("such as http://proxy.example.com:3128"),
            );
        }
        for (index, scope) in self.scopes.iter().flatten().enumerate() {
            // RFC 6749, section 3.3.
            let is_fit = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
            if scope.is_empty() || !scope.bytes().all(is_fit) {
                let message = format!("{scope:?} is no scope");
                let at = format!("/scopes/{index}");
                problems.push(
                    Problem::new(ProblemKind::ValueError, at, message)
                        .hint("write each scope as a text of its own"),
                );
            }
        }
        problems
    }
}

fn check_issuer(issuer: &str) -> Result<(), String> {
    let url = read_url(issuer)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("the issuer {issuer:?} has a part after ? or #"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(format!(
            "the issuer {issuer:?} is reached without encryption, so anybody on the way could sign in as anybody: it has to begin with https://"
        ));
    }
    Ok(())
}

fn check_proxy(proxy: &str) -> Result<(), String> {
    let url = read_url(proxy)?;
    match url.path() {
        "" | "/" if url.query().is_none() && url.fragment().is_none() => Ok(()),
        _ => Err(format!("the proxy {proxy:?} has a path")),
    }
}

/// Reads an address of the web, without a person in it.
fn read_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text:?} is no address: {error}"))?;
    if !["http", "https"].contains(&url.scheme()) || url.host().is_none() {
        return Err(format!("{text:?} does not begin with https:// or http:// and a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a password, which would be shown: leave it out".to_owned());
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address by which people reach the portal: what `public_url` says, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Scheme, host and port, such as `https://portal.example.com`.
    pub origin: String,
    /// The host, with the port where that is not the scheme's own.
    pub host: String,
    /// The path that the portal is found under, such as `/portal`; empty when it has the host for
    /// itself.
    pub path: String,
    /// Whether it is reached by https.
    pub is_https: bool,
}

impl PublicUrl {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// A sentence, for what is no address, holds more than scheme, host, port and path, or would have
    /// sessions pass a network without encryption.
    pub fn read(text: &str) -> Result<Self, String> {
        let url = read_url(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!("{text:?} has a part after ? or #"));
        }
        let is_https = url.scheme() == "https";
        if !is_https && !is_loopback(&url) {
            return Err(format!(
                "{text:?} is reached without encryption, so anybody on the way could take over sessions: it has to begin with https://"
            ));
        }
        let origin = url.origin().ascii_serialization();
        let host = origin.split_once("://").map_or("", |(_, host)| host).to_owned();
        let path = url.path().trim_end_matches('/').to_owned();
        Ok(PublicUrl { origin, host, path, is_https })
    }

    /// The address of a path of the portal, such as `/sign-in`.
    pub fn address(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.path)
    }
}

/// A time such as `1h`, as the file writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(Duration);

impl Span {
    /// What a time looks like: a number, then s, m, h or d.
    const PATTERN: &'static str = "^[1-9][0-9]{0,4}[smhd]$";

    fn or(span: Option<Span>, seconds: u64) -> Duration {
        span.map_or(Duration::from_secs(seconds), |Span(duration)| duration)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.0.as_secs();
        let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
        let unit = units.iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
        let (unit, name) = unit.unwrap_or(&(1, "s"));
        serializer.serialize_str(&format!("{}{name}", seconds / unit))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Span).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": Span::PATTERN, "examples": ["30m", "8h", "7d"]})
    }
}

/// What a claim holds, by its name or by the path to it: `realm_access.roles` is a claim of that name,
/// or the member `roles` of the claim `realm_access`.
pub fn claim<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(found) = claims.get(path) {
        return Some(found);
    }
    let mut segments = path.split('.');
    let first = claims.get(segments.next()?)?;
    segments.try_fold(first, |value, segment| value.get(segment))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn issuer_and_public_url_are_encrypted_unless_nobody_is_on_the_way() {
        for good in ["https://login.example/realms/a", "http://127.0.0.1:1234", "http://localhost"]
        {
            assert_eq!(check_issuer(good), Ok(()), "{good}");
            assert!(PublicUrl::read(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "login.example",
            "http://login.example",
            "ftp://login.example",
            "https://a:b@login.example",
            "https://login.example?x",
            "https://login.example#x",
        ] {
            assert!(check_issuer(bad).is_err() && PublicUrl::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn audience_is_none_that_id_tokens_have() {
        let of = |audience: &str| OidcSettings {
            client_id: "portal".to_owned(),
            audience: Some(audience.to_owned()),
            ..OidcSettings::default()
        };
        assert!(of("portal-api").check().is_empty());
        let [problem] = &of("portal").check()[..] else { panic!("one problem") };
        assert_eq!(problem.at, "/audience");
    }

    #[test]
    fn public_url_has_an_origin_and_a_path() {
        let url = PublicUrl::read("https://Portal.example:443/tools/portal/").unwrap();
        assert_eq!(url.origin, "https://portal.example");
        assert_eq!((url.host.as_str(), url.path.as_str()), ("portal.example", "/tools/portal"));
        assert_eq!(url.address("/sign-in"), "https://portal.example/tools/portal/sign-in");
        let url = PublicUrl::read("http://127.0.0.1:8080").unwrap();
        assert_eq!((url.host.as_str(), url.path.as_str()), ("127.0.0.1:8080", ""));
        assert!(!url.is_https);
    }

    #[test]
    fn span_is_written_as_it_was_read() {
        for text in ["1s", "90m", "1h", "8h", "7d", "45s"] {
            let span: Span = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(serde_json::to_value(span).unwrap(), json!(text));
        }
    }

    #[test]
    fn claim_is_found_by_its_name_before_its_path() {
        let claims = json!({"a.b": 1, "a": {"b": 2, "c": {"d": 3}}, "https://x.example/g": 4});
        let claims = claims.as_object().unwrap();
        assert_eq!(claim(claims, "a.b"), Some(&json!(1)));
        assert_eq!(claim(claims, "a.c.d"), Some(&json!(3)));
        assert_eq!(claim(claims, "https://x.example/g"), Some(&json!(4)));
        assert_eq!(
            (claim(claims, "a.x"), claim(claims, "x.a"), claim(claims, "")),
            (None, None, None)
        );
    }
}
