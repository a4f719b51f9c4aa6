//! `/api/v2/data_products`.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::store::{self, DataProduct};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Identified, Json, path_ids, request_body};
use crate::error::ApiError;
use crate::portal::Portal;
use crate::rule;

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

/// What creating a data product takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewDataProduct {
    #[schemars(extend("x-rule" = {"minLength": 1}))]
    name: String,
    #[schemars(extend("x-rule" = rule::namespace()))]
    namespace: String,
    #[serde(default)]
    description: String,
    /// Name of its type.
    #[serde(default, rename = "type")]
    #[schemars(extend("x-rule" = {"minLength": 1}))]
    kind: Option<String>,
    /// Name of its domain.
    #[serde(default)]
    #[schemars(extend("x-rule" = {"minLength": 1}))]
    domain: Option<String>,
}
request_body!(NewDataProduct);

impl From<NewDataProduct> for store::NewDataProduct {
    fn from(new: NewDataProduct) -> Self {
        let NewDataProduct { name, namespace, description, kind, domain } = new;
        store::NewDataProduct { name, namespace, description, kind, domain }
    }
}

pub(super) async fn create(
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let new = body.read::<NewDataProduct>()?.into();
    let id = portal
        .into_inner()
        .with_connection_to_write(move |_, connection| store::create_data_product(connection, &new))
        .await?;
    Ok(HttpResponse::Ok().json(Identified { id }))
}
