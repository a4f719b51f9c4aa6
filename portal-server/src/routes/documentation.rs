//! `/api/openapi.json`, and the page that shows it to people.
//!
//! The viewer is part of the binary: the page loads nothing from anywhere else.

use std::sync::{LazyLock, OnceLock};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use portal_core::Result;
use portal_engine::{Registry, WireNames};
use serde_json::Value;

use crate::catalogue::Document;
use crate::frame::reference;
use crate::portal::Portal;
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

/// Makes the OpenAPI document of a portal.
pub(crate) type MakeDocument = fn(&Registry, &Prefix, WireNames) -> Value;

/// What one portal says about its API.
#[derive(Debug)]
pub(crate) struct Documentation {
    make: MakeDocument,
    /// The document with own names of plugins and the one with former names, made when they are
    /// first asked for.
    own: OnceLock<Document>,
    former: OnceLock<Document>,
    page: Document,
}

impl Documentation {
    /// The documentation of the portal that is found at `base`. The OpenAPI document is made from
    /// the routes and so above them: whoever knows how hands that over.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`](portal_core::Error) when the page cannot be rendered.
    pub(crate) fn new(base: &Prefix, make: MakeDocument) -> Result<Self> {
        let page = Document::new(reference::page(base)?.into(), HTML);
        Ok(Documentation { make, own: OnceLock::new(), former: OnceLock::new(), page })
    }

    fn openapi(&self, portal: &Portal) -> &Document {
        let names = portal.snapshot().configuration.wire_names;
        let made = match names {
            WireNames::Own => &self.own,
            WireNames::Former => &self.former,
        };
        let make = || (self.make)(portal.registry(), portal.prefix(), names);
        made.get_or_init(|| Document::json(&make()))
    }
}

pub(super) async fn openapi(
    request: HttpRequest,
    portal: web::Data<Portal>,
    documentation: web::Data<Documentation>,
) -> HttpResponse {
    documentation.openapi(&portal).respond(&request)
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
