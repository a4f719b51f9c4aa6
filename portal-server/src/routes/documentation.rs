//! `/api/openapi.json`, and the page that shows it to people.
//!
//! The viewer is part of the binary: the page loads nothing from anywhere else.

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};

use crate::catalogue::Document;
use crate::frame::reference;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the page may load: scripts, style and the document from this server. The viewer sets styles
/// on its elements, which no other directive than this one allows.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

static PAGE: LazyLock<Document> = LazyLock::new(|| {
    let page = reference::page().expect("nothing in it can fail");
    Document::new(page.into(), HTML)
});

static VIEWER: LazyLock<Document> = LazyLock::new(|| {
    let bytes = include_bytes!("../../assets/openapi-explorer/openapi-explorer.min.js");
    Document::new(Bytes::from_static(bytes), SCRIPT)
});

/// The OpenAPI document, which is made from the routes and so above them: the server hands it over.
#[derive(Debug)]
pub(crate) struct OpenApi(pub Document);

pub(super) async fn openapi(request: HttpRequest, document: web::Data<OpenApi>) -> HttpResponse {
    document.0.respond(&request)
}

pub(super) async fn page(request: HttpRequest) -> HttpResponse {
    let mut response = PAGE.respond(&request);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

pub(super) async fn viewer(request: HttpRequest) -> HttpResponse {
    VIEWER.respond(&request)
}
