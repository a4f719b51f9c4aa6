//! An OpenID Connect provider in this process, whose people, keys and faults a test chooses.

mod endpoints;
mod key;
mod tls;
mod wire;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use endpoints::State;
use key::Key;
use tls::Tls;
use wire::Request;

/// Who the portal is to the provider.
pub const CLIENT_ID: &str = "portal";
/// How the portal proves it.
pub const CLIENT_SECRET: &str = "s3cret-of-the-test-client-7f3a";

/// A provider at a free port of 127.0.0.1, which ends when dropped.
///
/// It shows no page: a browser that is sent to it comes back at once.
#[derive(Debug)]
pub struct IdentityProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

/// What a provider does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The ID token has a nonce that nobody sent.
    WrongNonce,
    /// The ID token has no nonce.
    NoNonce,
    /// The ID token is for another client.
    OtherAudience,
    /// The ID token is from another issuer.
    OtherIssuer,
    /// The ID token expired an hour ago.
    Expired,
    /// The ID token is signed with HS256 and the client's secret.
    SignedWithSecret,
    /// The ID token says `"alg": "none"` and has no signature.
    Unsigned,
    /// The ID token names the current key and is signed with another.
    SignedWithOtherKey,
    /// The token endpoint answers without ID token; when refreshing, it may.
    NoIdToken,
    /// The token endpoint answers without refresh token; the one that was used stays valid.
    NoRefreshToken,
    /// The ID token says `sub` alone of the person, userinfo says the rest.
    ClaimsOnlyAtUserinfo,
    /// The ID token of a refresh is somebody else's.
    OtherSubjectAtRefresh,
    /// The ID token says `sub` alone, and userinfo tells of somebody else.
    OtherSubjectAtUserinfo,
    /// The ID token says `sub` alone, and userinfo answers 503.
    UserinfoFails,
    /// The redirect back names another issuer in `iss` (RFC 9207).
    WrongIssuerInCallback,
    /// The redirect back has no `iss`, which discovery promised.
    NoIssuerInCallback,
    /// Discovery names another issuer.
    WrongIssuerInDiscovery,
    /// Discovery has no `end_session_endpoint`.
    NoEndSession,
    /// Discovery is elsewhere, and redirects there.
    RedirectsDiscovery,
    /// Discovery says that the keys are at an address without TLS.
    KeysWithoutTls,
    /// Discovery says that people sign in at an address without TLS.
    PagesWithoutTls,
    /// The token endpoint answers 500.
    TokenFails,
    /// The token endpoint answers a page, with 200.
    TokenHtml,
    /// The token endpoint answers nothing for 30 seconds, then closes the connection.
    TokenHangs,
}

/// What signs a token, whatever its header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// The key in the JWKS.
    Current,
    /// A new key of the same kind, which is in no JWKS.
    Other,
    /// HMAC with SHA-256 and this secret.
    Secret(Vec<u8>),
    /// Nothing: the signature is empty.
    Nothing,
}

