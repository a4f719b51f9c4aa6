//! The threads on which the provider is asked: it may take seconds to answer, and those that serve
//! requests, or ask the database, have others to serve.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::Failure;

/// How many questions are asked at the same time.
const THREADS: usize = 4;

/// How many more may wait.
const WAITING_MAX: usize = 64;

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
    /// As `ask`; [`Failure::Unreachable`] when too many wait already, or when `ask` ended in a panic.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let unreachable = |why: &str| Failure::Unreachable(format!("the identity provider {why}"));
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits for it any more when the request has ended.
            let _ = answer.send(ask());
        });
        self.jobs.try_send(job).map_err(|_| unreachable("is asked by too many at once"))?;
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
