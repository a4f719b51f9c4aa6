//! Whose session a request shows: as this server knows it, as the database does, and once it is due,
//! as the identity provider does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::Runtime;
use actix_web::rt::time::sleep;
use chrono::{TimeDelta, Utc};
use portal_core::{Error, Id, Result};
use portal_engine::access::{Person, SecretHash, hash_of_session};
use portal_engine::db::Connection;
use portal_engine::store::sessions::{self as stored, Claim, Living, NewSession, Session, Told};

use super::Portal;
use crate::access::SignIn;
use crate::oidc::{Asking, Failure, Given, Provider, Renewed, SignedIn};
use crate::sessions::{self, Known, Standing};

/// How long a server may be about to ask the provider again: to wait for a thread, and then for discovery,
/// keys, token and userinfo, some of them twice, takes 90 seconds at the most.
const ASKING: TimeDelta = TimeDelta::seconds(120);

/// How long the provider is not asked again for a session for which it could not be asked.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(30);

/// How long a request waits for another one that asks the provider again.
const OTHERS_PATIENCE: Duration = Duration::from_secs(15);

/// How often it looks whether that one is done.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What came of asking the provider again.
enum Asked {
    /// It says who the person is now.
    Told,
    /// It has nothing to do with them any more.
    Refused,
    /// It cannot be reached.
    InVain,
}

