//! Amazon Redshift: a schema of a database, or one table of it.

mod environment;

use aws_platform::{AWS, AwsAccount};
use portal_core::prelude::*;

pub use environment::RedshiftDatabase;

diesel::table! {
    redshift_data_outputs (id) {
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

/// A schema of an Amazon Redshift database, or one of its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = redshift_data_outputs, treat_none_as_default_value = false)]
pub struct RedshiftDataOutput {
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

impl Plugin for RedshiftDataOutput {
    const ID: &'static str = "redshift";
    const PLATFORM: Platform = Platform {
        display_name: "Redshift",
        icon: icon!("aws-redshift-logo.svg"),
        parent: Some(AWS),
        has_environments: true,
    };
    const HOME: Option<&'static str> =
        Some("https://{account_id}.signin.aws.amazon.com/console/redshiftv2?region={region}");
    type PlatformValues = AwsAccount;

    fn example_values(_acronym: &str) -> AwsAccount {
        AwsAccount::example()
    }
}

impl DataOutput for RedshiftDataOutput {
    const WIRE_NAME: &'static str = "RedshiftDataOutput";
    const ALIASES: &'static [&'static str] = &["RedshiftTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Schema";
    const RESULT_LABEL: &'static str = "Resulting table";
    const RESULT_TEMPLATE: &'static str = "{database}__{schema}.{table}";
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

    fn example_entry(acronym: &str) -> RedshiftDatabase {
        RedshiftDatabase::example(acronym)
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

register!(
    RedshiftDataOutput,
    redshift_data_outputs,
    migrations!["2026-01-28-120200_create_redshift"]
);

#[cfg(test)]
portal_testing::contract_test!(RedshiftDataOutput);
