//! What the operator configures for S3 in each environment.

use portal_core::prelude::*;

/// The platform that S3 is a service of.
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
}

impl AwsAccount {
    pub(crate) fn example() -> Self {
        AwsAccount { account_id: "123456789012".into(), region: "eu-west-1".into() }
    }
}

/// The bucket that a name stands for in one environment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
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

impl S3Bucket {
    pub(crate) fn example(acronym: &str) -> Self {
        S3Bucket {
            identifier: "datalake".into(),
            bucket_name: format!("acme-datalake-{acronym}"),
            bucket_arn: format!("arn:aws:s3:::acme-datalake-{acronym}"),
            kms_key_arn: format!("arn:aws:kms:eu-west-1:123456789012:alias/datalake-{acronym}"),
            is_default: true,
        }
    }
}
