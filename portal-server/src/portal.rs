//! What the server serves: the registry, the database, and the configuration as last read.

mod sessions;
mod threads;

use std::fmt;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::Runtime;
use actix_web::rt::time::timeout;
use actix_web::{HttpMessage, HttpRequest, web};
use arc_swap::ArcSwap;
use portal_core::{Error, Result};
use portal_engine::Registry;
use portal_engine::access::Caller;
use portal_engine::db::{Backend, CHECKOUT_TIMEOUT, Connection, Database};
use portal_engine::findings::Standing;
use portal_engine::store::{self, Configuration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::access::{Access, CLOSED, Exposure, Identify, SignIn, UNREADABLE, Use};
use crate::catalogue::Catalogue;
use crate::failures::Failures;
use crate::prefix::Prefix;
use crate::questions::{Given, Question, Questions};
use crate::sessions::Sessions;
use crate::visitor::Visitor;

/// How long nobody may have been able to read who may do what before the server is not ready. A load
/// balancer asks others then.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);

/// How long a question whether the server is ready waits for the database. Those who ask, such as
/// load balancers, give up after a few seconds.
const READY_PATIENCE: Duration = Duration::from_secs(1);

/// How long a request waits for its turn to write.
const TURN_PATIENCE: Duration = Duration::from_secs(10);

/// What people see whose groups are not known.
const GROUPS_LEFT_OUT: &str = "Your identity provider has left out your groups, because there are too many: none of them counts here.";

/// Refuses settings by which nobody can sign in on this server.
fn refuse_to_sign_in(access: &Access, prefix: &Prefix) -> Result<()> {
    match &access.sign_in {
        Some(Ok(sign_in)) if sign_in.provider.public().path != prefix.as_str() => {
            Err(Error::refused(other_path(sign_in, prefix)))
        }
        Some(Err(why)) => Err(Error::refused(format!("nobody can sign in on this server: {why}"))),
        _ => Ok(()),
    }
}

/// The secrets of the section `[access]` that cannot be used on this server: where, and why.
fn missing_secrets(access: &Access) -> Vec<String> {
    let oidc = access.settings.as_ref().and_then(|settings| settings.oidc.as_ref());
    let missing = oidc.map(|oidc| oidc.missing_secrets()).unwrap_or_default();
    missing.iter().map(|(key, why)| format!("access.oidc.{key}: {why}")).collect()
}

fn other_path(sign_in: &SignIn, prefix: &Prefix) -> String {
    let (public, here) = (sign_in.provider.public(), prefix.as_str());
    let named = |path: &str| {
        if path.is_empty() { "no path".to_owned() } else { format!("the path {path}") }
    };
    format!(
        "`public_url` in [access] has {}, and this server serves the portal under {}: both have to be the same",
        named(&public.path),
        named(here)
    )
}

/// One portal: shared by all workers of a server.
#[derive(Debug)]
pub(crate) struct Portal {
    registry: Registry,
    prefix: Prefix,
    database: Database,
    snapshot: ArcSwap<Snapshot>,
    access: ArcSwap<Access>,
    /// Whether anything has said who may do what since the start: it never becomes open then.
    was_closed: AtomicBool,
    /// When the database was last asked who may do what.
    looked: Mutex<Instant>,
    door: Door,
    sessions: Sessions,
    failures: Failures,
    questions: Questions,
    /// One for each request that may write at the same time.
    turns: Arc<Semaphore>,
    /// Whether reading the configuration has ended in a panic, and has not succeeded since.
    reading_has_ended: AtomicBool,
    /// The same of reading who may do what.
    access_has_ended: AtomicBool,
    /// The same of keeping what follows from all that.
    keeping_has_ended: AtomicBool,
}

/// How requests reach a portal, and how it may know who sends them.
pub(crate) struct Door {
    /// Who can reach it.
    pub exposure: Exposure,
    /// The application around it, when that knows who sends a request.
    pub identity: Option<Arc<dyn Identify>>,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("exposure", &self.exposure).finish_non_exhaustive()
    }
}

/// The configuration at one revision, and what is served from it as it stands.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub configuration: Configuration,
    pub catalogue: Catalogue,
    standing: OnceLock<Standing>,
}

impl Snapshot {
    fn read(connection: &mut Connection, registry: &Registry) -> Result<Self> {
        let configuration = Configuration::load(connection, registry)?;
        for problem in configuration.problems.iter() {
            tracing::warn!(%problem, "a stored configuration does not fit its plugin");
        }
        let catalogue = Catalogue::new(registry, &configuration);
        Ok(Snapshot { configuration, catalogue, standing: OnceLock::new() })
    }

