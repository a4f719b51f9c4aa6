//! `/api/openapi.json`, and the page that shows it to people.
//!
//! The viewer is part of the binary: the page loads nothing from anywhere else.

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use portal_core::Result;
use serde_json::Value;

use crate::catalogue::Document;
use crate::frame::reference;
use crate::prefix::Prefix;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the page may load: scripts, style and the document from this server. The viewer sets styles
/// on its elements, which no other directive than this one allows.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

static VIEWER: LazyLock<Document> = LazyLock::new(|| {
    let bytes = include_bytes!("../../assets/openapi-explorer/openapi-explorer.min.js");
    Document::new(Bytes::from_static(bytes), SCRIPT)
});

/// What one portal says about its API.
#[derive(Debug)]
pub(crate) struct Documentation {
    openapi: Document,
    page: Document,
}

impl Documentation {
    /// The documentation of the portal that is found at `base`. The OpenAPI document is made from
    /// the routes and so above them: whoever makes it hands it over.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`](portal_core::Error) when the page cannot be rendered.
    pub(crate) fn new(base: &Prefix, openapi: &Value) -> Result<Self> {
        let page = Document::new(reference::page(base)?.into(), HTML);
        Ok(Documentation { openapi: Document::json(openapi), page })
    }
}

pub(super) async fn openapi(
    request: HttpRequest,
    documentation: web::Data<Documentation>,
) -> HttpResponse {
    documentation.openapi.respond(&request)
}

pub(super) async fn page(
    request: HttpRequest,
    documentation: web::Data<Documentation>,
) -> HttpResponse {
    let mut response = documentation.page.respond(&request);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

pub(super) async fn viewer(request: HttpRequest) -> HttpResponse {
    VIEWER.respond(&request)
}
