//! `/api/v2/plugins`: forms, tiles, schemas, icons, links, and the preview of a path.

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use portal_core::{Error, Id, Problem, ProblemKind, Problems};
use portal_engine::check::TechnicalMapping;
use portal_engine::store::{self, StoredConfiguration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::query::{name_text, query};
use crate::assets::{self, Shown};
use crate::body::{Json, parse_id, request_body};
use crate::catalogue::Document;
use crate::error::ApiError;
use crate::operation::{Parameter, schema_of};
use crate::portal::Portal;
use crate::rule;

pub(super) async fn list(request: HttpRequest, portal: web::Data<Portal>) -> HttpResponse {
    portal.snapshot().catalogue.plugins.respond(&request)
}

pub(super) async fn tiles(request: HttpRequest, portal: web::Data<Portal>) -> HttpResponse {
    portal.snapshot().catalogue.tiles.respond(&request)
}

pub(super) async fn form(
    request: HttpRequest,
    name: web::Path<String>,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let plugin = portal.registry().get(&name)?;
    let snapshot = portal.snapshot();
    let form = snapshot.catalogue.form(plugin.id()).ok_or_else(|| {
        Error::internal(format!("the catalogue lacks the plugin {}", plugin.id()))
    })?;
    Ok(form.respond(&request))
}

pub(super) async fn schema(
    request: HttpRequest,
    name: web::Path<String>,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let plugin = portal.registry().get(&name)?;
    let output = plugin.output().ok_or_else(|| {
        Error::NotFound(format!("{} is a launcher: it stores nothing", plugin.id()))
    })?;
    Ok(Document::json(output.schema().as_value()).respond(&request))
}

/// The icon of a plugin, or of a parent platform. An SVG can hold scripts, so a browser that is
/// sent there gets it in a sandbox.
pub(super) async fn icon(
    request: HttpRequest,
    name: web::Path<String>,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let icon = match portal.registry().parent(&name) {
        Some(parent) => parent.icon,
        None => portal.registry().get(&name)?.platform().icon,
    };
    let document = Document::new(Bytes::from_static(icon.svg.as_bytes()), "image/svg+xml");
    let mut response = document.respond(&request);
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        header::HeaderValue::from_static("default-src 'none'; sandbox"),
    );
    Ok(response)
}

/// The parameters that a link takes.
pub(super) const URL_PARAMETERS: &[Parameter] = &[
    Parameter::required("id", "Id of the data product.", schema_of::<Id>),
    Parameter::optional("environment", "Name of the environment.", name_text),
    Parameter::optional("technical_asset", "Id of one of its assets.", schema_of::<Id>),
];

/// Where something is found.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Address {
    url: String,
}

/// The link of a platform for a data product, or of one of its assets.
pub(super) async fn url(
    request: HttpRequest,
    name: web::Path<String>,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let mut parameters = query(&request, URL_PARAMETERS)?;
    let mut problems = Problems::new();
    let product = match parameters.get("id") {
        Some(id) => parse_id("id", id, &mut problems),
        None => {
            let message = "the parameter \"id\" is required: the id of a data product";
            problems.push(Problem::new(ProblemKind::Missing, "/id", message));
            None
        }
    };
    let asset = parameters
        .get("technical_asset")
        .and_then(|id| parse_id("technical_asset", id, &mut problems));
    let Some(product) = product.filter(|_| problems.is_empty()) else {
        return Err(ApiError::in_part("query", problems));
    };
    let environment = parameters.remove("environment");
    let name = name.into_inner();
    let url = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let configuration = &portal.snapshot().configuration;
            if portal.registry().parent(&name).is_none() {
                portal.registry().get(&name)?;
            }
            let product = store::find_data_product(connection, &product)?;
            let Some(asset) = asset else {
                let registry = portal.registry();
                return configuration.platform_url(
                    registry,
                    &name,
                    &product,
                    environment.as_deref(),
                );
            };
            let asset = store::find_asset(connection, portal.registry(), &product.id, &asset)?;
            let plugin = portal.registry().get(&asset.row.configuration_type)?;
            if portal.registry().get(&name)?.id() != plugin.id() {
                return Err(Error::NotFound(format!(
                    "the technical asset {} belongs to {}, not to {name}",
                    asset.row.id,
                    plugin.id()
                )));
            }
            match (&asset.configuration, configuration.service(&asset.row.service_id)) {
                (StoredConfiguration::Available(output), Some(service)) => configuration.asset_url(
                    plugin,
                    service,
                    &product,
                    output.as_ref(),
                    environment.as_deref(),
                ),
                (StoredConfiguration::Unavailable(reason), _) => {
                    Err(Error::NotFound(reason.clone()))
                }
                (_, None) => Err(Error::NotFound("the asset's service is gone".to_owned())),
            }
        })
        .await?;
    Ok(HttpResponse::Ok().json(Address { url }))
}

/// The parameters that a preview of a path takes.
pub(super) const RENDER_PARAMETERS: &[Parameter] = &[Parameter::optional(
    "environments",
    "Whether to say what it would be in each environment, for the data product that the body names.",
    schema_of::<bool>,
)];

/// What a preview of a path takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RenderPath {
    #[serde(rename = "platform_id")]
    _platform_id: Id,
    #[serde(rename = "service_id")]
    _service_id: Id,
    /// The data output, with its `configuration_type`.
    #[serde(rename = "configuration")]
    #[schemars(extend("x-rule" = rule::data_output()))]
    _configuration: Map<String, Value>,
    /// Id of the data product that it would belong to; needed with `environments=true`.
    #[serde(default, rename = "data_product")]
    _data_product: Option<Id>,
    /// How its names would relate to the data product's namespace.
    #[serde(default, rename = "technical_mapping")]
    _technical_mapping: Option<TechnicalMapping>,
}
request_body!(RenderPath);

/// A preview.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Rendered")]
pub(super) struct RenderedPath {
    /// The rendered result; null when its platform service cannot be rendered.
    technical_asset_access_path: Option<String>,
    /// What it would be in each environment, with `environments=true`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Shown<'static>>")]
    shown: Option<Map<String, Value>>,
}

pub(super) async fn render_path(
    request: HttpRequest,
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let parameters = query(&request, RENDER_PARAMETERS)?;
    let with_environments = match parameters.get("environments").map(String::as_str) {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            let message = format!("{other:?} is neither true nor false");
            let problem = Problem::new(ProblemKind::ValueError, "/environments", message);
            return Err(ApiError::in_part("query", problem.into()));
        }
    };
    let mut body = body.check::<RenderPath>();
    let previewed = if with_environments {
        let product = body.sound::<Id>("data_product");
        if product.is_none() && !body.is_wrong_at("data_product") {
            let message = "the field \"data_product\" is required with environments=true";
            body.refuse("", Problem::new(ProblemKind::Missing, "/data_product", message));
        }
        portal
            .into_inner()
            .with_connection(move |portal, connection| {
                let product = product.map(|id| store::find_data_product(connection, &id));
                let product = product.transpose()?;
                let product = product.as_ref().map(|product| (connection, product));
                assets::preview(portal, body, product)
            })
            .await?
    } else {
        assets::preview(&portal, body, None)?
    };
    Ok(HttpResponse::Ok().json(RenderedPath {
        technical_asset_access_path: previewed.result,
        shown: previewed.shown,
    }))
}
