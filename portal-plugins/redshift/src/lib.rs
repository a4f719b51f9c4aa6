//! Amazon Redshift: a schema of a database, or one table of it.

mod environment;

use aws_platform::{AWS, AwsAccount};
use portal_core::prelude::*;

pub use environment::RedshiftDatabase;

/// A schema of an Amazon Redshift database, or one of its tables.
#[data_output(table = redshift_data_outputs, result = "{database}__{schema}.{table}")]
pub struct RedshiftDataOutput {
    /// Database that holds the schema.
    #[form(select().required().options_from_platform().namespace())]
    pub database: String,
    /// Schema within the database.
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
    /// Path of the database; its name unless given.
    #[form(derived())]
    pub database_path: String,
    /// Path of the table; its name unless given.
    #[form(derived())]
    pub table_path: String,
}

impl Plugin for RedshiftDataOutput {
    const ID: &'static str = "redshift";
    const PLATFORM: Platform =
        Platform::new("Redshift", icon!("aws-redshift-logo.svg")).part_of(AWS);
    const HOME: Option<&'static str> =
        Some("https://{account_id}.signin.aws.amazon.com/console/redshiftv2?region={region}");
    type PlatformValues = AwsAccount;
}

impl DataOutput for RedshiftDataOutput {
    const ALIASES: &'static [&'static str] = &["RedshiftTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Schema";
    const RESULT_LABEL: &'static str = "Resulting table";
    const TECHNICAL_INFO_TEMPLATE: &'static str = "{database_name}__{schema}.{table}";
    type Entry = RedshiftDatabase;

    fn example() -> Self {
        RedshiftDataOutput {
            database: "analytics".into(),
            schema: "reporting".into(),
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

    fn asset_url(&self, entry: &RedshiftDatabase, place: &Place<'_, AwsAccount>) -> Link {
        let region = encode(&place.values()?.region);
        let schema = format!(
            "https://{region}.console.aws.amazon.com/sqlworkbench/home?region={region}#/client?database={}&schema={}",
            encode(&entry.database_name),
            encode(&self.schema)
        );
        Ok(match self.access_granularity {
            AccessGranularity::Schema => schema,
            AccessGranularity::Table => format!("{schema}&table={}", encode(&self.table)),
        })
    }
}

register!(RedshiftDataOutput, migrations!["2026-01-28-120200_create_redshift"]);

#[cfg(test)]
portal_testing::contract_test!(RedshiftDataOutput);
