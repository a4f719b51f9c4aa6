//! `/api/v2/data_products`.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::DataProduct;
use portal_engine::store;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::body::{Identified, Json, path_ids};
use crate::data_products;
use crate::error::ApiError;
use crate::portal::Portal;
use crate::visitor::Visitor;

/// A data product, and what clients of the Python portal read beside it: this portal knows nothing
/// of that.
#[derive(Debug, Serialize, JsonSchema)]
struct Described {
    #[serde(flatten)]
    product: DataProduct,
    /// Empty: they belong to the portal around this one.
    finalizers: Vec<Value>,
    /// Empty: tags belong to the portal around this one.
    tags: Vec<Value>,
    /// Null: it belongs to the portal around this one.
    usage: Option<String>,
    /// Null: lifecycles belong to the portal around this one.
    lifecycle: Option<Map<String, Value>>,
}

impl From<DataProduct> for Described {
    fn from(product: DataProduct) -> Self {
        Described {
            product,
            finalizers: Vec::new(),
            tags: Vec::new(),
            usage: None,
            lifecycle: None,
        }
    }
}

/// A data product in a list.
#[derive(Debug, Serialize, JsonSchema)]
struct ListedDataProduct {
    #[serde(flatten)]
    described: Described,
    /// How many people are members by their address.
    user_count: i64,
    /// 0: input ports belong to the portal around this one.
    input_port_count: i64,
    technical_asset_count: i64,
}

/// All data products, by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DataProductList {
    data_products: Vec<ListedDataProduct>,
}

/// One data product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DataProduct")]
pub(super) struct FoundDataProduct {
    #[serde(flatten)]
    described: Described,
    /// Null: it belongs to the portal around this one.
    about: Option<String>,
}

pub(super) async fn list(portal: web::Data<Portal>) -> Result<HttpResponse, ApiError> {
    let found = portal
        .into_inner()
        .with_connection(|_, connection| store::list_counted_data_products(connection))
        .await?;
    let data_products = found.into_iter().map(|(product, counts)| ListedDataProduct {
        described: product.into(),
        user_count: counts.people,
        input_port_count: 0,
        technical_asset_count: counts.assets,
    });
    Ok(HttpResponse::Ok().json(DataProductList { data_products: data_products.collect() }))
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
    Ok(HttpResponse::Ok().json(FoundDataProduct { described: product.into(), about: None }))
}

pub(super) async fn create(
    visitor: Visitor,
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let body = body.check();
    let id = portal
        .into_inner()
        .with_connection_to_write(move |_, connection| {
            data_products::create(&visitor, connection, body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(Identified { id }))
}
