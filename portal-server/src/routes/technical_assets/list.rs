//! `GET /api/v2/data_products/{id}/technical_assets`: filters, and pages when they are asked for.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::Id;
use portal_engine::store::{self, AssetFilter, AssetPage, AssetStatus, PlacesFilter};
use schemars::{Schema, SchemaGenerator, json_schema};

use super::serialised;
use super::view::{AssetList, AssetViews};
use crate::assets::filter::{PAGE_MAX, filter_of};
use crate::body::path_ids;
use crate::error::ApiError;
use crate::operation::{Parameter, schema_of};
use crate::portal::Portal;
use crate::routes::query::{query, query_text};

/// The parameters that a list takes.
pub(in crate::routes) const PARAMETERS: &[Parameter] = &[
    Parameter::optional("status", "Only assets in this state.", schema_of::<AssetStatus>),
    Parameter::optional("plugin", "Only assets of this plugin.", query_text),
    Parameter::optional(
        "places",
        "Only assets that have a place in all environments, in some, or in none.",
        schema_of::<PlacesFilter>,
    ),
    Parameter::optional("text", "Only assets that contain it, in any case.", query_text),
    Parameter::optional(
        "limit",
        "Maximum number of assets; `next_cursor` is there when more follow.",
        page,
    ),
    Parameter::optional("cursor", "The `next_cursor` of the page before.", schema_of::<Id>),
];

fn page(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer", "minimum": 1, "maximum": PAGE_MAX})
}

pub(in crate::routes) async fn list(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let filter = filter(&portal, &request)?;
    let body = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let (registry, snapshot) = (portal.registry(), portal.snapshot());
            let product = store::find_data_product(connection, &id)?;
            let AssetPage { assets, next } =
                store::list_assets(connection, registry, &product.id, &filter)?;
            let technical_assets =
                AssetViews { registry, snapshot: &snapshot, product: &product, assets: &assets };
            serialised(&AssetList { technical_assets, next_cursor: next })
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header(header::ContentType::json()).body(body))
}

/// The filter that the query describes. Without `limit` and `cursor` the list is complete.
fn filter(portal: &Portal, request: &HttpRequest) -> Result<AssetFilter, ApiError> {
    let parameters = query(request, PARAMETERS)?;
    filter_of(portal, &parameters).map_err(|problems| ApiError::in_part("query", problems))
}
