//! `/api/v2/data_products/{id}/technical_assets`.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::check::{Checks, TechnicalMapping};
use portal_core::store::{
    self, AssetRow, DataProduct, StoredConfiguration, TechnicalAsset, TechnicalInfo,
};
use portal_core::{Id, Problem, ProblemKind, Problems, Registry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::plugins::{Configured, shape_problems, under_configuration};
use crate::body::{Json, path_ids, request_body};
use crate::error::ApiError;
use crate::portal::{Portal, Snapshot};

/// A technical asset as clients read it.
#[derive(Debug, Serialize)]
struct AssetView {
    id: Id,
    name: String,
    description: String,
    namespace: String,
    owner_id: Id,
    platform_id: Option<Id>,
    service_id: Id,
    status: store::AssetStatus,
    technical_mapping: TechnicalMapping,
    access_modes: [Value; 0],
    configuration: Map<String, Value>,
    owner: Value,
    output_port_links: [Value; 0],
    tags: [Value; 0],
    #[serde(rename = "sourceAligned")]
    source_aligned: bool,
    result_string: Option<String>,
    technical_info: Vec<TechnicalInfo>,
    /// Why the configuration cannot be shown; absent when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    unavailable: Option<String>,
}

impl AssetView {
    fn new(
        registry: &Registry,
        snapshot: &Snapshot,
        product: &DataProduct,
        asset: TechnicalAsset,
    ) -> Self {
        let TechnicalAsset { row, configuration } = asset;
        let service = snapshot.configuration.service(&row.service_id);
        let plugin = registry.find_output(&row.configuration_type);
        let wire_name = plugin.map_or(row.configuration_type.as_str(), |plugin| plugin.wire_name());
        let mut shown = Map::new();
        shown.insert("configuration_type".to_owned(), wire_name.into());
        let (mut result_string, mut technical_info, mut unavailable) = (None, Vec::new(), None);
        match (&configuration, plugin, service) {
            (StoredConfiguration::Available(output), Some(plugin), Some(service)) => {
                shown.extend(output.fields());
                let configuration = &snapshot.configuration;
                result_string = configuration.result_string(service, output.as_ref());
                technical_info =
                    configuration.technical_info(plugin, service, product, output.as_ref());
            }
            (StoredConfiguration::Unavailable(reason), _, _) => unavailable = Some(reason.clone()),
            _ => unavailable = Some("its platform service is gone".to_owned()),
        }
        AssetView {
            id: row.id,
            name: row.name,
            description: row.description,
            namespace: row.namespace,
            owner_id: row.data_product_id,
            platform_id: service.map(|service| service.platform_id.clone()),
            service_id: row.service_id,
            status: row.status,
            technical_mapping: row.technical_mapping,
            access_modes: [],
            configuration: shown,
            owner: json!({
                "id": product.id,
                "name": product.name,
                "namespace": product.namespace,
                "description": product.description,
                "status": product.status,
                "type": product.kind,
            }),
            output_port_links: [],
            tags: [],
            source_aligned: row.technical_mapping == TechnicalMapping::Custom,
            result_string,
            technical_info,
            unavailable,
        }
    }
}

pub(super) async fn list(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let assets = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let (registry, snapshot) = (portal.registry(), portal.snapshot());
            let product = store::find_data_product(connection, &id)?;
            let assets = store::list_assets(connection, registry, &product.id)?;
            Ok(assets
                .into_iter()
                .map(|asset| AssetView::new(registry, &snapshot, &product, asset))
                .collect::<Vec<_>>())
        })
        .await?;
    Ok(HttpResponse::Ok().json(json!({"technical_assets": assets})))
}

pub(super) async fn find(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let asset = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            let asset = store::find_asset(connection, portal.registry(), &id, &asset_id)?;
            Ok(AssetView::new(portal.registry(), &portal.snapshot(), &product, asset))
        })
        .await?;
    Ok(HttpResponse::Ok().json(asset))
}

