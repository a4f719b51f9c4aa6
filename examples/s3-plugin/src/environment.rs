//! What the operator configures for S3 in each environment.

use portal_core::prelude::*;

/// The bucket that a name stands for in one environment.
#[entry(default = is_default)]
pub struct S3Bucket {
    /// Name that data outputs use.
    pub identifier: String,
    /// Name of the bucket at AWS.
    pub bucket_name: String,
    /// Amazon Resource Name of the bucket.
    pub bucket_arn: String,
    /// Amazon Resource Name of the key that encrypts it.
    pub kms_key_arn: String,
    /// Whether data products use it unless they say otherwise.
    pub is_default: bool,
}

impl Example for S3Bucket {
    fn example(acronym: &str) -> Self {
        S3Bucket {
            identifier: "datalake".into(),
            bucket_name: format!("acme-datalake-{acronym}"),
            bucket_arn: format!("arn:aws:s3:::acme-datalake-{acronym}"),
            kms_key_arn: format!("arn:aws:kms:eu-west-1:123456789012:alias/datalake-{acronym}"),
            is_default: true,
        }
    }
}
