//! Snowflake: a schema of a database, or one table of it.

mod environment;

use portal_core::prelude::*;

pub use environment::{SnowflakeAccount, SnowflakeDatabase};

diesel::table! {
    snowflake_data_outputs (id) {
        id -> Text,
        database -> Text,
        schema -> Text,
        access_granularity -> Text,
        #[sql_name = "table"]
        table_name -> Text,
        bucket_identifier -> Text,
        database_path -> Text,
        table_path -> Text,
    }
}

/// A schema of a Snowflake database, or one of its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = snowflake_data_outputs, treat_none_as_default_value = false)]
pub struct SnowflakeDataOutput {
    /// Database that holds the schema.
    #[schemars(extend("x-form" = select().required().options_from_platform().namespace()))]
    pub database: String,
    /// Schema within the database.
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
    /// Path of the database; its name unless given.
    #[serde(default)]
    #[schemars(extend("x-form" = derived()))]
    pub database_path: String,
    /// Path of the table; its name unless given.
    #[serde(default)]
    #[schemars(extend("x-form" = derived()))]
    pub table_path: String,
}

fn all_tables() -> String {
    "*".into()
}

impl Plugin for SnowflakeDataOutput {
    const ID: &'static str = "snowflake";
    const PLATFORM: Platform = Platform {
        display_name: "Snowflake",
        icon: icon!("snowflake-logo.svg"),
        parent: None,
        has_environments: true,
    };
    type PlatformValues = SnowflakeAccount;

    fn example_values(acronym: &str) -> SnowflakeAccount {
        SnowflakeAccount::example(acronym)
    }

    fn url(place: &Place<'_, SnowflakeAccount>) -> Link {
        Ok(place.values()?.login_url.base().to_owned())
    }
}

impl DataOutput for SnowflakeDataOutput {
    const WIRE_NAME: &'static str = "SnowflakeDataOutput";
    const ALIASES: &'static [&'static str] = &["SnowflakeTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Schema";
    const RESULT_LABEL: &'static str = "Resulting table";
    const RESULT_TEMPLATE: &'static str = "{database}.{schema}.{table}";
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

    fn example_entry(acronym: &str) -> SnowflakeDatabase {
        SnowflakeDatabase::example(acronym)
    }

    fn normalise(&mut self) {
        if self.access_granularity == AccessGranularity::Schema {
            self.table = all_tables();
        }
        fill_if_empty(&mut self.database_path, &self.database);
        fill_if_empty(&mut self.table_path, &self.table);
    }

    fn entry_name(&self) -> Option<&str> {
        Some(&self.database)
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

register!(
    SnowflakeDataOutput,
    snowflake_data_outputs,
    migrations!["2026-01-28-120000_create_snowflake"]
);

#[cfg(test)]
portal_testing::contract_test!(SnowflakeDataOutput);
