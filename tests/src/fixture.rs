//! A plugin with every kind of column and control.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use portal_core::prelude::*;

diesel::table! {
    fixture_data_outputs (id) {
        id -> Text,
        place -> Text,
        kind -> Text,
        retention_days -> Nullable<Integer>,
        size_limit -> BigInt,
        encrypted -> Bool,
        key_name -> Text,
        tags -> Text,
        tier -> Nullable<Text>,
        note -> Nullable<Text>,
        hidden_mark -> Text,
        full_name -> Text,
    }
}

/// What a fixture asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A stream of events.
    #[schemars(title = "Event stream")]
    Stream,
    /// A set of files.
    #[schemars(title = "Files")]
    Files,
}

text_column!(Kind);

/// How fast a fixture asset can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[derive(AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// At once.
    Hot,
    /// After hours.
    Cold,
}

text_column!(Tier);

/// An asset with every kind of column and control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = fixture_data_outputs, treat_none_as_default_value = false)]
pub struct FixtureDataOutput {
    /// Place that the asset lies in.
    #[schemars(extend("x-form" = select().options_from_platform().namespace()))]
    pub place: String,
    /// What the asset is.
    #[schemars(extend("x-form" = radio().required().initial("files")))]
    pub kind: Kind,
    /// Days after which events are dropped; empty keeps them.
    #[serde(default)]
    #[schemars(extend("x-form" = text().shown_when("kind", "stream")))]
    pub retention_days: Option<i32>,
    /// Largest size in bytes.
    #[serde(default = "gibibyte")]
    #[schemars(range(min = 1), extend("x-form" = text().label("Size limit (bytes)")))]
    pub size_limit: i64,
    /// Whether the asset is encrypted.
    #[serde(default)]
    #[schemars(extend("x-form" = checkbox()))]
    pub encrypted: bool,
    /// Name of the key, for encrypted files.
    #[serde(default)]
    #[schemars(extend("x-form" = text().required()
        .shown_when("encrypted", true).shown_when("kind", "files")))]
    pub key_name: String,
    /// Words to find the asset by, at most three.
    #[serde(default)]
    #[schemars(extend("x-form" = select().max_count(3)
        .options(&[("Public", "public"), ("Internal", "internal"), ("Personal data", "pii"), ("Raw", "raw")])))]
    pub tags: List<String>,
    /// How fast it can be read.
    #[serde(default)]
    #[schemars(extend("x-form" = select()))]
    pub tier: Option<Tier>,
    /// Anything else that readers should know.
    #[serde(default)]
    #[schemars(extend("x-form" = text()))]
    pub note: Option<String>,
    /// Set by clients, never by people.
    #[serde(default)]
    #[schemars(extend("x-form" = text().hidden()))]
    pub hidden_mark: String,
    /// Place and kind in one.
    #[serde(default)]
    #[schemars(extend("x-form" = derived()))]
    pub full_name: String,
}

fn gibibyte() -> i64 {
    1 << 30
}

/// A place in one environment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FixturePlace {
    /// Name that data outputs use.
    pub identifier: String,
    /// Where it is.
    #[serde(deserialize_with = "address")]
    pub address: String,
}

named_entry!(FixturePlace);

/// Reads an address as a plugin with a mistake does.
fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let address = String::deserialize(deserializer)?;
    assert!(address != "no such place", "the fixture cannot read {address:?}");
    Ok(address)
}

/// The values of the fixture platform in one environment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FixtureValues {
    /// Where the platform is.
    pub base_url: HttpsUrl,
    /// What the platform asks for.
    #[serde(default)]
    pub token: Option<Secret>,
}

impl Plugin for FixtureDataOutput {
    const ID: &'static str = "fixture";
    const PLATFORM: Platform = Platform {
        display_name: "Fixture",
        icon: icon!("fixture-logo.svg"),
        parent: None,
        has_environments: true,
    };
    type PlatformValues = FixtureValues;

    fn example_values(acronym: &str) -> FixtureValues {
        let base_url = HttpsUrl::literal(format!("https://fixture.example/{acronym}"));
        FixtureValues { base_url, token: None }
    }

    fn url(place: &Place<'_, FixtureValues>) -> Link {
        Ok(place.values()?.base_url.base().to_owned())
    }
}

impl DataOutput for FixtureDataOutput {
    const WIRE_NAME: &'static str = "FixtureDataOutput";
    const ALIASES: &'static [&'static str] = &["FixtureTechnicalAssetConfiguration"];
    const DETAILED_NAME: &'static str = "Thing";
    const RESULT_LABEL: &'static str = "Resulting thing";
    const RESULT_TEMPLATE: &'static str = "{place}/{kind}/{tags}";
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

    fn example_entry(acronym: &str) -> FixturePlace {
        FixturePlace { identifier: "shelf".into(), address: format!("shelf-{acronym}") }
    }

    fn normalise(&mut self) {
        let kind = if self.kind == Kind::Files { "files" } else { "stream" };
        self.full_name = format!("{}.{kind}", self.place);
    }

    fn validate(&self, product: &DataProduct, problems: &mut Problems) {
        if self.key_name == product.namespace {
            problems.field("key_name", "the key must not be named like the data product");
        }
    }

    fn entry_name(&self) -> Option<&str> {
        Some(&self.place)
    }
}

register!(FixtureDataOutput, fixture_data_outputs, migrations!["2026-02-01-000000_create_fixture"]);

#[cfg(test)]
portal_testing::contract_test!(FixtureDataOutput);
