//! A technical asset as clients read it.

use portal_core::template::Fields;
use portal_core::{DataProduct, DataProductType, Id};
use portal_engine::Registry;
use portal_engine::check::TechnicalMapping;
use portal_engine::store::{
    AssetStatus, Places, StoredConfiguration, TechnicalAsset, TechnicalInfo,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::portal::Snapshot;
use crate::rule::{SCHEMAS, STORED_DATA_OUTPUT};

/// A technical asset.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TechnicalAsset")]
pub(crate) struct AssetView<'a> {
    id: &'a Id,
    name: &'a str,
    description: &'a str,
    namespace: &'a str,
    /// Id of the data product that owns it.
    owner_id: &'a Id,
    platform_id: Option<&'a Id>,
    service_id: &'a Id,
    status: AssetStatus,
    technical_mapping: TechnicalMapping,
    /// Empty: access modes belong to the portal around this one.
    access_modes: Vec<Value>,
    #[schemars(schema_with = "stored_data_output")]
    configuration: Configured<'a>,
    owner: Owner<'a>,
    /// Empty: output ports belong to the portal around this one.
    output_port_links: Vec<Value>,
    /// Empty: tags belong to the portal around this one.
    tags: Vec<Value>,
    /// Deprecated: whether `technical_mapping` is custom.
    #[serde(rename = "sourceAligned")]
    source_aligned: bool,
    /// The rendered result; null when the configuration cannot be shown.
    result_string: Option<String>,
    /// What it is in each environment.
    technical_info: Vec<TechnicalInfo<'a>>,
    /// In how many environments it is somewhere; absent when the configuration cannot be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Places")]
    places: Option<Places>,
    /// Who created it: the address of a person, or `token:` and the name of a token; null when nobody
    /// was told apart.
    created_by: Option<&'a str>,
    /// Who last changed it, likewise.
    updated_by: Option<&'a str>,
    /// Why the configuration cannot be shown; absent when it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    unavailable: Option<&'a str>,
}

/// Some assets of a data product.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TechnicalAssetList")]
pub(crate) struct AssetList<'a> {
    #[schemars(with = "Vec<AssetView<'a>>")]
    pub technical_assets: AssetViews<'a>,
    /// Where the next page begins; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Id")]
    pub next_cursor: Option<Id>,
}

/// Assets that are made into views one by one while they are serialised: a list can be long, and
/// its views together need far more memory than its rows.
pub(crate) struct AssetViews<'a> {
    pub registry: &'a Registry,
    pub snapshot: &'a Snapshot,
    pub product: &'a DataProduct,
    pub assets: &'a [TechnicalAsset],
}

impl Serialize for AssetViews<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AssetViews { registry, snapshot, product, assets } = self;
        serializer.collect_seq(
            assets.iter().map(|asset| AssetView::new(registry, snapshot, product, asset)),
        )
    }
}

/// The data output with its type; the type alone when the plugin is not here.
#[derive(Debug, Serialize)]
struct Configured<'a> {
    configuration_type: &'a str,
    #[serde(flatten)]
    fields: Fields,
}

fn stored_data_output(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"$ref": format!("{SCHEMAS}{STORED_DATA_OUTPUT}")})
}

/// The data product that owns an asset.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Owner")]
struct Owner<'a> {
    id: &'a Id,
    name: &'a str,
    namespace: &'a str,
    description: &'a str,
    status: &'a str,
    #[serde(rename = "type")]
    kind: &'a DataProductType,
}

impl<'a> AssetView<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        snapshot: &'a Snapshot,
        product: &'a DataProduct,
        asset: &'a TechnicalAsset,
    ) -> Self {
        let TechnicalAsset { row, configuration } = asset;
        let service = snapshot.configuration.service(&row.service_id);
        let plugin = registry.find_output(&row.configuration_type);
        let mut view = AssetView {
            id: &row.id,
            name: &row.name,
            description: &row.description,
            namespace: &row.namespace,
            owner_id: &row.data_product_id,
            platform_id: service.map(|service| &service.platform_id),
            service_id: &row.service_id,
            status: row.status,
            technical_mapping: row.technical_mapping,
            access_modes: Vec::new(),
            configuration: Configured {
                configuration_type: registry
                    .name_in_answers(&row.configuration_type, snapshot.configuration.wire_names),
                fields: Fields::new(),
            },
            owner: Owner {
                id: &product.id,
                name: &product.name,
                namespace: &product.namespace,
                description: &product.description,
                status: &product.status,
                kind: &product.kind,
            },
            output_port_links: Vec::new(),
            tags: Vec::new(),
            source_aligned: row.technical_mapping == TechnicalMapping::Custom,
            result_string: None,
            technical_info: Vec::new(),
            places: None,
            created_by: row.created_by.as_deref(),
            updated_by: row.updated_by.as_deref(),
            unavailable: None,
        };
        match (configuration, plugin, service) {
            (StoredConfiguration::Available(output), Some(plugin), Some(service)) => {
                let rendered =
                    snapshot.configuration.render(plugin, service, product, output.as_ref());
                view.places = Some(rendered.places());
                view.configuration.fields = rendered.fields;
                view.result_string = rendered.result_string;
                view.technical_info = rendered.technical_info;
            }
            (StoredConfiguration::Unavailable(reason), _, _) => view.unavailable = Some(reason),
            _ => view.unavailable = Some("its platform service is gone"),
        }
        if let Some(reason) = view.unavailable {
            view.technical_info = snapshot.configuration.nowhere(reason);
        }
        view
    }
}
