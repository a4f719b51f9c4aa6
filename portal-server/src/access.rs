//! What a server knows of who may do what: the section `[access]` and the tokens, as last read, and
//! what holds while nobody has written that section.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, InvalidHeaderName};
use chrono::{DateTime, NaiveDateTime, Utc};
use ipnet::IpNet;
use portal_core::{Error, Id, Result};
use portal_engine::access::{
    AccessSettings, OidcSettings, Person, ProxySettings, PublicUrl, SecretHash, TokenHolder,
    hash_of_token, read_network,
};
use portal_engine::db::Connection;
use portal_engine::store::sessions::Session;
use portal_engine::store::tokens::{KEEP_USES_EVERY, KnownToken, known_tokens};
use portal_engine::store::{self, Revisions};

use crate::hosts::PublicHost;
use crate::oidc::{Given, Provider};
use crate::seal::Sealer;

/// How the application that a portal is a part of says who sends a request.
///
/// A function of that form is one. Whoever it names has the roles that `[access]` gives to their
/// address and groups, and is the operator where it says so. Who somebody is is their address: a person
/// without one, such as `ada@example.com`, is answered 500, and the log says why.
pub trait Identify: Send + Sync + 'static {
    /// The person who sends a request; `None` when nobody is known. What an application's own
    /// middleware has found out stands in the extensions of the request.
    fn identify(&self, request: &HttpRequest) -> Option<Person>;
}

impl<F: Fn(&HttpRequest) -> Option<Person> + Send + Sync + 'static> Identify for F {
    fn identify(&self, request: &HttpRequest) -> Option<Person> {
        self(request)
    }
}

/// Who can reach a server, and so what holds while nobody has said who may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// Those on the same machine: everybody there is the operator.
    Loopback,
    /// Others as well, or nobody but those whom `[access]` allows: nobody is answered.
    Beyond,
    /// Anybody, and that is meant: everybody is the operator.
    Everybody,
}

impl Exposure {
    /// What every page says while nobody is told apart.
    pub(crate) fn warning(self) -> Option<&'static str> {
        match self {
            Exposure::Loopback => Some(
                "Everybody on this machine is the operator: portal.toml has no section [access].",
            ),
            Exposure::Beyond => None,
            Exposure::Everybody => Some(
                "Everybody who gets here is the operator: the portal was opened to everybody on purpose, and portal.toml has no section [access].",
            ),
        }
    }
}

/// Why a server answers nobody that others than its own machine reach, or once did.
pub(crate) const CLOSED: &str = "the section [access] is gone from what is stored: apply a portal.toml that says who may do what";

/// Why a server answers nobody that cannot read who may do what.
pub(crate) const UNREADABLE: &str = "what is stored of who may do what cannot be read by this server, whose log says why: apply a portal.toml again, or start the version that stored it";

/// Who may do what, and the tokens, at one point in time.
pub(crate) struct Access {
    /// What it was read at.
    pub revisions: Revisions,
    /// `None` while nobody has said it.
    pub settings: Option<AccessSettings>,
    /// Why what somebody has said cannot be read here.
    pub unreadable: Option<String>,
    pub proxy: Option<Proxy>,
    /// How people sign in, or why that cannot be on this server; `None` where they do not.
    pub sign_in: Option<std::result::Result<Arc<SignIn>, String>>,
    /// The host of the public address.
    pub host: Option<PublicHost>,
    /// By the hash of their secret.
    tokens: HashMap<SecretHash, Arc<Token>>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("revisions", &self.revisions).finish_non_exhaustive()
    }
}

/// A token, and when it was used here.
#[derive(Debug)]
pub(crate) struct Token {
    known: KnownToken,
    /// When it was last used here, in seconds since 1970; 0 for never.
    used: AtomicI64,
    /// The last use that has been written.
    kept: AtomicI64,
}

/// What is known of a token that somebody shows.
#[derive(Debug)]
pub(crate) enum Known {
    /// It was never given out, or has been revoked.
    Unknown,
    /// It has ended.
    Expired(NaiveDateTime),
    /// It belongs to this program.
    Of(Arc<TokenHolder>),
}

