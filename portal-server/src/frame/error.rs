//! Errors as pages: what went wrong, in the portal's own frame.
//!
//! An error does not know where the portal is found, which its page needs for its links. So the
//! answer to it holds what to explain, and becomes the page on its way out.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use portal_core::Problem;

use super::layout::{Layout, SECTIONS, in_parts, sentence};
use super::page::{html, render, with_headers};
use super::statics;
use crate::error::{ApiError, Explained};
use crate::visitor::Visitor;

/// An error that a page answers with.
#[derive(Debug)]
pub(crate) struct PageError(ApiError);

/// What a handler of a page answers.
pub(crate) type PageResult = Result<HttpResponse, PageError>;

impl<E: Into<ApiError>> From<E> for PageError {
    fn from(error: E) -> Self {
        PageError(error.into())
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        // The headers of the API's answer, such as Retry-After, are those of the page as well.
        unexplained(self.0.response().finish(), self.0.explain())
    }
}

/// An answer that [`explain`] turns into a page about what went wrong.
pub(crate) fn to_explain(why: Explained) -> HttpResponse {
    unexplained(HttpResponse::new(why.status), why)
}

fn unexplained(mut response: HttpResponse, why: Explained) -> HttpResponse {
    response.extensions_mut().insert(why);
    response
}

/// Turns an answer that holds what to explain into the page about it, with the headers of both. How long it
/// may be kept is what the answer says.
pub(crate) fn explain(visitor: &Visitor, mut response: HttpResponse) -> HttpResponse {
    let why = response.extensions_mut().remove::<Explained>();
    let Some(why) = why else { return response };
    let (page, body) = error_page(visitor, why).into_parts();
    let kept = response.headers().get(header::CACHE_CONTROL).cloned();
    for (name, value) in page.headers() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    if let Some(kept) = kept {
        response.headers_mut().insert(header::CACHE_CONTROL, kept);
    }
    response.set_body(body)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout,
    status: u16,
    /// A sentence in parts, every second of which is code.
    sentence: Vec<String>,
    advice: &'a str,
    problems: Vec<Problem>,
}

/// A page about something that went wrong.
fn error_page(visitor: &Visitor, explained: Explained) -> HttpResponse {
    let Explained { status, code, sentence: message, problems, headers, .. } = explained;
    let (title, advice) = words(code, visitor.may_sign_in());
    // Problems have pages of their own; what is left are those with an address.
    let sentence = if problems.is_empty() { in_parts(&sentence(&message)) } else { Vec::new() };
    let layout = Layout::new(visitor, title, "");
    let page = ErrorPage { layout, status: status.as_u16(), sentence, advice, problems };
    let answer = match render(&page) {
        Ok(page) => html(status, page),
        Err(error) => {
            tracing::error!(%error, "the page of an error failed");
            html(status, title.to_owned())
        }
    };
    with_headers(answer, headers)
}

/// Title and advice for a sort of error.
fn words(code: &str, may_sign_in: bool) -> (&'static str, &'static str) {
    match code {
        "foreign_origin" => ("Not from there", "Nothing was changed."),
        "unauthenticated" if may_sign_in => {
            ("Who are you?", "Nothing was changed. Sign in, and do it once more.")
        }
        "unauthenticated" => ("Who are you?", "Come by the address that your company gave you."),
        "unknown_credentials" => ("That is nobody we know", "Nothing was changed."),
        "too_many_failures" => ("Too many attempts", "Nothing was changed."),
        "forbidden" => ("Not for you to do", "Nothing was changed."),
        "access_not_configured" => (
            "Closed for now",
            "Nothing was lost. Whoever runs the portal has to say who may do what.",
        ),
        "provider_unreachable" => {
            ("Nobody can sign in now", "Nothing was lost. Whoever is signed in already can go on.")
        }
        "sign_in_failed" => ("Signing in did not work", "Nothing was changed."),
        "no_sign_in" => ("Nobody signs in here", "Come by the address that your company gave you."),
        "not_found" => ("Not found", "It may have been deleted, or the address may be misspelt."),
        "conflict" => {
            ("That cannot be done now", "Nothing was changed. Look at its present state first.")
        }
        "stale" => ("Somebody was faster", "Nothing was changed. Look at its present state first."),
        "body_too_slow" => ("It did not arrive", "Nothing was changed."),
        "body_too_large" => ("Too much", "Nothing was changed."),
        "unknown_host" => ("Not known by this name", "Nothing was changed."),
        "invalid_input"
        | "incomplete_request"
        | "method_not_allowed"
        | "unsupported_media_type" => ("That did not work", "Nothing was changed."),
        "storage_full" => (
            "There is no space left",
            "Nothing was changed. Whoever runs the portal has to make room for its database.",
        ),
        "unavailable" => (
            "Try again in a moment",
            "Nothing was lost. The portal answers as soon as its database does.",
        ),
        "unanswered" => (
            "The database does not answer",
            "Look first whether it was stored, and send it again if it was not.",
        ),
        _ => (
            "Something broke",
            "Nothing you sent was at fault. Whoever runs the portal finds the reason in its log.",
        ),
    }
}

/// The answer to a request that no page and no route has answered: a page for people, JSON for
/// programs.
pub(crate) fn refuse(
    visitor: &Visitor,
    headers: &HeaderMap,
    address: &str,
    why: Explained,
) -> HttpResponse {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let reads_pages = accepts.is_some_and(|accept| accept.contains("text/html"));
    let is_of_api = visitor.base.strip(address).is_some_and(|path| path.starts_with("/api/"));
    if reads_pages && !is_of_api { error_page(visitor, why) } else { why.json() }
}

#[cfg(test)]
mod tests {
    use portal_core::{Error, Problems};

    use super::*;

    #[test]
    fn what_is_not_the_portals_fault_is_never_called_broken() {
        let text = String::new;
        let errors = [
            Error::NotFound(text()),
            Error::Invalid(Problems::new()),
            Error::Forbidden(text()),
            Error::Conflict(text()),
            Error::Stale { revision: 1 },
            Error::Incomplete(text()),
            Error::unavailable(text()),
            Error::Full { sentence: text(), source: None },
        ];
        let mut told: Vec<Explained> =
            errors.into_iter().map(|error| ApiError::from(error).explain()).collect();
        told.extend([
            Explained::unknown_host(text()),
            Explained::foreign_origin(text()),
            Explained::nothing_at("/"),
            Explained::method_not_allowed(text()),
            Explained::too_large(text()),
            Explained::unsupported_media(text()),
            Explained::unreadable(text()),
            Explained::unauthenticated(text()),
            Explained::unknown_credentials(text()),
            Explained::too_many_failures(1, std::time::Duration::ZERO),
            Explained::forbidden(text()),
            Explained::not_configured(text()),
            Explained::provider_unreachable(text()),
            Explained::sign_in_failed(text()),
            Explained::no_sign_in(),
        ]);
        let broken = words("internal", false);
        for Explained { code, .. } in told {
            assert_ne!(words(code, false), broken, "{code}");
        }
    }
}
