//! `GET /api/v2/data_products/{id}/technical_assets`: filters, and pages when they are asked for.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::store::{self, AssetFilter, AssetPage, AssetStatus};
use portal_core::{Id, Problem, ProblemKind, Problems, schema, suggest};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::serialised;
use super::view::{AssetList, AssetViews};
use crate::body::{parse_id, path_ids};
use crate::error::ApiError;
use crate::operation::{Parameter, schema_of};
use crate::portal::Portal;
use crate::routes::query::query;
use crate::rule::STORABLE;

/// Assets of a page when a cursor is given and no limit.
const PAGE: u32 = 100;

/// Most assets of a page.
const PAGE_MAX: u32 = 1_000;

/// The parameters that a list takes.
pub(in crate::routes) const PARAMETERS: &[Parameter] = &[
    Parameter::optional("status", "Only assets in this state.", schema_of::<AssetStatus>),
    Parameter::optional("plugin", "Only assets of this plugin.", storable),
    Parameter::optional("text", "Only assets that contain it, in any case.", storable),
    Parameter::optional("limit", "At most so many, with `next_cursor` when more follow.", page),
    Parameter::optional("cursor", "The `next_cursor` of the page before.", schema_of::<Id>),
];

fn storable(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "pattern": STORABLE})
}

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

/// The filter that some parameters describe.
pub(crate) fn filter_of(
    portal: &Portal,
    parameters: &BTreeMap<String, String>,
) -> Result<AssetFilter, Problems> {
    let mut problems = Problems::new();
    let mut filter =
        AssetFilter { text: parameters.get("text").cloned(), ..AssetFilter::default() };
    if let Some(status) = parameters.get("status") {
        filter.status = schema::read(Value::from(status.as_str())).ok();
        if filter.status.is_none() {
            let message = format!("{status:?} is no status");
            problems.push(
                Problem::new(ProblemKind::Enum, "/status", message)
                    .hint(suggest::hint(status, ["pending", "active", "archived"])),
            );
        }
    }
    if let Some(plugin) = parameters.get("plugin") {
        // Assets of a plugin that is not here are listed too, so any name that has a service will do.
        let known = portal.registry().find(plugin);
        let id = known.map_or(plugin.as_str(), |plugin| plugin.id());
        let service = portal.snapshot().configuration.service_of(id).map(|one| one.id.clone());
        if known.is_none() && service.is_none() {
            let message = portal.registry().unknown(plugin);
            problems.push(Problem::new(ProblemKind::Enum, "/plugin", message));
        }
        // A launcher has no service and stores nothing: no asset has an id that is new.
        filter.service = service.or_else(|| Some(Id::new()));
    }
    if let Some(limit) = parameters.get("limit") {
        filter.limit = limit.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        if filter.limit.is_none() {
            let message = format!("{limit:?} is no number from 1 to {PAGE_MAX}");
            problems.push(Problem::new(ProblemKind::ValueError, "/limit", message));
        }
    }
    if let Some(cursor) = parameters.get("cursor") {
        filter.after = parse_id("cursor", cursor, &mut problems);
        filter.limit = filter.limit.or(Some(PAGE));
    }
    for (name, value) in parameters {
        if value.contains('\0') {
            let message = "text with a NUL character cannot be looked for";
            problems.push(Problem::new(ProblemKind::ValueError, format!("/{name}"), message));
        }
    }
    problems.into_result()?;
    Ok(filter)
}
