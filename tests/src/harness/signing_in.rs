//! A portal in which people sign in at an identity provider, and browsers that do so.

use std::fs;
use std::path::Path;

use portal_engine::Registry;
use portal_engine::access::AccessSettings;
use portal_engine::db::Database;
use portal_testing::TestDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::company::apply_access;
use super::identity_provider::{CLIENT_ID, CLIENT_SECRET, IdentityProvider};
use super::{Answer, Client, TestServer};

/// The key by which what the provider gives is sealed in these tests.
pub const SESSION_KEY: &str = "a-session-key-of-the-tests-0123456789abcdef";

/// The audience of bearer tokens in these tests.
pub const AUDIENCE: &str = "portal-api";

/// Where the portals of these tests are reached.
pub const PUBLIC: &str = "https://portal.example";

/// A portal, and the provider by which people sign in there.
pub struct SigningIn {
    /// The provider.
    pub provider: IdentityProvider,
    /// The portal.
    pub server: TestServer,
    /// What the server keeps everything in.
    pub pool: Database,
    /// What holds the secrets.
    pub folder: TempDir,
}

/// The section `[access]` of these tests: operators are those in the group `ops`. `more` adds to, or
/// replaces, members of its `oidc`; null removes them, and `anonymous` and `failures_per_minute` are those
/// of the section itself. The secrets are written into a folder.
///
/// # Panics
///
/// When that makes no sound section.
pub fn access_by(
    provider: &IdentityProvider,
    public: &str,
    folder: &Path,
    more: &Value,
) -> AccessSettings {
    access_by_issuer(&provider.issuer(), public, folder, more)
}

/// The same by any provider, which knows the portal as this one does.
///
/// # Panics
///
/// Likewise.
pub fn access_by_issuer(issuer: &str, public: &str, folder: &Path, more: &Value) -> AccessSettings {
    let secret = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("the secret can be written");
        json!({"file": path})
    };
    let mut oidc = json!({
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": secret("client", CLIENT_SECRET),
        "session_key": secret("key", SESSION_KEY),
        "audience": AUDIENCE,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(oidc.as_object_mut().expect("an object").remove(name)),
            value => oidc[name] = value.clone(),
        }
    }
    let members = oidc.as_object_mut().expect("an object");
    let (anonymous, failures) =
        (members.remove("anonymous"), members.remove("failures_per_minute"));
    let access = json!({
        "operators": ["ops"],
        "anonymous": anonymous,
        "failures_per_minute": failures.unwrap_or(json!(100_000)),
        "public_url": public,
        "oidc": oidc,
    });
    serde_json::from_value(access).expect("it is sound")
}

impl SigningIn {
    /// A portal on a fresh database.
    pub fn on(database: &TestDatabase) -> Self {
        Self::with(database, &json!({}))
    }

    /// The same, with other settings of the provider.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn with(database: &TestDatabase, more: &Value) -> Self {
        let registry = Registry::load().expect("the linked plugins are sound");
        let (provider, folder) =
            (IdentityProvider::start(), tempfile::tempdir().expect("a folder"));
        drop(TestServer::start(database));
        let pool = database.migrated(registry);
        let access = access_by(&provider, PUBLIC, folder.path(), more);
        apply_access(&mut pool.get().expect("the database answers"), Some(access));
        let server = TestServer::over(pool.clone(), registry.clone());
        SigningIn { provider, server, pool, folder }
    }

    /// A browser of somebody who has signed in: the provider tells of them what `claims` says.
    ///
    /// # Panics
    ///
    /// When they cannot sign in.
    pub fn person(&self, claims: Value) -> Browser {
        self.provider.person(claims);
        let mut browser = Browser::new(&self.server);
        let answer = browser.sign_in("/");
        assert_eq!(answer.status, 303, "{}", answer.text);
        browser
    }

    /// Somebody with that address, in these groups.
    pub fn in_groups(&self, address: &str, groups: &[&str]) -> Browser {
        self.person(json!({"sub": address, "email": address, "groups": groups}))
    }
}

/// A browser, as far as cookies and redirects are concerned.
#[derive(Debug, Clone)]
pub struct Browser {
    server: Client,
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// A browser without cookies.
    pub fn new(server: &Client) -> Self {
        Browser { server: server.clone(), cookies: Vec::new() }
    }

    /// The same browser, which looks at another server under the same address.
    pub fn at(&self, server: &Client) -> Self {
        Browser { server: server.clone(), cookies: self.cookies.clone() }
    }

    /// A client with the cookies that it has now.
    pub fn client(&self) -> Client {
        match self.cookie() {
            none if none.is_empty() => self.server.with(&[]),
            cookie => self.server.with(&[("cookie", &cookie)]),
        }
    }

    /// The values of its cookies.
    pub fn cookies(&self) -> &[(String, String)] {
        &self.cookies
    }

    /// What it sends as `Cookie`.
    pub fn cookie(&self) -> String {
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Takes over what an answer says of cookies.
    pub fn keep(&mut self, answer: &Answer) {
        let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
        for (_, cookie) in set {
            let (name, rest) = cookie.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Asks for a page.
    pub fn get(&mut self, path: &str) -> Answer {
        let answer = self.client().send("GET", path, &[("accept", "text/html")]);
        self.keep(&answer);
        answer
    }

    /// Sends a form.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.client().form(path, fields);
        self.keep(&answer);
        answer
    }

    /// Begins to sign in, goes to the provider, and returns the path that it leads back to.
    ///
    /// # Panics
    ///
    /// When the portal does not lead there, or the provider not back.
    pub fn callback(&mut self, to: &str) -> String {
        let begun = self.get(&format!("/sign-in?to={to}"));
        assert_eq!(begun.status, 303, "{}", begun.text);
        let url = Url::parse(begun.header("location").expect("a location")).expect("an address");
        let provider = Client::new(&url.origin().ascii_serialization());
        let answer = provider.get(&path_of(&url));
        assert_eq!(answer.status, 303, "{}", answer.text);
        let back = answer.header("location").expect("a location").to_owned();
        let back = Url::parse(&back).expect("an address");
        assert_eq!(back.origin().ascii_serialization(), PUBLIC);
        path_of(&back)
    }

    /// Signs in, and returns the answer after coming back.
    pub fn sign_in(&mut self, to: &str) -> Answer {
        let callback = self.callback(to);
        self.get(&callback)
    }
}

fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
