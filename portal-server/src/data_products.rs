//! What creating a data product takes, whoever asks for it: the API or a page.

use portal_core::{Id, Result};
use portal_engine::db::Connection;
use portal_engine::store;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::body::{Checked, request_body};
use crate::rule;

/// What creating a data product takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewDataProduct")]
pub(crate) struct DataProductBody {
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
request_body!(DataProductBody);

/// Checks and stores a new data product.
pub(crate) fn create(
    connection: &mut Connection,
    mut body: Checked<DataProductBody>,
) -> Result<Id> {
    for field in ["name", "type", "domain"] {
        body.check_text(field, |name| store::check_name(field, name));
    }
    body.check_text("description", store::check_description);
    body.check_text("namespace", store::check_namespace);
    // The index says it of a namespace that is all there is to refuse.
    if body.is_wrong()
        && !body.is_wrong_at("namespace")
        && let Some(namespace) = body.field("namespace").as_str()
        && let Some(taken) = store::taken_product_namespace(connection, namespace)?
    {
        body.refuse("", taken);
    }
    store::create_data_product(connection, &body.read()?.into())
}

impl From<DataProductBody> for store::NewDataProduct {
    fn from(new: DataProductBody) -> Self {
        let DataProductBody { name, namespace, description, kind, domain } = new;
        store::NewDataProduct { name, namespace, description, kind, domain }
    }
}
