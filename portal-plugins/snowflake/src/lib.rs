//! Snowflake: a schema of a database, or one table of it.

mod environment;

use portal_core::prelude::*;

pub use environment::{SnowflakeAccount, SnowflakeDatabase};

/// A schema of a Snowflake database, or one of its tables.
#[data_output(table = snowflake_data_outputs, result = "{database}.{schema}.{table}")]
pub struct SnowflakeDataOutput {
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

impl Plugin for SnowflakeDataOutput {
    const ID: &'static str = "snowflake";
    const PLATFORM: Platform = Platform::new("Snowflake", icon!("snowflake-logo.svg"));
    type PlatformValues = SnowflakeAccount;

    fn url(place: &Place<'_, SnowflakeAccount>) -> Link {
        Ok(place.values()?.login_url.base().to_owned())
    }
}

impl DataOutput for SnowflakeDataOutput {
    const ALIASES: &'static [&'static str] = &["SnowflakeTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Schema";
    const RESULT_LABEL: &'static str = "Resulting table";
    const TECHNICAL_INFO_TEMPLATE: &'static str = "{database_name}.{schema}.{table}";
    type Entry = SnowflakeDatabase;

    fn example() -> Self {
        SnowflakeDataOutput {
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
        template.render(values).replace('-', "_")
    }

    fn asset_url(&self, database: &SnowflakeDatabase, place: &Place<'_, SnowflakeAccount>) -> Link {
        let schema = format!(
            "{}/#/data/databases/{}/schemas/{}",
            place.values()?.login_url.base(),
            encode(&database.database_name),
            encode(&self.schema)
        );
        Ok(match self.access_granularity {
            AccessGranularity::Schema => schema,
            AccessGranularity::Table => format!("{schema}/table/{}", encode(&self.table)),
        })
    }
}

register!(SnowflakeDataOutput, migrations!["2026-01-28-120000_create_snowflake"]);

#[cfg(test)]
portal_testing::contract_test!(SnowflakeDataOutput);
