//! From a template to an answer that shows a page.

use actix_web::HttpResponse;
use actix_web::http::header::HeaderName;
use actix_web::http::{StatusCode, header};
use askama::Template;
use portal_core::{Error, Result};

use crate::prefix::Prefix;

/// Media type of a page.
pub(crate) const HTML: &str = "text/html; charset=utf-8";

/// A page as text.
pub(crate) fn render(template: &impl Template) -> Result<String> {
    template
        .render()
        .map_err(|error| Error::internal(format!("a page cannot be rendered: {error}")))
}

/// An answer that shows a page.
pub(crate) fn html(status: StatusCode, page: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, HTML))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(page)
}

/// The same answer, which no cache keeps, not even that of the browser.
pub(crate) fn unstored(mut answer: HttpResponse) -> HttpResponse {
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    answer
}

/// The same answer with these headers; what cannot be one is left out.
pub(crate) fn with_headers(
    mut answer: HttpResponse,
    headers: impl IntoIterator<Item = (HeaderName, String)>,
) -> HttpResponse {
    for (name, value) in headers {
        if let Ok(value) = value.try_into() {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// The answer to a form that was carried out: the page to look at next.
pub(crate) fn see_other(base: &Prefix, path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, base.path(path))).finish()
}
