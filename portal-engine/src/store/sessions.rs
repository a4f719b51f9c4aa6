//! Sessions of people who have signed in. Their secrets are not here, only hashes of them; what the
//! identity provider gave for a session is sealed before it gets here.
//!
//! Servers keep the sessions they have seen. They read them again when the number of changes of
//! sessions has grown, which it does whenever somebody may do less than before.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, SubsecRound, TimeDelta};
use diesel::prelude::*;
use portal_core::{Error, Id, Result};
use serde::Serialize;

use crate::access::{OidcSettings, Person, SecretHash, in_hex, normal_address};
use crate::db::{Connection, ConnectionExt, MultiBackend};
use crate::tables::{configuration_revision, sessions};

/// How often it is written that a session was used, at the most.
pub const KEEP_SEEN_EVERY: TimeDelta = TimeDelta::seconds(60);

/// The most sessions that are listed, those that were used last first.
pub const LISTED_MAX: i64 = 200;

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Its id, which lets nobody in.
    pub id: Id,
    /// The address of the person.
    pub person: String,
    /// Their groups, when the provider was last asked.
    pub groups: BTreeSet<String>,
    /// Whether the provider has left out their groups.
    pub groups_left_out: bool,
    /// What the provider calls the person (`sub`).
    #[serde(skip)]
    pub subject: String,
    /// The provider, and what it calls this portal: a session is one of theirs alone.
    #[serde(skip)]
    pub provider: String,
    /// What the browser calls itself.
    pub browser: String,
    /// When it began, UTC.
    pub created_at: NaiveDateTime,
    /// When it was last used, UTC, give or take a minute.
    pub seen_at: NaiveDateTime,
    /// When the provider was last asked, UTC.
    pub checked_at: NaiveDateTime,
    /// Until when somebody is about to ask the provider again, UTC.
    #[serde(skip)]
    pub claimed_until: Option<NaiveDateTime>,
    /// When to ask the provider again, after it could not be reached, UTC.
    #[serde(skip)]
    pub retry_at: Option<NaiveDateTime>,
    /// What the provider gave for it, sealed.
    #[serde(skip)]
    pub sealed: Option<String>,
}

impl Session {
    /// The person, as permissions are asked for.
    pub fn to_person(&self) -> Person {
        let person = Person::new(&self.person).in_groups(self.groups.iter().cloned());
        Person { groups_left_out: self.groups_left_out, ..person }
    }
}

/// What sessions are good at a point in time, by their age and their provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Living {
    provider: String,
    began_after: NaiveDateTime,
    seen_after: NaiveDateTime,
}

impl Living {
    /// Those that are good now, UTC, by these settings.
    pub fn by(settings: &OidcSettings, now: NaiveDateTime) -> Self {
        let before = |span| {
            let span = TimeDelta::from_std(span).ok();
            span.and_then(|span| now.checked_sub_signed(span)).unwrap_or_default()
        };
        Living {
            provider: settings.name(),
            began_after: before(settings.lasts()),
            seen_after: before(settings.idle()),
        }
    }
}

/// That one server, and nobody else, asks the provider again for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    id: Id,
    until: NaiveDateTime,
}

/// What the provider says of a person at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The person, with their groups.
    pub person: Person,
    /// When it was said, UTC.
    pub at: NaiveDateTime,
    /// What the provider gave with it, sealed.
    pub sealed: Option<String>,
}

/// What a session begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its id, which lets nobody in.
    pub id: Id,
    /// The hash of its secret.
    pub hash: SecretHash,
    /// What the provider calls the person.
    pub subject: String,
    /// The provider, and what it calls this portal.
    pub provider: String,
    /// What the browser calls itself.
    pub browser: String,
    /// What the provider says.
    pub told: Told,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(MultiBackend))]
struct SessionRow {
    id: Id,
    person: String,
    groups: String,
    groups_left_out: bool,
    subject: String,
    provider: String,
    browser: String,
    created_at: NaiveDateTime,
    seen_at: NaiveDateTime,
    checked_at: NaiveDateTime,
    claimed_until: Option<NaiveDateTime>,
    retry_at: Option<NaiveDateTime>,
    sealed: Option<String>,
}

impl TryFrom<SessionRow> for Session {
    type Error = Error;

    fn try_from(row: SessionRow) -> Result<Self> {
        let groups = serde_json::from_str(&row.groups).map_err(|error| {
            Error::internal(format!("the stored groups of the session {} are none", row.id))
                .caused_by(error)
        })?;
        let SessionRow { id, person, groups_left_out, subject, provider, browser, .. } = row;
        let SessionRow { created_at, seen_at, checked_at, claimed_until, retry_at, sealed, .. } =
            row;
        Ok(Session {
            id,
            person,
            groups,
            groups_left_out,
            subject,
            provider,
            browser,
            created_at,
            seen_at,
            checked_at,
            claimed_until,
            retry_at,
            sealed,
        })
    }
}

