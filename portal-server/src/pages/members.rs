//! Who works on a data product: the list, and for those who may the form that changes it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::{DataProduct, Error, Id, Problem, Result};
use portal_engine::access::Permission;
use portal_engine::db::Connection;
use portal_engine::store;
use serde_json::json;

use super::answer::show_with;
use super::edit_asset::expected;
use super::form::{Complaint, Filled, complaints, errors_at};
use crate::body::{Json, path_ids};
use crate::error::status_of;
use crate::frame::{Layout, PageResult, SECTIONS, html, render, see_other, statics};
use crate::members;
use crate::portal::Portal;
use crate::visitor::Visitor;

/// Names and labels of the form's controls.
const CONTROLS: [(&str, &str); 2] = [("people", "People"), ("groups", "Groups")];

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage<'a> {
    layout: Layout,
    product: DataProduct,
    people: Vec<String>,
    groups: Vec<String>,
    /// Who approves what is in the custom mapping.
    approvers: Vec<String>,
    may_change: bool,
    /// What the form holds: one name a line.
    filled: Filled,
    complaints: Vec<Complaint>,
    problems: &'a [Problem],
    /// Whether somebody else has changed them since the form was shown.
    is_stale: bool,
}

impl MembersPage<'_> {
    fn errors(&self, name: &str) -> Vec<String> {
        errors_at(self.problems, name)
    }
}

/// The page, with what somebody has typed where that was refused.
fn page(
    visitor: &Visitor,
    connection: &mut Connection,
    id: &Id,
    typed: Option<&Filled>,
    problems: &[Problem],
) -> Result<String> {
    let product = store::find_data_product(connection, id)?;
    let (members, revision) = store::members(connection, id)?;
    let subject = visitor.subject(connection, id)?;
    let people: Vec<String> = members.people.into_iter().collect();
    let groups: Vec<String> = members.groups.into_iter().collect();
    let is_stale = typed.is_some_and(|typed| expected(typed) != revision);
    let mut filled = typed.cloned().unwrap_or_default();
    if typed.is_none() {
        filled.set("people", &people.join("\n"));
        filled.set("groups", &groups.join("\n"));
    }
    filled.set("revision", &revision.to_string());
    let rules = visitor.access().rules();
    render(&MembersPage {
        layout: Layout::new(visitor, "Members", "/data_products")
            .below("Data products", "/data_products")
            .below(&product.name, format!("/data_products/{id}")),
        approvers: rules.approvers.get(&product.domain.name).cloned().unwrap_or_default(),
        may_change: visitor.may(Permission::ChangeMembers, subject.as_ref()),
        complaints: complaints(&[], &CONTROLS, problems),
        product,
        people,
        groups,
        filled,
        problems,
        is_stale,
    })
}

pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    show_with(portal, move |_, connection| page(&visitor, connection, &id, None, &[])).await
}

/// Stores the members, or shows the form again: with what is wrong, or beside what somebody else has
/// stored in the meantime.
pub(super) async fn replace(
    request: HttpRequest,
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let lines = |name| -> Vec<&str> {
        filled.one(name).lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    };
    let body = json!({"people": lines("people"), "groups": lines("groups")});
    let (revision, portal) = (expected(&filled), portal.into_inner());
    let (writer, product) = (visitor.clone(), id.clone());
    let changed = portal
        .with_connection_to_write(move |_, connection| {
            let body = Json(body).check();
            Ok(members::replace(&writer, connection, &product, Some(revision), body))
        })
        .await?;
    let refused = match changed {
        Ok(()) => return Ok(see_other(portal.prefix(), &format!("/data_products/{id}/members"))),
        Err(refused @ (Error::Invalid(_) | Error::Stale { .. })) => refused,
        Err(other) => return Err(other.into()),
    };
    let status: StatusCode = status_of(&refused);
    let page = portal.with_connection(move |_, connection| {
        let problems = match &refused {
            Error::Invalid(found) => found.iter().cloned().collect(),
            _ => Vec::new(),
        };
        // A line of the form is an item of the list; the control is what can be pointed at.
        page(&visitor, connection, &id, Some(&filled), &of_controls(problems))
    });
    Ok(html(status, page.await?))
}

/// Problems of single names as problems of the control that holds them all.
fn of_controls(problems: Vec<Problem>) -> Vec<Problem> {
    let to_control = |problem: Problem| {
        let control = CONTROLS.iter().find(|(name, _)| {
            problem.at.strip_prefix(&format!("/{name}")).is_some_and(|rest| rest.starts_with('/'))
        });
        match control {
            Some((name, _)) => Problem { at: format!("/{name}"), ..problem },
            None => problem,
        }
    };
    problems.into_iter().map(to_control).collect()
}
