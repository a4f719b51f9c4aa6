//! A portal by code: from what it needs to a server, or to a part of an application. The command
//! line goes this way as well.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web;
use portal_core::{Error, Result};
use portal_engine::Registry;
use portal_engine::db::{Connection, Database, DatabaseUrl, Patience};
use portal_engine::migrate::{self, AbsentPlugin};
use portal_engine::settings::Agreed;
use portal_engine::store;

use crate::access::{Exposure, Identify};
use crate::body::{BODY_PATIENCE, BodyPatience};
use crate::hosts::AllowedHost;
use crate::portal::{Door, Portal};
use crate::registry::{self, Plugins};
use crate::server::{self, Mount, Routes};
use crate::{demo, listing, migrated, operator_file};

/// Connections to the database per server. SQLite has one writer at a time, and PostgreSQL
/// servers share their connections.
const POOL_SIZE: u32 = 8;

/// A portal that is about to be started.
///
/// [`open`](Builder::open) makes it a part of an application of your own, beside other routes:
///
/// ```no_run
/// use actix_web::{App, HttpMessage, HttpRequest, HttpServer};
/// use portal_server::{Builder, Person};
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let portal = Builder::new("sqlite://portal.db")
///         .prefix("/portal")
///         .allowed_host("tools.example".parse()?)
///         // Whoever the application's own sign-in has found out.
///         .identity(|request: &HttpRequest| request.extensions().get::<Person>().cloned())
///         .open()?;
///     let server = HttpServer::new(move || App::new().service(portal.scope()));
///     server.bind("127.0.0.1:8080")?.run().await?;
///     Ok(())
/// }
/// ```
///
/// [`start`](Builder::start) makes it a server of its own:
///
/// ```no_run
/// use actix_web::web;
/// use portal_server::Builder;
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let (server, address) = Builder::new("sqlite://portal.db")
///         .bind(([127, 0, 0, 1], 8080).into())
///         .routes(|app| {
///             app.route("/hello", web::get().to(async || "hello"));
///         })
///         .start()?;
///     println!("serving on http://{address}");
///     server.await?;
///     Ok(())
/// }
/// ```
#[must_use = "it does nothing until it is opened or started"]
pub struct Builder {
    database: Source,
    named: Plugins,
    registry: Option<Registry>,
    prefix: String,
    bind: SocketAddr,
    allowed_hosts: Vec<AllowedHost>,
    /// How to have the database brought up to date, when it is only checked.
    only_checks: Option<&'static str>,
    operator_file: Option<PathBuf>,
    is_demo: bool,
    routes: Option<Routes>,
    is_open_to_everybody: bool,
    /// How to have it open to everybody.
    how_to_open: &'static str,
    identity: Option<Arc<dyn Identify>>,
    patience: Patience,
    body_patience: BodyPatience,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a password.
        f.debug_struct("Builder").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Where the database is.
enum Source {
    At(String),
    Open(Database),
}

impl Builder {
    /// A portal on the database at this address: `sqlite://FILE`, or `postgres://USER@HOST/NAME`
    /// with the feature `postgres`.
    pub fn new(database_url: impl Into<String>) -> Self {
        Builder::on(Source::At(database_url.into()))
    }

    /// A portal on a database that is open already.
    pub fn over(database: Database) -> Self {
        Builder::on(Source::Open(database))
    }

    fn on(database: Source) -> Self {
        Builder {
            database,
            named: Plugins::default(),
            registry: None,
            prefix: String::new(),
            bind: (Ipv4Addr::LOCALHOST, 8080).into(),
            allowed_hosts: Vec::new(),
            only_checks: None,
            operator_file: None,
            is_demo: false,
            routes: None,
            is_open_to_everybody: false,
            how_to_open: "call open_to_everybody(true)",
            identity: None,
            patience: Patience::default(),
            body_patience: BodyPatience(BODY_PATIENCE),
        }
    }

    /// Plugin crates that are linked beside the bundled ones, named by
    /// [`plugins!`](crate::plugins): `.plugins(portal_server::plugins!(kafka_plugin))`.
    /// [`open`](Builder::open) refuses when one of them registers no plugin.
    pub fn plugins(mut self, named: Plugins) -> Self {
        self.named = named;
        self
    }

