//! AWS Systems Manager Parameter Store: one parameter below the data product's path.

use aws_platform::{AWS, AwsAccount};
use portal_core::prelude::*;

/// How the value of a parameter is kept.
#[choice]
pub enum Kind {
    /// A text.
    #[label("Text")]
    String,
    /// Texts with commas between them.
    #[label("List of texts")]
    StringList,
    /// A text that a key encrypts.
    #[label("Secure text")]
    SecureString,
}

/// A parameter that the data product writes.
#[data_output(table = parameter_store_parameters, result = "/{path}/{parameter}")]
pub struct Parameter {
    /// First part of the name, without slashes around it.
    #[form(text().required().namespace())]
    pub path: String,
    /// Rest of the name: letters, digits and `.`, `-`, `_` or `/`.
    #[form(text().required())]
    pub parameter: String,
    /// How the value is kept.
    #[form(radio().required().initial("string"))]
    pub kind: Kind,
    /// Key that encrypts the value; the account's own when it is left out.
    #[form(text().label("KMS key").shown_when("kind", "secure_string"))]
    pub kms_key: Option<String>,
    /// Advanced parameters hold up to 8 KB, for a fee.
    #[serde(default = "standard")]
    #[form(select().options(&[("Standard", "standard"), ("Advanced", "advanced")]))]
    pub tier: String,
    /// Whether a value that is there already is replaced.
    #[serde(default)]
    #[form(checkbox())]
    pub overwrite: bool,
    /// Who may read it, at most three.
    #[serde(default)]
    #[form(select().max_count(3).options(&[
        ("Public", "public"), ("Internal", "internal"), ("Personal", "pii"), ("Raw", "raw"),
    ]))]
    pub labels: List<String>,
    /// Days that former versions are kept.
    #[serde(default = "month")]
    #[schemars(range(min = 1, max = 365))]
    #[form(text())]
    pub retention_days: i32,
}

fn standard() -> String {
    "standard".to_owned()
}

fn month() -> i32 {
    30
}

impl Plugin for Parameter {
    const ID: &'static str = "parameter-store";
    const PLATFORM: Platform =
        Platform::new("Parameter Store", icon!("parameter-store-logo.svg")).part_of(AWS);
    const HOME: Option<&'static str> =
        Some("https://{region}.console.aws.amazon.com/systems-manager/parameters?region={region}");
    type PlatformValues = AwsAccount;
}

impl DataOutput for Parameter {
    const DETAILED_NAME: &'static str = "Parameter";
    const RESULT_LABEL: &'static str = "Resulting parameter";
    const TECHNICAL_INFO_TEMPLATE: &'static str =
        "arn:aws:ssm:{region}:{account_id}:parameter/{path}/{parameter}";
    type Entry = NoValues;

    fn example() -> Self {
        Parameter {
            path: "sales".into(),
            parameter: "db/password".into(),
            kind: Kind::SecureString,
            kms_key: Some("alias/sales".into()),
            tier: standard(),
            overwrite: true,
            labels: List(vec!["internal".into(), "raw".into()]),
            retention_days: 7,
        }
    }

    fn validate(&self, _: &DataProduct, problems: &mut Problems) {
        // The reserved prefixes of "Requirements and constraints for parameter names".
        let start = self.path.to_lowercase();
        if start.starts_with("aws") || start.starts_with("ssm") {
            problems.field(Self::FIELDS.path, "names that begin with aws or ssm belong to AWS");
        }
    }

    fn asset_url(&self, _: &NoValues, place: &Place<'_, AwsAccount>) -> Link {
        let region = encode(&place.values()?.region);
        let name = encode(&format!("/{}/{}", self.path, self.parameter));
        Ok(format!(
            "https://{region}.console.aws.amazon.com/systems-manager/parameters/{name}/description?region={region}"
        ))
    }
}

register!(
    Parameter,
    migrations!["2026-03-01-090000_create_parameter_store", "2026-04-02-100000_add_retention"]
);

#[cfg(test)]
portal_testing::contract_test!(Parameter);

#[cfg(test)]
mod tests;