    /// What the configuration tells the operator, made when somebody first asks.
    pub(crate) fn standing(&self, registry: &Registry) -> &Standing {
        self.standing.get_or_init(|| Standing::of(registry, &self.configuration))
    }
}

impl Portal {
    /// A portal over a migrated database, found under a prefix, and threads that keep it current for as
    /// long as it exists.
    ///
    /// # Errors
    ///
    /// What the database says; [`Error::Refused`] for a secret that cannot be found here.
    pub(crate) fn open(
        registry: Registry,
        database: Database,
        prefix: Prefix,
        door: Door,
    ) -> Result<Arc<Portal>> {
        let connection = &mut *database.get()?;
        let revisions = store::revisions(connection)?;
        let access = Access::read(connection, revisions, None)?;
        if let Some(why) = &access.unreadable {
            return Err(Error::refused(why.clone()));
        }
        refuse_to_sign_in(&access, &prefix)?;
        let snapshot = Snapshot::read(connection, &registry)?;
        let mut missing = snapshot.configuration.missing_secrets.clone();
        missing.extend(missing_secrets(&access));
        if !missing.is_empty() {
            let server = gethostname::gethostname().to_string_lossy().into_owned();
            return Err(Error::refused(format!(
                "secrets cannot be found on the server {server}:\n{}",
                missing.join("\n")
            )));
        }
        let snapshot = ArcSwap::from_pointee(snapshot);
        let turns = match database.url().backend() {
            Backend::Sqlite => 1,
            Backend::Postgres => Semaphore::MAX_PERMITS,
        };
        let turns = Arc::new(Semaphore::new(turns));
        let portal = Arc::new(Portal {
            registry,
            prefix,
            database,
            snapshot,
            was_closed: AtomicBool::new(access.settings.is_some()),
            access: ArcSwap::from_pointee(access),
            looked: Mutex::new(Instant::now()),
            door,
            sessions: Sessions::at(revisions.sessions),
            failures: Failures::default(),
            questions: Questions::default(),
            turns,
            reading_has_ended: AtomicBool::new(false),
            access_has_ended: AtomicBool::new(false),
            keeping_has_ended: AtomicBool::new(false),
        });
        threads::start(&portal)?;
        Ok(portal)
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Where the portal is found.
    pub(crate) fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Why what is served may be older than what is stored: a sentence, while a thread that reads it
    /// ends in panics, or waits for the database.
    pub(crate) fn reading_has_ended(&self) -> Option<&'static str> {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        threads::ended(self).or((looked.elapsed() > LOOK_PATIENCE).then_some(
            "who may do what could not be read for a while: the database does not answer",
        ))
    }

    /// Why nothing can be stored any more, in a sentence.
    pub(crate) fn database_is_lost(&self) -> Option<&'static str> {
        self.database.lost()
    }

    /// Who may do what, and the tokens, as last read.
    pub(crate) fn access(&self) -> Arc<Access> {
        self.access.load_full()
    }

    /// Who can reach it. A server that has known who may do what never becomes open again: a proxy may
    /// stand in front of it.
    pub(crate) fn exposure(&self) -> Exposure {
        match self.door.exposure {
            Exposure::Loopback if self.was_closed.load(Ordering::Relaxed) => Exposure::Beyond,
            exposure => exposure,
        }
    }

    /// The application around it, when that knows who sends a request.
    pub(crate) fn identity(&self) -> Option<&dyn Identify> {
        self.door.identity.as_deref()
    }

    /// Why nobody is answered: nothing that can be read says who may do what. `access` is what the
    /// request is answered by.
    pub(crate) fn closed(&self, access: &Access) -> Option<&'static str> {
        if access.unreadable.is_some() {
            return Some(UNREADABLE);
        }
        let is_closed = access.settings.is_none()
            && self.exposure() == Exposure::Beyond
            && self.identity().is_none();
        is_closed.then_some(CLOSED)
    }

    /// How people sign in here, by `access`.
    ///
    /// # Errors
    ///
    /// A sentence, when they cannot; `None` when they are not meant to.
    pub(crate) fn sign_in(
        &self,
        access: &Access,
    ) -> Option<std::result::Result<Arc<SignIn>, String>> {
        let sign_in = access.sign_in.as_ref()?;
        Some(sign_in.clone().and_then(|sign_in| {
            match sign_in.provider.public().path == self.prefix.as_str() {
                true => Ok(sign_in),
                false => Err(other_path(&sign_in, &self.prefix)),
            }
        }))
    }

    /// The wrong credentials that came.
    pub(crate) fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Who sends a request, as far as that has been asked: for pages about what went wrong.
    pub(crate) fn known_visitor(&self, request: &HttpRequest) -> Visitor {
        let known = request.extensions().get::<Visitor>().cloned();
        known.unwrap_or_else(|| self.visitor(Caller::Nobody, self.access()))
    }

    /// Whoever that is, as handlers and pages see them.
    pub(crate) fn visitor(&self, caller: Caller, access: Arc<Access>) -> Visitor {
        let is_open = access.settings.is_none() && self.identity().is_none();
        let warning = match &caller {
            Caller::Person(person) if person.groups_left_out => Some(GROUPS_LEFT_OUT),
            _ => self.exposure().warning().filter(|_| is_open),
        };
        Visitor::new(self.prefix.clone(), caller, warning, access)
    }

    /// Reads again who may do what, and the tokens, where they have changed.
    pub(crate) fn refresh_access(&self, connection: &mut Connection) -> Result<()> {
        let revisions = store::revisions(connection)?;
        let known = self.access.load();
        self.sessions.follow(revisions.sessions);
        if (revisions.configuration, revisions.tokens)
            != (known.revisions.configuration, known.revisions.tokens)
        {
            let access = Access::read(connection, revisions, Some(&**known))?;
            if let Some(why) = &access.unreadable {
                tracing::error!("nobody is answered from now on: {why}");
            }
            if let Err(error) = refuse_to_sign_in(&access, &self.prefix) {
                tracing::error!(%error, "nobody can sign in");
            }
            for missing in missing_secrets(&access) {
                tracing::error!("a secret cannot be found on this server: {missing}");
            }
            if access.settings.is_some() || access.unreadable.is_some() {
                self.was_closed.store(true, Ordering::Relaxed);
            }
            self.access.store(Arc::new(access));
        }
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(())
    }

    /// Reads the configuration again where it has changed.
    fn refresh(self: &Arc<Self>) -> Result<()> {
        self.patiently(|portal| portal.refresh_from(&mut *portal.database.get()?))
    }

    fn refresh_from(&self, connection: &mut Connection) -> Result<()> {
        let revisions = store::revisions(connection)?;
        if revisions.configuration != self.snapshot.load().configuration.revision {
            let snapshot = Snapshot::read(connection, &self.registry)?;
            for missing in &snapshot.configuration.missing_secrets {
                tracing::error!("a secret cannot be found on this server: {missing}");
            }
            self.snapshot.store(Arc::new(snapshot));
            tracing::info!(revision = revisions.configuration, "the configuration has changed");
        }
        Ok(())
    }

    /// Writes when tokens were last used, where that is due.
    fn keep_uses(self: &Arc<Self>, runtime: &Runtime) -> Result<()> {
        let uses = self.access.load().uses();
        if uses.is_empty() {
            return Ok(());
        }
        let _turn = self.turn(runtime)?;
        let rows: Vec<_> = uses.iter().filter_map(Use::row).collect();
        self.patiently(move |portal| {
            store::tokens::keep_uses(&mut *portal.database.get()?, &rows)
        })?;
        uses.into_iter().for_each(Use::kept);
        Ok(())
    }

    /// A turn to write, for a thread that does not serve requests.
    fn turn(&self, runtime: &Runtime) -> Result<OwnedSemaphorePermit> {
        let turns = Arc::clone(&self.turns);
        // It is never closed.
        runtime.block_on(turns.acquire_owned()).map_err(|error| Error::internal(error.to_string()))
    }

    /// Makes some results anew that were kept for another configuration or another version of a plugin,
    /// in one turn to write; says whether there may be more.
    fn refresh_results(self: &Arc<Self>, runtime: &Runtime) -> Result<bool> {
        let _turn = self.turn(runtime)?;
        self.patiently(|portal| {
            let connection = &mut *portal.database.get()?;
            let configuration = &portal.snapshot.load().configuration;
            store::places::refresh(connection, &portal.registry, configuration)
        })
    }

    /// Runs `work` with a connection, away from the threads that serve requests: taking a
    /// connection from the pool blocks as well.
    pub(crate) async fn with_connection<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Portal, &mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.with(CHECKOUT_TIMEOUT, work).await
    }

    /// The same for work that writes. SQLite has one writer at a time and lets the others try again
    /// after longer and longer pauses, in no order, while each holds a connection that somebody
    /// could read with. Here they queue instead, and the next one begins at once.
    pub(crate) async fn with_connection_to_write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Portal, &mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = timeout(TURN_PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let seconds = TURN_PATIENCE.as_secs();
            return Err(Error::unavailable(format!(
                "earlier writers have not finished within {seconds} seconds"
            )));
        };
        // The turn ends with the work, even when nobody waits for its answer any more.
        let work = move |portal: &Portal, connection: &mut Connection| {
            let _turn = turn;
            work(portal, connection)
        };
        self.with(CHECKOUT_TIMEOUT, work).await
    }

    /// The same for whoever asks whether the server is ready, and will not wait long for a no.
    pub(crate) async fn with_connection_soon<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Portal, &mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let asked = self.with(READY_PATIENCE, work);
        // Whoever asks only whether it is ready gives nothing up: those do that who look all the time.
        let Ok(done) = timeout(2 * READY_PATIENCE, asked).await else {
            return Err(Error::Unanswered("not within two seconds".to_owned()));
        };
        done
    }

    async fn with<T: Send + 'static>(
        self: &Arc<Self>,
        for_connection: Duration,
        work: impl FnOnce(&Portal, &mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let portal = Arc::clone(self);
        let Some(patience) = self.database.patience() else {
            let work = move || {
                let connection = &mut *portal.database.get_within(for_connection)?;
                portal.work_on(connection, work)
            };
            return web::block(work).await.map_err(|_| cancelled())?;
        };
        let (question, asking) = self.questions.begin()?;
        let era = self.database.era();
        let work = move || {
            let is_free = || asking.has_connection();
            let connection = &mut *portal.database.get_telling(for_connection, is_free)?;
            portal.work_on(connection, work)
        };
        match timeout(patience, web::block(work)).await {
            Ok(done) => done.map_err(|_| cancelled())?,
            Err(_) => Err(self.give_up(&question, era, patience)),
        }
    }

    fn work_on<T>(
        &self,
        connection: &mut Connection,
        work: impl FnOnce(&Portal, &mut Connection) -> Result<T>,
    ) -> Result<T> {
        let began = Instant::now();
        let done = work(self, connection);
        let done = done.map_err(|error| self.database.explain(error, began.elapsed()))?;
        // Nothing is called stored that nobody will find.
        self.database.refuse_lost()?;
        Ok(done)
    }

    /// The same for a thread that serves no requests, and waits for its own work.
    fn patiently<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Portal) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(patience) = self.database.patience() else { return work(self) };
        // Connections are waited for as well.
        let patience = 2 * patience;
        let (question, asking) = self.questions.begin()?;
        asking.has_connection()?;
        let (portal, era) = (Arc::clone(self), self.database.era());
        let (tell, told) = mpsc::channel();
        let working = thread::Builder::new().name("database".to_owned()).spawn(move || {
            let _asking = asking;
            // Nobody listens any more once it was given up.
            let _ = tell.send(work(&portal));
        });
        let working = working
            .map_err(|error| Error::internal(format!("a thread could not be started: {error}")))?;
        match told.recv_timeout(patience) {
            Ok(done) => done,
            Err(RecvTimeoutError::Timeout) => Err(self.give_up(&question, era, patience)),
            Err(RecvTimeoutError::Disconnected) => match working.join() {
                Err(panic) => resume_unwind(panic),
                Ok(()) => Err(cancelled()),
            },
        }
    }

    /// Waits no longer for the database. A server that works says no before that; so whoever has a connection
    /// has one to a server that hangs, and all others lead there as well.
    fn give_up(&self, question: &Question, era: u64, patience: Duration) -> Error {
        let seconds = patience.as_secs_f32();
        let given = question.give_up();
        if given == Given::Never {
            return Error::unavailable(format!("no connection was free within {seconds} seconds"));
        }
        if given == Given::Up {
            let abandoned = self.questions.abandoned();
            tracing::error!(
                abandoned,
                "the database has not answered within {seconds} seconds: its connections are given up, and new ones are made"
            );
            self.database.give_up(era);
        }
        Error::Unanswered(format!("not within {seconds} seconds"))
    }

    /// Whether threads hang that have asked the database.
    pub(crate) fn hangs(&self) -> bool {
        self.questions.abandoned() > 0
    }
}

fn cancelled() -> Error {
    Error::internal("a database task was cancelled")
}
