//! What the operator configures for AWS Glue in each environment.

use portal_core::prelude::*;

/// The database that a name stands for in one environment.
#[entry]
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

impl Example for GlueDatabase {
    fn example(acronym: &str) -> Self {
        GlueDatabase {
            identifier: "analytics".into(),
            database_name: format!("analytics_{acronym}"),
            bucket_identifier: "datalake".into(),
            s3_path: "analytics".into(),
            athena_workgroup_template: String::new(),
        }
    }
}
