//! What creating and changing a technical asset takes.

use portal_core::Id;
use portal_engine::check::TechnicalMapping;
use portal_engine::store::{self, AssetStatus};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::body::{Checked, RequestBody, request_body};
use crate::rule;

/// What creating a technical asset takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewTechnicalAsset {
    #[schemars(extend("x-rule" = rule::name()))]
    pub name: String,
    #[serde(default)]
    #[schemars(extend("x-rule" = rule::description()))]
    pub description: String,
    #[schemars(extend("x-rule" = rule::namespace()))]
    pub namespace: String,
    #[serde(rename = "platform_id")]
    _platform_id: Id,
    pub service_id: Id,
    /// The data output, with its `configuration_type`.
    #[schemars(extend("x-rule" = rule::data_output()))]
    #[serde(rename = "configuration")]
    _configuration: Map<String, Value>,
    /// How its names relate to the data product's namespace.
    #[serde(default, rename = "technical_mapping")]
    _technical_mapping: Option<TechnicalMapping>,
    /// Deprecated: true is the custom mapping. `technical_mapping` wins.
    #[serde(default, rename = "sourceAligned")]
    _source_aligned: Option<bool>,
    /// Must be empty: tags belong to the portal around this one.
    #[serde(default, rename = "tag_ids")]
    #[schemars(extend("x-rule" = {"maxItems": 0}))]
    _tag_ids: Vec<Value>,
    /// Must be empty: access modes belong to the portal around this one.
    #[serde(default, rename = "access_mode_ids")]
    #[schemars(extend("x-rule" = {"maxItems": 0}))]
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
request_body!(NewTechnicalAsset);

/// What changing a technical asset takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ChangedTechnicalAsset {
    #[schemars(extend("x-rule" = rule::name()))]
    pub name: String,
    #[schemars(extend("x-rule" = rule::description()))]
    pub description: String,
    /// The data output, with its `configuration_type`, whole; it stays as it is when absent.
    #[serde(default, rename = "configuration")]
    #[schemars(extend("x-rule" = {"anyOf": [rule::data_output(), {"type": "null"}]}))]
    _configuration: Option<Map<String, Value>>,
    /// Must be empty: tags belong to the portal around this one.
    #[serde(default, rename = "tag_ids")]
    #[schemars(extend("x-rule" = {"maxItems": 0}))]
    _tag_ids: Vec<Value>,
    /// Must be empty: access modes belong to the portal around this one.
    #[serde(default, rename = "access_mode_ids")]
    #[schemars(extend("x-rule" = {"maxItems": 0}))]
    _access_mode_ids: Vec<Value>,
}
request_body!(ChangedTechnicalAsset);

/// Where a technical asset is to go in its life.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewStatus {
    pub status: AssetStatus,
}
request_body!(NewStatus);

/// How the names of a new asset relate to its data product's namespace, by the two ways of saying
/// it together; `None` while the one that counts is wrong.
pub(super) fn mapping<T: RequestBody>(body: &Checked<T>) -> Option<TechnicalMapping> {
    match body.sound::<Option<TechnicalMapping>>("technical_mapping")? {
        Some(mapping) => Some(mapping),
        None => Some(match body.sound::<Option<bool>>("sourceAligned")? {
            Some(true) => TechnicalMapping::Custom,
            _ => TechnicalMapping::Default,
        }),
    }
}

/// Looks at what every asset says of itself, beyond what the schemas say.
pub(super) fn check_texts<T: RequestBody>(body: &mut Checked<T>) {
    body.check_text("name", |name| store::check_name("name", name));
    body.check_text("description", store::check_description);
    body.refuse_unkept(&[("tag_ids", "tags"), ("access_mode_ids", "access modes")]);
}
