//! From a portal to HTTP: its routes and pages behind the guard, as a part of any application, and
//! as a server of its own.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::{HttpServiceFactory, Server};
use actix_web::http::header;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};
use portal_engine::Registry;
use portal_engine::migrate::AbsentPlugin;

use crate::body::{BODY_MAX, BodyPatience};
use crate::guard;
use crate::hosts::{AllowedHost, Hosts};
use crate::portal::Portal;
use crate::routes::documentation::Documentation;
use crate::{frame, openapi, pages, routes};

/// How long requests in flight may take after SIGTERM, in seconds.
const SHUTDOWN_PATIENCE: u64 = 30;

/// Adds routes to an application.
pub(crate) type Routes = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// A portal that is ready to be a part of an application, by [`Builder::open`](crate::Builder).
/// Clones share it: every worker of a server has one.
#[derive(Debug, Clone)]
pub struct Mount {
    portal: Arc<Portal>,
    hosts: web::Data<Hosts>,
    documentation: web::Data<Documentation>,
    body_patience: BodyPatience,
    /// What the database had, at the start, of plugins that are not served.
    absent: Arc<[AbsentPlugin]>,
}

impl Mount {
    pub(crate) fn new(
        portal: Arc<Portal>,
        allowed: Vec<AllowedHost>,
        body_patience: BodyPatience,
        absent: Vec<AbsentPlugin>,
    ) -> Self {
        let documentation = web::Data::new(Documentation::new(openapi::document));
        let hosts = web::Data::new(Hosts::new(allowed));
        Mount { portal, hosts, documentation, body_patience, absent: absent.into() }
    }

    /// The API, the pages and their files, under the prefix of the portal. What the portal insists
    /// on holds in there and nowhere else: known hosts, own origins, headers that keep browsers
    /// safe, the largest body, its own answer to what nobody serves.
    ///
    /// The application adds it at its root, not in a scope: links begin with the prefix. A scope
    /// takes every request below its prefix, so that without one it comes last. Pages arrive sooner
    /// from a server with `tcp_nodelay(true)`: they leave it in several writes.
    pub fn scope(&self) -> impl HttpServiceFactory + use<> {
        web::scope(self.portal.prefix().as_str())
            .configure(|scope| self.share(scope))
            .configure(serve)
            .wrap(from_fn(guard::guard))
            .wrap(safe_headers())
    }

    /// Adds what handlers and the guard ask for.
    fn share(&self, app: &mut web::ServiceConfig) {
        app.app_data(web::Data::from(Arc::clone(&self.portal)))
            .app_data(self.hosts.clone())
            .app_data(self.documentation.clone())
            .app_data(self.body_patience);
    }

    /// Whether threads hang that have asked the database.
    pub(crate) fn hangs(&self) -> bool {
        self.portal.hangs()
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.portal.registry()
    }

    /// What the database had, at the start, of plugins that are not served.
    pub(crate) fn absent(&self) -> &[AbsentPlugin] {
        &self.absent
    }
}

/// Starts a server for a portal, and for other routes beside it that are guarded as well. Returns
/// it with the address it listens on.
pub(crate) fn listen(
    mount: Mount,
    bind: SocketAddr,
    others: Option<Routes>,
) -> io::Result<(Server, SocketAddr)> {
    let server = HttpServer::new(move || {
        App::new()
            .configure(|app| mount.share(app))
            .default_service(web::to(pages::not_found))
            .configure(|app| others.iter().for_each(|add| add(app)))
            .configure(|app| match mount.portal.prefix() {
                // A scope is one more router on the way of every request.
                prefix if prefix.is_empty() => serve(app),
                prefix => drop(app.service(web::scope(prefix.as_str()).configure(serve))),
            })
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

/// Adds everything that the portal serves.
fn serve(scope: &mut web::ServiceConfig) {
    scope.app_data(web::PayloadConfig::new(BODY_MAX));
    // A scope of its own, so that the path of a page is not compared with those of the API.
    let api = web::scope(routes::API).configure(routes::configure_api);
    scope.service(api.default_service(web::to(pages::not_found)));
    routes::configure(scope);
    pages::configure(scope);
}

/// What a browser may do with any answer: nothing but what the portal itself serves. The few
/// answers that need more, or less, bring a policy of their own.
fn safe_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add((header::CONTENT_SECURITY_POLICY, frame::POLICY))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::REFERRER_POLICY, "same-origin"))
}
