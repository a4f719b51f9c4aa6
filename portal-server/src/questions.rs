//! What the database is asked at the moment, and what is waited for no longer. A thread that hangs in a
//! driver cannot be stopped: it is left to itself, counted, and there may be so many of them and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use portal_core::{Error, Result};

/// How many may hang: then nothing is asked any more until one of them has ended.
const ABANDONED_MAX: usize = 64;

/// It waits for a connection.
const WAITING: u8 = 0;
/// It has one.
const ASKING: u8 = 1;
/// It had one, and nobody waits for it any more.
const ABANDONED: u8 = 2;
/// It had none, and is not to begin any more.
const LEFT: u8 = 3;
/// It is done.
const ENDED: u8 = 4;

/// All that is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Questions {
    abandoned: Arc<AtomicUsize>,
}

/// One question, for whoever waits for its answer.
#[derive(Debug)]
pub(crate) struct Question {
    state: Arc<AtomicU8>,
    abandoned: Arc<AtomicUsize>,
}

/// The same question, for the thread that asks it. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Asking {
    state: Arc<AtomicU8>,
    abandoned: Arc<AtomicUsize>,
}

/// How far a question had come that nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// It never begins.
    Never,
    /// It hangs.
    Up,
    /// It has ended just now.
    TooLate,
}

impl Questions {
    /// Begins one.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] while too many hang.
    pub(crate) fn begin(&self) -> Result<(Question, Asking)> {
        if self.abandoned() >= ABANDONED_MAX {
            return Err(Error::unavailable(format!(
                "{ABANDONED_MAX} threads hang that have asked the database"
            )));
        }
        let state = Arc::new(AtomicU8::new(WAITING));
        let question =
            Question { state: Arc::clone(&state), abandoned: Arc::clone(&self.abandoned) };
        Ok((question, Asking { state, abandoned: Arc::clone(&self.abandoned) }))
    }

    /// How many threads hang.
    pub(crate) fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::Acquire)
    }
}

impl Question {
    /// Waits for it no longer.
    pub(crate) fn give_up(&self) -> Given {
        let change = |from, to| {
            self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
        };
        if change(WAITING, LEFT) {
            return Given::Never;
        }
        // Counted before, so that the end of it cannot come first.
        self.abandoned.fetch_add(1, Ordering::AcqRel);
        if change(ASKING, ABANDONED) {
            return Given::Up;
        }
        self.abandoned.fetch_sub(1, Ordering::AcqRel);
        Given::TooLate
    }
}

impl Asking {
    /// A connection is free, and it may ask. It may have had one before, which was lost.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when nobody waits for it any more: they were told that nothing has happened.
    pub(crate) fn has_connection(&self) -> Result<()> {
        let begun =
            self.state.compare_exchange(WAITING, ASKING, Ordering::AcqRel, Ordering::Acquire);
        match begun {
            Ok(_) | Err(ASKING) => Ok(()),
            Err(_) => Err(Error::unavailable("a connection came too late")),
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if self.state.swap(ENDED, Ordering::AcqRel) == ABANDONED {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_that_hangs_counts_until_it_ends() {
        let questions = Questions::default();
        let (question, asking) = questions.begin().unwrap();
        asking.has_connection().unwrap();
        assert_eq!((question.give_up(), questions.abandoned()), (Given::Up, 1));
        drop(asking);
        assert_eq!((question.give_up(), questions.abandoned()), (Given::TooLate, 0));
    }

    #[test]
    fn question_without_a_connection_never_begins_once_it_is_given_up() {
        let questions = Questions::default();
        let (question, asking) = questions.begin().unwrap();
        assert_eq!((question.give_up(), questions.abandoned()), (Given::Never, 0));
        assert!(asking.has_connection().is_err());
        drop(asking);
        assert_eq!(questions.abandoned(), 0);
    }

    #[test]
    fn nothing_is_asked_while_too_many_hang() {
        let questions = Questions::default();
        let hanging: Vec<Asking> = (0..ABANDONED_MAX)
            .map(|_| {
                let (question, asking) = questions.begin().unwrap();
                asking.has_connection().unwrap();
                assert_eq!(question.give_up(), Given::Up);
                asking
            })
            .collect();
        assert!(questions.begin().is_err());
        drop(hanging);
        assert!(questions.begin().is_ok());
    }
}
