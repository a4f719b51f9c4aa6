//! Who sends a request, and whether they may: asked before the handler of every route and page that
//! needs a permission.

use std::future::{Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use percent_encoding::percent_decode_str;
use portal_core::Id;
use portal_engine::access::{
    Caller, Permission, Person, Subject, TOKEN_PREFIX, TokenHolder, check_address, check_group,
    normal_address,
};
use portal_engine::store;

use crate::access::{Access, Exposure, Known, Proxy};
use crate::body::path_ids;
use crate::cookies::{self, Purpose};
use crate::error::{ApiError, Explained, Refuse};
use crate::oidc::{NOBODY_SIGNS_IN, Unfit};
use crate::portal::Portal;
use crate::visitor::Visitor;

/// Lets only those through to a route who have its permission, and tells the handler who they are.
pub(crate) fn permit(
    route: actix_web::Route,
    permission: Permission,
    refuse: Refuse,
) -> actix_web::Route {
    if permission == Permission::Open {
        return route;
    }
    let ask = move |request: ServiceRequest, next: Next<BoxBody>| async move {
        let answer = match check(request.request(), permission).await {
            Ok(()) => next.call(request).await?,
            Err(why) => request.into_response(refuse(why)),
        };
        Ok::<ServiceResponse, Error>(private(answer))
    };
    route.wrap(from_fn(ask))
}

/// An answer that is for whoever asked, refusals as well: no cache that others share may keep it, whatever
/// it rests on. What is for a session is kept by none: nobody is to find it by the back button once that
/// has ended.
fn private(mut answer: ServiceResponse) -> ServiceResponse {
    let has_session = answer
        .request()
        .extensions()
        .get::<Visitor>()
        .is_some_and(|visitor| visitor.session.is_some());
    let headers = answer.headers_mut();
    if has_session {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return answer;
    }
    let is_plain = match headers.get(header::CACHE_CONTROL) {
        None => true,
        Some(value) => value == "no-cache",
    };
    if is_plain {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    answer
}

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visitor = request.extensions().get::<Visitor>().cloned();
        ready(visitor.ok_or_else(|| {
            portal_core::Error::internal("a route that needs no permission asks who is there")
                .into()
        }))
    }
}

/// Finds out who sends a request, and whether they may.
async fn check(request: &HttpRequest, permission: Permission) -> Result<(), Explained> {
    let Some(portal) = request.app_data::<web::Data<Portal>>() else {
        return Err(explain(portal_core::Error::internal("a route knows no portal")));
    };
    let access = portal.access();
    let (caller, session) = match caller(request, portal, &access).await {
        Ok(known) => known,
        Err(Refused::Because(why)) => return Err(why),
        Err(Refused::Credentials(sentence)) => {
            let most = access.rules().most_failures();
            let client = client(request, &access);
            return Err(match portal.failures().count(client, most) {
                Ok(()) => Explained::unknown_credentials(sentence),
                Err(wait) => Explained::too_many_failures(most, wait),
            });
        }
    };
    // Whoever is refused is still somebody, to whom a page says so.
    let visitor = portal.visitor(caller.clone(), Arc::clone(&access)).in_session(session);
    request.extensions_mut().insert(visitor);
    let rules = access.rules();
    let product = request.match_info().get("id").and_then(|id| id.parse().ok());
    if product.is_some_and(|product| rules.permits_by_token(&caller, permission, &product)) {
        return Ok(());
    }
    let subject = match rules.rests_on_subject(&caller, permission) {
        true => Some(subject(request, portal).await.map_err(|error| error.explain())?),
        false => None,
    };
    let checked = rules.check(&caller, permission, subject.as_ref());
    checked.map_err(|refused| match caller {
        Caller::Nobody => Explained::unauthenticated(how_to_be_known(&access).to_owned()),
        _ => explain(refused),
    })
}

/// Who sends a request that needs no permission; nobody, where what they show is wrong.
pub(crate) async fn visitor(request: &HttpRequest, portal: &web::Data<Portal>) -> Visitor {
    let access = portal.access();
    match caller(request, portal, &access).await {
        Ok((caller, session)) => portal.visitor(caller, access).in_session(session),
        Err(_) => portal.visitor(Caller::Nobody, access),
    }
}

/// Why a token makes nobody known.
const UNKNOWN: &str = "the token is unknown: it is cut off or misspelt, or it has been revoked";

/// How somebody makes themselves known.
fn how_to_be_known(access: &Access) -> &'static str {
    match access.sign_in {
        Some(_) => {
            "nobody is known to send this: a program sends a token as `Authorization: Bearer`, and people sign in"
        }
        None => {
            "nobody is known to send this: a program sends a token as `Authorization: Bearer`, and people come by the company's proxy"
        }
    }
}

fn explain(error: portal_core::Error) -> Explained {
    ApiError::from(error).explain()
}

