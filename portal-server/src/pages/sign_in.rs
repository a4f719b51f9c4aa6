//! Signing in and out: to the identity provider and back, and from here on.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use portal_engine::access::{PublicUrl, SessionSecret};

use crate::access::SignIn;
use crate::cookies::{self, Purpose};
use crate::error::Explained;
use crate::frame::{
    Layout, PageResult, SECTIONS, html, in_parts, render, see_other, sentence, statics, to_explain,
    unstored, with_headers,
};
use crate::oidc::{Asking, Attempt, CALLBACK, Failure, NOBODY_SIGNS_IN, Provider, SIGNED_OUT};
use crate::permit::{client, visitor};
use crate::portal::Portal;
use crate::prefix::Prefix;
use crate::visitor::Visitor;

/// Where signing in begins.
const PATH: &str = "/sign-in";

/// All that begins or ends a session.
const PATHS: [&str; 4] = [PATH, CALLBACK, "/sign-out", SIGNED_OUT];

/// The longest address that somebody is led back to, in bytes as a cookie holds it: browsers keep no
/// cookie above 4,096.
const TO_MAX: usize = 3_000;

/// The longest name of a browser that is kept, in characters.
const BROWSER_MAX: usize = 200;

#[derive(Template)]
#[template(path = "sign_in_failed.html")]
struct FailedPage {
    layout: Layout,
    /// A sentence in parts, every second of which is a name.
    sentence: Vec<String>,
    /// How to try again.
    again: String,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    layout: Layout,
    /// Where to sign out at the provider as well.
    provider: Option<String>,
    /// Whether one can sign in here again.
    may_sign_in: bool,
}

/// What a browser keeps while its person is at the provider.
struct Kept {
    state: String,
    nonce: String,
    verifier: String,
    /// The address to lead back to.
    to: String,
}

impl Kept {
    fn of(attempt: &Attempt, to: &str) -> String {
        let Attempt { state, nonce, verifier, .. } = attempt;
        let to = utf8_percent_encode(to, NON_ALPHANUMERIC);
        // The others are made of letters, digits, - and _.
        format!("{state}.{nonce}.{verifier}.{to}")
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.').map(str::to_owned);
        let (state, nonce, verifier) = (parts.next()?, parts.next()?, parts.next()?);
        let to = percent_decode_str(&parts.next()?).decode_utf8().ok()?.into_owned();
        Some(Kept { state, nonce, verifier, to })
    }
}

/// Sends somebody to the provider.
pub(super) async fn begin(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let to = wanted(&request, portal.prefix());
    let sign_in = match sign_in(&portal) {
        Ok(sign_in) => sign_in,
        Err(why) => return Ok(to_explain(why)),
    };
    let attempt = match sign_in.provider.begin().await {
        Ok(attempt) => attempt,
        Err(failure) => return failed(&portal, &request, &to, explained(failure)),
    };
    let kept = Kept::of(&attempt, &to);
    let cookie = cookies::kept(sign_in.provider.public(), Purpose::SigningIn, kept);
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, attempt.url))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(cookie)
        .finish())
}

/// Takes somebody back who has been at the provider.
pub(super) async fn finish(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let sign_in = match sign_in(&portal) {
        Ok(sign_in) => sign_in,
        Err(why) => return Ok(to_explain(why)),
    };
    let public = sign_in.provider.public();
    let kept = cookies::shown(&request, public, Purpose::SigningIn);
    let kept = kept.as_deref().and_then(Kept::read);
    let to = kept.as_ref().map_or_else(|| portal.prefix().path("/"), |kept| kept.to.clone());
    let to = checked(&to, portal.prefix());
    let answer = match code(&request, &sign_in, kept.as_ref()) {
        Ok((code, kept)) => sign_in_by(&request, &portal, &sign_in, code, kept, &to).await?,
        // Another window has signed in, or the page was asked for again.
        Err(_) if visitor(&request, &portal).await.session.is_some() => {
            unstored(HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish())
        }
        Err(sentence) => failed(&portal, &request, &to, Explained::sign_in_failed(sentence))?,
    };
    Ok(without_cookie(answer, public, Purpose::SigningIn))
}

/// The code that somebody brings who came back with a good answer of the provider, and what their browser
/// kept.
fn code<'a>(
    request: &HttpRequest,
    sign_in: &SignIn,
    kept: Option<&'a Kept>,
) -> Result<(String, &'a Kept), String> {
    let Some(kept) = kept else {
        return Err(
            "this browser has not begun to sign in, or more than ten minutes ago, or it keeps no cookies".to_owned(),
        );
    };
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map(web::Query::into_inner).unwrap_or_default();
    let one = |name: &str| {
        let mut values = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(String::as_str)),
            _ => Err(format!("the answer of the identity provider has `{name}` more than once")),
        }
    };
    if one("state")? != Some(&kept.state) {
        return Err(
            "the answer is not for what this browser has asked last: another window may have begun to sign in since".to_owned(),
        );
    }
    // RFC 9207: so that the answer of another provider is not taken for that of this one.
    if let Some(issuer) = one("iss")?
        && issuer != sign_in.provider.settings().issuer
    {
        return Err("the answer comes from another identity provider".to_owned());
    }
    if let Some(error) = one("error")? {
        let why = one("error_description")?.map(|why| format!(": {}", shortened(why)));
        let error = shortened(error);
        return Err(format!("the identity provider says `{error}`{}", why.unwrap_or_default()));
    }
    let code = one("code")?.ok_or("the answer of the identity provider holds no code")?;
    Ok((code.to_owned(), kept))
}

