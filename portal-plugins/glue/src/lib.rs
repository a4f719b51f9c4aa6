//! AWS Glue: a database of the data catalog, or one table of it.

mod environment;

use aws_platform::{AWS, AwsAccount};
use portal_core::prelude::*;

pub use environment::GlueDatabase;

diesel::table! {
    glue_data_outputs (id) {
        id -> Text,
        database -> Text,
        database_suffix -> Text,
        access_granularity -> Text,
        #[sql_name = "table"]
        table_name -> Text,
        bucket_identifier -> Text,
        database_path -> Text,
        table_path -> Text,
    }
}

/// A database of the AWS Glue data catalog, or one of its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = glue_data_outputs, treat_none_as_default_value = false)]
pub struct GlueDataOutput {
    /// Database that holds the tables.
    #[schemars(extend("x-form" = select().required().options_from_platform().namespace()))]
    pub database: String,
    /// Continues the name of the database.
    #[serde(default)]
    #[schemars(extend("x-form" = text().required()))]
    pub database_suffix: String,
    /// Whether the asset is everything in the database, or one table of it.
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

impl Plugin for GlueDataOutput {
    const ID: &'static str = "glue";
    const PLATFORM: Platform = Platform {
        display_name: "Glue",
        icon: icon!("glue-logo.svg"),
        parent: Some(AWS),
        has_environments: true,
    };
    const HOME: Option<&'static str> =
        Some("https://{account_id}.signin.aws.amazon.com/console/glue?region={region}");
    type PlatformValues = AwsAccount;

    fn example_values(_acronym: &str) -> AwsAccount {
        AwsAccount::example()
    }
}

impl DataOutput for GlueDataOutput {
    const WIRE_NAME: &'static str = "GlueDataOutput";
    const ALIASES: &'static [&'static str] = &["GlueTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Database";
    const RESULT_LABEL: &'static str = "Resulting table";
    const RESULT_TEMPLATE: &'static str = "{database}__{database_suffix}.{table}";
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

    fn example_entry(acronym: &str) -> GlueDatabase {
        GlueDatabase::example(acronym)
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

register!(GlueDataOutput, glue_data_outputs, migrations!["2026-01-28-120100_create_glue"]);

#[cfg(test)]
portal_testing::contract_test!(GlueDataOutput);
