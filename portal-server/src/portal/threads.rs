//! What keeps a portal current beside its requests: threads that read what has changed, and keep what
//! follows from it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::rt::Runtime;
use portal_core::{Error, Result};

use super::Portal;

/// How often a server looks whether another one has changed the configuration.
const LOOK_EVERY: Duration = Duration::from_millis(500);

// The documents promise that a change is served within a second.
const _: () = assert!(LOOK_EVERY.as_millis() < 1_000);

/// How long the thread that makes results anew rests between two turns to write.
const BETWEEN_TURNS: Duration = Duration::from_millis(10);

/// How long reading the configuration rests after a panic.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// How often a server looks for assets whose kept results are old although the configuration has not
/// changed: another server may have written them before it saw the last change.
const LOOK_FOR_OLD_RESULTS_EVERY: Duration = Duration::from_secs(60);

/// How often a server removes sessions that have ended by their age.
const REMOVE_ENDED_SESSIONS_EVERY: Duration = Duration::from_secs(60 * 60);

/// Starts the threads of a portal, which end with it.
///
/// # Errors
///
/// [`Error::Internal`] when the system has no more threads.
pub(super) fn start(portal: &Arc<Portal>) -> Result<()> {
    for job in JOBS {
        let watched = Arc::downgrade(portal);
        thread::Builder::new()
            .name(job.name.to_owned())
            .spawn(move || keep_doing(job, &watched))
            .map_err(|error| Error::internal(format!("a thread could not be started: {error}")))?;
    }
    Ok(())
}

/// Which thread ends in panics, in a sentence.
pub(super) fn ended(portal: &Portal) -> Option<&'static str> {
    let has_ended = |job: &&Job| (job.has_ended)(portal).load(Ordering::Relaxed);
    JOBS.iter().find(has_ended).map(|job| job.told)
}

/// What a thread of a portal does for as long as that exists.
struct Job {
    name: &'static str,
    /// What the operator is told while it ends in panics.
    told: &'static str,
    has_ended: fn(&Portal) -> &AtomicBool,
    run: fn(&Weak<Portal>),
}

const JOBS: [Job; 3] = [READING, ACCESS, KEEPING];

const READING: Job = Job {
    name: "configuration",
    told: "the thread that reads the configuration has ended, and is started again; the log says why",
    has_ended: |portal| &portal.reading_has_ended,
    run: watch,
};

/// By itself, and with a connection of its own: that somebody may no longer do something cannot wait for
/// requests that hold all others, nor for a configuration that takes long to read.
const ACCESS: Job = Job {
    name: "access",
    told: "the thread that reads who may do what has ended, and is started again; the log says why",
    has_ended: |portal| &portal.access_has_ended,
    run: watch_access,
};

/// By itself as well, because it takes turns with whoever writes.
const KEEPING: Job = Job {
    name: "results",
    told: "the thread that makes results of assets anew has ended, and is started again; the log says why",
    has_ended: |portal| &portal.keeping_has_ended,
    run: keep,
};

/// Goes on until the portal is gone. A plugin that reads its part of the configuration may panic;
/// the server would serve what it has read before for ever, and nobody would know.
fn keep_doing(job: Job, portal: &Weak<Portal>) {
    // A connection that a panic leaves behind is given up by its pool, and a snapshot is exchanged
    // whole or not at all.
    while catch_unwind(AssertUnwindSafe(|| (job.run)(portal))).is_err() {
        let Some(portal) = portal.upgrade() else { return };
        (job.has_ended)(&portal).store(true, Ordering::Relaxed);
        drop(portal);
        tracing::error!("the thread {:?} ended in a panic and is started again", job.name);
        thread::sleep(RESTART_AFTER);
    }
}

/// Looks for changes until the portal is gone.
fn watch(portal: &Weak<Portal>) {
    let mut reading = Attempts::new("the configuration cannot be read");
    loop {
        thread::sleep(LOOK_EVERY);
        let Some(portal) = portal.upgrade() else { return };
        if reading.take(portal.refresh()).is_some() {
            // What ended in a panic has been gone through.
            portal.reading_has_ended.store(false, Ordering::Relaxed);
        }
    }
}

/// Looks for changes of who may do what until the portal is gone.
fn watch_access(portal: &Weak<Portal>) {
    let mut reading = Attempts::new("who may do what cannot be read");
    let mut connection = None;
    loop {
        thread::sleep(LOOK_EVERY);
        let Some(portal) = portal.upgrade() else { return };
        let known = connection.take();
        let looked = portal.patiently(move |portal| {
            let mut own = known.map_or_else(|| portal.database.connect_beside(), Ok)?;
            portal.database.refuse_lost()?;
            portal.refresh_access(&mut own)?;
            Ok(own)
        });
        // One that has failed once is not asked again.
        connection = reading.take(looked);
        if connection.is_some() {
            portal.access_has_ended.store(false, Ordering::Relaxed);
        }
    }
}

/// Keeps what follows from assets and requests until the portal is gone.
fn keep(portal: &Weak<Portal>) {
    let mut keeping = Attempts::new("the results of assets cannot be made anew");
    let mut noting = Attempts::new("the last uses of tokens cannot be written");
    let mut seeing = Attempts::new("the last uses of sessions cannot be written");
    let mut removing = Attempts::new("sessions that have ended cannot be removed");
    let mut removed: Option<Instant> = None;
    let runtime = Runtime::new();
    let (mut has_old_results, mut looked) = (true, Instant::now());
    let mut seen = None;
    loop {
        // The rest of the old results follows at once, in turn with whoever else writes.
        let goes_on = has_old_results && !keeping.is_failing;
        thread::sleep(if goes_on { BETWEEN_TURNS } else { LOOK_EVERY });
        let Some(portal) = portal.upgrade() else { return };
        let revision = portal.snapshot.load().configuration.revision;
        if seen.replace(revision) != Some(revision)
            || looked.elapsed() >= LOOK_FOR_OLD_RESULTS_EVERY
        {
            (has_old_results, looked) = (true, Instant::now());
        }
        let runtime = runtime.as_ref().map_err(|error| Error::internal(error.to_string()));
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                keeping.take(Err::<(), _>(error));
                continue;
            }
        };
        if has_old_results {
            has_old_results = keeping.take(portal.refresh_results(runtime)).unwrap_or(true);
        }
        noting.take(portal.keep_uses(runtime));
        seeing.take(portal.keep_seen(runtime));
        if removed.is_none_or(|at| at.elapsed() >= REMOVE_ENDED_SESSIONS_EVERY) {
            removed = Some(Instant::now());
            removing.take(portal.remove_ended_sessions(runtime));
        }
        portal.keeping_has_ended.store(false, Ordering::Relaxed);
    }
}

/// Something that is tried again and again: the log hears when it begins to fail, and when it has
/// succeeded again.
struct Attempts {
    failure: &'static str,
    is_failing: bool,
}

impl Attempts {
    fn new(failure: &'static str) -> Self {
        Attempts { failure, is_failing: false }
    }

    fn take<T>(&mut self, attempt: Result<T>) -> Option<T> {
        let failure = self.failure;
        match &attempt {
            Ok(_) if self.is_failing => tracing::info!("this has passed: {failure}"),
            Err(error) if !self.is_failing => tracing::warn!(%error, "{failure}, trying again"),
            _ => {}
        }
        self.is_failing = attempt.is_err();
        attempt.ok()
    }
}
