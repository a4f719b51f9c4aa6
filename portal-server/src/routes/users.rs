//! `/api/v2/users`: who is asking, and what they may do.

use actix_web::{HttpResponse, web};
use portal_core::{Error, Id, Result};
use portal_engine::access::{Caller, Permission, Role};
use portal_engine::db::Connection;
use portal_engine::store;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;
use crate::portal::Portal;
use crate::visitor::Visitor;

/// A person, or a program that stands in for one.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct User {
    id: Id,
    email: String,
    /// What the company's identity provider calls them.
    external_id: String,
    first_name: String,
    last_name: String,
    /// Always true: there is no tour.
    has_seen_tour: bool,
    /// Always false: nobody becomes more than they are.
    can_become_admin: bool,
    /// Null: what somebody may do has no end.
    admin_expiry: Option<String>,
}

impl User {
    fn new(id: Id, email: &str, external_id: &str, [first_name, last_name]: [&str; 2]) -> Self {
        User {
            id,
            email: email.to_owned(),
            external_id: external_id.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            has_seen_tour: true,
            can_become_admin: false,
            admin_expiry: None,
        }
    }
}

/// Who is asking, and what they may do.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CurrentUser {
    #[serde(flatten)]
    user: User,
    /// Their roles everywhere: `viewer`, `creator`, `operator`.
    roles: Vec<&'static str>,
    /// What they may do everywhere, by the names of `portal-server permissions`.
    permissions: Vec<&'static str>,
    /// The domains whose approvers they are, by name.
    approves: Vec<String>,
    /// Ids of the data products that they are members of.
    member_of: Vec<Id>,
}

pub(super) async fn current(
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let portal = portal.into_inner();
    let (asked, writer) = (visitor.clone(), visitor.clone());
    let found = portal
        .with_connection(move |_, connection| {
            let id = match asked.person() {
                Some(person) => store::find_person(connection, &person.address)?,
                None => None,
            };
            Ok((id, member_of(connection, &asked)?))
        })
        .await?;
    let (id, member_of) = match (found, visitor.person().is_some()) {
        // Whoever comes for the first time gets an id.
        ((None, member_of), true) => {
            let id = portal.with_connection_to_write(move |_, connection| {
                let address = writer.person().map(|person| person.address.clone());
                store::id_of_person(connection, &address.unwrap_or_default())
            });
            (Some(id.await?), member_of)
        }
        (known, _) => known,
    };
    let user = user(&visitor, id)?;
    let rules = visitor.access().rules();
    let roles = Role::ALL.into_iter().filter(|role| rules.has(&visitor.caller, *role, None));
    let permissions =
        Permission::ALL.into_iter().filter(|permission| visitor.may(*permission, None));
    Ok(HttpResponse::Ok().json(CurrentUser {
        user,
        roles: roles.map(Role::as_str).collect(),
        permissions: permissions.map(Permission::as_str).collect(),
        approves: visitor.person().map(|person| rules.approves(person)).unwrap_or_default(),
        member_of,
    }))
}

fn member_of(connection: &mut Connection, visitor: &Visitor) -> Result<Vec<Id>> {
    match &visitor.caller {
        Caller::Person(person) => store::data_products_of(connection, person),
        Caller::Token(token) => Ok(token.data_product.iter().cloned().collect()),
        Caller::Nobody | Caller::Everybody => Ok(Vec::new()),
    }
}

/// Whoever is there, in the shape of a person; `id` is that of a person.
fn user(visitor: &Visitor, id: Option<Id>) -> Result<User> {
    let missing = || Error::internal("whoever asks has no id");
    match &visitor.caller {
        Caller::Person(person) => {
            let address = &person.address;
            let name = address.split('@').next().unwrap_or_default();
            Ok(User::new(id.ok_or_else(missing)?, address, address, [name, ""]))
        }
        Caller::Token(token) => {
            // No mail goes to a program (RFC 2606, section 2).
            let email = format!("{}@token.invalid", token.id);
            let external_id = format!("token:{}", token.name);
            let id = visitor.program_id().ok_or_else(missing)?;
            Ok(User::new(id, &email, &external_id, [&token.name, ""]))
        }
        Caller::Everybody => {
            let id = visitor.program_id().ok_or_else(missing)?;
            let email = "operator@portal.example";
            Ok(User::new(id, email, "operator", ["Portal", "Operator"]))
        }
        Caller::Nobody => Err(missing()),
    }
}
