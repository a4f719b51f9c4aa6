//! `/api/v2/data_products`.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::DataProduct;
use portal_engine::store;
use schemars::JsonSchema;
use serde::Serialize;

use crate::body::{Identified, Json, path_ids};
use crate::data_products;
use crate::error::ApiError;
use crate::portal::Portal;

/// All data products, by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DataProductList {
    data_products: Vec<DataProduct>,
}

pub(super) async fn list(portal: web::Data<Portal>) -> Result<HttpResponse, ApiError> {
    let data_products = portal
        .into_inner()
        .with_connection(|_, connection| store::list_data_products(connection))
        .await?;
    Ok(HttpResponse::Ok().json(DataProductList { data_products }))
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

pub(super) async fn create(
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let body = body.check();
    let id = portal
        .into_inner()
        .with_connection_to_write(move |_, connection| data_products::create(connection, body))
        .await?;
    Ok(HttpResponse::Ok().json(Identified { id }))
}
