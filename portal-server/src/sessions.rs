//! The sessions that a server has seen, so that it need not ask the database for each request. They are
//! forgotten when sessions have changed anywhere.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use portal_core::Id;
use portal_engine::access::{OidcSettings, Person, SecretHash};
use portal_engine::store::sessions::{KEEP_SEEN_EVERY, Session};

/// How many sessions are known at the same time.
const KNOWN_MAX: usize = 20_000;

/// How long the provider is not asked again for a session for which it could not be asked.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(30);

/// What is to be done about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    /// The provider has to be asked again.
    Due,
    /// It has ended.
    Ended,
}

/// A session as a server knows it.
#[derive(Debug)]
pub(crate) struct Known {
    pub session: Session,
    pub person: Person,
    /// When it was last used here, in seconds since 1970.
    seen: AtomicI64,
    /// The last use that has been written.
    kept: AtomicI64,
    /// When the provider could not be asked about it; 0 for never.
    asked_in_vain: AtomicI64,
}

impl Known {
    fn new(session: Session) -> Self {
        let seen = session.seen_at.and_utc().timestamp();
        Known {
            person: session.to_person(),
            seen: AtomicI64::new(seen),
            kept: AtomicI64::new(seen),
            asked_in_vain: AtomicI64::new(0),
            session,
        }
    }

    /// What is to be done about it, for the provider of that name.
    pub(crate) fn standing(&self, settings: &OidcSettings, provider: &str) -> Standing {
        let now = Utc::now().naive_utc();
        let seen = at(self.seen.load(Ordering::Relaxed)).max(self.session.seen_at);
        let standing = standing(&self.session, seen, now, settings, provider);
        let in_vain = at(self.asked_in_vain.load(Ordering::Relaxed));
        match standing {
            Standing::Due if now - in_vain < RETRY_AFTER && self.has_grace(settings) => {
                Standing::Good
            }
            standing => standing,
        }
    }

    /// Whether it goes on while the provider cannot be asked.
    pub(crate) fn has_grace(&self, settings: &OidcSettings) -> bool {
        let most = delta(settings.recheck()) + delta(settings.grace());
        Utc::now().naive_utc() - self.session.checked_at < most
    }

    /// The provider could not be asked about it now.
    pub(crate) fn was_asked_in_vain(&self) {
        self.asked_in_vain.store(Utc::now().timestamp(), Ordering::Relaxed);
    }

    /// It is used now.
    pub(crate) fn touch(&self) {
        self.seen.store(Utc::now().timestamp(), Ordering::Relaxed);
    }
}

fn standing(
    session: &Session,
    seen: NaiveDateTime,
    now: NaiveDateTime,
    settings: &OidcSettings,
    provider: &str,
) -> Standing {
    let is_over = now - session.created_at >= delta(settings.lasts())
        || now - seen >= delta(settings.idle())
        || session.provider != provider;
    match is_over {
        true => Standing::Ended,
        false if now - session.checked_at >= delta(settings.recheck()) => Standing::Due,
        false => Standing::Good,
    }
}

fn at(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc()
}

/// A span of the operator's file, which has five digits at the most.
fn delta(span: std::time::Duration) -> TimeDelta {
    TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX)
}

/// All sessions that a server knows, by the hash of their secret.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// How often everything was forgotten: what was read before is not added after.
    epoch: u64,
    known: HashMap<SecretHash, Arc<Known>>,
}

impl Sessions {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn find(&self, hash: &SecretHash) -> Option<Arc<Known>> {
        self.inner().known.get(hash).map(Arc::clone)
    }

    /// The point in time of what is known: to be asked before the database is.
    pub(crate) fn epoch(&self) -> u64 {
        self.inner().epoch
    }

    /// Adds what the database said of a session, unless everything was forgotten since.
    pub(crate) fn add(&self, hash: SecretHash, session: Session, epoch: u64) -> Arc<Known> {
        let known = Arc::new(Known::new(session));
        let mut inner = self.inner();
        if inner.epoch == epoch {
            if inner.known.len() >= KNOWN_MAX {
                inner.known.clear();
            }
            inner.known.insert(hash, Arc::clone(&known));
        }
        known
    }

    /// Forgets everything: sessions have changed.
    pub(crate) fn forget(&self) {
        let mut inner = self.inner();
        inner.epoch += 1;
        inner.known.clear();
    }

    /// The uses that are to be written, in the order of ids.
    pub(crate) fn uses(&self) -> Vec<(Arc<Known>, i64)> {
        let inner = self.inner();
        let uses = inner.known.values().filter_map(|known| {
            let seen = known.seen.load(Ordering::Relaxed);
            let kept = known.kept.load(Ordering::Relaxed);
            (seen >= kept + KEEP_SEEN_EVERY.num_seconds()).then(|| (Arc::clone(known), seen))
        });
        let mut uses: Vec<(Arc<Known>, i64)> = uses.collect();
        uses.sort_by(|(one, _), (other, _)| one.session.id.cmp(&other.session.id));
        uses
    }
}

/// A use as the database keeps it.
pub(crate) fn row(known: &Known, seen: i64) -> (Id, NaiveDateTime) {
    (known.session.id.clone(), at(seen))
}

/// It has been written.
pub(crate) fn kept(known: &Known, seen: i64) {
    known.kept.store(seen, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn session(provider: &str) -> Session {
        let start = at(1_000_000);
        Session {
            id: Id::new(),
            person: "ada@example.com".to_owned(),
            groups: BTreeSet::new(),
            groups_left_out: false,
            subject: "1".to_owned(),
            provider: provider.to_owned(),
            browser: String::new(),
            created_at: start,
            seen_at: start,
            checked_at: start,
            sealed: None,
        }
    }

    #[test]
    fn session_is_due_and_ends_by_its_times() {
        let settings: OidcSettings = serde_json::from_value(
            serde_json::json!({"recheck": "10m", "idle": "1h", "lasts": "2h"}),
        )
        .unwrap();
        let of = |seen: i64, now: i64| {
            let start = 1_000_000;
            standing(&session("p"), at(start + seen), at(start + now), &settings, "p")
        };
        assert_eq!(of(0, 599), Standing::Good);
        assert_eq!(of(0, 600), Standing::Due);
        assert_eq!(of(0, 3_599), Standing::Due);
        assert_eq!(of(0, 3_600), Standing::Ended);
        assert_eq!(of(7_000, 7_199), Standing::Due);
        assert_eq!(of(7_199, 7_200), Standing::Ended);
        let other = standing(&session("q"), at(1_000_000), at(1_000_001), &settings, "p");
        assert_eq!(other, Standing::Ended);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_known_after_it() {
        let sessions = Sessions::default();
        let (hash, epoch) = ([7; 32], sessions.epoch());
        sessions.add(hash, session("p"), epoch);
        assert!(sessions.find(&hash).is_some());
        sessions.forget();
        assert!(sessions.find(&hash).is_none());
        sessions.add(hash, session("p"), epoch);
        assert!(sessions.find(&hash).is_none());
    }
}
