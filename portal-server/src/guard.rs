//! What keeps other sites' pages from using the portal through the browser of somebody who can
//! reach it: requests for an unknown host and writes from another origin are refused. Style,
//! scripts and icon of the pages are served under any name; the page that refuses needs them.
//!
//! A page of another site can make a browser send a request, and the browser, or the proxy in front
//! of the portal, adds who its person is; the page cannot hide where it comes from. It can also point a name of its
//! own at this server (DNS rebinding), so that the browser believes both to be one site; the
//! `Host` then names the other site.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::error::{ApiError, Explained};
use crate::frame::{refuse, statics};
use crate::hosts::Hosts;
use crate::portal::Portal;

/// Lets through what is safe.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, Error> {
    let portal = request.app_data::<web::Data<Portal>>();
    let Some((portal, hosts)) = portal.zip(request.app_data::<web::Data<Hosts>>()) else {
        let forgotten = portal_core::Error::internal("the guard knows neither portal nor hosts");
        return Err(ApiError::from(forgotten).into());
    };
    match refusal(&request, portal, hosts) {
        None => Ok(next.call(request).await?.map_into_left_body()),
        Some(why) => {
            let visitor = portal.known_visitor(request.request());
            let answer = refuse(&visitor, request.headers(), request.path(), why);
            Ok(request.into_response(answer).map_into_right_body())
        }
    }
}

/// Why a request is refused.
fn refusal(request: &ServiceRequest, portal: &Portal, hosts: &Hosts) -> Option<Explained> {
    let access = portal.access();
    let public = access.host.as_ref();
    let headers = request.headers();
    let bound = request.app_config().local_addr().ip();
    let sent = only(headers, &header::HOST).unwrap_or_default();
    let host = sent.parse().ok().filter(|host| hosts.knows(host, public, bound));
    let Some(host) = host else {
        // The page that says so looks like the others: its files are the same for everybody.
        let is_file = portal.prefix().strip(request.path()).is_some_and(statics::is_file);
        if request.method().is_safe() && is_file {
            return None;
        }
        let sentence = format!(
            "this portal is not known as {sent:?}: if it should be, start it with --allowed-host {}, or set PORTAL_ALLOWED_HOSTS",
            if sent.is_empty() { "NAME" } else { sent }
        );
        return Some(Explained::unknown_host(sentence));
    };
    if request.method().is_safe() {
        return None;
    }
    let foreign = |what: String| {
        let sentence = format!(
            "{what} may not change anything here: use the portal's own pages, or a client that sends no Origin; if this is the portal's own address, start it with --allowed-host"
        );
        Some(Explained::foreign_origin(sentence))
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if headers.get_all(header::ORIGIN).count() > 1 || !hosts.is_own(origin, &host, public) {
            return foreign(format!("a page of the origin {origin:?}"));
        }
    }
    let mut sites = headers.get_all("sec-fetch-site").map(|site| site.to_str().unwrap_or_default());
    match (sites.next(), sites.next()) {
        (None | Some("same-origin" | "none"), None) => None,
        (Some(site), None) => foreign(format!("a page of another site (Sec-Fetch-Site: {site})")),
        // A browser sends one, and which of several holds would be a guess.
        _ => foreign("a request with several Sec-Fetch-Site".to_owned()),
    }
}

/// The text of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}
