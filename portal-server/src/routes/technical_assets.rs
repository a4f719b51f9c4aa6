//! `/api/v2/data_products/{id}/technical_assets`.

pub(crate) mod list;
pub(crate) mod view;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::{Error, Result};
use portal_engine::store;
use serde::Serialize;

use self::view::AssetView;
use crate::assets;
use crate::assets::input::{ChangedTechnicalAsset, NewStatus, NewTechnicalAsset};
use crate::body::{Json, expected_revision, path_ids};
use crate::error::{ApiError, revision_etag};
use crate::operation::OperationLink;
use crate::portal::Portal;
use crate::visitor::Visitor;

/// Where an asset leads: to its address, and to changing it.
pub(super) const ASSET_LINKS: &[OperationLink] = &[
    OperationLink::new("get_plugins_name_url", &[("id", "/owner_id"), ("technical_asset", "/id")]),
    OperationLink::new(
        "put_data_products_id_technical_assets_asset_id",
        &[("id", "/owner_id"), ("asset_id", "/id")],
    ),
];

pub(super) async fn find(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let (revision, asset) = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            let asset = store::find_asset(connection, portal.registry(), &id, &asset_id)?;
            let revision = asset.row.revision;
            let snapshot = portal.snapshot();
            let view = AssetView::new(portal.registry(), &snapshot, &product, &asset);
            Ok((revision, serialised(&view)?))
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::ETAG, revision_etag(revision)))
        .insert_header(header::ContentType::json())
        .body(asset))
}

/// A body, serialised away from the threads that serve requests: lists can be long.
fn serialised(view: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(view).map_err(|error| Error::internal(error.to_string()).caused_by(error))
}

pub(super) async fn delete(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let expected = expected_revision(&request)?;
    portal
        .into_inner()
        .with_connection_to_write(move |_, connection| {
            store::delete_asset(connection, &id, &asset_id, expected)
        })
        .await?;
    Ok(HttpResponse::Ok().json(()))
}

pub(super) async fn create(
    request: HttpRequest,
    visitor: Visitor,
    body: Json,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let body = body.check::<NewTechnicalAsset>();
    let asset = portal
        .into_inner()
        .with_connection_to_write(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            assets::create(portal, &visitor, connection, &product, body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(asset))
}

pub(super) async fn update(
    request: HttpRequest,
    visitor: Visitor,
    body: Json,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let expected = expected_revision(&request)?;
    let body = body.check::<ChangedTechnicalAsset>();
    let asset = portal
        .into_inner()
        .with_connection_to_write(move |portal, connection| {
            assets::update(portal, &visitor, connection, [&id, &asset_id], expected, body)
        })
        .await?;
    Ok(HttpResponse::Ok().json(asset))
}

pub(super) async fn set_status(
    request: HttpRequest,
    visitor: Visitor,
    body: Json,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let expected = expected_revision(&request)?;
    let NewStatus { status } = body.check().read()?;
    portal
        .into_inner()
        .with_connection_to_write(move |portal, connection| {
            assets::set_status(portal, &visitor, connection, [&id, &asset_id], expected, status)
        })
        .await?;
    Ok(HttpResponse::Ok().json(()))
}
