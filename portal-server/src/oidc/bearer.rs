//! Bearer tokens of the provider (JWT): whose they are, by its keys. Each is checked once and then
//! known until it ends, or the keys are others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use openidconnect::core::CoreJsonWebKeySet;
use portal_engine::access::Person;
use sha2::{Digest, Sha256};

use super::claims::{self, Claims};
use super::{Asking, KEYS_EVERY, KEYS_MAX_AGE, Known, LEEWAY, Provider, RETRY_AFTER};

/// Algorithms by which tokens are signed: those with a private key that only the provider has.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How many tokens are known at the same time.
const KNOWN_MAX: usize = 10_000;

/// The longest token that is looked at, in bytes.
const TOKEN_MAX: usize = 32_000;

/// Why a bearer token makes nobody known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is wrong: a sentence.
    Wrong(String),
    /// Whether it is cannot be told, because the provider cannot be asked for its keys: a sentence.
    Unknowable(String),
}

/// The keys of a provider.
#[derive(Debug)]
pub(super) struct Keys(Vec<(Jwk, DecodingKey)>);

impl Keys {
    pub(super) fn new(set: &CoreJsonWebKeySet) -> Self {
        let set = serde_json::to_value(set).and_then(serde_json::from_value::<JwkSet>);
        let keys = set.map(|set| set.keys).unwrap_or_default().into_iter();
        let fit = keys.filter(|key| key.common.public_key_use != Some(PublicKeyUse::Encryption));
        Keys(fit.filter_map(|jwk| DecodingKey::from_jwk(&jwk).ok().map(|key| (jwk, key))).collect())
    }

    /// How many there are that tokens can be signed with.
    pub(super) fn count(&self) -> usize {
        self.0
            .iter()
            .filter(|(_, key)| ALGORITHMS.iter().any(|one| one.family() == key.family()))
            .count()
    }

    /// The key with that id; without one, the only key that fits.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fit = self.0.iter().filter(|(jwk, key)| {
            let is_for = jwk.common.key_algorithm.is_none_or(|known| {
                known.to_string().parse::<Algorithm>().is_ok_and(|known| known == algorithm)
            });
            key.family() == algorithm.family() && is_for
        });
        match id {
            Some(id) => fit.find(|(jwk, _)| jwk.common.key_id.as_deref() == Some(id)),
            None => {
                let only = fit.next();
                if fit.next().is_some() { None } else { only }
            }
        }
        .map(|(_, key)| key)
    }

    pub(super) fn are_those_of(&self, other: &Keys) -> bool {
        self.0.iter().map(|(jwk, _)| jwk).eq(other.0.iter().map(|(jwk, _)| jwk))
    }
}

/// The tokens that were found good, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Bearers(Mutex<HashMap<[u8; 32], Bearer>>);

/// Whose a token is, and when it ends, in seconds since 1970.
#[derive(Debug)]
struct Bearer {
    person: Arc<Person>,
    end: i64,
}

impl Bearers {
    fn find(&self, hash: &[u8; 32]) -> Option<Arc<Person>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bearer = known.get(hash)?;
        (bearer.end > Utc::now().timestamp()).then(|| Arc::clone(&bearer.person))
    }

    fn add(&self, hash: [u8; 32], person: Arc<Person>, end: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(hash, Bearer { person, end });
    }
}

