//! Signing in by the code flow, asking again by a refresh token, and signing out at the provider.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use jsonwebtoken::dangerous::insecure_decode_claims;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreIdToken, CoreJwsSigningAlgorithm, CoreTokenResponse,
};
use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, SignatureVerificationError, SubjectIdentifier,
    TokenResponse, UserInfoClaims, UserInfoError,
};
use portal_engine::access::Person;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::claims::{self, Claims};
use super::http::{in_full, request_failure};
use super::{
    Asking, FRESH, Failure, KEYS_EVERY, Known, LEEWAY, NOBODY_SIGNS_IN, Provider, RETRY_AFTER,
};

/// Where the provider leads people back to after they have signed in, and signed out.
pub(crate) const CALLBACK: &str = "/sign-in/callback";
pub(crate) const SIGNED_OUT: &str = "/signed-out";

/// Algorithms by which ID tokens are signed: those with a private key that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The longest ID token that is shown to the provider when somebody signs out, in bytes. It stands in an
/// address, and in a header that proxies pass on in buffers of 4 kB.
const HINT_MAX: usize = 2_000;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

type TokenFailure =
    RequestTokenError<ureq::Error, openidconnect::StandardErrorResponse<CoreErrorResponseType>>;

/// Signing in, from sending somebody to the provider until they come back.
pub(crate) struct Attempt {
    /// Where to send them.
    pub url: String,
    /// What they bring back, so that nobody else's answer is taken.
    pub state: String,
    /// What the ID token has to hold.
    pub nonce: String,
    /// What proves that the code is ours.
    pub verifier: String,
}

/// Somebody who has signed in.
pub(crate) struct SignedIn {
    /// What the provider calls them.
    pub subject: String,
    pub person: Person,
    pub given: Given,
}

/// What came of asking the provider again about somebody.
pub(crate) struct Renewed {
    pub person: Result<Person, Failure>,
    /// What it has given by now: where it gave a new refresh token, the one before may be worth nothing any
    /// more, whatever came after.
    pub given: Given,
}

/// What the provider gave for a session. Nothing prints it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    /// By which it is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh: Option<String>,
    /// By which it recognises whoever signs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given(..)")
    }
}

impl Given {
    /// What is given after an answer of the provider. What it leaves out stays as it was.
    fn replaced_by(self, answer: &CoreTokenResponse) -> Self {
        let refresh = answer.refresh_token().map(|token| token.secret().clone());
        let id = answer.id_token().map(ToString::to_string);
        Given { refresh: refresh.or(self.refresh), id: id.or(self.id) }
    }
}

/// Whatever the provider says beside the claims that the protocol names.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Others(#[serde(default)] Map<String, Value>);

impl AdditionalClaims for Others {}

