//! What the operator configures for Snowflake in each environment.

use portal_core::prelude::*;

/// The Snowflake account of one environment.
#[platform_values]
pub struct SnowflakeAccount {
    /// Address of Snowsight for this account, such as `https://app.snowflake.com/acme/prd`.
    pub login_url: HttpsUrl,
}

impl Example for SnowflakeAccount {
    fn example(acronym: &str) -> Self {
        SnowflakeAccount {
            login_url: HttpsUrl::literal(format!("https://app.snowflake.com/acme/{acronym}")),
        }
    }
}

/// The database that a name stands for in one environment.
#[entry]
pub struct SnowflakeDatabase {
    /// Name that data outputs use.
    pub identifier: String,
    /// Name of the database in Snowflake.
    pub database_name: String,
}

impl Example for SnowflakeDatabase {
    fn example(acronym: &str) -> Self {
        SnowflakeDatabase {
            identifier: "analytics".into(),
            database_name: format!("analytics_{acronym}"),
        }
    }
}
