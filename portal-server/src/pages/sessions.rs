//! The sessions of everybody, for operators: who is signed in, and ending that.

use actix_web::web;
use askama::Template;
use portal_engine::store::sessions::{LISTED_MAX, end_session, end_sessions_of, list_sessions};

use super::account::SessionShown;
use super::answer::show_with;
use super::form::Filled;
use crate::frame::{Layout, PageResult, SECTIONS, render, see_other, statics};
use crate::portal::Portal;
use crate::visitor::Visitor;

const PATH: &str = "/operator/sessions";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    layout: Layout,
    sessions: Vec<SessionShown>,
    /// How many are shown at the most, when there may be more.
    most: Option<i64>,
}

pub(super) async fn list(visitor: Visitor, portal: web::Data<Portal>) -> PageResult {
    show_with(portal, move |_, connection| {
        let sessions = match visitor.living_sessions() {
            Some(living) => list_sessions(connection, &living, None)?,
            None => Vec::new(),
        };
        let is_full = sessions.len() as i64 >= LISTED_MAX;
        render(&SessionsPage {
            layout: Layout::new(&visitor, "Sessions", "/operator").below("Operator", "/operator"),
            most: is_full.then_some(LISTED_MAX),
            sessions: SessionShown::all(sessions, visitor.session.as_ref()),
        })
    })
    .await
}

/// Ends one session, or all those of a person.
pub(super) async fn end(filled: Filled, portal: web::Data<Portal>) -> PageResult {
    let (id, person) = (filled.one("session").to_owned(), filled.one("person").to_owned());
    let portal = portal.into_inner();
    portal
        .end_sessions(move |connection| {
            if !person.is_empty() {
                return end_sessions_of(connection, &person, None).map(drop);
            }
            // One that has ended already is as it should be.
            id.parse().map_or(Ok(()), |id| end_session(connection, &id).map(drop))
        })
        .await?;
    Ok(see_other(portal.prefix(), PATH))
}
