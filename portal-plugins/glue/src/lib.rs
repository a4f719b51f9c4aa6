//! AWS Glue: a database of the data catalog, or one table of it.

mod environment;

use aws_platform::{AWS, AwsAccount};
use portal_core::prelude::*;

pub use environment::GlueDatabase;

/// A database of the AWS Glue data catalog, or one of its tables.
#[data_output(table = glue_data_outputs, result = "{database}__{database_suffix}.{table}")]
pub struct GlueDataOutput {
    /// Database that holds the tables.
    #[form(select().required().options_from_platform().namespace())]
    pub database: String,
    /// Continues the name of the database.
    #[serde(default)]
    #[form(text().required())]
    pub database_suffix: String,
    /// Whether the asset is everything in the database, or one table of it.
    #[form(radio().required().initial("schema"))]
    pub access_granularity: AccessGranularity,
    /// The table; `*` stands for all of them.
    #[serde(default = "AccessGranularity::all_tables")]
    #[form(text().required().shown_when("access_granularity", "table"))]
    pub table: String,
    /// Bucket that the files behind the tables lie in.
    #[form(derived())]
    pub bucket_identifier: String,
    /// Path of the database; its name unless given.
    #[form(derived())]
    pub database_path: String,
    /// Path of the table; its name unless given.
    #[form(derived())]
    pub table_path: String,
}

impl Plugin for GlueDataOutput {
    const ID: &'static str = "glue";
    const PLATFORM: Platform = Platform::new("Glue", icon!("glue-logo.svg")).part_of(AWS);
    const HOME: Option<&'static str> =
        Some("https://{account_id}.signin.aws.amazon.com/console/glue?region={region}");
    type PlatformValues = AwsAccount;
}

impl DataOutput for GlueDataOutput {
    const ALIASES: &'static [&'static str] = &["GlueTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Database";
    const RESULT_LABEL: &'static str = "Resulting table";
    const TECHNICAL_INFO_TEMPLATE: &'static str = "{database_name}__{database_suffix}.{table}";
    type Entry = GlueDatabase;

    fn example() -> Self {
        GlueDataOutput {
            database: "analytics".into(),
            database_suffix: "raw".into(),
            access_granularity: AccessGranularity::Table,
            table: "orders".into(),
            bucket_identifier: String::new(),
            database_path: "analytics".into(),
            table_path: "orders".into(),
        }
    }

    fn normalise(&mut self) {
        fill_if_empty(&mut self.database_path, &self.database);
        fill_if_empty(&mut self.table_path, &self.table);
    }

    fn render(&self, template: &Template, values: Values<'_>) -> String {
        trim_parts(&template.render(values), '.', '_')
    }

    fn asset_url(&self, entry: &GlueDatabase, place: &Place<'_, AwsAccount>) -> Link {
        let AwsAccount { account_id, region, .. } = place.values()?;
        let (account, region) = (encode(account_id), encode(region));
        let name = format!("{}__{}", entry.database_name, self.database_suffix);
        let database = encode(&trim_parts(&name, '.', '_'));
        let catalog = format!(
            "https://{region}.console.aws.amazon.com/glue/home?region={region}#/v2/data-catalog"
        );
        Ok(match self.access_granularity {
            AccessGranularity::Schema => {
                format!("{catalog}/databases/view/{database}?catalogId={account}")
            }
            AccessGranularity::Table => format!(
                "{catalog}/tables/view/{}?database={database}&catalogId={account}",
                encode(&self.table)
            ),
        })
    }
}

register!(GlueDataOutput, migrations!["2026-01-28-120100_create_glue"]);

#[cfg(test)]
portal_testing::contract_test!(GlueDataOutput);
