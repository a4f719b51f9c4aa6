//! `/api/v2/data_products/{id}/members`.

use std::collections::BTreeSet;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use portal_engine::store;
use schemars::JsonSchema;
use serde::Serialize;

use crate::body::{Json, expected_revision, path_ids};
use crate::error::{ApiError, revision_etag};
use crate::members;
use crate::portal::Portal;
use crate::visitor::Visitor;

/// The members of a data product.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Members {
    /// Addresses of people, in lower case.
    people: BTreeSet<String>,
    /// Groups, whose people are members.
    groups: BTreeSet<String>,
}

pub(super) async fn find(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let (store::Members { people, groups }, revision) = portal
        .into_inner()
        .with_connection(move |_, connection| store::members(connection, &id))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, revision_etag(revision)))
        .json(Members { people, groups }))
}

pub(super) async fn replace(
    request: HttpRequest,
    visitor: Visitor,
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let expected = expected_revision(&request)?;
    let body = body.check();
    portal
        .into_inner()
        .with_connection_to_write(move |_, connection| {
            members::replace(&visitor, connection, &id, expected, body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(()))
}
