//! `/api/v2/users`: who is asking. Until the portal knows people, everybody is its operator.

use actix_web::HttpResponse;
use portal_core::{Error, Id};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ApiError;

/// The id of everybody, until the portal knows people. Ids that the portal makes have another version.
const OPERATOR: &str = "00000000-0000-4000-8000-000000000001";

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct User {
    id: Id,
    email: &'static str,
    /// What the company's identity provider calls them.
    external_id: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    /// Always true: there is no tour.
    has_seen_tour: bool,
    /// Always false: nobody becomes more than they are.
    can_become_admin: bool,
    /// Null: what somebody may do has no end.
    admin_expiry: Option<String>,
}

pub(super) async fn current() -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(User {
        id: OPERATOR.parse().map_err(Error::internal)?,
        email: "operator@portal.example",
        external_id: "operator",
        first_name: "Portal",
        last_name: "Operator",
        has_seen_tour: true,
        can_become_admin: false,
        admin_expiry: None,
    }))
}
