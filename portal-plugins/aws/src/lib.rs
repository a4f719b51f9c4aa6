//! Amazon Web Services, as every plugin for one of its services declares it: the platform, its icon
//! and its console, and the account that the operator configures for each environment.
//!
//! Plugins of one platform must agree on all of this, so they take it from here, a plugin of your
//! own too: `Platform::new(…).part_of(AWS)` and `type PlatformValues = AwsAccount`.

#![deny(missing_docs)]

use portal_core::platform::Parent;
use portal_core::prelude::*;

/// The platform.
pub const AWS: Parent = Parent {
    key: "aws",
    display_name: "Amazon Web Services",
    icon: icon!("aws-logo.svg"),
    console: "https://{account_id}.signin.aws.amazon.com/console?region={region}",
};

/// The AWS account of one environment.
#[platform_values]
pub struct AwsAccount {
    /// Account number, 12 digits.
    pub account_id: String,
    /// Region, such as `eu-west-1`.
    pub region: String,
    /// Names of the environments whose data this one may read.
    #[serde(default)]
    pub can_read_from: Vec<String>,
}

impl Example for AwsAccount {
    fn example(_acronym: &str) -> Self {
        AwsAccount {
            account_id: "123456789012".into(),
            region: "eu-west-1".into(),
            can_read_from: Vec::new(),
        }
    }
}
