//! Databricks: a schema of a Unity Catalog catalog, or one table of it.

mod environment;

use portal_core::prelude::*;

pub use environment::{DatabricksAccount, DatabricksCatalog};

diesel::table! {
    databricks_data_outputs (id) {
        id -> Text,
        catalog -> Text,
        schema -> Text,
        access_granularity -> Text,
        #[sql_name = "table"]
        table_name -> Text,
        bucket_identifier -> Text,
        catalog_path -> Text,
        table_path -> Text,
    }
}

/// A schema of a Databricks catalog, or one of its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = databricks_data_outputs, treat_none_as_default_value = false)]
pub struct DatabricksDataOutput {
    /// Catalog that holds the schema.
    #[schemars(extend("x-form" = select().required().options_from_platform().namespace()))]
    pub catalog: String,
    /// Schema within the catalog.
    #[serde(default)]
    #[schemars(extend("x-form" = text().required()))]
    pub schema: String,
    /// Whether the asset is everything in the schema, or one table of it.
    #[schemars(extend("x-form" = radio().required().initial("schema")))]
    pub access_granularity: AccessGranularity,
    /// The table; `*` stands for all of them.
    #[serde(default = "all_tables")]
    #[schemars(extend("x-form" = text().required().shown_when("access_granularity", "table")))]
    #[diesel(column_name = table_name)]
    pub table: String,
    /// Bucket that the files behind the tables lie in.
    #[serde(default)]
    #[schemars(extend("x-form" = derived()))]
    pub bucket_identifier: String,
    /// Path of the catalog; its name unless given.
    #[serde(default)]
    #[schemars(extend("x-form" = derived()))]
    pub catalog_path: String,
    /// Path of the table; its name unless given.
    #[serde(default)]
    #[schemars(extend("x-form" = derived()))]
    pub table_path: String,
}

fn all_tables() -> String {
    "*".into()
}

impl Plugin for DatabricksDataOutput {
    const ID: &'static str = "databricks";
    const PLATFORM: Platform = Platform {
        display_name: "Databricks",
        icon: icon!("databricks-logo.svg"),
        parent: None,
        has_environments: true,
    };
    type PlatformValues = DatabricksAccount;

    fn example_values(acronym: &str) -> DatabricksAccount {
        DatabricksAccount::example(acronym)
    }

    fn url(place: &Place<'_, DatabricksAccount>) -> Link {
        let domain = &place.product.domain.name;
        let workspace = place.values()?.workspace_urls.get(domain).ok_or_else(|| {
            LinkError::NotConfigured(format!(
                "no workspace is configured for the domain {domain:?}"
            ))
        })?;
        Ok(workspace.base().to_owned())
    }
}

impl DataOutput for DatabricksDataOutput {
    const WIRE_NAME: &'static str = "DatabricksDataOutput";
    const ALIASES: &'static [&'static str] = &["DatabricksTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Schema";
    const RESULT_LABEL: &'static str = "Resulting table";
    const RESULT_TEMPLATE: &'static str = "{catalog}.{schema}.{table}";
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

    fn example_entry(acronym: &str) -> DatabricksCatalog {
        DatabricksCatalog::example(acronym)
    }

    fn normalise(&mut self) {
        if self.access_granularity == AccessGranularity::Schema {
            self.table = all_tables();
        }
        fill_if_empty(&mut self.catalog_path, &self.catalog);
        fill_if_empty(&mut self.table_path, &self.table);
    }

    fn entry_name(&self) -> Option<&str> {
        Some(&self.catalog)
    }

    fn asset_url(&self, catalog: &DatabricksCatalog, place: &Place<'_, DatabricksAccount>) -> Link {
        let schema = format!(
            "{}/explore/data/{}/{}",
            Self::url(place)?,
            encode(&catalog.identifier),
            encode(&self.schema)
        );
        Ok(match self.access_granularity {
            AccessGranularity::Schema => schema,
            AccessGranularity::Table => format!("{schema}/{}", encode(&self.table)),
        })
    }
}

register!(
    DatabricksDataOutput,
    databricks_data_outputs,
    migrations!["2026-01-28-120000_create_databricks"]
);

#[cfg(test)]
portal_testing::contract_test!(DatabricksDataOutput);
