//! A plugin with every kind of column and control.

use portal_core::prelude::*;
use serde::Deserialize as _;

/// What a fixture asset is.
#[choice]
pub enum Kind {
    /// A stream of events.
    #[label("Event stream")]
    Stream,
    /// A set of files.
    #[label("Files")]
    Files,
}

/// How fast a fixture asset can be read.
#[choice]
pub enum Tier {
    /// At once.
    Hot,
    /// After hours.
    Cold,
}

/// An asset with every kind of column and control.
#[data_output(table = fixture_data_outputs, result = "{place}/{kind}/{tags}")]
pub struct FixtureDataOutput {
    /// Place that the asset lies in.
    #[form(select().options_from_platform().namespace())]
    pub place: String,
    /// What the asset is.
    #[form(radio().required().initial("files"))]
    pub kind: Kind,
    /// Days after which events are dropped; empty keeps them.
    #[serde(default)]
    #[form(text().shown_when("kind", "stream"))]
    pub retention_days: Option<i32>,
    /// Largest size in bytes.
    #[serde(default = "gibibyte")]
    #[schemars(range(min = 1))]
    #[form(text().label("Size limit (bytes)"))]
    pub size_limit: i64,
    /// Whether the asset is encrypted.
    #[serde(default)]
    #[form(checkbox())]
    pub encrypted: bool,
    /// Name of the key, for encrypted files.
    #[serde(default)]
    #[form(text().required()
        .shown_when("encrypted", true).shown_when("kind", "files"))]
    pub key_name: String,
    /// Words to find the asset by, at most three.
    #[serde(default)]
    #[form(select().max_count(3)
        .options(&[("Public", "public"), ("Internal", "internal"), ("Personal data", "pii"), ("Raw", "raw")]))]
    pub tags: List<String>,
    /// How fast it can be read.
    #[serde(default)]
    #[form(select())]
    pub tier: Option<Tier>,
    /// Anything else that readers should know.
    #[serde(default)]
    #[form(text())]
    pub note: Option<String>,
    /// Set by clients, never by people.
    #[serde(default)]
    #[form(text().hidden())]
    pub hidden_mark: String,
    /// Place and kind in one.
    #[form(derived())]
    pub full_name: String,
}

fn gibibyte() -> i64 {
    1 << 30
}

/// A place in one environment.
#[entry]
pub struct FixturePlace {
    /// Name that data outputs use.
    pub identifier: String,
    /// Where it is.
    #[serde(deserialize_with = "address")]
    pub address: String,
    /// Room that it is in, where there are several.
    #[serde(default)]
    pub room: Option<String>,
}

impl Example for FixturePlace {
    fn example(acronym: &str) -> Self {
        FixturePlace {
            identifier: "shelf".into(),
            address: format!("shelf-{acronym}"),
            room: Some("12".into()),
        }
    }
}

/// Reads an address as a plugin with a mistake does.
fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let address = String::deserialize(deserializer)?;
    assert!(address != "no such place", "the fixture cannot read {address:?}");
    Ok(address)
}

/// The values of the fixture platform in one environment.
#[platform_values]
pub struct FixtureValues {
    /// Where the platform is.
    pub base_url: HttpsUrl,
    /// What the platform asks for.
    #[serde(default)]
    pub token: Option<Secret>,
}

impl Example for FixtureValues {
    fn example(acronym: &str) -> Self {
        let base_url = HttpsUrl::literal(format!("https://fixture.example/{acronym}"));
        FixtureValues { base_url, token: None }
    }
}

impl Plugin for FixtureDataOutput {
    const ID: &'static str = "fixture";
    const PLATFORM: Platform = Platform::new("Fixture", icon!("fixture-logo.svg"));
    type PlatformValues = FixtureValues;

    fn url(place: &Place<'_, FixtureValues>) -> Link {
        Ok(place.values()?.base_url.base().to_owned())
    }
}

impl DataOutput for FixtureDataOutput {
    const ALIASES: &'static [&'static str] = &["FixtureTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Thing";
    const RESULT_LABEL: &'static str = "Resulting thing";
    const TECHNICAL_INFO_TEMPLATE: &'static str = "{environment}:{address}/{full_name}";
    type Entry = FixturePlace;

    fn example() -> Self {
        FixtureDataOutput {
            place: "shelf".into(),
            kind: Kind::Files,
            retention_days: None,
            size_limit: 5_000_000_000,
            encrypted: true,
            key_name: "main".into(),
            tags: List(vec!["internal".into(), "raw".into()]),
            tier: Some(Tier::Cold),
            note: Some("kept for audits".into()),
            hidden_mark: String::new(),
            full_name: "shelf.files".into(),
        }
    }

    fn normalise(&mut self) {
        let kind = if self.kind == Kind::Files { "files" } else { "stream" };
        self.full_name = format!("{}.{kind}", self.place);
    }

    fn validate(&self, product: &DataProduct, problems: &mut Problems) {
        if self.key_name == product.namespace {
            problems
                .field(Self::FIELDS.key_name, "the key must not be named like the data product");
        }
    }
}

register!(FixtureDataOutput, migrations!["2026-02-01-000000_create_fixture"]);

#[cfg(test)]
portal_testing::contract_test!(FixtureDataOutput);
