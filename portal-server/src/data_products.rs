//! What creating a data product takes, whoever asks for it: the API or a page.

use portal_engine::store;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::body::request_body;
use crate::rule;

/// What creating a data product takes.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct NewDataProduct {
    #[schemars(extend("x-rule" = rule::name()))]
    name: String,
    #[schemars(extend("x-rule" = rule::namespace()))]
    namespace: String,
    #[serde(default)]
    #[schemars(extend("x-rule" = rule::description()))]
    description: String,
    /// Name of its type.
    #[serde(default, rename = "type")]
    #[schemars(extend("x-rule" = rule::name()))]
    kind: Option<String>,
    /// Name of its domain.
    #[serde(default)]
    #[schemars(extend("x-rule" = rule::name()))]
    domain: Option<String>,
}
request_body!(NewDataProduct);

impl From<NewDataProduct> for store::NewDataProduct {
    fn from(new: NewDataProduct) -> Self {
        let NewDataProduct { name, namespace, description, kind, domain } = new;
        store::NewDataProduct { name, namespace, description, kind, domain }
    }
}
