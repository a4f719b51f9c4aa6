//! Whoever asks: who they are here, what follows from that, and their sessions.

use actix_web::web;
use askama::Template;
use portal_core::{Error, Id, Result};
use portal_engine::access::Role;
use portal_engine::db::Connection;
use portal_engine::store::sessions::{Session, end_own_session, end_sessions_of, list_sessions};

use super::answer::show_with;
use super::form::Filled;
use crate::frame::{Layout, Moment, PageResult, SECTIONS, render, see_other, statics};
use crate::portal::Portal;
use crate::visitor::Visitor;

/// The path of the page.
const PATH: &str = "/account";

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    layout: Layout,
    name: String,
    groups: Vec<String>,
    roles: Vec<&'static str>,
    /// The domains that they approve assets of.
    approves: Vec<String>,
    /// Whether they have signed in here.
    has_session: bool,
    sessions: Vec<SessionShown>,
}

/// A session as pages show it.
pub(super) struct SessionShown {
    pub id: Id,
    pub person: String,
    pub browser: String,
    pub began: Moment,
    pub seen: Moment,
    pub checked: Moment,
    pub groups: String,
    /// Whether it is that of whoever looks.
    pub is_own: bool,
}

impl SessionShown {
    pub(super) fn all(sessions: Vec<Session>, own: Option<&Id>) -> Vec<Self> {
        let shown = sessions.into_iter().map(|session| SessionShown {
            is_own: own == Some(&session.id),
            browser: match session.browser.as_str() {
                "" => "a browser without a name".to_owned(),
                name => name.to_owned(),
            },
            groups: session.groups.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            began: session.created_at.into(),
            seen: session.seen_at.into(),
            checked: session.checked_at.into(),
            id: session.id,
            person: session.person,
        });
        shown.collect()
    }
}

pub(super) async fn show(visitor: Visitor, portal: web::Data<Portal>) -> PageResult {
    show_with(portal, move |_, connection| page(&visitor, connection)).await
}

fn page(visitor: &Visitor, connection: &mut Connection) -> Result<String> {
    let person = visitor.person();
    let sessions = match person.zip(visitor.living_sessions()) {
        Some((person, living)) => list_sessions(connection, &living, Some(&person.address))?,
        None => Vec::new(),
    };
    let rules = visitor.access().rules();
    let roles = Role::ALL.into_iter().filter(|role| rules.has(&visitor.caller, *role, None));
    render(&AccountPage {
        layout: Layout::new(visitor, "Your account", ""),
        name: visitor.name().unwrap_or_else(|| "everybody".to_owned()),
        groups: person.map(|person| person.groups.iter().cloned().collect()).unwrap_or_default(),
        roles: roles.map(Role::as_str).collect(),
        approves: person.map(|person| rules.approves(person)).unwrap_or_default(),
        has_session: visitor.session.is_some(),
        sessions: SessionShown::all(sessions, visitor.session.as_ref()),
    })
}

/// Ends one session of whoever asks, or all but the one that they ask in.
pub(super) async fn end(visitor: Visitor, filled: Filled, portal: web::Data<Portal>) -> PageResult {
    let Some(person) = visitor.person() else {
        return Err(Error::NotFound("who asks is no person, and has no sessions".to_owned()).into());
    };
    let (address, own) = (person.address.clone(), visitor.session.clone());
    let which = filled.one("session").to_owned();
    let portal = portal.into_inner();
    portal
        .end_sessions(move |connection| match which.as_str() {
            "others" => end_sessions_of(connection, &address, own.as_ref()).map(drop),
            id => {
                // One that has ended already is as it should be.
                id.parse().map_or(Ok(()), |id| end_own_session(connection, &address, &id).map(drop))
            }
        })
        .await?;
    Ok(see_other(portal.prefix(), PATH))
}
