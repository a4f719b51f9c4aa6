//! Amazon S3: one prefix of one bucket.

mod environment;

use aws_platform::{AWS, AwsAccount};
use portal_core::prelude::*;

pub use environment::S3Bucket;

/// A prefix of an S3 bucket that the data product writes to.
#[data_output(table = s3_data_outputs, result = "{bucket}/{suffix}/{path}")]
pub struct S3DataOutput {
    /// Bucket that holds the data.
    #[form(select().required().options_from_platform())]
    pub bucket: String,
    /// First part of the path: the data product's namespace.
    #[serde(default)]
    #[form(text().required().hidden().namespace())]
    pub suffix: String,
    /// Path below the data product's own folder.
    #[form(text().required())]
    pub path: String,
}

impl Plugin for S3DataOutput {
    const ID: &'static str = "s3";
    const PLATFORM: Platform = Platform::new("S3", icon!("s3-logo.svg")).part_of(AWS);
    const HOME: Option<&'static str> =
        Some("https://{account_id}.signin.aws.amazon.com/console/s3?region={region}");
    type PlatformValues = AwsAccount;
}

impl DataOutput for S3DataOutput {
    const ALIASES: &'static [&'static str] = &["S3TechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Path";
    const RESULT_LABEL: &'static str = "Resulting path";
    const TECHNICAL_INFO_TEMPLATE: &'static str = "{bucket_arn}/{suffix}/{path}/*";
    type Entry = S3Bucket;

    fn example() -> Self {
        S3DataOutput { bucket: "datalake".into(), suffix: "".into(), path: "daily".into() }
    }

    fn render(&self, template: &Template, values: Values<'_>) -> String {
        drop_empty_parts(&template.render(values), '/')
    }

    fn asset_url(&self, bucket: &S3Bucket, place: &Place<'_, AwsAccount>) -> Link {
        let region = encode(&place.values()?.region);
        let prefix = drop_empty_parts(&format!("{}/{}", self.suffix, self.path), '/');
        Ok(format!(
            "https://{region}.console.aws.amazon.com/s3/buckets/{}?region={region}&prefix={}",
            encode(&bucket.bucket_name),
            encode(&format!("{prefix}/"))
        ))
    }
}

register!(S3DataOutput, migrations!["2026-01-28-124200_create_s3"]);

#[cfg(test)]
portal_testing::contract_test!(S3DataOutput);