/// Exchanges the code, and begins a session. As nobody can tell before whether a code is good, clients that
/// brought many wrong ones wait.
async fn sign_in_by(
    request: &HttpRequest,
    portal: &web::Data<Portal>,
    sign_in: &Arc<SignIn>,
    code: String,
    kept: &Kept,
    to: &str,
) -> PageResult {
    let access = portal.access();
    let (client, most) = (client(request, &access), access.rules().most_failures());
    if let Err(wait) = portal.failures().check(client, most) {
        return Ok(to_explain(Explained::too_many_failures(most, wait)));
    }
    let (nonce, verifier) = (kept.nonce.clone(), kept.verifier.clone());
    let exchange = move |provider: &Provider| provider.finish(code, nonce, verifier);
    let signed_in = match sign_in.provider.on_thread(Asking::SigningIn, exchange).await {
        Ok(signed_in) => signed_in,
        Err(failure) => {
            return match portal.failures().count(client, most) {
                Ok(()) => failed(portal, request, to, explained(failure)),
                Err(wait) => Ok(to_explain(Explained::too_many_failures(most, wait))),
            };
        }
    };
    let public = sign_in.provider.public();
    let secret = SessionSecret::new()?;
    let before = cookies::shown(request, public, Purpose::Session);
    let (hash, browser) = (secret.hash(), browser(request));
    let portal = web::Data::clone(portal).into_inner();
    portal.begin_session(sign_in, hash, signed_in, browser, before.as_deref()).await?;
    Ok(HttpResponse::SeeOther()
        .insert_header((header::LOCATION, to))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(cookies::kept(public, Purpose::Session, secret.reveal().to_owned()))
        .finish())
}

/// Ends the session of whoever asks, here and, where that is offered, at the provider.
pub(super) async fn sign_out(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let access = portal.access();
    let Some(Ok(sign_in)) = &access.sign_in else {
        return signed_out_page(&portal.known_visitor(&request), None);
    };
    let public = sign_in.provider.public();
    let url = match cookies::shown(&request, public, Purpose::Session) {
        Some(shown) => {
            let portal = web::Data::clone(&portal).into_inner();
            let given = portal.end_session(sign_in, &shown).await?;
            sign_in.provider.sign_out_url(&given)
        }
        None => None,
    };
    let answer = signed_out_page(&portal.known_visitor(&request), url)?;
    Ok(without_cookie(answer, public, Purpose::Session))
}

/// What the provider leads back to.
pub(super) async fn signed_out(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let visitor = visitor(&request, &portal).await;
    // Whoever has signed in again since is somebody.
    match visitor.session {
        Some(_) => Ok(unstored(see_other(portal.prefix(), "/account"))),
        None => signed_out_page(&visitor, None),
    }
}

fn signed_out_page(visitor: &Visitor, provider: Option<String>) -> PageResult {
    let page = SignedOutPage {
        layout: Layout::new(visitor, "Signed out", ""),
        may_sign_in: visitor.may_sign_in(),
        provider: provider.clone(),
    };
    let mut answer = unstored(html(StatusCode::OK, render(&page)?));
    // The policy of pages lets no form lead elsewhere, so this is a page that goes on by itself.
    let refresh = provider.and_then(|url| format!("0; url={url}").parse().ok());
    if let Some(refresh) = refresh {
        answer.headers_mut().insert(header::REFRESH, refresh);
    }
    Ok(answer)
}

/// A page that says why somebody could not sign in.
fn failed(portal: &Portal, request: &HttpRequest, to: &str, why: Explained) -> PageResult {
    let visitor = portal.known_visitor(request);
    let page = FailedPage {
        layout: Layout::new(&visitor, "Signing in did not work", ""),
        sentence: in_parts(&sentence(&why.sentence)),
        again: address(to),
    };
    Ok(with_headers(unstored(html(why.status, render(&page)?)), why.headers))
}

fn explained(failure: Failure) -> Explained {
    match failure {
        Failure::Unreachable(sentence) => Explained::provider_unreachable(sentence),
        Failure::Refused(sentence) => Explained::sign_in_failed(sentence),
    }
}

fn sign_in(portal: &Portal) -> Result<Arc<SignIn>, Explained> {
    match portal.sign_in(&portal.access()) {
        Some(Ok(sign_in)) => Ok(sign_in),
        Some(Err(_)) => Err(Explained::provider_unreachable(NOBODY_SIGNS_IN.to_owned())),
        None => Err(Explained::no_sign_in()),
    }
}

