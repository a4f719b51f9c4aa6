//! `/api/openapi.json`, and the page that shows it to people.
//!
//! The viewer is part of the binary: the page loads nothing from anywhere else.

use std::sync::{LazyLock, OnceLock};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use portal_engine::access::{Caller, Permission};
use portal_engine::{Registry, WireNames};
use serde_json::Value;

use crate::catalogue::Document;
use crate::error::ApiError;
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
pub(crate) type MakeDocument = fn(&Registry, &Prefix, WireNames, NeedsToken) -> Value;

/// Which routes a document tells to need a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NeedsToken {
    /// None: nobody is told apart.
    Nowhere,
    /// Those that do more than read.
    ToWrite,
    /// All that need a permission.
    Everywhere,
}

/// What one portal says about its API.
#[derive(Debug)]
pub(crate) struct Documentation {
    make: MakeDocument,
    /// The OpenAPI documents with own names of plugins and those with former names, by what needs a
    /// token. Each is made when it is first asked for.
    own: [OnceLock<Document>; 3],
    former: [OnceLock<Document>; 3],
    /// The page that shows it, while nobody is told apart and once somebody is.
    open_page: OnceLock<Document>,
    page: OnceLock<Document>,
}

impl Documentation {
    /// The documentation of a portal. The OpenAPI document is made from the routes and so above
    /// them: whoever knows how hands that over.
    pub(crate) fn new(make: MakeDocument) -> Self {
        Documentation {
            make,
            own: Default::default(),
            former: Default::default(),
            open_page: OnceLock::new(),
            page: OnceLock::new(),
        }
    }

    fn page(&self, portal: &Portal) -> portal_core::Result<&Document> {
        let nobody = portal.visitor(Caller::Nobody, portal.access());
        let made = if nobody.warning.is_some() { &self.open_page } else { &self.page };
        if let Some(page) = made.get() {
            return Ok(page);
        }
        let page = Document::new(reference::page(&nobody)?.into(), HTML);
        Ok(made.get_or_init(|| page))
    }

    fn openapi(&self, portal: &Portal) -> &Document {
        let names = portal.snapshot().configuration.wire_names;
        let made = match names {
            WireNames::Own => &self.own,
            WireNames::Former => &self.former,
        };
        let nobody = portal.visitor(Caller::Nobody, portal.access());
        let needs_token = match (nobody.warning, nobody.may(Permission::Read, None)) {
            (Some(_), _) => NeedsToken::Nowhere,
            (None, true) => NeedsToken::ToWrite,
            (None, false) => NeedsToken::Everywhere,
        };
        let make = || (self.make)(portal.registry(), portal.prefix(), names, needs_token);
        made[needs_token as usize].get_or_init(|| Document::json(&make()))
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
    portal: web::Data<Portal>,
    documentation: web::Data<Documentation>,
) -> Result<HttpResponse, ApiError> {
    let mut response = documentation.page(&portal)?.respond(&request);
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

pub(super) async fn viewer(request: HttpRequest) -> HttpResponse {
    VIEWER.respond(&request)
}