impl IdentityProvider {
    /// Starts a provider without TLS that has an RS256 key and knows Ada, whose subject is `1`.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub fn start() -> Self {
        Self::under(None)
    }

    /// The same under TLS, with a certificate that no public authority has signed.
    ///
    /// # Panics
    ///
    /// Likewise.
    pub fn start_encrypted() -> Self {
        Self::under(Some(Tls::new()))
    }

    fn under(tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let scheme = tls.as_ref().map_or("http", |_| "https");
        let state = State { issuer: format!("{scheme}://{address}"), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), tls });
        let accepting = Arc::clone(&shared);
        let listening = Some(thread::spawn(move || accepting.listen(&listener)));
        let provider = IdentityProvider { address, shared, listening };
        provider.person(json!({"sub": "1", "email": "ada@example.com", "email_verified": true}));
        provider
    }

    /// Its issuer, such as `http://127.0.0.1:PORT`.
    pub fn issuer(&self) -> String {
        self.shared.state().issuer.clone()
    }

    /// Its certificate as PEM; nothing without TLS.
    pub fn certificate(&self) -> &str {
        self.shared.tls.as_ref().map_or("", Tls::certificate)
    }

    /// Closes every connection without an answer from now on; the port stays taken.
    pub fn stop(&self) {
        self.shared.state().is_stopped = true;
    }

    /// Answers again, at the same port.
    pub fn resume(&self) {
        self.shared.state().is_stopped = false;
    }

    /// Signs with a new RS256 key from now on; the old one leaves the JWKS.
    pub fn rotate_keys(&self) {
        let key = Key::rs256();
        self.shared.state().key = key;
    }

    /// Signs with a new ES256 key from now on; the old one leaves the JWKS.
    pub fn use_es256(&self) {
        let key = Key::es256();
        self.shared.state().key = key;
    }

    /// Who signs in next. Refreshing says of a person what was told last for their `sub`.
    ///
    /// # Panics
    ///
    /// When the claims have no `sub`.
    pub fn person(&self, claims: Value) {
        let subject = claims["sub"].as_str().expect("a person has a subject").to_owned();
        let mut state = self.shared.state();
        state.people.insert(subject.clone(), claims);
        state.current = subject;
    }

    /// Whether the token endpoint answers `invalid_grant` instead of refreshing.
    pub fn refuse_refresh(&self, refuses: bool) {
        self.shared.state().refuses_refresh = refuses;
    }

    /// Which error leads back to the client instead of a code, such as `access_denied`.
    pub fn refuse_sign_in(&self, error: Option<&str>) {
        self.shared.state().sign_in_error = error.map(str::to_owned);
    }

    /// What the provider does wrong, until told otherwise.
    pub fn fault(&self, fault: Option<Fault>) {
        self.shared.state().fault = fault;
    }

    /// The header of a token that the current key signs: `alg`, `kid` and `typ`.
    pub fn header(&self) -> Value {
        self.shared.state().key.header()
    }

    /// The claims of a token for an audience, valid for five minutes, about the person who would
    /// sign in next.
    pub fn claims(&self, audience: &str) -> Value {
        let state = self.shared.state();
        state.claims(audience, &state.current)
    }

    /// A token with exactly these claims, signed with the current key.
    pub fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims, &Signing::Current)
    }

    /// A token with exactly this header and these claims.
    pub fn token_with(&self, header: &Value, claims: &Value, signing: &Signing) -> String {
        let mut state = self.shared.state();
        let token = state.key.token(header, claims, signing);
        state.kept(token)
    }

    /// The current public key in every form that a client could mistake for an HMAC secret: DER,
    /// PEM, JWK, JWKS, and the members of the JWK as text and as bytes.
    pub fn public_key_forms(&self) -> Vec<Vec<u8>> {
        self.shared.state().key.public_forms()
    }

    /// How often a path was asked for, such as `/keys`.
    pub fn requests(&self, path: &str) -> usize {
        self.shared.state().requests.get(path).copied().unwrap_or_default()
    }

    /// All codes and tokens it ever gave out, those made for a test included.
    pub fn secrets(&self) -> Vec<String> {
        self.shared.state().secrets.clone()
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.is_stopped = true;
            state.is_dropped = true;
        }
        // The thread looks whether it should end when somebody connects.
        if TcpStream::connect(self.address).is_ok()
            && let Some(listening) = self.listening.take()
        {
            let _ = listening.join();
        }
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    tls: Option<Tls>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().flatten() {
            if self.state().is_dropped {
                break;
            }
            if self.state().is_stopped {
                continue;
            }
            let shared = Arc::clone(self);
            thread::spawn(move || {
                if let Err(error) = shared.serve(client) {
                    eprintln!("the identity provider could not answer: {error}");
                }
            });
        }
    }

    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        client.set_read_timeout(Some(Duration::from_secs(10)))?;
        match &self.tls {
            Some(tls) => self.answer(&mut tls.over(client)?),
            None => self.answer(&mut client),
        }
    }

    fn answer(&self, client: &mut (impl Read + Write)) -> io::Result<()> {
        let request = Request::read(&mut *client)?;
        *self.state().requests.entry(request.path.clone()).or_default() += 1;
        let until = Instant::now() + Duration::from_secs(30);
        while request.path == "/token" && self.state().fault == Some(Fault::TokenHangs) {
            if Instant::now() > until || self.state().is_stopped {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let reply = self.state().answer(&request);
        client.write_all(reply.to_http().as_bytes())?;
        client.flush()
    }
}
