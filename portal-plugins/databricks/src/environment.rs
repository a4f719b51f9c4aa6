//! What the operator configures for Databricks in each environment.

use std::collections::BTreeMap;

use portal_core::prelude::*;

/// The Databricks account of one environment.
#[platform_values]
pub struct DatabricksAccount {
    /// Address of the workspace of each domain, by the domain's name; `*` stands for every other one.
    pub workspace_urls: BTreeMap<String, HttpsUrl>,
    /// Id of the account.
    pub account_id: String,
    /// Id of the Unity Catalog metastore.
    pub metastore_id: String,
    /// Name of the storage credential that the catalogs use.
    pub credential_name: String,
}

impl Example for DatabricksAccount {
    fn example(acronym: &str) -> Self {
        let workspaces = ["General", "Sales", "Finance"].map(|domain| {
            let name = domain.to_lowercase();
            let url = format!("https://acme-{name}-{acronym}.cloud.databricks.com");
            (domain.to_owned(), HttpsUrl::literal(url))
        });
        DatabricksAccount {
            workspace_urls: workspaces.into(),
            account_id: "5f0c8a2e-1111-4222-8333-944455556666".into(),
            metastore_id: "0a1b2c3d-1111-4222-8333-944455556666".into(),
            credential_name: format!("acme-{acronym}"),
        }
    }
}

/// The catalog that a name stands for in one environment.
#[entry]
pub struct DatabricksCatalog {
    /// Name of the catalog, which data outputs use as well.
    pub identifier: String,
}

impl Example for DatabricksCatalog {
    fn example(_acronym: &str) -> Self {
        DatabricksCatalog { identifier: "analytics".into() }
    }
}
