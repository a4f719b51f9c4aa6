//! Tokens of programs, for operators: which there are, a new one, the end of one.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use chrono::Utc;
use portal_core::{Error, Problem, ProblemKind, Problems, Result};
use portal_engine::access::TokenRole;
use portal_engine::db::Connection;
use portal_engine::store::tokens::{NewToken, Token, create_token, list_tokens, revoke_token};

use super::answer::show_with;
use super::form::{Complaint, Filled, complaints, errors_at};
use crate::error::status_of;
use crate::expiry::{EXPIRY_DEFAULT, end_of};
use crate::frame::{
    Layout, Moment, PageResult, SECTIONS, html, render, see_other, statics, unstored,
};
use crate::portal::Portal;
use crate::visitor::Visitor;

const PATH: &str = "/operator/tokens";

/// Names and labels of the form's controls.
const CONTROLS: [(&str, &str); 4] = [
    ("name", "Name"),
    ("role", "Role"),
    ("data_product", "Data product"),
    ("expires", "Expires after"),
];

/// Roles, and what they mean.
const ROLES: [(TokenRole, &str); 3] = [
    (TokenRole::Viewer, "viewer: reads everything"),
    (TokenRole::Member, "member: works on one data product"),
    (TokenRole::Operator, "operator: everything"),
];

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage<'a> {
    layout: Layout,
    tokens: Vec<TokenShown>,
    /// One that was created just now: its name, and its secret.
    created: Option<(String, String)>,
    filled: &'a Filled,
    complaints: Vec<Complaint>,
    problems: &'a [Problem],
}

impl TokensPage<'_> {
    fn errors(&self, name: &str) -> Vec<String> {
        errors_at(self.problems, name)
    }
}

/// A token as the page shows it.
struct TokenShown {
    name: String,
    role: &'static str,
    data_product: Option<String>,
    created: Moment,
    created_by: Option<String>,
    expires: Option<Moment>,
    has_expired: bool,
    used: Option<Moment>,
}

impl From<Token> for TokenShown {
    fn from(token: Token) -> Self {
        TokenShown {
            name: token.name,
            role: token.role.as_str(),
            data_product: token.data_product,
            created: token.created_at.into(),
            created_by: token.created_by,
            has_expired: token.expires_at.is_some_and(|end| end <= Utc::now().naive_utc()),
            expires: token.expires_at.map(Moment::from),
            used: token.last_used_at.map(Moment::from),
        }
    }
}

fn page(
    visitor: &Visitor,
    connection: &mut Connection,
    created: Option<(String, String)>,
    filled: &Filled,
    problems: &[Problem],
) -> Result<String> {
    render(&TokensPage {
        layout: Layout::new(visitor, "Tokens", "/operator").below("Operator", "/operator"),
        tokens: list_tokens(connection)?.into_iter().map(TokenShown::from).collect(),
        created,
        filled,
        complaints: complaints(&[], &CONTROLS, problems),
        problems,
    })
}

/// What an empty form starts with.
fn empty_form() -> Filled {
    let mut filled = Filled::default();
    filled.set("role", TokenRole::Viewer.as_str());
    filled.set("expires", EXPIRY_DEFAULT);
    filled
}

pub(super) async fn list(visitor: Visitor, portal: web::Data<Portal>) -> PageResult {
    show_with(portal, move |_, connection| page(&visitor, connection, None, &empty_form(), &[]))
        .await
}

/// Creates a token and shows it, once: no address leads to the page that does.
pub(super) async fn create(
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let (status, page) = portal
        .into_inner()
        .with_connection_to_write(move |portal, connection| {
            let created = read(&visitor, &filled).map_err(Error::from).and_then(|new| {
                let secret = create_token(connection, &new)?;
                Ok((new.name.trim().to_owned(), secret.reveal().to_owned()))
            });
            match created {
                Ok(created) => {
                    // It works here at once, and elsewhere within a second.
                    portal.refresh_access(connection)?;
                    let page = page(&visitor, connection, Some(created), &empty_form(), &[])?;
                    Ok((StatusCode::OK, page))
                }
                Err(Error::Invalid(found)) => {
                    let page = page(&visitor, connection, None, &filled, found.iter().as_slice())?;
                    Ok((status_of(&found.into()), page))
                }
                Err(other) => Err(other),
            }
        })
        .await?;
    Ok(unstored(html(status, page)))
}

/// The token that a form asks for.
fn read(visitor: &Visitor, filled: &Filled) -> Result<NewToken, Problems> {
    let mut problems = Problems::new();
    let role = filled.one("role");
    let role = TokenRole::ALL.into_iter().find(|known| known.as_str() == role);
    if role.is_none() {
        let message = "choose what the program may do";
        problems.push(Problem::new(ProblemKind::Enum, "/role", message));
    }
    let expires_at = end_of(filled.one("expires"));
    if let Err(sentence) = &expires_at {
        problems.push(Problem::new(ProblemKind::ValueError, "/expires", sentence.clone()));
    }
    let product = filled.one("data_product").trim();
    match (role, expires_at) {
        (Some(role), Ok(expires_at)) => Ok(NewToken {
            name: filled.one("name").to_owned(),
            role,
            data_product: (!product.is_empty()).then(|| product.to_owned()),
            expires_at,
            created_by: visitor.author().person,
        }),
        _ => Err(problems),
    }
}

pub(super) async fn revoke(filled: Filled, portal: web::Data<Portal>) -> PageResult {
    let name = filled.one("name").to_owned();
    let portal = portal.into_inner();
    portal
        .with_connection_to_write(move |portal, connection| {
            revoke_token(connection, &name)?;
            portal.refresh_access(connection)
        })
        .await?;
    Ok(see_other(portal.prefix(), PATH))
}