/// Begins a session, and ends the one that the browser had before, if it had one.
///
/// # Errors
///
/// What the database says.
pub fn begin_session(
    connection: &mut Connection,
    new: &NewSession,
    before: Option<SecretHash>,
) -> Result<()> {
    connection.write(|connection| {
        if let Some(before) = before {
            let own = sessions::table.filter(sessions::hash.eq(in_hex(&before)));
            count_if(connection, |connection| diesel::delete(own).execute(connection))?;
        }
        let Told { person, at, sealed } = &new.told;
        diesel::insert_into(sessions::table)
            .values((
                sessions::id.eq(&new.id),
                sessions::hash.eq(in_hex(&new.hash)),
                sessions::person.eq(&person.address),
                sessions::groups.eq(groups_of(person)?),
                sessions::groups_left_out.eq(person.groups_left_out),
                sessions::subject.eq(&new.subject),
                sessions::provider.eq(&new.provider),
                sessions::browser.eq(&new.browser),
                sessions::created_at.eq(at),
                sessions::seen_at.eq(at),
                sessions::checked_at.eq(at),
                sessions::sealed.eq(sealed),
            ))
            .execute(connection)?;
        Ok(())
    })
}

/// The session with that secret, whether it has ended by its age or not.
///
/// # Errors
///
/// What the database says.
pub fn find_session(connection: &mut Connection, hash: &SecretHash) -> Result<Option<Session>> {
    let row: Option<SessionRow> = sessions::table
        .filter(sessions::hash.eq(in_hex(hash)))
        .select(SessionRow::as_select())
        .get_result(connection)
        .optional()?;
    row.map(Session::try_from).transpose()
}

