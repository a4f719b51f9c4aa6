//! What creating and changing a technical asset takes.

use portal_core::{Id, Problem, ProblemKind, Problems};
use portal_engine::check::TechnicalMapping;
use portal_engine::store::{self, AssetStatus};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::body::request_body;
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
    pub platform_id: Id,
    pub service_id: Id,
    /// The data output, with its `configuration_type`.
    #[schemars(extend("x-rule" = rule::data_output()))]
    pub configuration: Map<String, Value>,
    /// How its names relate to the data product's namespace.
    #[serde(default)]
    technical_mapping: Option<TechnicalMapping>,
    /// Deprecated: true is the custom mapping. `technical_mapping` wins.
    #[serde(default, rename = "sourceAligned")]
    source_aligned: Option<bool>,
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

impl NewTechnicalAsset {
    /// The mapping that the two ways of saying it give together.
    pub(crate) fn mapping(&self) -> TechnicalMapping {
        self.technical_mapping.unwrap_or(match self.source_aligned {
            Some(true) => TechnicalMapping::Custom,
            _ => TechnicalMapping::Default,
        })
    }
}

/// What changing a technical asset takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ChangedTechnicalAsset {
    #[schemars(extend("x-rule" = rule::name()))]
    pub name: String,
    #[schemars(extend("x-rule" = rule::description()))]
    pub description: String,
    /// The data output, with its `configuration_type`, whole; it stays as it is when absent.
    #[serde(default)]
    #[schemars(extend("x-rule" = {"anyOf": [rule::data_output(), {"type": "null"}]}))]
    pub configuration: Option<Map<String, Value>>,
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

/// What is wrong with single fields beyond what the schemas say.
pub(super) fn field_problems(body: &Value) -> Problems {
    let mut problems = Problems::new();
    if let Some(Err(problem)) = body["name"].as_str().map(|name| store::check_name("name", name)) {
        problems.push(Problem { at: "/name".to_owned(), ..problem });
    }
    if let Some(Err(problem)) = body["description"].as_str().map(store::check_description) {
        problems.push(problem);
    }
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