impl Provider {
    /// Begins to sign somebody in. The provider is asked where that was not done just now.
    pub(crate) async fn begin(self: &Arc<Self>) -> Result<Attempt, Failure> {
        let known = match self.recent(FRESH) {
            Some(known) => known,
            None => {
                self.on_thread(Asking::SigningIn, |one| one.known_within(FRESH, RETRY_AFTER))
                    .await?
            }
        };
        let client = self.client(&known)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        let scopes = self.settings.scopes().into_iter().map(|scope| Scope::new(scope.to_owned()));
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(Attempt {
            url: url.into(),
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Ends to sign somebody in who came back with a code.
    pub(crate) fn finish(
        &self,
        code: String,
        nonce: String,
        verifier: String,
    ) -> Result<SignedIn, Failure> {
        let known = self.known_within(KEYS_EVERY, RETRY_AFTER)?;
        let client = self.client(&known)?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| self.unusable(&error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request(&|request| self.send(request))
            .map_err(|error| self.token_failure(&error))?;
        let token = answer.id_token().ok_or_else(|| {
            Failure::Refused(
                "the identity provider gave no ID token: is the scope openid allowed there?"
                    .to_owned(),
            )
        })?;
        let nonce = Nonce::new(nonce);
        let (subject, claims) = self.verified(known, token, |said| match said {
            Some(said) if said.secret() == nonce.secret() => Ok(()),
            Some(_) => Err("it is not the one that was sent".to_owned()),
            None => Err("there is none".to_owned()),
        })?;
        let person = self.person(&client, &answer, &subject, claims)?;
        let given = Given::default().replaced_by(&answer);
        Ok(SignedIn { subject, person, given })
    }

    /// Asks again who somebody is, for a session of theirs.
    pub(crate) fn renew(&self, subject: &str, mut given: Given) -> Renewed {
        let person = self.renewed(subject, &mut given);
        Renewed { person, given }
    }

    fn renewed(&self, subject: &str, given: &mut Given) -> Result<Person, Failure> {
        if self.hangs() {
            return Err(self.unreachable("did not answer in time a moment ago"));
        }
        let Some(refresh) = given.refresh.clone() else {
            self.known_within(FRESH, RETRY_AFTER)?;
            return Err(Failure::Refused(
                "nothing is kept by which the provider could be asked again".to_owned(),
            ));
        };
        let known = self.known_within(KEYS_EVERY, RETRY_AFTER)?;
        let client = self.client(&known)?;
        let answer = client
            .exchange_refresh_token(&RefreshToken::new(refresh))
            .map_err(|error| self.unusable(&error.to_string()))?
            .request(&|request| self.send(request))
            .map_err(|error| self.refresh_failure(&error))?;
        *given = std::mem::take(given).replaced_by(&answer);
        let (said, claims) = match answer.id_token() {
            // Core 1.0, section 12.2: it need not hold a nonce.
            Some(token) => self.verified(known, token, |_| Ok(()))?,
            None => (subject.to_owned(), Claims::new()),
        };
        if said != subject {
            return Err(Failure::Refused(
                "the identity provider speaks of somebody else".to_owned(),
            ));
        }
        self.person(&client, &answer, subject, claims)
    }

    /// Where to send somebody so that they sign out at the provider as well; `None` where it offers
    /// nothing of that sort, or is not known.
    pub(crate) fn sign_out_url(&self, given: &Given) -> Option<String> {
        let known = self.known.load_full()?;
        let end = known.metadata.additional_metadata().end_session_endpoint.clone()?;
        let back = PostLogoutRedirectUrl::new(self.public.address(SIGNED_OUT)).ok()?;
        let request = LogoutRequest::from(end)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(back);
        let hint = given.id.as_ref().filter(|token| token.len() <= HINT_MAX);
        let hint = hint.and_then(|token| token.parse::<CoreIdToken>().ok());
        let request = match &hint {
            Some(token) => request.set_id_token_hint(token),
            None => request,
        };
        Some(request.http_get_url().into())
    }

    fn client(&self, known: &Known) -> Result<Client, Failure> {
        let metadata = known.metadata.clone();
        let methods = metadata.token_endpoint_auth_methods_supported().cloned();
        let secret = self.settings.client_secret.as_ref().map(|secret| secret.reveal());
        let secret = match secret {
            Some(Ok(secret)) => ClientSecret::new(secret.to_owned()),
            Some(Err(reason)) => {
                // Where it should be is the operator's to know.
                let issuer = &self.settings.issuer;
                tracing::error!(issuer, reason, "nobody can sign in: there is no client secret");
                return Err(Failure::Unreachable(NOBODY_SIGNS_IN.to_owned()));
            }
            None => return Err(self.unusable("`client_secret` is missing")),
        };
        let redirect = RedirectUrl::new(self.public.address(CALLBACK))
            .map_err(|error| self.unusable(&error.to_string()))?;
        let client_id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata, client_id, Some(secret))
            .set_redirect_uri(redirect);
        let takes = |method| methods.as_ref().is_none_or(|methods| methods.contains(&method));
        let in_body = !takes(CoreClientAuthMethod::ClientSecretBasic)
            && takes(CoreClientAuthMethod::ClientSecretPost);
        Ok(if in_body { client.set_auth_type(AuthType::RequestBody) } else { client })
    }

    /// What a checked ID token says: of whom, and what. Where it is signed with a key that is not
    /// known, keys are fetched once more.
    fn verified(
        &self,
        known: Arc<Known>,
        token: &CoreIdToken,
        nonce: impl Fn(Option<&Nonce>) -> Result<(), String>,
    ) -> Result<(String, Claims), Failure> {
        let verified = match self.subject_of(&known, token, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                // It costs a code, so nobody can make the portal do so again and again.
                let fetched = self.known_within(Duration::ZERO, RETRY_AFTER)?;
                self.subject_of(&fetched, token, &nonce)
            }
            verified => verified,
        };
        let subject = verified.map_err(|error| {
            Failure::Refused(format!(
                "the ID token of the identity provider is not good: {}",
                in_full(&error)
            ))
        })?;
        let claims = insecure_decode_claims(token.to_string())
            .map_err(|error| Failure::Refused(format!("the ID token cannot be read: {error}")))?;
        Ok((subject, claims))
    }

    fn subject_of(
        &self,
        known: &Known,
        token: &CoreIdToken,
        nonce: impl Fn(Option<&Nonce>) -> Result<(), String>,
    ) -> Result<String, ClaimsVerificationError> {
        let client_id = ClientId::new(self.settings.client_id.clone());
        let issuer = known.metadata.issuer().clone();
        // Without the client's secret, which nothing has to be signed with.
        let verifier = openidconnect::IdTokenVerifier::new_public_client(
            client_id,
            issuer,
            known.metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(|| Utc::now() - TimeDelta::seconds(LEEWAY.into()));
        Ok(token.claims(&verifier, nonce)?.subject().to_string())
    }

    /// The person whom an answer is about, asked for where the ID token does not say everything.
    fn person(
        &self,
        client: &Client,
        answer: &CoreTokenResponse,
        subject: &str,
        mut claims: Claims,
    ) -> Result<Person, Failure> {
        if !claims::say_all(&self.settings, &claims) && client.user_info_url().is_some() {
            let more = self.user_info(client, answer.access_token().clone(), subject)?;
            for (name, value) in more {
                claims.entry(name).or_insert(value);
            }
        }
        claims::person(&self.settings, &claims).map_err(|why| {
            Failure::Refused(format!("the identity provider does not tell who you are: {why}"))
        })
    }

    fn user_info(
        &self,
        client: &Client,
        token: AccessToken,
        subject: &str,
    ) -> Result<Claims, Failure> {
        let expected = SubjectIdentifier::new(subject.to_owned());
        let request = client
            .user_info(token, Some(expected))
            .map_err(|error| self.unusable(&error.to_string()))?;
        let said: UserInfoClaims<Others, CoreGenderClaim> =
            request.request(&|request| self.send(request)).map_err(|error| match &error {
                UserInfoError::Request(error) => self.unreachable(&request_failure(error)),
                other => Failure::Refused(format!(
                    "the identity provider does not tell who you are: {}",
                    in_full(other)
                )),
            })?;
        match serde_json::to_value(said) {
            Ok(Value::Object(claims)) => Ok(claims),
            _ => Ok(Claims::new()),
        }
    }

    /// Why a refresh token brings nothing. Whatever the provider says of that token or of the person means
    /// that they have to come by themselves.
    fn refresh_failure(&self, error: &TokenFailure) -> Failure {
        let RequestTokenError::ServerResponse(answer) = error else {
            return self.token_failure(error);
        };
        match answer.error().as_ref() {
            "invalid_client" | "server_error" | "temporarily_unavailable" => {
                self.token_failure(error)
            }
            kind => Failure::Refused(format!("the identity provider answers {kind:?}")),
        }
    }

    /// Why no tokens came.
    fn token_failure(&self, error: &TokenFailure) -> Failure {
        match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                CoreErrorResponseType::InvalidGrant => Failure::Refused(
                    "the identity provider does not take what it gave out any more: it was used already, or has ended".to_owned(),
                ),
                // It says nothing of the person, and may pass when somebody mends it.
                kind => self.unusable(&format!(
                    "the provider answers {:?}: are `client_id` and `client_secret` right?",
                    kind.as_ref()
                )),
            },
            RequestTokenError::Request(error) => self.unreachable(&request_failure(error)),
            RequestTokenError::Parse(..) => self.unreachable("answers with no tokens that can be read"),
            RequestTokenError::Other(why) => self.unreachable(&format!("answers as no provider does: {why}")),
        }
    }

    fn unreachable(&self, why: &str) -> Failure {
        let issuer = &self.settings.issuer;
        tracing::warn!(issuer, why, "the identity provider cannot be used");
        Failure::Unreachable(format!("the identity provider at {issuer} {why}"))
    }

    /// What somebody has to mend who runs the portal.
    fn unusable(&self, why: &str) -> Failure {
        tracing::error!(issuer = self.settings.issuer, why, "nobody can sign in");
        Failure::Unreachable(format!(
            "the portal is not set up as the identity provider expects: {why}"
        ))
    }
}