/// Sets out to ask the provider again for a session, which only one server does at a time: a refresh
/// token may be good for one use. `None` when somebody else is about it, or has done it since `known`, or
/// when the session has ended.
///
/// # Errors
///
/// What the database says.
pub fn claim_check(
    connection: &mut Connection,
    known: &Session,
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> Result<Option<Claim>> {
    // No database keeps more digits than PostgreSQL.
    let until = until.trunc_subsecs(6);
    connection.write(|connection| {
        let is_free = sessions::claimed_until.is_null().or(sessions::claimed_until.lt(now));
        let own = sessions::table
            .find(&known.id)
            .filter(sessions::checked_at.eq(known.checked_at))
            .filter(is_free);
        let claimed =
            diesel::update(own).set(sessions::claimed_until.eq(until)).execute(connection)?;
        Ok((claimed == 1).then(|| Claim { id: known.id.clone(), until }))
    })
}

/// Gives up a claim: the provider could not be asked, and is to be asked again at `retry_at`. What it gave
/// before that is kept: the refresh token of before may be worth nothing any more.
///
/// # Errors
///
/// What the database says.
pub fn release_check(
    connection: &mut Connection,
    claim: &Claim,
    retry_at: NaiveDateTime,
    sealed: Option<&str>,
) -> Result<()> {
    connection.write(|connection| {
        let own = sessions::table.find(&claim.id).filter(sessions::claimed_until.eq(claim.until));
        diesel::update(own)
            .set((
                sessions::claimed_until.eq(None::<NaiveDateTime>),
                sessions::retry_at.eq(retry_at),
                sessions::sealed.eq(sealed),
            ))
            .execute(connection)?;
        Ok(())
    })
}

/// Keeps what the provider says of the person of a session now; says whether that is anything else than
/// before. A claim that somebody else has taken over keeps nothing.
///
/// # Errors
///
/// What the database says.
pub fn renew_session(
    connection: &mut Connection,
    claim: &Claim,
    known: &Session,
    told: &Told,
) -> Result<bool> {
    connection.write(|connection| {
        let person = &told.person;
        let own = sessions::table.find(&claim.id).filter(sessions::claimed_until.eq(claim.until));
        let kept = diesel::update(own)
            .set((
                sessions::person.eq(&person.address),
                sessions::groups.eq(groups_of(person)?),
                sessions::groups_left_out.eq(person.groups_left_out),
                sessions::checked_at.eq(told.at),
                sessions::claimed_until.eq(None::<NaiveDateTime>),
                sessions::retry_at.eq(None::<NaiveDateTime>),
                sessions::sealed.eq(&told.sealed),
            ))
            .execute(connection)?;
        let is_other = kept == 1 && *person != known.to_person();
        if is_other {
            count_change(connection)?;
        }
        Ok(is_other)
    })
}

/// Ends a session for which the provider was asked in vain for good. A claim that somebody else has taken
/// over ends nothing.
///
/// # Errors
///
/// What the database says.
pub fn end_claimed_session(connection: &mut Connection, claim: &Claim) -> Result<()> {
    connection.write(|connection| {
        let own = sessions::table.find(&claim.id).filter(sessions::claimed_until.eq(claim.until));
        count_if(connection, |connection| diesel::delete(own).execute(connection)).map(drop)
    })
}

/// Ends a session; says whether there was one.
///
/// # Errors
///
/// What the database says.
pub fn end_session(connection: &mut Connection, id: &Id) -> Result<bool> {
    connection.write(|connection| {
        let own = sessions::table.find(id);
        Ok(count_if(connection, |connection| diesel::delete(own).execute(connection))? > 0)
    })
}

/// Ends a session of a person; says whether they had it.
///
/// # Errors
///
/// What the database says.
pub fn end_own_session(connection: &mut Connection, person: &str, id: &Id) -> Result<bool> {
    connection.write(|connection| {
        let own = sessions::table.find(id).filter(sessions::person.eq(normal_address(person)));
        Ok(count_if(connection, |connection| diesel::delete(own).execute(connection))? > 0)
    })
}

/// Ends all sessions of a person but one, or really all, and returns how many those were.
///
/// # Errors
///
/// What the database says.
pub fn end_sessions_of(
    connection: &mut Connection,
    person: &str,
    but: Option<&Id>,
) -> Result<usize> {
    // No database can look for such a text, and nobody is called that.
    if person.contains('\0') {
        return Ok(0);
    }
    connection.write(|connection| {
        let kept = but.map_or("", Id::as_str);
        let own = sessions::table
            .filter(sessions::person.eq(normal_address(person)))
            .filter(sessions::id.ne(kept));
        count_if(connection, |connection| diesel::delete(own).execute(connection))
    })
}

/// The sessions of a person, or of everybody, at most [`LISTED_MAX`] of them: those that were used last
/// come first.
///
/// # Errors
///
/// What the database says.
pub fn list_sessions(
    connection: &mut Connection,
    living: &Living,
    person: Option<&str>,
) -> Result<Vec<Session>> {
    let mut query = sessions::table
        .filter(sessions::provider.eq(&living.provider))
        .filter(sessions::created_at.gt(living.began_after))
        .filter(sessions::seen_at.gt(living.seen_after))
        .select(SessionRow::as_select())
        .order((sessions::seen_at.desc(), sessions::id.desc()))
        .limit(LISTED_MAX)
        .into_boxed();
    match person {
        // As above.
        Some(person) if person.contains('\0') => return Ok(Vec::new()),
        Some(person) => query = query.filter(sessions::person.eq(normal_address(person))),
        None => {}
    }
    let rows: Vec<SessionRow> = query.load(connection)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Keeps when sessions were last used. One that has ended in the meantime stays so. The sessions come in
/// the order of ids, so that servers that do this at once do not wait for each other.
///
/// # Errors
///
/// What the database says.
pub fn keep_seen(connection: &mut Connection, seen: &[(Id, NaiveDateTime)]) -> Result<()> {
    connection.write(|connection| {
        for (id, seen) in seen {
            let own = sessions::table.find(id).filter(sessions::seen_at.lt(seen));
            diesel::update(own).set(sessions::seen_at.eq(seen)).execute(connection)?;
        }
        Ok(())
    })
}

/// Removes sessions that have ended by their age or their provider: all that are not among these, and
/// really all where nobody signs in. Servers know by themselves that they have ended. Returns how many
/// those were.
///
/// # Errors
///
/// What the database says.
pub fn remove_ended_sessions(
    connection: &mut Connection,
    living: Option<&Living>,
) -> Result<usize> {
    connection.write(|connection| {
        let Some(living) = living else {
            return Ok(diesel::delete(sessions::table).execute(connection)?);
        };
        let ended = sessions::created_at
            .le(living.began_after)
            .or(sessions::seen_at.le(living.seen_after))
            .or(sessions::provider.ne(&living.provider));
        Ok(diesel::delete(sessions::table.filter(ended)).execute(connection)?)
    })
}

/// Ends the sessions of all providers but that of these settings, within a change of the configuration:
/// they are not to come back with their provider.
pub(crate) fn end_sessions_of_others(
    connection: &mut Connection,
    settings: Option<&OidcSettings>,
) -> Result<()> {
    let kept = settings.map(OidcSettings::name).unwrap_or_default();
    let others = sessions::table.filter(sessions::provider.ne(kept));
    count_if(connection, |connection| diesel::delete(others).execute(connection)).map(drop)
}

fn groups_of(person: &Person) -> Result<String> {
    serde_json::to_string(&person.groups)
        .map_err(|error| Error::internal(error.to_string()).caused_by(error))
}

/// Tells every server that sessions have changed, if any has.
fn count_if(
    connection: &mut Connection,
    change: impl FnOnce(&mut Connection) -> QueryResult<usize>,
) -> Result<usize> {
    let changed = change(connection)?;
    if changed > 0 {
        count_change(connection)?;
    }
    Ok(changed)
}

fn count_change(connection: &mut Connection) -> Result<()> {
    diesel::update(configuration_revision::table)
        .set(configuration_revision::sessions.eq(configuration_revision::sessions + 1))
        .execute(connection)?;
    Ok(())
}
