//! The company's identity provider: what is known of it, and what it is asked. Libraries do the
//! protocol; this knows neither the database nor the portal's own requests.

mod bearer;
mod claims;
mod exchange;
mod http;
mod threads;
mod trial;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use openidconnect::{HttpRequest, HttpResponse, IssuerUrl, ProviderMetadataWithLogout};
use portal_engine::access::{OidcSettings, PublicUrl};

use self::bearer::{Bearers, Keys};
use self::http::Http;
use self::threads::Threads;

pub(crate) use self::bearer::Unfit;
pub(crate) use self::exchange::{Attempt, CALLBACK, Given, Renewed, SIGNED_OUT, SignedIn};
pub(crate) use self::trial::{Tried, try_provider};

/// How old what is known of the provider may be for somebody to be sent there: who is sent to one that
/// has stopped sees the browser's own error.
const FRESH: Duration = Duration::from_secs(2);

/// How long a provider that could not be reached is not asked again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How often keys are fetched for a token with an unknown key id, at the most.
const KEYS_EVERY: Duration = Duration::from_secs(30);

/// How old keys may be before they are fetched again although nobody misses one: a key may have been
/// taken back.
const KEYS_MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// How long sessions rest after the provider did not answer one of them in time: each such question takes
/// a thread for as long as one waits for an answer.
const REST: Duration = Duration::from_secs(30);

/// By how much clocks may differ, in seconds.
const LEEWAY: u32 = 60;

/// What anybody is told where signing in is not set up rightly. Why stands in the log.
pub(crate) const NOBODY_SIGNS_IN: &str = "nobody can sign in on this server: its log says why, and so does the operator's page about the identity provider";

/// Why the provider is of no help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It cannot be reached, or answers as no provider does: it may do so later. A sentence.
    Unreachable(String),
    /// It refuses, or what it says cannot be accepted. A sentence.
    Refused(String),
}

impl Failure {
    /// The sentence.
    pub(crate) fn sentence(&self) -> &str {
        let (Failure::Unreachable(sentence) | Failure::Refused(sentence)) = self;
        sentence
    }
}

/// For whom the provider is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// For somebody who signs in.
    SigningIn,
    /// For somebody who has, or for a token.
    Known,
}

/// What a provider says of itself, its keys, and the tokens that they vouch for.
#[derive(Debug)]
struct Known {
    metadata: ProviderMetadataWithLogout,
    keys: Keys,
    bearers: Arc<Bearers>,
    read_at: Instant,
}

/// One identity provider, as `[access.oidc]` describes it.
pub(crate) struct Provider {
    settings: OidcSettings,
    public: PublicUrl,
    http: Http,
    known: ArcSwapOption<Known>,
    /// When it was last asked what it says of itself, and why that failed. Whoever asks holds it, so
    /// that others wait for the same answer.
    asked: Mutex<Option<(Instant, Result<(), Failure>)>>,
    /// When it last did not answer in time.
    hung: Mutex<Option<Instant>>,
    sign_ins: Threads,
    threads: Threads,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// A provider that nobody has asked anything yet.
    ///
    /// # Errors
    ///
    /// A sentence, for certificates or a proxy that cannot be used on this server, and for a system
    /// without threads.
    pub(crate) fn new(settings: OidcSettings, public: PublicUrl) -> Result<Self, String> {
        Ok(Provider {
            http: Http::new(&settings)?,
            sign_ins: Threads::start()?,
            threads: Threads::start()?,
            hung: Mutex::new(None),
            known: ArcSwapOption::empty(),
            asked: Mutex::new(None),
            settings,
            public,
        })
    }

    pub(crate) fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// The address by which people reach the portal.
    pub(crate) fn public(&self) -> &PublicUrl {
        &self.public
    }

    /// Asks the provider something on one of its threads.
    ///
    /// # Errors
    ///
    /// As `ask`; [`Failure::Unreachable`] when too many wait already.
    pub(crate) async fn on_thread<T: Send + 'static>(
        self: &Arc<Self>,
        asking: Asking,
        ask: impl FnOnce(&Provider) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let provider = Arc::clone(self);
        let threads = match asking {
            Asking::SigningIn => &self.sign_ins,
            Asking::Known => &self.threads,
        };
        threads.run(move || ask(&provider)).await
    }

    /// What is known of the provider, if it is not older than that.
    fn recent(&self, age: Duration) -> Option<Arc<Known>> {
        self.known.load_full().filter(|known| known.read_at.elapsed() < age)
    }

    /// Whether it did not answer a moment ago.
    fn hangs(&self) -> bool {
        let hung = *self.hung.lock().unwrap_or_else(PoisonError::into_inner);
        hung.is_some_and(|at| at.elapsed() < REST)
    }

    /// Sends a request of the protocol, and remembers whether that took too long.
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let answer = self.http.send(request);
        let hangs = matches!(answer, Err(ureq::Error::Timeout(_)));
        *self.hung.lock().unwrap_or_else(PoisonError::into_inner) = hangs.then(Instant::now);
        answer
    }

    /// What is known of the provider, at most so old; it is asked where that is older, or not known,
    /// unless it was asked in vain within `rest`.
    fn known_within(&self, age: Duration, rest: Duration) -> Result<Arc<Known>, Failure> {
        if let Some(known) = self.recent(age) {
            return Ok(known);
        }
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.recent(age) {
            return Ok(known);
        }
        if let Some((at, Err(failure))) = &*asked
            && at.elapsed() < rest
        {
            return Err(failure.clone());
        }
        let found = self.discover();
        *asked = Some((Instant::now(), found.as_ref().map(drop).map_err(Failure::clone)));
        if let Ok(known) = &found {
            self.known.store(Some(Arc::clone(known)));
        }
        found
    }

    /// Asks the provider what it says of itself, and for its keys.
    fn discover(&self) -> Result<Arc<Known>, Failure> {
        let issuer = &self.settings.issuer;
        let unreachable = |why: String| {
            tracing::warn!(issuer, why, "the identity provider cannot be used");
            Failure::Unreachable(format!("the identity provider at {issuer} {why}"))
        };
        let url = IssuerUrl::new(issuer.clone())
            .map_err(|error| unreachable(format!("has no address: {error}")))?;
        let ask = |request| self.send(request);
        let metadata = ProviderMetadataWithLogout::discover(&url, &ask)
            .map_err(|error| unreachable(http::discovery_failure(&error)))?;
        // Browsers are sent there; what the portal asks itself is looked at when it is asked.
        let end = metadata.additional_metadata().end_session_endpoint.as_ref();
        let pages = [Some(metadata.authorization_endpoint().url()), end.map(|end| end.url())];
        let schemes: &[&str] =
            if self.settings.is_encrypted() { &["https"] } else { &["https", "http"] };
        if !pages.iter().flatten().all(|page| schemes.contains(&page.scheme())) {
            return Err(unreachable(http::WITHOUT_HTTPS.to_owned()));
        }
        let keys = Keys::new(metadata.jwks());
        let before = self.known.load_full().filter(|before| before.keys.are_those_of(&keys));
        let bearers = before.map(|before| Arc::clone(&before.bearers)).unwrap_or_default();
        Ok(Arc::new(Known { metadata, keys, bearers, read_at: Instant::now() }))
    }
}
