//! `/api/v2/data_products`.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::store::{self, NewDataProduct};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::body::{Json, path_ids, request_body};
use crate::error::ApiError;
use crate::portal::Portal;

pub(super) async fn list(portal: web::Data<Portal>) -> Result<HttpResponse, ApiError> {
    let products = portal
        .into_inner()
        .with_connection(|_, connection| store::list_data_products(connection))
        .await?;
    Ok(HttpResponse::Ok().json(json!({"data_products": products})))
}

pub(super) async fn find(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let product = portal
        .into_inner()
        .with_connection(move |_, connection| store::find_data_product(connection, &id))
        .await?;
    Ok(HttpResponse::Ok().json(product))
}

/// What creating a data product takes.
#[derive(Debug, Deserialize, JsonSchema)]
struct NewProduct {
    name: String,
    namespace: String,
    #[serde(default)]
    description: String,
    /// Name of its type.
    #[serde(default, rename = "type")]
    kind: Option<String>,
    /// Name of its domain.
    #[serde(default)]
    domain: Option<String>,
}
request_body!(NewProduct);

pub(super) async fn create(
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let NewProduct { name, namespace, description, kind, domain } = body.read()?;
    let new = NewDataProduct { name, namespace, description, kind, domain };
    let id = portal
        .into_inner()
        .with_connection(move |_, connection| store::create_data_product(connection, &new))
        .await?;
    Ok(HttpResponse::Ok().json(json!({"id": id})))
}