impl Provider {
    /// Whose token that is.
    ///
    /// # Errors
    ///
    /// Why it is nobody's, or why that cannot be told.
    pub(crate) async fn bearer(self: &Arc<Self>, token: &str) -> Result<Arc<Person>, Unfit> {
        let Some(audience) = &self.settings.audience else {
            return Err(wrong(
                "tokens of the identity provider are not taken here: [access.oidc] says no `audience`",
            ));
        };
        if token.len() > TOKEN_MAX {
            return Err(wrong("the token is too long"));
        }
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        // What old keys vouched for is looked at again, as one of them may have been taken back.
        let known = self.known.load_full().filter(|known| known.read_at.elapsed() < KEYS_MAX_AGE);
        if let Some(person) = known.and_then(|known| known.bearers.find(&hash)) {
            return Ok(person);
        }
        let header = decode_header(token).map_err(|error| explain(error.kind()))?;
        let algorithm = header.alg;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(explain(&ErrorKind::InvalidAlgorithm));
        }
        // Nothing of it is believed yet; what is of another issuer is not worth a question.
        let said: Claims = insecure_decode_claims(token).map_err(|error| explain(error.kind()))?;
        if said.get("iss").is_some_and(|issuer| *issuer != *self.settings.issuer) {
            return Err(explain(&ErrorKind::InvalidIssuer));
        }
        let mut validation = Validation::new(algorithm);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY.into();
        let known = self.keys_for(header.kid.as_deref(), algorithm).await?;
        let Some(key) = known.keys.find(header.kid.as_deref(), algorithm) else {
            return Err(wrong(
                "the token is signed with a key that the identity provider does not name",
            ));
        };
        let claims = decode::<Claims>(token, key, &validation)
            .map_err(|error| explain(error.kind()))?
            .claims;
        let person = claims::person(&self.settings, &claims).map_err(|why| {
            Unfit::Wrong(format!("the identity provider names nobody in the token: {why}"))
        })?;
        let person = Arc::new(person);
        let end = claims.get("exp").and_then(serde_json::Value::as_f64).unwrap_or_default();
        known.bearers.add(hash, Arc::clone(&person), end as i64 + i64::from(LEEWAY));
        Ok(person)
    }

    /// The keys to look for that one in: fetched where none are known or they are old, and where this
    /// one is not among them and they were not fetched just now.
    async fn keys_for(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<Known>, Unfit> {
        let known = self.known.load_full();
        let age = known.as_ref().map(|known| known.read_at.elapsed());
        let has_key = known.as_ref().is_some_and(|known| known.keys.find(id, algorithm).is_some());
        let most = if has_key { KEYS_MAX_AGE } else { KEYS_EVERY };
        if let Some(known) = known.as_ref().filter(|_| age.is_some_and(|age| age < most)) {
            return Ok(Arc::clone(known));
        }
        let rest = if known.is_some() { KEYS_EVERY } else { RETRY_AFTER };
        let fetched = self.on_thread(Asking::Known, move |one| one.known_within(most, rest)).await;
        match (fetched, known) {
            (Ok(fetched), _) => Ok(fetched),
            // What is known serves for a while, as sessions do.
            (Err(_), Some(known)) if age.is_some_and(|age| age < self.keys_serve()) => Ok(known),
            (Err(failure), _) => Err(Unfit::Unknowable(failure.sentence().to_owned())),
        }
    }

    /// How old keys may be while the provider cannot be reached.
    fn keys_serve(&self) -> Duration {
        KEYS_MAX_AGE + self.settings.grace()
    }
}

fn wrong(sentence: &str) -> Unfit {
    Unfit::Wrong(sentence.to_owned())
}

/// Why a token is wrong, in one sentence without anything that stands in it.
fn explain(error: &ErrorKind) -> Unfit {
    wrong(match error {
        ErrorKind::ExpiredSignature => "the token has expired: get a new one",
        ErrorKind::ImmatureSignature => "the token is not valid yet: is the clock right?",
        ErrorKind::InvalidIssuer => "the token is of another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::InvalidSignature => "the signature of the token is wrong",
        ErrorKind::InvalidAlgorithm
        | ErrorKind::InvalidAlgorithmName
        | ErrorKind::UnsupportedAlgorithm => {
            "the token is signed in a way that is not taken: RS and PS with 256 to 512 bits, ES with 256 and 384, and EdDSA are"
        }
        ErrorKind::MissingRequiredClaim(_) => {
            "the token lacks exp, iss or aud, or one of them is of another type"
        }
        _ => "the token is no token of the portal and no JWT: it is cut off or misspelt",
    })
}