impl Access {
    /// Reads it at these revisions; tokens that are known already keep their uses.
    ///
    /// Settings that this server cannot read, such as those of a newer one, are told in `unreadable`:
    /// tokens are read all the same, and nobody is answered by rules of before.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(crate) fn read(
        connection: &mut Connection,
        revisions: Revisions,
        before: Option<&Access>,
    ) -> Result<Self> {
        let read = store::stored_access(connection).and_then(|settings| {
            let proxy = settings.as_ref().and_then(|settings| settings.proxy.as_ref());
            let proxy = proxy.map(Proxy::new).transpose()?;
            Ok((settings, proxy))
        });
        let ((settings, proxy), unreadable) = match read {
            Ok(read) => (read, None),
            Err(Error::Internal { sentence, .. }) => ((None, None), Some(sentence)),
            Err(other) => return Err(other),
        };
        let sign_in = settings.as_ref().and_then(|settings| SignIn::of(settings, before));
        let public = settings.as_ref().and_then(|settings| settings.public_url().ok().flatten());
        let host = public.and_then(|public| {
            Some(PublicHost { host: public.host.parse().ok()?, is_https: public.is_https })
        });
        let tokens = known_tokens(connection)?.into_iter().map(|known| {
            let same = before.and_then(|before| before.tokens.get(&known.hash));
            let token = match same.filter(|token| token.known == known) {
                Some(token) => Arc::clone(token),
                None => Arc::new(Token { known, used: AtomicI64::new(0), kept: AtomicI64::new(0) }),
            };
            (token.known.hash, token)
        });
        let tokens = tokens.collect();
        Ok(Access { revisions, settings, unreadable, proxy, sign_in, host, tokens })
    }

    /// The rules that hold; none are written for an open portal, where everybody is the operator.
    pub(crate) fn rules(&self) -> &AccessSettings {
        static NONE: std::sync::LazyLock<AccessSettings> =
            std::sync::LazyLock::new(AccessSettings::default);
        self.settings.as_ref().unwrap_or(&NONE)
    }

    /// Whose token that is, which counts as a use of it.
    pub(crate) fn token(&self, shown: &str) -> Known {
        let Some(token) = hash_of_token(shown).and_then(|hash| self.tokens.get(&hash)) else {
            return Known::Unknown;
        };
        let now = Utc::now();
        if let Some(end) = token.known.expires_at.filter(|end| *end <= now.naive_utc()) {
            return Known::Expired(end);
        }
        token.used.store(now.timestamp(), Ordering::Relaxed);
        Known::Of(Arc::clone(&token.known.holder))
    }

    /// The uses of tokens that are to be written, in the order of ids.
    pub(crate) fn uses(&self) -> Vec<Use> {
        let uses = self.tokens.values().filter_map(|token| {
            let used = token.used.load(Ordering::Relaxed);
            let is_due = used >= token.kept.load(Ordering::Relaxed) + KEEP_USES_EVERY.num_seconds();
            is_due.then(|| Use { token: Arc::clone(token), used })
        });
        let mut uses: Vec<Use> = uses.collect();
        uses.sort_by(|one, other| one.token.known.holder.id.cmp(&other.token.known.holder.id));
        uses
    }
}

/// A use of a token that is to be written.
pub(crate) struct Use {
    token: Arc<Token>,
    used: i64,
}

impl Use {
    /// The id of the token, and when it was used.
    pub(crate) fn row(&self) -> Option<(Id, NaiveDateTime)> {
        let used = DateTime::from_timestamp(self.used, 0)?;
        Some((self.token.known.holder.id.clone(), used.naive_utc()))
    }

    /// It has been written.
    pub(crate) fn kept(self) {
        self.token.kept.store(self.used, Ordering::Relaxed);
    }
}

/// How people sign in.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub provider: Arc<Provider>,
    /// What sessions call the provider.
    pub name: String,
    /// `None` while no key is there: nothing is kept then.
    sealer: Option<Sealer>,
}

impl SignIn {
    /// How people sign in by these settings; what is known of the provider already stays known.
    fn of(
        settings: &AccessSettings,
        before: Option<&Access>,
    ) -> Option<std::result::Result<Arc<Self>, String>> {
        let oidc = settings.oidc.as_ref()?;
        let public = match settings.public_url() {
            Ok(Some(public)) => public,
            Ok(None) => return Some(Err("[access] says no `public_url`".to_owned())),
            Err(why) => return Some(Err(why)),
        };
        if let Some(Ok(before)) = before.and_then(|before| before.sign_in.as_ref()) {
            let (known, of) = (before.provider.settings(), before.provider.public());
            if (known, of) == (oidc, &public) {
                return Some(Ok(Arc::clone(before)));
            }
        }
        Some(SignIn::new(oidc.clone(), public).map(Arc::new))
    }

    fn new(oidc: OidcSettings, public: PublicUrl) -> std::result::Result<Self, String> {
        let has_key = oidc.missing_secrets().iter().all(|(key, _)| *key != "session_key");
        let key = oidc.session_key.as_ref().filter(|_| has_key);
        let sealer = match key.map(|key| key.reveal()) {
            Some(Ok(key)) => Some(Sealer::new(key).map_err(|error| error.to_string())?),
            _ => None,
        };
        let name = oidc.name();
        let provider = Arc::new(Provider::new(oidc, public)?);
        Ok(SignIn { name, provider, sealer })
    }

    /// What the provider gave for a session, as it is kept; `None` where nothing is.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] when it cannot be sealed.
    pub(crate) fn seal(&self, id: &Id, given: &Given) -> Result<Option<String>> {
        let Some(sealer) = &self.sealer else { return Ok(None) };
        let text = serde_json::to_string(given)
            .map_err(|error| Error::internal(error.to_string()).caused_by(error))?;
        sealer.seal(id.as_str(), &text).map(Some)
    }

    /// What the provider gave for a session; nothing where it is not kept, or was sealed with another
    /// key.
    pub(crate) fn given(&self, session: &Session) -> Given {
        let sealed = self.sealer.as_ref().zip(session.sealed.as_ref());
        let opened = sealed.and_then(|(sealer, sealed)| sealer.open(session.id.as_str(), sealed));
        opened.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }
}

/// The proxy that says who people are.
#[derive(Debug)]
pub(crate) struct Proxy {
    networks: Vec<IpNet>,
    pub address: HeaderName,
    pub groups: Option<HeaderName>,
    pub client: Option<HeaderName>,
}

impl Proxy {
    fn new(settings: &ProxySettings) -> Result<Self> {
        let unfit = |error: String| Error::internal(format!("the stored proxy is unfit: {error}"));
        let header = |name: &str| {
            name.parse().map_err(|error: InvalidHeaderName| unfit(format!("{name:?}: {error}")))
        };
        let networks = settings
            .networks
            .iter()
            .map(|network| read_network(network).map_err(|problem| unfit(problem.message)));
        Ok(Proxy {
            networks: networks.collect::<Result<_>>()?,
            address: header(&settings.address_header)?,
            groups: settings.groups_header.as_deref().map(header).transpose()?,
            client: settings.client_header.as_deref().map(header).transpose()?,
        })
    }

    /// Whether that is an address of the proxy.
    pub(crate) fn is(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}
