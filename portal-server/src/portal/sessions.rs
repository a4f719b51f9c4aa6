//! Whose session a request shows: as this server knows it, as the database does, and once it is due,
//! as the identity provider does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::Runtime;
use actix_web::rt::time::sleep;
use chrono::{TimeDelta, Utc};
use portal_core::{Error, Id, Result};
use portal_engine::access::{SecretHash, hash_of_session};
use portal_engine::db::Connection;
use portal_engine::store::sessions::{self as stored, NewSession, Session, Told};

use super::Portal;
use crate::access::SignIn;
use crate::oidc::{Failure, Given, SignedIn};
use crate::sessions::{self, Known, Standing};

/// Until when a server that asks the provider again is waited for.
const ASKING: TimeDelta = TimeDelta::seconds(60);

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
    /// The session that a cookie is for; `None` when it has ended, or never was.
    ///
    /// # Errors
    ///
    /// What the database says; [`Error::Unavailable`] when the provider has not been reached for longer
    /// than a session goes on without it.
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
                true => self.ask_again(sign_in, &known.session).await?,
                false if started.elapsed() < OTHERS_PATIENCE => {
                    sleep(LOOK_AGAIN).await;
                    continue;
                }
                false => Asked::InVain,
            };
            match asked {
                Asked::Told => {}
                Asked::Refused => return Ok(None),
                Asked::InVain if known.has_grace(settings) => {
                    known.was_asked_in_vain();
                    known.touch();
                    return Ok(Some(known));
                }
                Asked::InVain => {
                    return Err(Error::unavailable(
                        "the identity provider has not been reached for longer than `grace`",
                    ));
                }
            }
        }
    }

    async fn claim(self: &Arc<Self>, session: &Session) -> Result<bool> {
        let session = session.clone();
        let now = Utc::now().naive_utc();
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
        session: &Session,
    ) -> Result<Asked> {
        let (portal, sign_in) = (Arc::clone(self), Arc::clone(sign_in));
        let session = session.clone();
        let asking = rt::spawn(async move {
            let (subject, given) = (session.subject.clone(), sign_in.given(&session));
            let renewed = sign_in.provider.on_thread(move |one| one.renew(&subject, given)).await;
            portal.keep_answer(&sign_in, session, renewed).await
        });
        asking.await.map_err(|_| Error::internal("asking the identity provider was cancelled"))?
    }

    async fn keep_answer(
        self: &Arc<Self>,
        sign_in: &SignIn,
        session: Session,
        renewed: std::result::Result<SignedIn, Failure>,
    ) -> Result<Asked> {
        let told = match renewed {
            Ok(signed_in) => Ok(Told {
                sealed: sign_in.seal(&session.id, &signed_in.given)?,
                person: signed_in.person,
                at: Utc::now().naive_utc(),
            }),
            Err(failure) => Err(failure),
        };
        self.with_connection_to_write(move |portal, own| {
            let asked = match told {
                Ok(told) => {
                    stored::renew_session(own, &session, &told)?;
                    Asked::Told
                }
                Err(Failure::Refused(why)) => {
                    stored::end_session(own, &session.id)?;
                    tracing::info!(person = session.person, why, "a session has ended");
                    Asked::Refused
                }
                Err(Failure::Unreachable(_)) => {
                    stored::release_check(own, &session.id)?;
                    return Ok(Asked::InVain);
                }
            };
            portal.sessions.forget();
            Ok(asked)
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
    pub(crate) async fn end_session(
        self: &Arc<Self>,
        sign_in: &Arc<SignIn>,
        shown: &str,
    ) -> Result<Given> {
        let Some(hash) = hash_of_session(shown) else { return Ok(Given::default()) };
        let sign_in = Arc::clone(sign_in);
        self.with_connection_to_write(move |portal, own| {
            let Some(session) = stored::find_session(own, &hash)? else {
                return Ok(Given::default());
            };
            stored::end_session(own, &session.id)?;
            portal.sessions.forget();
            Ok(sign_in.given(&session))
        })
        .await
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
    pub(super) fn keep_seen(&self, runtime: &Runtime) -> Result<()> {
        let uses = self.sessions.uses();
        if uses.is_empty() {
            return Ok(());
        }
        let _turn = self.turn(runtime)?;
        let rows: Vec<_> = uses.iter().map(|(known, seen)| sessions::row(known, *seen)).collect();
        stored::keep_seen(&mut *self.database.get()?, &rows)?;
        uses.iter().for_each(|(known, seen)| sessions::kept(known, *seen));
        Ok(())
    }

    /// Removes the sessions that have ended by their age.
    pub(super) fn remove_ended_sessions(&self, runtime: &Runtime) -> Result<()> {
        let access = self.access.load();
        let Some(Ok(sign_in)) = &access.sign_in else { return Ok(()) };
        let settings = sign_in.provider.settings();
        let before = |span: Duration| {
            let delta = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
            Utc::now().naive_utc().checked_sub_signed(delta).unwrap_or_default()
        };
        let _turn = self.turn(runtime)?;
        let connection = &mut *self.database.get()?;
        let (began, seen) = (before(settings.lasts()), before(settings.idle()));
        let removed = stored::remove_ended_sessions(connection, began, seen)?;
        tracing::debug!(removed, "sessions that had ended were removed");
        Ok(())
    }
}
