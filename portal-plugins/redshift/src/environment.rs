//! What the operator configures for Amazon Redshift in each environment.

use portal_core::prelude::*;

/// The database that a name stands for in one environment.
#[entry]
pub struct RedshiftDatabase {
    /// Name that data outputs use.
    pub identifier: String,
    /// Name of the database in the cluster.
    pub database_name: String,
    /// Name of the bucket that its external tables lie in.
    pub bucket_identifier: String,
    /// Path of these files within the bucket.
    pub s3_path: String,
}

impl Example for RedshiftDatabase {
    fn example(acronym: &str) -> Self {
        RedshiftDatabase {
            identifier: "analytics".into(),
            database_name: format!("analytics_{acronym}"),
            bucket_identifier: "datalake".into(),
            s3_path: "analytics".into(),
        }
    }
}
