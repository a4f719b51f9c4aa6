//! `/api/v2/data_products/{id}/technical_assets`.

pub(crate) mod input;
pub(super) mod list;
pub(crate) mod view;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::check::{Checks, TechnicalMapping};
use portal_core::db::Connection;
use portal_core::store::{
    self, AssetChange, AssetRow, DataProduct, ServiceRow, StoredConfiguration, TechnicalAsset,
};
use portal_core::{AnyOutput, Error, Id, LinkedOutput, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use self::input::{ChangedTechnicalAsset, NewStatus, NewTechnicalAsset, field_problems};
use self::view::AssetView;
use super::plugins::{Configured, shape_problems, under_configuration};
use crate::body::{Identified, Json, RequestBody, expected_revision, path_ids};
use crate::error::{ApiError, revision_etag};
use crate::openapi::operation::Link;
use crate::portal::Portal;

/// Where an asset leads: to its address, and to changing it.
pub(super) const ASSET_LINKS: &[Link] = &[
    Link::new("get_plugins_name_url", &[("id", "/owner_id"), ("technical_asset", "/id")]),
    Link::new(
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
            let view = AssetView::new(portal.registry(), &portal.snapshot(), &product, asset);
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
    serde_json::to_vec(view).map_err(|error| Error::Internal(error.to_string()))
}

pub(super) async fn delete(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let expected = expected_revision(&request)?;
    portal
        .into_inner()
        .with_connection(move |_, connection| {
            store::delete_asset(connection, &id, &asset_id, expected)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn create(
    request: HttpRequest,
    body: Json,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let new: NewTechnicalAsset = read(&portal, body)?;
    let asset = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            create_asset(portal, connection, &product, new)
        })
        .await?;
    Ok(HttpResponse::Ok().json(Identified { id: asset }))
}

/// The body of a request that writes an asset, once all that is wrong with any part of it has been
/// looked for.
fn read<T: RequestBody>(portal: &Portal, body: Json) -> std::result::Result<T, ApiError> {
    let mut problems = body.problems::<T>();
    problems.extend_under("", shape_problems(portal.registry(), &body.0));
    problems.extend_under("", field_problems(&body.0));
    problems.into_result()?;
    body.read()
}

fn create_asset(
    portal: &Portal,
    connection: &mut Connection,
    product: &DataProduct,
    new: NewTechnicalAsset,
) -> Result<Id> {
    let snapshot = portal.snapshot();
    let mapping = new.mapping();
    let configured = Configured::find(
        portal.registry(),
        &snapshot,
        &new.platform_id,
        &new.service_id,
        new.configuration,
    )?;
    let Configured { plugin, output, service, fields } = configured;
    let checked = check(connection, product, mapping, service, output, &fields)?;
    let row = AssetRow {
        name: new.name,
        description: new.description,
        namespace: new.namespace,
        ..AssetRow::new(product.id.clone(), new.service_id, plugin.wire_name(), mapping)
    };
    store::create_asset(connection, &row, checked.as_ref())?;
    Ok(row.id)
}

/// Checks a configuration that is to be stored; its problems point into the body.
fn check(
    connection: &mut Connection,
    product: &DataProduct,
    mapping: TechnicalMapping,
    service: &ServiceRow,
    output: &LinkedOutput,
    fields: &Map<String, Value>,
) -> Result<Box<dyn AnyOutput>> {
    let mut checks = Checks {
        product,
        mapping,
        options: &service.options,
        find_rivals: &mut |names| store::rival_namespaces(connection, &product.id, names),
    };
    output.check(fields, &mut checks).map_err(|error| match error {
        Error::Invalid(problems) => under_configuration(problems).into(),
        other => other,
    })
}

pub(super) async fn update(
    request: HttpRequest,
    body: Json,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let expected = expected_revision(&request)?;
    let changed: ChangedTechnicalAsset = read(&portal, body)?;
    let asset = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            let asset = find_writable(portal, connection, &id, &asset_id)?;
            let checked = match changed.configuration {
                None => None,
                Some(fields) => checked_change(portal, connection, &product, &asset, fields)?,
            };
            let change = AssetChange {
                name: Some(changed.name),
                description: Some(changed.description),
                configuration: checked.as_deref(),
                status: None,
            };
            store::update_asset(connection, &id, &asset_id, expected, &change)?;
            Ok(asset_id)
        })
        .await?;
    Ok(HttpResponse::Ok().json(Identified { id: asset }))
}

/// The data output to store instead of an asset's own; `None` when it is the same.
fn checked_change(
    portal: &Portal,
    connection: &mut Connection,
    product: &DataProduct,
    asset: &TechnicalAsset,
    fields: Map<String, Value>,
) -> Result<Option<Box<dyn AnyOutput>>> {
    let snapshot = portal.snapshot();
    let row = &asset.row;
    let service = snapshot
        .configuration
        .service(&row.service_id)
        .ok_or_else(|| Error::Conflict("the asset's platform service is gone".to_owned()))?;
    let configured = Configured::find(
        portal.registry(),
        &snapshot,
        &service.platform_id,
        &row.service_id,
        fields,
    )?;
    let Configured { output, service, fields, .. } = configured;
    let checked = check(connection, product, row.technical_mapping, service, output, &fields)?;
    let is_same = matches!(
        &asset.configuration,
        StoredConfiguration::Available(stored) if stored.fields() == checked.fields()
    );
    Ok((!is_same).then_some(checked))
}

/// An asset whose plugin is here: others can be read and deleted only.
fn find_writable(
    portal: &Portal,
    connection: &mut Connection,
    product: &Id,
    asset: &Id,
) -> Result<TechnicalAsset> {
    let asset = store::find_asset(connection, portal.registry(), product, asset)?;
    match asset.configuration {
        StoredConfiguration::Available(_) => Ok(asset),
        StoredConfiguration::Unavailable(reason) => {
            Err(Error::Conflict(format!("the asset cannot be changed here: {reason}")))
        }
    }
}

pub(super) async fn set_status(
    request: HttpRequest,
    body: Json,
    portal: web::Data<Portal>,
) -> std::result::Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let expected = expected_revision(&request)?;
    let NewStatus { status }: NewStatus = body.read()?;
    let asset = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            find_writable(portal, connection, &id, &asset_id)?;
            let change = AssetChange { status: Some(status), ..AssetChange::default() };
            store::update_asset(connection, &id, &asset_id, expected, &change)?;
            Ok(asset_id)
        })
        .await?;
    Ok(HttpResponse::Ok().json(Identified { id: asset }))
}