    /// The plugins to serve; by default all that are linked and that `ENABLED_PLUGINS` names.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// The path that it is found under, such as `/portal`; by default it has the host for itself.
    /// Every link of its pages, every redirect and the OpenAPI document's paths begin with it, so a
    /// proxy in front passes paths on as they are.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Address and port that [`start`](Builder::start) listens on, 127.0.0.1:8080 by default; port
    /// 0 takes a free one.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = address;
        self
    }

    /// One more name under which people reach it. Requests for a host that is none of these, not
    /// loopback and not the address listened on are refused.
    pub fn allowed_host(mut self, host: AllowedHost) -> Self {
        self.allowed_hosts.push(host);
        self
    }

    /// Whether everybody who reaches it is its operator while nothing says who may do what, although
    /// it is reached from other machines. By default it does not start then.
    pub fn open_to_everybody(mut self, is_open: bool) -> Self {
        self.is_open_to_everybody = is_open;
        self
    }

    /// As `open_to_everybody`, for a caller whose own words say how to have it open.
    pub(crate) fn open_to_everybody_by(mut self, is_open: bool, how: &'static str) -> Self {
        (self.is_open_to_everybody, self.how_to_open) = (is_open, how);
        self
    }

    /// How the application that the portal is a part of says who sends a request. Without it, and
    /// without the section `[access]` in the operator's file, the portal answers its own machine
    /// alone.
    pub fn identity(mut self, identity: impl Identify) -> Self {
        self.identity = Some(Arc::new(identity));
        self
    }

    /// How long the database may take; by default as [`Patience::default`] says. A database that is open
    /// already has limits of its own.
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// How long the body of a request may take to arrive, 20 seconds by default. Then it is answered 408.
    pub fn body_patience(mut self, patience: Duration) -> Self {
        self.body_patience = BodyPatience(patience);
        self
    }

    /// Whether it brings the database up to date, which it does by default, or only checks it.
    pub fn migrate(mut self, migrates: bool) -> Self {
        self.only_checks = (!migrates).then_some("start with migrate(true)");
        self
    }

    /// As `migrate(false)`, for a caller whose own words say how to have it brought up to date.
    pub(crate) fn only_check(mut self, otherwise: &'static str) -> Self {
        self.only_checks = Some(otherwise);
        self
    }

