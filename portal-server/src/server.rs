//! An HTTP server for a portal: its routes and pages, behind the guard.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App as ActixApp, HttpServer, web};

use crate::body::BODY_MAX;
use crate::catalogue::Document;
use crate::guard;
use crate::hosts::{AllowedHost, Hosts};
use crate::portal::Portal;
use crate::routes::documentation::OpenApi;
use crate::{frame, openapi, pages, routes};

/// How long requests in flight may take after SIGTERM, in seconds.
const SHUTDOWN_PATIENCE: u64 = 30;

/// Starts a server for a portal and returns it with the address it listens on. It stops
/// gracefully on SIGTERM; await it to keep it running.
///
/// # Errors
///
/// When the address cannot be listened on.
pub fn start(portal: Arc<Portal>, bind: SocketAddr) -> io::Result<(Server, SocketAddr)> {
    start_for(portal, bind, Vec::new())
}

/// As [`start`], for requests to these hosts as well.
///
/// # Errors
///
/// When the address cannot be listened on.
pub fn start_for(
    portal: Arc<Portal>,
    bind: SocketAddr,
    allowed: Vec<AllowedHost>,
) -> io::Result<(Server, SocketAddr)> {
    let document = Document::json(&openapi::document(portal.registry()));
    let document = web::Data::new(OpenApi(document));
    let data = web::Data::from(portal);
    let hosts = web::Data::new(Hosts::new(bind, allowed));
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(data.clone())
            .app_data(hosts.clone())
            .app_data(document.clone())
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .configure(routes::configure)
            .configure(pages::configure)
            .wrap(from_fn(guard::guard))
            .wrap(safe_headers())
    })
    .shutdown_timeout(SHUTDOWN_PATIENCE)
    // A compressed page leaves in several writes; the last one would wait for the acknowledgement
    // of the others, which clients put off for 40 milliseconds.
    .tcp_nodelay(true)
    .bind(bind)?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    Ok((server.run(), address))
}

/// What a browser may do with any answer: nothing but what the portal itself serves. The few
/// answers that need more, or less, bring a policy of their own.
fn safe_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, frame::POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "same-origin"))
}
