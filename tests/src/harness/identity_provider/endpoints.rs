//! What the provider knows, and what its endpoints answer.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::Url;

use super::key::{Key, base64url, random};
use super::wire::{Reply, Request, now};
use super::{CLIENT_ID, CLIENT_SECRET, Fault, Signing};

/// The issuer in a fault.
const OTHER_ISSUER: &str = "https://issuer.example";

#[derive(Debug, Default)]
pub struct State {
    pub issuer: String,
    pub is_stopped: bool,
    pub is_dropped: bool,
    pub key: Key,
    /// What is known of each subject.
    pub people: HashMap<String, Value>,
    /// The subject who signs in next.
    pub current: String,
    pub fault: Option<Fault>,
    pub refuses_refresh: bool,
    pub sign_in_error: Option<String>,
    pub codes: HashMap<String, SignIn>,
    /// The subject of each.
    pub access_tokens: HashMap<String, String>,
    /// The subject of each.
    pub refresh_tokens: HashMap<String, String>,
    pub requests: HashMap<String, usize>,
    pub secrets: Vec<String>,
}

/// What a code stands for.
#[derive(Debug)]
pub struct SignIn {
    subject: String,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
}

impl State {
    pub fn answer(&mut self, request: &Request) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/.well-known/openid-configuration")
                if self.fault == Some(Fault::RedirectsDiscovery) =>
            {
                let to = Url::parse(&format!("{}/elsewhere", self.issuer));
                Reply::redirect(&to.expect("it is an address"))
            }
            ("GET", "/.well-known/openid-configuration" | "/elsewhere") => self.discovery(),
            ("GET", "/keys") => Reply::json(200, &json!({"keys": [self.key.jwk()]})),
            ("GET", "/authorize") => self.authorize(request),
            ("POST", "/token") => self.give_tokens(request),
            ("GET" | "POST", "/userinfo") => self.userinfo(request),
            ("GET" | "POST", "/end-session") => end_session(request),
            _ => Reply::text(404, "there is no such endpoint"),
        }
    }

    fn discovery(&self) -> Reply {
        let issuer = &self.issuer;
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": true,
        });
        let without_tls = match self.fault {
            Some(Fault::KeysWithoutTls) => Some("jwks_uri"),
            Some(Fault::PagesWithoutTls) => Some("authorization_endpoint"),
            _ => None,
        };
        if let Some(name) = without_tls {
            let address = metadata[name].as_str().expect("a text").replace("https://", "http://");
            metadata[name] = json!(address);
        }
        if self.fault == Some(Fault::WrongIssuerInDiscovery) {
            metadata["issuer"] = json!(OTHER_ISSUER);
        }
        if self.fault != Some(Fault::NoEndSession) {
            metadata["end_session_endpoint"] = json!(format!("{issuer}/end-session"));
        }
        Reply::json(200, &metadata)
    }

    fn authorize(&mut self, request: &Request) -> Reply {
        let field = |name| request.field(name);
        let redirect_uri = field("redirect_uri");
        let rules = [
            (field("client_id") == CLIENT_ID, "client_id is of no client"),
            (field("response_type") == "code", "response_type must be code"),
            (field("scope").split(' ').any(|scope| scope == "openid"), "scope must name openid"),
            (field("code_challenge_method") == "S256", "code_challenge_method must be S256"),
            (field("code_challenge").len() == 43, "code_challenge must have 43 characters"),
        ];
        if let Some((_, rule)) = rules.iter().find(|(holds, _)| !holds) {
            return Reply::text(400, rule);
        }
        let Ok(mut back) = Url::parse(redirect_uri) else {
            return Reply::text(400, "redirect_uri must be a URL");
        };
        let (name, value) = match self.sign_in_error.clone() {
            Some(error) => ("error", error),
            None => ("code", self.code(request)),
        };
        back.query_pairs_mut().append_pair(name, &value);
        if let Some(state) = request.fields.get("state") {
            back.query_pairs_mut().append_pair("state", state);
        }
        let issuer = match self.fault {
            Some(Fault::WrongIssuerInCallback) => OTHER_ISSUER,
            _ => &self.issuer,
        };
        if self.fault != Some(Fault::NoIssuerInCallback) {
            back.query_pairs_mut().append_pair("iss", issuer);
        }
        Reply::redirect(&back)
    }

    fn code(&mut self, request: &Request) -> String {
        let sign_in = SignIn {
            subject: self.current.clone(),
            redirect_uri: request.field("redirect_uri").to_owned(),
            challenge: request.field("code_challenge").to_owned(),
            nonce: request.fields.get("nonce").cloned(),
        };
        let code = self.kept(random());
        self.codes.insert(code.clone(), sign_in);
        code
    }

    fn give_tokens(&mut self, request: &Request) -> Reply {
        match self.fault {
            Some(Fault::TokenFails) => return Reply::text(500, "the token endpoint fails"),
            Some(Fault::TokenHtml) => return Reply::html("<!doctype html><title>Oops</title>"),
            _ => {}
        }
        if !request.is_from_client() {
            return Reply::json(401, &json!({"error": "invalid_client"}));
        }
        let granted = match request.field("grant_type") {
            "authorization_code" => self.redeem(request),
            "refresh_token" => self.refresh(request),
            _ => return Reply::json(400, &json!({"error": "unsupported_grant_type"})),
        };
        match granted {
            Some(answer) => Reply::json(200, &answer),
            None => Reply::json(400, &json!({"error": "invalid_grant"})),
        }
    }

    fn redeem(&mut self, request: &Request) -> Option<Value> {
        let sign_in = self.codes.remove(request.field("code"))?;
        let proof = base64url(digest(&SHA256, request.field("code_verifier").as_bytes()).as_ref());
        let is_same = sign_in.redirect_uri == request.field("redirect_uri");
        (is_same && sign_in.challenge == proof).then(|| {
            let mut claims = self.claims(CLIENT_ID, &sign_in.subject);
            match (self.fault, &sign_in.nonce) {
                (Some(Fault::NoNonce), _) | (_, None) => {}
                (Some(Fault::WrongNonce), _) => claims["nonce"] = json!("of-nobody"),
                (_, Some(nonce)) => claims["nonce"] = json!(nonce),
            }
            self.tokens(&sign_in.subject, claims)
        })
    }

    fn refresh(&mut self, request: &Request) -> Option<Value> {
        if self.refuses_refresh {
            return None;
        }
        let token = request.field("refresh_token");
        let subject = self.refresh_tokens.get(token)?.clone();
        if self.fault != Some(Fault::NoRefreshToken) {
            self.refresh_tokens.remove(token);
        }
        let mut claims = self.claims(CLIENT_ID, &subject);
        if self.fault == Some(Fault::OtherSubjectAtRefresh) {
            claims["sub"] = json!("somebody-else");
        }
        Some(self.tokens(&subject, claims))
    }

    fn tokens(&mut self, subject: &str, claims: Value) -> Value {
        let access_token = self.kept(random());
        self.access_tokens.insert(access_token.clone(), subject.to_owned());
        let mut answer =
            json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300});
        if self.fault != Some(Fault::NoIdToken) {
            answer["id_token"] = json!(self.id_token(claims));
        }
        if self.fault != Some(Fault::NoRefreshToken) {
            let refresh_token = self.kept(random());
            self.refresh_tokens.insert(refresh_token.clone(), subject.to_owned());
            answer["refresh_token"] = json!(refresh_token);
        }
        answer
    }

    fn id_token(&mut self, mut claims: Value) -> String {
        let mut header = self.key.header();
        let mut signing = Signing::Current;
        match self.fault {
            Some(Fault::OtherAudience) => claims["aud"] = json!("another-client"),
            Some(Fault::OtherIssuer) => claims["iss"] = json!(OTHER_ISSUER),
            Some(Fault::Expired) => claims["exp"] = json!(now() - 3600),
            Some(
                Fault::ClaimsOnlyAtUserinfo | Fault::OtherSubjectAtUserinfo | Fault::UserinfoFails,
            ) => {
                let kept = ["iss", "aud", "sub", "exp", "iat", "nbf", "nonce"];
                let members = claims.as_object_mut().expect("claims are an object");
                members.retain(|name, _| kept.contains(&name.as_str()));
            }
            Some(Fault::SignedWithSecret) => {
                header["alg"] = json!("HS256");
                signing = Signing::Secret(CLIENT_SECRET.into());
            }
            Some(Fault::Unsigned) => {
                header["alg"] = json!("none");
                signing = Signing::Nothing;
            }
            Some(Fault::SignedWithOtherKey) => signing = Signing::Other,
            _ => {}
        }
        let token = self.key.token(&header, &claims, &signing);
        self.kept(token)
    }

    pub fn claims(&self, audience: &str, subject: &str) -> Value {
        let now = now();
        let mut claims = json!({"iss": self.issuer, "aud": audience, "exp": now + 300,
            "iat": now, "nbf": now});
        for (name, value) in self.people[subject].as_object().expect("a person is an object") {
            claims[name] = value.clone();
        }
        claims
    }

    fn userinfo(&self, request: &Request) -> Reply {
        let token = request.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        let Some(subject) = self.access_tokens.get(token) else {
            return Reply::json(401, &json!({"error": "invalid_token"}));
        };
        if self.fault == Some(Fault::UserinfoFails) {
            return Reply::text(503, "come back later");
        }
        let mut person = self.people[subject].clone();
        if self.fault == Some(Fault::OtherSubjectAtUserinfo) {
            person["sub"] = json!("somebody-else");
        }
        Reply::json(200, &person)
    }

    /// Remembers a secret that is given out.
    pub fn kept(&mut self, secret: String) -> String {
        self.secrets.push(secret.clone());
        secret
    }
}

fn end_session(request: &Request) -> Reply {
    let Ok(mut back) = Url::parse(request.field("post_logout_redirect_uri")) else {
        return Reply::text(200, "signed out");
    };
    if let Some(state) = request.fields.get("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    Reply::redirect(&back)
}
