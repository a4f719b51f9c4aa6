//! The threads on which the provider is asked: it may take seconds to answer, and those that serve
//! requests, or ask the database, have others to serve. Whoever signs in has threads of their own, so that
//! nobody who only pretends to keeps those waiting who have signed in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Failure;

/// How many questions are asked at the same time.
const THREADS: usize = 2;

/// How many more may wait.
const WAITING_MAX: usize = 64;

/// How long one may wait: whoever asked is told then that the provider cannot be asked.
const WAITING_PATIENCE: Duration = Duration::from_secs(20);

type Job = Box<dyn FnOnce() + Send>;

/// They end when this is dropped.
pub(super) struct Threads {
    jobs: SyncSender<Job>,
}

impl Threads {
    /// # Errors
    ///
    /// A sentence, when the system has no more threads.
    pub(super) fn start() -> Result<Self, String> {
        let (jobs, waiting) = sync_channel::<Job>(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..THREADS {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new()
                .name("identity".to_owned())
                .spawn(move || work(&waiting))
                .map_err(|error| format!("a thread could not be started: {error}"))?;
        }
        Ok(Threads { jobs })
    }

    /// Runs `ask` on one of the threads.
    ///
    /// # Errors
    ///
    /// As `ask`; [`Failure::Unreachable`] when too many wait already, or it would wait for too long, or
    /// when `ask` ended in a panic.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let unreachable = |why: &str| Failure::Unreachable(format!("the identity provider {why}"));
        let too_many = move || unreachable("is asked by too many at once");
        let (answer, answered) = oneshot::channel();
        let came = Instant::now();
        let job: Job = Box::new(move || {
            let asked = if came.elapsed() < WAITING_PATIENCE { ask() } else { Err(too_many()) };
            // Nobody waits for it any more when the request has ended.
            let _ = answer.send(asked);
        });
        self.jobs.try_send(job).map_err(|_| too_many())?;
        answered.await.unwrap_or_else(|_| Err(unreachable("could not be asked")))
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    loop {
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("asking the identity provider ended in a panic");
        }
    }
}
