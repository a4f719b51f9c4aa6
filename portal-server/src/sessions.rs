//! The sessions that a server has seen, so that it need not ask the database for each request. They are
//! forgotten when sessions have changed anywhere.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use portal_core::Id;
use portal_engine::access::{OidcSettings, Person, SecretHash};
use portal_engine::store::sessions::{KEEP_SEEN_EVERY, Session};

/// How many sessions are known at the same time.
const KNOWN_MAX: usize = 20_000;

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
}

impl Known {
    /// The session as the database has it; `before` is what was known of it, and when it was used.
    fn new(session: Session, before: Option<&Known>) -> Self {
        let kept = session.seen_at.and_utc().timestamp();
        let seen = before.map_or(kept, |before| before.seen.load(Ordering::Relaxed).max(kept));
        Known {
            person: session.to_person(),
            seen: AtomicI64::new(seen),
            kept: AtomicI64::new(kept),
            session,
        }
    }

    /// What is to be done about it, for the provider of that name.
    pub(crate) fn standing(&self, settings: &OidcSettings, provider: &str) -> Standing {
        let seen = at(self.seen.load(Ordering::Relaxed)).max(self.session.seen_at);
        standing(&self.session, seen, Utc::now().naive_utc(), settings, provider)
    }

    /// Whether it goes on while the provider cannot be asked.
    pub(crate) fn has_grace(&self, settings: &OidcSettings) -> bool {
        has_grace(&self.session, Utc::now().naive_utc(), settings)
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
    let is_recent = now - session.checked_at < delta(settings.recheck());
    let rests = session.retry_at.is_some_and(|retry_at| now < retry_at);
    match is_over {
        true => Standing::Ended,
        false if is_recent || (rests && has_grace(session, now, settings)) => Standing::Good,
        false => Standing::Due,
    }
}

fn has_grace(session: &Session, now: NaiveDateTime, settings: &OidcSettings) -> bool {
    now - session.checked_at < delta(settings.recheck()) + delta(settings.grace())
}

fn at(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc()
}

/// A span of the operator's file, which has five digits at the most.
fn delta(span: Duration) -> TimeDelta {
    TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX)
}

/// All sessions that a server knows, by the hash of their secret.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// How often everything was forgotten: what was read before is not added after.
    epoch: u64,
    /// The number of changes of sessions that is known here.
    revision: i64,
    known: HashMap<SecretHash, Arc<Known>>,
}

impl Sessions {
    /// None are known yet, at that number of changes of sessions.
    pub(crate) fn at(revision: i64) -> Self {
        Sessions(Mutex::new(Inner { revision, ..Inner::default() }))
    }

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
        let mut inner = self.inner();
        let known = Arc::new(Known::new(session, inner.known.get(&hash).map(AsRef::as_ref)));
        if inner.epoch == epoch {
            if inner.known.len() >= KNOWN_MAX {
                inner.known.clear();
            }
            inner.known.insert(hash, Arc::clone(&known));
        }
        known
    }

    /// Forgets one, which has changed in nothing that anybody else asks for.
    pub(crate) fn forget_one(&self, hash: &SecretHash) {
        self.inner().known.remove(hash);
    }

    /// Forgets everything: sessions have changed.
    pub(crate) fn forget(&self) {
        let mut inner = self.inner();
        inner.epoch += 1;
        inner.known.clear();
    }

    /// Forgets everything when the number of changes of sessions is another than before.
    pub(crate) fn follow(&self, revision: i64) {
        let mut inner = self.inner();
        if inner.revision != revision {
            inner.revision = revision;
            inner.epoch += 1;
            inner.known.clear();
        }
    }

    /// The uses that are to be written, in the order of ids: often enough that no session ends by `idle`
    /// that is used.
    pub(crate) fn uses(&self, idle: Duration) -> Vec<(Arc<Known>, i64)> {
        let every = delta(idle / 4).min(KEEP_SEEN_EVERY).num_seconds();
        let inner = self.inner();
        let uses = inner.known.values().filter_map(|known| {
            let seen = known.seen.load(Ordering::Relaxed);
            let kept = known.kept.load(Ordering::Relaxed);
            (seen > kept && seen >= kept + every).then(|| (Arc::clone(known), seen))
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
            claimed_until: None,
            retry_at: None,
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
    fn session_rests_until_the_provider_is_asked_again_for_as_long_as_it_has_grace() {
        let settings: OidcSettings =
            serde_json::from_value(serde_json::json!({"recheck": "10m", "grace": "10m"})).unwrap();
        let start = 1_000_000;
        let of = |retry: i64, now: i64| {
            let session = Session { retry_at: Some(at(start + retry)), ..session("p") };
            standing(&session, at(start), at(start + now), &settings, "p")
        };
        assert_eq!(of(700, 699), Standing::Good);
        assert_eq!(of(700, 700), Standing::Due);
        assert_eq!(of(1_210, 1_199), Standing::Good);
        assert_eq!(of(1_210, 1_200), Standing::Due);
    }

    #[test]
    fn use_of_a_session_is_remembered_until_it_is_written() {
        let sessions = Sessions::default();
        let (hash, row) = ([7; 32], session("p"));
        sessions.add(hash, row.clone(), 0).touch();
        let used = sessions.uses(Duration::from_secs(8));
        assert_eq!(used.len(), 1);
        // It is read again before that is written.
        sessions.add(hash, row, 0);
        assert_eq!(sessions.uses(Duration::from_secs(8)).len(), 1);
        for (known, seen) in sessions.uses(Duration::from_secs(8)) {
            kept(&known, seen);
        }
        assert_eq!(sessions.uses(Duration::from_secs(8)).len(), 0);
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