pub(super) async fn delete(
    request: HttpRequest,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    portal
        .into_inner()
        .with_connection(move |_, connection| store::delete_asset(connection, &id, &asset_id))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What creating a technical asset takes.
#[derive(Debug, Deserialize, JsonSchema)]
struct NewAsset {
    #[schemars(length(min = 1))]
    name: String,
    #[serde(default)]
    description: String,
    namespace: String,
    platform_id: Id,
    service_id: Id,
    /// The data output, with its `configuration_type`.
    configuration: Map<String, Value>,
    /// How its names relate to the data product's namespace.
    #[serde(default)]
    technical_mapping: Option<TechnicalMapping>,
    /// Deprecated: true is the custom mapping. `technical_mapping` wins.
    #[serde(default, rename = "sourceAligned")]
    source_aligned: Option<bool>,
    /// Must be empty: tags belong to the portal around this one.
    #[serde(default, rename = "tag_ids")]
    _tag_ids: Vec<Value>,
    /// Must be empty: access modes belong to the portal around this one.
    #[serde(default, rename = "access_mode_ids")]
    _access_mode_ids: Vec<Value>,
    /// Without effect.
    #[serde(default, rename = "owner_id")]
    _owner_id: Value,
    /// Without effect: the mapping decides.
    #[serde(default, rename = "status")]
    _status: Value,
    /// Without effect.
    #[serde(default, rename = "user_id")]
    _user_id: Value,
}
request_body!(NewAsset);

impl NewAsset {
    fn mapping(&self) -> TechnicalMapping {
        self.technical_mapping.unwrap_or(match self.source_aligned {
            Some(true) => TechnicalMapping::Custom,
            _ => TechnicalMapping::Default,
        })
    }

    /// What is wrong with single fields beyond what the schema says.
    fn own_problems(body: &Value) -> Problems {
        let mut problems = Problems::new();
        if let Some(Err(problem)) = body["namespace"].as_str().map(store::check_namespace) {
            problems.push(problem);
        }
        // What the portal cannot keep is refused instead of dropped.
        for (field, what) in [("tag_ids", "tags"), ("access_mode_ids", "access modes")] {
            if body[field].as_array().is_some_and(|ids| !ids.is_empty()) {
                let message =
                    format!("{what} are not kept here: they belong to the portal around this one");
                problems.push(
                    Problem::new(ProblemKind::ValueError, format!("/{field}"), message)
                        .hint("leave the list empty"),
                );
            }
        }
        problems
    }
}

pub(super) async fn create(
    request: HttpRequest,
    body: Json,
    portal: web::Data<Portal>,
) -> Result<HttpResponse, ApiError> {
    let [id] = path_ids(&request, ["id"])?;
    let mut problems = body.problems::<NewAsset>();
    problems.extend_under("", shape_problems(portal.registry(), &body.0));
    problems.extend_under("", NewAsset::own_problems(&body.0));
    problems.into_result()?;
    let new: NewAsset = body.read()?;
    let asset = portal
        .into_inner()
        .with_connection(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            create_asset(portal, connection, &product, new)
        })
        .await?;
    Ok(HttpResponse::Ok().json(json!({"id": asset})))
}

fn create_asset(
    portal: &Portal,
    connection: &mut portal_core::db::Connection,
    product: &DataProduct,
    new: NewAsset,
) -> portal_core::Result<Id> {
    let snapshot = portal.snapshot();
    let mapping = new.mapping();
    let configured = Configured::find(
        portal.registry(),
        &snapshot,
        &new.platform_id,
        &new.service_id,
        new.configuration,
    )?;
    let mut checks = Checks {
        product,
        mapping,
        options: &configured.service.options,
        find_rivals: &mut |names| store::rival_namespaces(connection, &product.id, names),
    };
    let output =
        configured.output.check(&configured.fields, &mut checks).map_err(|error| match error {
            portal_core::Error::Invalid(problems) => under_configuration(problems).into(),
            other => other,
        })?;
    let row = AssetRow {
        name: new.name,
        description: new.description,
        namespace: new.namespace,
        ..AssetRow::new(product.id.clone(), new.service_id, configured.plugin.wire_name(), mapping)
    };
    store::create_asset(connection, &row, output.as_ref())?;
    Ok(row.id)
}
