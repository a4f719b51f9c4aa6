//! Errors as pages: what went wrong, in the portal's own frame.

use std::fmt;

use actix_web::error::UrlencodedError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use portal_core::Problem;

use super::layout::{Layout, SECTIONS, sentence};
use super::{html, render, statics};
use crate::body::BODY_MAX;
use crate::error::{ApiError, Explained};

/// An error that a page answers with.
#[derive(Debug)]
pub(crate) struct PageError(ApiError);

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
        let Explained { status, sentence, problems, .. } = self.0.explain();
        let page = show(status, &sentence, problems);
        // The headers of the API's answer, such as Retry-After, with the page's own.
        let mut response = self.0.response(status).finish();
        let (page, body) = page.into_parts();
        for (name, value) in page.headers() {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response.set_body(body)
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout,
    status: u16,
    sentence: String,
    advice: &'a str,
    problems: Vec<Problem>,
}

/// A page about something that went wrong.
pub(crate) fn page(status: StatusCode, sentence: &str) -> HttpResponse {
    show(status, sentence, Vec::new())
}

fn show(status: StatusCode, message: &str, problems: Vec<Problem>) -> HttpResponse {
    let (title, advice) = match status.as_u16() {
        403 => ("Not from there", "Nothing was changed."),
        404 => ("Not found", "It may have been deleted, or the address may be misspelt."),
        409 => ("That cannot be done now", "Nothing was changed. Look at its present state first."),
        412 => ("Somebody was faster", "Nothing was changed. Look at its present state first."),
        413 => ("Too much", "Nothing was changed."),
        421 => ("Not known by this name", "Nothing was changed."),
        400 | 405 | 422 => ("That did not work", "Nothing was changed."),
        503 => (
            "Try again in a moment",
            "Nothing was lost. The portal answers as soon as its database does.",
        ),
        _ => (
            "Something broke",
            "Nothing you sent was at fault. Whoever runs the portal finds the reason in its log.",
        ),
    };
    // Problems have pages of their own; what is left are those with an address.
    let sentence = if problems.is_empty() { sentence(message) } else { String::new() };
    let layout = Layout::new(title, "");
    let page = ErrorPage { layout, status: status.as_u16(), sentence, advice, problems };
    match render(&page) {
        Ok(page) => html(status, page),
        Err(error) => {
            tracing::error!(%error, "the page of an error failed");
            html(status, title.to_owned())
        }
    }
}

/// For a method that a page does not know.
pub(super) fn method_not_allowed(detail: String) -> HttpResponse {
    page(StatusCode::METHOD_NOT_ALLOWED, &detail)
}

/// For a form that cannot be read at all.
pub(super) fn unreadable_form(error: UrlencodedError, _: &HttpRequest) -> actix_web::Error {
    let (status, detail) = match &error {
        UrlencodedError::Overflow { .. } => {
            (StatusCode::PAYLOAD_TOO_LARGE, format!("the form is larger than {BODY_MAX} bytes"))
        }
        _ => (StatusCode::BAD_REQUEST, format!("the form cannot be read: {error}")),
    };
    actix_web::error::InternalError::from_response(error, page(status, &detail)).into()
}
