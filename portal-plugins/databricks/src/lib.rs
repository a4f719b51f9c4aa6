//! Databricks: a schema of a Unity Catalog catalog, or one table of it.

mod environment;

use portal_core::prelude::*;

pub use environment::{DatabricksAccount, DatabricksCatalog};

/// A schema of a Databricks catalog, or one of its tables.
#[data_output(table = databricks_data_outputs, result = "{catalog}.{schema}.{table}")]
pub struct DatabricksDataOutput {
    /// Catalog that holds the schema.
    #[form(select().required().options_from_platform().namespace())]
    pub catalog: String,
    /// Schema within the catalog.
    #[serde(default)]
    #[form(text().required())]
    pub schema: String,
    /// Whether the asset is everything in the schema, or one table of it.
    #[form(radio().required().initial("schema"))]
    pub access_granularity: AccessGranularity,
    /// The table; `*` stands for all of them.
    #[serde(default = "AccessGranularity::all_tables")]
    #[form(text().required().shown_when("access_granularity", "table"))]
    pub table: String,
    /// Bucket that the files behind the tables lie in.
    #[form(derived())]
    pub bucket_identifier: String,
    /// Path of the catalog; its name unless given.
    #[form(derived())]
    pub catalog_path: String,
    /// Path of the table; its name unless given.
    #[form(derived())]
    pub table_path: String,
}

impl Plugin for DatabricksDataOutput {
    const ID: &'static str = "databricks";
    const PLATFORM: Platform = Platform::new("Databricks", icon!("databricks-logo.svg"));
    type PlatformValues = DatabricksAccount;

    fn url(place: &Place<'_, DatabricksAccount>) -> Link {
        let domain = place.product.domain.name.as_str();
        let workspaces = &place.values()?.workspace_urls;
        let missing = format!("no workspace is configured for the domain {domain:?}");
        let workspace = workspaces.get(domain).or_else(|| workspaces.get("*"));
        let workspace = workspace.ok_or(LinkError::NotConfigured(missing))?;
        Ok(workspace.base().to_owned())
    }
}

impl DataOutput for DatabricksDataOutput {
    const ALIASES: &'static [&'static str] = &["DatabricksTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Schema";
    const RESULT_LABEL: &'static str = "Resulting table";
    type Entry = DatabricksCatalog;

    fn example() -> Self {
        DatabricksDataOutput {
            catalog: "analytics".into(),
            schema: "reporting".into(),
            access_granularity: AccessGranularity::Table,
            table: "orders".into(),
            bucket_identifier: String::new(),
            catalog_path: "analytics".into(),
            table_path: "orders".into(),
        }
    }

    fn normalise(&mut self) {
        fill_if_empty(&mut self.catalog_path, &self.catalog);
        fill_if_empty(&mut self.table_path, &self.table);
    }

    fn asset_url(&self, catalog: &DatabricksCatalog, place: &Place<'_, DatabricksAccount>) -> Link {
        let (catalog, schema) = (encode(&catalog.identifier), encode(&self.schema));
        let schema = format!("{}/explore/data/{catalog}/{schema}", Self::url(place)?);
        Ok(match self.access_granularity {
            AccessGranularity::Schema => schema,
            AccessGranularity::Table => format!("{schema}/{}", encode(&self.table)),
        })
    }
}

register!(DatabricksDataOutput, migrations!["2026-01-28-120000_create_databricks"]);

#[cfg(test)]
portal_testing::contract_test!(DatabricksDataOutput);