/// The data product that a request is about, or one of its assets.
async fn subject(request: &HttpRequest, portal: &web::Data<Portal>) -> Result<Subject, ApiError> {
    let portal = web::Data::clone(portal).into_inner();
    let has_asset = request.match_info().get("asset_id").is_some();
    let found = if has_asset {
        let [product, asset] = path_ids(request, ["id", "asset_id"])?;
        let find = move |_: &Portal, connection: &mut _| {
            store::subject_of_asset(connection, &product, &asset)
        };
        portal.with_connection(find).await
    } else {
        let [product] = path_ids(request, ["id"])?;
        let find = move |_: &Portal, connection: &mut _| {
            store::subject_of_data_product(connection, &product)
        };
        portal.with_connection(find).await
    };
    Ok(found?)
}

/// Why nobody is asked what they may do.
enum Refused {
    /// What they showed is wrong, in a sentence.
    Credentials(String),
    Because(Explained),
}

impl From<&str> for Refused {
    fn from(sentence: &str) -> Self {
        Refused::Credentials(sentence.to_owned())
    }
}

/// Who sends a request, and the session by which they are known, if it is one. A token counts before a
/// person, whoever somebody else names before who has signed in, and a person before nobody.
async fn caller(
    request: &HttpRequest,
    portal: &web::Data<Portal>,
    access: &Access,
) -> Result<(Caller, Option<Id>), Refused> {
    if let Some(why) = portal.closed(access) {
        return Err(Refused::Because(Explained::not_configured(why.to_owned())));
    }
    let is_open = access.settings.is_none() && portal.identity().is_none();
    if is_open {
        refuse_from_elsewhere(request, portal).map_err(Refused::Because)?;
    }
    if holds_token(request.query_string()) {
        return Err(
            "a token in an address is not taken, because addresses are kept in logs: revoke it, and send a new one as `Authorization: Bearer`".into(),
        );
    }
    let shown = shown(request.headers())?;
    if let Shown::Bearer(token) = shown
        && token.starts_with(TOKEN_PREFIX)
    {
        return Ok((Caller::Token(holder(access, token)?), None));
    }
    if let Some(person) = person(request, portal, access)? {
        return Ok((Caller::Person(person), None));
    }
    // Beside a person it may be what the proxy was shown itself, and passes on.
    match shown {
        Shown::Bearer(token) => {
            let person = bearer(access, token).await?;
            Ok((Caller::Person(person), None))
        }
        _ if is_open => Ok((Caller::Everybody, None)),
        Shown::Other => {
            Err("the Authorization header is not understood: send `Bearer` and a token".into())
        }
        Shown::Nothing => in_session(request, portal, access).await,
    }
}

/// The person for whom the identity provider gave out a token.
async fn bearer(access: &Access, token: &str) -> Result<Person, Refused> {
    let sign_in = match &access.sign_in {
        None => return Err(UNKNOWN.into()),
        Some(Err(_)) => return Err(Refused::Because(cannot_sign_in(NOBODY_SIGNS_IN))),
        Some(Ok(sign_in)) => sign_in,
    };
    match sign_in.provider.bearer(token).await {
        Ok(person) => Ok(Person::clone(&person)),
        Err(Unfit::Wrong(sentence)) => Err(Refused::Credentials(sentence)),
        Err(Unfit::Unknowable(sentence)) => Err(Refused::Because(cannot_sign_in(&sentence))),
    }
}

fn cannot_sign_in(why: &str) -> Explained {
    Explained::provider_unreachable(why.to_owned())
}

/// The person who has signed in, by their cookie. One whose session has ended is nobody again.
async fn in_session(
    request: &HttpRequest,
    portal: &web::Data<Portal>,
    access: &Access,
) -> Result<(Caller, Option<Id>), Refused> {
    let Some(Ok(sign_in)) = &access.sign_in else { return Ok((Caller::Nobody, None)) };
    let public = sign_in.provider.public();
    let Some(shown) = cookies::shown(request, public, Purpose::Session) else {
        return Ok((Caller::Nobody, None));
    };
    let portal = web::Data::clone(portal).into_inner();
    match portal.session(sign_in, &shown).await {
        Ok(Some(known)) => {
            Ok((Caller::Person(known.person.clone()), Some(known.session.id.clone())))
        }
        Ok(None) => Ok((Caller::Nobody, None)),
        Err(error) => Err(Refused::Because(explain(error))),
    }
}

/// What an `Authorization` header holds.
#[derive(Clone, Copy)]
enum Shown<'a> {
    Nothing,
    Bearer(&'a str),
    /// Something of another scheme, or of none.
    Other,
}

fn shown(headers: &HeaderMap) -> Result<Shown<'_>, Refused> {
    let mut credentials = headers.get_all(header::AUTHORIZATION);
    let shown = match (credentials.next(), credentials.next()) {
        (None, _) => return Ok(Shown::Nothing),
        (Some(_), Some(_)) => return Err("several Authorization headers came: send one".into()),
        (Some(one), None) => one.to_str().unwrap_or_default(),
    };
    match shown.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Shown::Bearer(token.trim()))
        }
        _ => Ok(Shown::Other),
    }
}