/// The path of the portal where signing in begins that leads back to an address.
pub(super) fn address(to: &str) -> String {
    format!("{PATH}?to={}", utf8_percent_encode(to, NON_ALPHANUMERIC))
}

/// Where somebody wants to be led back to: what they ask for, or the page that they come from.
fn wanted(request: &HttpRequest, base: &Prefix) -> String {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let pairs = pairs.map(web::Query::into_inner).unwrap_or_default();
    let asked = pairs.into_iter().find(|(name, _)| name == "to").map(|(_, to)| to);
    // Browsers tell it within one origin alone, by the policy of the portal's own pages.
    let referrer = || {
        let from = request.headers().get(header::REFERER)?.to_str().ok()?;
        let rest = from.split_once("://")?.1;
        rest.find('/').map(|at| rest[at..].to_owned())
    };
    checked(&asked.or_else(referrer).unwrap_or_default(), base)
}

/// An address that somebody may be led to: a path of this portal, and its first page where it is
/// anything else.
fn checked(to: &str, base: &Prefix) -> String {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && utf8_percent_encode(to, NON_ALPHANUMERIC).map(str::len).sum::<usize>() <= TO_MAX;
    let is_path = to.starts_with('/') && !to.starts_with("//");
    // Browsers go up there, out of the portal's own paths.
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let goes_up = decoded.split(|byte| *byte == b'/').any(|part| matches!(part, b"." | b".."));
    let own = base.strip(path).filter(|_| is_plain && is_path && !goes_up);
    // What begins or ends a session is no page to come back to.
    let is_page = |path: &&str| !PATHS.iter().any(|own| path.trim_end_matches('/') == *own);
    match own.filter(is_page) {
        Some(_) => to.to_owned(),
        None => base.path("/"),
    }
}

/// What a browser calls itself, for the list of sessions.
fn browser(request: &HttpRequest) -> String {
    let name = request.headers().get(header::USER_AGENT).and_then(|name| name.to_str().ok());
    let plain = name.unwrap_or_default().chars().filter(|one| !one.is_control());
    plain.take(BROWSER_MAX).collect()
}

/// What somebody else wrote, in a length that can be told.
fn shortened(text: &str) -> String {
    text.chars().filter(|one| !one.is_control() && *one != '`').take(200).collect()
}

fn without_cookie(mut answer: HttpResponse, public: &PublicUrl, purpose: Purpose) -> HttpResponse {
    // The only error is a name that cannot be in a header.
    if let Err(error) = answer.add_cookie(&cookies::forgotten(public, purpose)) {
        tracing::error!(%error, "a cookie cannot be removed");
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_out_of_the_portal() {
        for base in ["", "/portal"] {
            let prefix: Prefix = base.parse().unwrap();
            let own = |to: &str| checked(&format!("{base}{to}"), &prefix);
            for good in ["/", "/data_products?page=2", "/a/b?x=%2F%2Fevil.example", "/x?to=//evil"]
            {
                assert_eq!(own(good), format!("{base}{good}"));
            }
            for bad in [
                "//evil.example",
                &format!("https:{}", "//evil.example"),
                "/\\evil.example",
                "\\\\evil.example",
                "/\t/evil.example",
                "/ /evil.example",
                "javascript:alert(1)",
                "evil.example",
                "",
                "/é",
                &format!("{base}/{}", "a".repeat(TO_MAX)),
                &format!("{base}/{}", "%".repeat(TO_MAX / 3)),
                &format!("{base}/../other"),
                &format!("{base}/a/%2e%2E/../other"),
                &format!("{base}/./sign-in"),
            ] {
                assert_eq!(checked(bad, &prefix), format!("{base}/"), "{bad}");
            }
            assert_eq!(own("/sign-in?to=x"), format!("{base}/"));
            assert_eq!(own("/sign-out"), format!("{base}/"));
            assert_eq!(own("/sign-in/callback?code=x"), format!("{base}/"));
        }
        let prefix: Prefix = "/portal".parse().unwrap();
        assert_eq!(checked("/portals", &prefix), "/portal/");
        assert_eq!(checked("/other/portal", &prefix), "/portal/");
    }

    #[test]
    fn what_a_browser_keeps_is_read_again() {
        let attempt = Attempt {
            url: String::new(),
            state: "s-_1".to_owned(),
            nonce: "n".to_owned(),
            verifier: "v".to_owned(),
        };
        let kept = Kept::read(&Kept::of(&attempt, "/a?b=c;d.e&f=\"g\"")).unwrap();
        assert_eq!((kept.state.as_str(), kept.nonce.as_str()), ("s-_1", "n"));
        assert_eq!((kept.verifier.as_str(), kept.to.as_str()), ("v", "/a?b=c;d.e&f=\"g\""));
        for broken in ["", "a.b.c", "a.b.c.%ff"] {
            assert!(Kept::read(broken).is_none(), "{broken}");
        }
    }
}
