//! What the operator configures for AWS Glue in each environment.

use portal_core::prelude::*;

/// The platform that Glue is a service of.
pub(crate) const AWS: Parent = Parent {
    key: "aws",
    display_name: "Amazon Web Services",
    icon: icon!("aws-logo.svg"),
    console: "https://{account_id}.signin.aws.amazon.com/console?region={region}",
};

/// The AWS account of one environment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AwsAccount {
    /// Account number, 12 digits.
    pub account_id: String,
    /// Region, such as `eu-west-1`.
    pub region: String,
    /// Names of the environments whose data this one may read.
    #[serde(default)]
    pub can_read_from: Vec<String>,
}

impl AwsAccount {
    pub(crate) fn example() -> Self {
        AwsAccount {
            account_id: "123456789012".into(),
            region: "eu-west-1".into(),
            can_read_from: Vec::new(),
        }
    }
}

/// The database that a name stands for in one environment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GlueDatabase {
    /// Name that data outputs use.
    pub identifier: String,
    /// Name of the database in the data catalog.
    pub database_name: String,
    /// Name of the bucket that its files lie in.
    pub bucket_identifier: String,
    /// Path of its files within the bucket.
    pub s3_path: String,
    /// Template of the Athena workgroup that queries it; empty for the primary one.
    #[serde(default)]
    pub athena_workgroup_template: String,
}

impl GlueDatabase {
    pub(crate) fn example(acronym: &str) -> Self {
        GlueDatabase {
            identifier: "analytics".into(),
            database_name: format!("analytics_{acronym}"),
            bucket_identifier: "datalake".into(),
            s3_path: "analytics".into(),
            athena_workgroup_template: String::new(),
        }
    }
}