/// The program that a token was given to.
fn holder(access: &Access, token: &str) -> Result<Arc<TokenHolder>, Refused> {
    match access.token(token) {
        Known::Of(holder) => Ok(holder),
        Known::Expired(end) => {
            let end = end.format("%Y-%m-%d %H:%M UTC");
            let sentence = format!("the token has expired on {end}: create a new one");
            Err(Refused::Credentials(sentence))
        }
        Known::Unknown => Err(UNKNOWN.into()),
    }
}

/// The person whom the application around the portal names, or the proxy in front of it.
fn person(
    request: &HttpRequest,
    portal: &Portal,
    access: &Access,
) -> Result<Option<Person>, Refused> {
    if let Some(person) = portal.identity().and_then(|identity| identity.identify(request)) {
        check_address(&person.address).map_err(|problem| {
            Refused::Because(explain(portal_core::Error::internal(format!(
                "the application around the portal names somebody who cannot be: {}",
                problem.message
            ))))
        })?;
        let address = normal_address(&person.address);
        return Ok(Some(Person { address, ..person }));
    }
    let peer = request.peer_addr().map(|peer| peer.ip());
    match access.proxy.as_ref().filter(|proxy| peer.is_some_and(|at| proxy.is(at))) {
        Some(proxy) => told_by(proxy, request.headers()).map_err(Refused::Credentials),
        None => Ok(None),
    }
}

/// Refuses those who would be the operator without anybody having meant it, while nobody has said
/// who may do what.
fn refuse_from_elsewhere(request: &HttpRequest, portal: &Portal) -> Result<(), Explained> {
    if portal.exposure() == Exposure::Everybody {
        return Ok(());
    }
    let is_near = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    if !is_near {
        return Err(Explained::forbidden(
            "the portal answers its own machine alone while nothing says who may do what: write the section [access] into portal.toml and apply it".to_owned(),
        ));
    }
    if let Some(name) = forwarded(request.headers()) {
        return Err(Explained::forbidden(format!(
            "a proxy has sent this (it has the header {name}), and would let everybody in as the operator: write the section [access] into portal.toml and apply it, or start with --open-to-everybody"
        )));
    }
    Ok(())
}

/// The header by which a proxy shows that it has passed a request on.
fn forwarded(headers: &HeaderMap) -> Option<&HeaderName> {
    headers.keys().find(|name| {
        let name = name.as_str();
        ["forwarded", "via", "x-real-ip", "x-client-ip"].contains(&name)
            || ["x-forwarded-", "x-auth-request-", "remote-"]
                .iter()
                .any(|one| name.starts_with(one))
    })
}

/// Whether a query holds a token, whole or cut off, or something that means to be one.
fn holds_token(query: &str) -> bool {
    if query.is_empty() {
        return false;
    }
    let decoded = percent_decode_str(query).decode_utf8_lossy();
    let means_one = |parameter: &str| parameter.split('=').next() == Some("access_token");
    decoded.split('&').any(means_one)
        || decoded.match_indices(TOKEN_PREFIX).any(|(at, _)| {
            let digits = decoded[at + TOKEN_PREFIX.len()..].bytes();
            digits.take_while(u8::is_ascii_hexdigit).count() >= 16
        })
}

/// The person whom a proxy names; `None` when it names nobody.
///
/// # Errors
///
/// A sentence, for what could be somebody's own invention beside what the proxy says.
fn told_by(proxy: &Proxy, headers: &HeaderMap) -> Result<Option<Person>, String> {
    let only = |name: &HeaderName| -> Result<Option<&str>, String> {
        let mut values = headers.get_all(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(format!(
                "the header {name} came several times: the proxy has to replace what clients send"
            )),
            (Some(value), None) => match str::from_utf8(value.as_bytes()) {
                Ok(text) => Ok(Some(text.trim())),
                Err(_) => Err(format!("the header {name} is no text")),
            },
        }
    };
    let Some(address) = only(&proxy.address)?.filter(|address| !address.is_empty()) else {
        return Ok(None);
    };
    if let Err(problem) = check_address(address) {
        return Err(format!("the header {}: {}", proxy.address, problem.message));
    }
    let groups = proxy.groups.as_ref().map(only).transpose()?.flatten().unwrap_or_default();
    let groups = groups.split(',').map(str::trim).filter(|group| check_group(group).is_ok());
    Ok(Some(Person::new(address).in_groups(groups)))
}

/// The network address of whoever sends a request, as far as it can be believed.
pub(crate) fn client(request: &HttpRequest, access: &Access) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let Some(proxy) = access.proxy.as_ref().filter(|proxy| proxy.is(peer)) else {
        return Some(peer);
    };
    let values = proxy.client.iter().flat_map(|name| request.headers().get_all(name));
    let addresses = values.filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(','));
    let mut addresses: Vec<&str> = addresses.map(str::trim).collect();
    // Each proxy appends the address it was asked from; what stands before could be anybody's.
    while let Some(last) = addresses.pop() {
        let address = last.parse().or_else(|_| last.parse::<SocketAddr>().map(|at| at.ip()));
        match address {
            Ok(address) if proxy.is(address) => {}
            Ok(address) => return Some(address),
            Err(_) => break,
        }
    }
    Some(peer)
}