impl Portal {
    /// The session that a cookie is for; `None` when it has ended, or never was, or when the provider has
    /// not been reached for longer than a session goes on without it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(crate) async fn session(
        self: &Arc<Self>,
        sign_in: &Arc<SignIn>,
        shown: &str,
    ) -> Result<Option<Arc<Known>>> {
        let Some(hash) = hash_of_session(shown) else { return Ok(None) };
        let (settings, name) = (sign_in.provider.settings(), sign_in.name.as_str());
        let started = Instant::now();
        loop {
            if let Some(known) = self.sessions.find(&hash)
                && known.standing(settings, name) == Standing::Good
            {
                known.touch();
                return Ok(Some(known));
            }
            let epoch = self.sessions.epoch();
            let found =
                self.with_connection(move |_, own| stored::find_session(own, &hash)).await?;
            let Some(session) = found else { return Ok(None) };
            let known = self.sessions.add(hash, session, epoch);
            match known.standing(settings, name) {
                Standing::Good => {
                    known.touch();
                    return Ok(Some(known));
                }
                Standing::Ended => return Ok(None),
                Standing::Due => {}
            }
            let asked = match self.claim(&known.session).await? {
                Some(claim) => self.ask_again(sign_in, hash, &known.session, claim).await?,
                None if started.elapsed() < OTHERS_PATIENCE => {
                    sleep(LOOK_AGAIN).await;
                    continue;
                }
                None => Asked::InVain,
            };
            match asked {
                Asked::Told => {}
                Asked::Refused => return Ok(None),
                Asked::InVain => {
                    known.touch();
                    return Ok(known.has_grace(settings).then_some(known));
                }
            }
        }
    }

    /// Sets out to ask the provider again; `None` while somebody else is about it.
    async fn claim(self: &Arc<Self>, session: &Session) -> Result<Option<Claim>> {
        let now = Utc::now().naive_utc();
        if session.claimed_until.is_some_and(|until| now <= until) {
            return Ok(None);
        }
        let session = session.clone();
        let claim = move |_: &Portal, own: &mut Connection| {
            stored::claim_check(own, &session, now, now + ASKING)
        };
        self.with_connection_to_write(claim).await
    }

    /// Asks the provider again, and keeps what it says. It goes on when the request ends: a refresh
    /// token may be good for one use, and what comes in its place has to be kept.
    async fn ask_again(
        self: &Arc<Self>,
        sign_in: &Arc<SignIn>,
        hash: SecretHash,
        session: &Session,
        claim: Claim,
    ) -> Result<Asked> {
        let (portal, sign_in) = (Arc::clone(self), Arc::clone(sign_in));
        let session = session.clone();
        let asking = rt::spawn(async move {
            let (subject, given) = (session.subject.clone(), sign_in.given(&session));
            let before = given.clone();
            let ask = move |one: &Provider| Ok(one.renew(&subject, given));
            let renewed = sign_in.provider.on_thread(Asking::Known, ask).await;
            let renewed = renewed
                .unwrap_or_else(|failure| Renewed { person: Err(failure), given: before.clone() });
            // Sealed with a key that is not here, it stays as it is.
            let sealed = match renewed.given == before {
                true => session.sealed.clone(),
                false => sign_in.seal(&session.id, &renewed.given)?,
            };
            portal.keep_answer(hash, session, claim, sealed, renewed.person).await
        });
        asking.await.map_err(|_| Error::internal("asking the identity provider was cancelled"))?
    }

    async fn keep_answer(
        self: &Arc<Self>,
        hash: SecretHash,
        session: Session,
        claim: Claim,
        sealed: Option<String>,
        person: std::result::Result<Person, Failure>,
    ) -> Result<Asked> {
        let at = Utc::now().naive_utc();
        self.with_connection_to_write(move |portal, own| match person {
            Ok(person) => {
                let told = Told { person, at, sealed };
                match stored::renew_session(own, &claim, &session, &told)? {
                    true => portal.sessions.forget(),
                    false => portal.sessions.forget_one(&hash),
                }
                Ok(Asked::Told)
            }
            Err(Failure::Refused(why)) => {
                stored::end_claimed_session(own, &claim)?;
                portal.sessions.forget();
                tracing::info!(person = session.person, why, "a session has ended");
                Ok(Asked::Refused)
            }
            Err(Failure::Unreachable(_)) => {
                stored::release_check(own, &claim, at + RETRY_AFTER, sealed.as_deref())?;
                Ok(Asked::InVain)
            }
        })
        .await
    }

    /// Begins a session for somebody who has signed in, in place of the one that their browser had.
    pub(crate) async fn begin_session(
        self: &Arc<Self>,
        sign_in: &SignIn,
        hash: SecretHash,
        signed_in: SignedIn,
        browser: String,
        before: Option<&str>,
    ) -> Result<()> {
        let id = Id::new();
        let told = Told {
            sealed: sign_in.seal(&id, &signed_in.given)?,
            person: signed_in.person,
            at: Utc::now().naive_utc(),
        };
        let provider = sign_in.name.clone();
        let new = NewSession { id, hash, subject: signed_in.subject, provider, browser, told };
        let before = before.and_then(hash_of_session);
        self.with_connection_to_write(move |portal, own| {
            stored::begin_session(own, &new, before)?;
            if before.is_some() {
                portal.sessions.forget();
            }
            Ok(())
        })
        .await
    }

    /// Ends the session that a cookie is for, and returns what the provider gave for it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(crate) async fn end_session(
        self: &Arc<Self>,
        sign_in: &Arc<SignIn>,
        shown: &str,
    ) -> Result<Given> {
        let Some(hash) = hash_of_session(shown) else { return Ok(Given::default()) };
        // Whoever shows what is nobody's session takes no turn to write.
        let found = self.with_connection(move |_, own| stored::find_session(own, &hash)).await?;
        let Some(session) = found else { return Ok(Given::default()) };
        let given = sign_in.given(&session);
        self.end_sessions(move |own| stored::end_session(own, &session.id)).await?;
        Ok(given)
    }

    /// Ends sessions, and forgets what this server knows of them.
    pub(crate) async fn end_sessions<T: Send + 'static>(
        self: &Arc<Self>,
        end: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.with_connection_to_write(move |portal, own| {
            let ended = end(own)?;
            portal.sessions.forget();
            Ok(ended)
        })
        .await
    }

    /// Writes when sessions were last used, where that is due.
    pub(super) fn keep_seen(self: &Arc<Self>, runtime: &Runtime) -> Result<()> {
        let access = self.access.load();
        let Some(Ok(sign_in)) = &access.sign_in else { return Ok(()) };
        let uses = self.sessions.uses(sign_in.provider.settings().idle());
        if uses.is_empty() {
            return Ok(());
        }
        let _turn = self.turn(runtime)?;
        let rows: Vec<_> = uses.iter().map(|(known, seen)| sessions::row(known, *seen)).collect();
        self.patiently(move |portal| stored::keep_seen(&mut *portal.database.get()?, &rows))?;
        uses.iter().for_each(|(known, seen)| sessions::kept(known, *seen));
        Ok(())
    }

    /// Removes the sessions that have ended by their age, or by their provider.
    pub(super) fn remove_ended_sessions(self: &Arc<Self>, runtime: &Runtime) -> Result<()> {
        let access = self.access.load();
        if access.unreadable.is_some() {
            return Ok(());
        }
        let oidc = access.settings.as_ref().and_then(|settings| settings.oidc.as_ref());
        let living = oidc.map(|oidc| Living::by(oidc, Utc::now().naive_utc()));
        let _turn = self.turn(runtime)?;
        let removed = self.patiently(move |portal| {
            stored::remove_ended_sessions(&mut *portal.database.get()?, living.as_ref())
        })?;
        tracing::debug!(removed, "sessions that had ended were removed");
        Ok(())
    }
}