    /// An operator's file, `portal.toml`, to apply before it serves; what the file omits stays.
    pub fn operator_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.operator_file = Some(file.into());
        self
    }

    /// Whether it fills an empty database with an example company; by default it does not.
    pub fn demo(mut self, is_demo: bool) -> Self {
        self.is_demo = is_demo;
        self
    }

    /// Routes that [`start`](Builder::start) serves as well; given again, they replace those given
    /// before. They are looked through first. Hosts, origins and headers are guarded on them as on
    /// the portal's own. An application that is to be on its own terms beside the portal mounts it
    /// instead.
    pub fn routes(mut self, add: impl Fn(&mut web::ServiceConfig) + Send + Sync + 'static) -> Self {
        self.routes = Some(Arc::new(add));
        self
    }

    /// Brings the database up to date and reads what is in it. What it has of plugins that are not
    /// linked, or of disabled ones with technical assets, is a warning in the log. The address, and
    /// routes of one's own, are left to the application that mounts it. This blocks: it belongs
    /// before the first request.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a prefix, a database address, a plugin or an operator's file that is
    /// wrong, for a named crate that registers no plugin, for a database that lacks something and is
    /// only checked, for a secret that cannot be found here, and for a name of its host while nothing
    /// says who may do what and nobody meant it to be open to everybody; [`Error::Unconfirmed`] for an
    /// operator's file that would remove something; what the database says.
    pub fn open(self) -> Result<Mount> {
        self.open_to(None)
    }

    /// As [`open`](Builder::open), for a server of its own on its address.
    pub(crate) fn open_to_listen(self) -> Result<Mount> {
        let bind = self.bind;
        self.open_to(Some(bind))
    }

    fn open_to(self, bind: Option<SocketAddr>) -> Result<Mount> {
        let prefix = self.prefix.parse().map_err(Error::refused)?;
        self.patience.check()?;
        let registry = match &self.registry {
            Some(registry) => {
                self.named.refuse_silent()?;
                registry.clone()
            }
            None => {
                registry::check(self.named)?;
                registry::enabled()?
            }
        };
        let (database, absent) = match &self.database {
            Source::At(url) => {
                let url: DatabaseUrl = url.parse()?;
                let mut connection = match self.only_checks {
                    Some(_) => url.connect_to_look()?,
                    None => url.connect()?,
                };
                let absent = self.prepare(&mut connection, &registry, bind)?;
                drop(connection);
                (Database::open_with(url, POOL_SIZE, self.patience)?, absent)
            }
            Source::Open(database) => {
                let absent = self.prepare(&mut *database.get()?, &registry, bind)?;
                (database.clone(), absent)
            }
        };
        for missed in listing::missed(&absent) {
            tracing::warn!("{}", listing::warning(missed));
        }
        let exposure = match (self.reached(bind), self.is_open_to_everybody) {
            (_, true) => Exposure::Everybody,
            (Some(_), false) => Exposure::Beyond,
            (None, false) => Exposure::Loopback,
        };
        let door = Door { exposure, identity: self.identity };
        let portal = Portal::open(registry, database, prefix, door)?;
        Ok(Mount::new(portal, self.allowed_hosts, self.body_patience, absent))
    }

    /// Starts a server of its own and returns it with the address it listens on. It stops
    /// gracefully on SIGTERM; await it, in a runtime of actix, to keep it running. Until it listens
    /// this blocks.
    ///
    /// # Errors
    ///
    /// As [`open`](Builder::open); [`Error::Refused`] when the address cannot be listened on.
    pub fn start(self) -> Result<(Server, SocketAddr)> {
        let (bind, routes) = (self.bind, self.routes.clone());
        server::listen(self.open_to_listen()?, bind, routes).map_err(|error| {
            Error::refused(format!("cannot listen on {bind}: {error}")).caused_by(error)
        })
    }

    /// By what others than those on the same machine reach it, in words.
    fn reached(&self, bind: Option<SocketAddr>) -> Option<String> {
        if let Some(bind) = bind.filter(|bind| !bind.ip().to_canonical().is_loopback()) {
            return Some(format!("listening on {bind}"));
        }
        self.allowed_hosts.first().map(|host| format!("the allowed host {host}"))
    }

    /// Refuses to let others in than those on the same machine, while nothing says who may do what and
    /// nobody meant it.
    fn refuse_openness(&self, connection: &mut Connection, bind: Option<SocketAddr>) -> Result<()> {
        let Some(how) = self.reached(bind) else { return Ok(()) };
        let is_meant = self.is_open_to_everybody || self.identity.is_some();
        if is_meant || store::stored_access(connection)?.is_some() {
            return Ok(());
        }
        Err(Error::refused(format!(
            "{how} lets others than this machine in, and everybody would be the operator: write the section [access] into portal.toml and apply it, or {} if that is meant",
            self.how_to_open
        )))
    }

    /// Makes the database what the server needs, and says what it has of plugins that are not
    /// served.
    fn prepare(
        &self,
        connection: &mut Connection,
        registry: &Registry,
        bind: Option<SocketAddr>,
    ) -> Result<Vec<AbsentPlugin>> {
        match self.only_checks {
            Some(otherwise) => migrated::check(connection, registry, otherwise)?,
            None => drop(migrate::run(connection, registry)?),
        }
        if let Some(file) = &self.operator_file {
            // The application around it is how people are known.
            let agreed = Agreed { to_lock_out: self.identity.is_some(), ..Agreed::default() };
            operator_file::apply_at_start(connection, registry, file, agreed)?;
        }
        self.refuse_openness(connection, bind)?;
        if self.is_demo && !demo::fill(connection, registry)? {
            tracing::info!("the database is not empty, so --demo leaves it as it is");
        }
        migrate::absent(connection, registry)
    }
}
