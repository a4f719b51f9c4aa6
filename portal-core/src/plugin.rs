//! The contract: what a plugin author implements.
//!
//! A plugin is one crate with one type. The type implements [`Plugin`]; when data products can
//! store assets of it, the type is the stored configuration itself and implements [`DataOutput`]
//! as well. `register!` announces it. Everything that is not said here follows from the type: its
//! JSON Schema, its form, its checks, its columns.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data_product::DataProduct;
use crate::entry::{Entry, Example};
use crate::environment::{Link, LinkError, Place};
use crate::error::Problems;
use crate::platform::Platform;
use crate::stored::Stored;
use crate::template::{Template, Values};

/// One technology: its identity, its platform, and where a data product finds it.
///
/// A type that implements only this trait is a **launcher**: a tile with a link and nothing to
/// store.
pub trait Plugin: Sized + 'static {
    /// Identity: lower-case letters, digits and dashes, starting with a letter. It is the name of
    /// the crate's folder and feature, and the platform key on the wire. It never changes once
    /// rows exist.
    const ID: &'static str;

    /// Names, icon and parent.
    const PLATFORM: Platform;

    /// The values that the operator sets for this platform in each environment, such as account
    /// and region: only those that this plugin reads. Plugins of one parent share one set; the
    /// same name must mean the same thing in each of them. `()`-like platforms use [`NoValues`].
    type PlatformValues: Example + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static;

    /// Address of the platform's home in the right account and region: a template over the
    /// platform's values, `namespace` (of the data product) and `environment` (its acronym),
    /// such as `https://{account_id}.signin.aws.amazon.com/console`. Every value is
    /// percent-encoded. `None`, the default, says that there is no such link.
    const HOME: Option<&'static str> = None;

    /// Where a data product finds this platform. By default [`HOME`](Self::HOME), filled in;
    /// override it when the address cannot be written as a template.
    ///
    /// # Errors
    ///
    /// [`LinkError`] says why there is no link; that is an answer, not a failure.
    fn url(place: &Place<'_, Self::PlatformValues>) -> Link {
        place.fill(Self::HOME.ok_or(LinkError::Unsupported)?)
    }
}

/// A plugin with something to store: the configuration of one technical asset.
///
/// The implementing struct is the single source of schema, form, validation and columns. With
/// `#[data_output]` its fields are the columns of its table without `id`; each has a doc comment,
/// which is the tooltip, and a hint in `#[form(…)]`.
pub trait DataOutput:
    Plugin
    + Stored
    + Clone
    + Debug
    + PartialEq
    + Serialize
    + DeserializeOwned
    + JsonSchema
    + Send
    + Sync
{
    /// Value of `configuration_type` in requests and responses, by default the struct's name. It
    /// never changes once clients exist; after a rename, the former name goes into
    /// [`ALIASES`](Self::ALIASES).
    const WIRE_NAME: &'static str = Self::NAME;

    /// Former wire names, which stay valid in requests and in stored rows.
    const ALIASES: &'static [&'static str] = &[];

    /// Version of the struct's schema. A change that no longer reads what the last release wrote
    /// (a field that is removed, required now, or takes less) raises it and brings a migration;
    /// the contract test holds the released schema against the current one.
    const SCHEMA_VERSION: u32 = 1;

    /// What one asset is called in this technology, such as `Database`. By default the
    /// platform's name.
    const DETAILED_NAME: &'static str = Self::PLATFORM.display_name;

    /// Label of the rendered result, such as `Resulting path`.
    const RESULT_LABEL: &'static str = "Result";

    /// Template of the technical information of an asset in one environment, over the fields of
    /// the entry there, the struct's fields, the platform's values, and `environment`, the acronym;
    /// of the same name the first one wins. Secrets are not among them. An asset has no technical
    /// information where the template needs a value of a platform that is not configured.
    const TECHNICAL_INFO_TEMPLATE: &'static str = Self::RESULT_TEMPLATE;

    /// What the operator configures for this service in each environment: what a name in a data
    /// output stands for there. [`NoValues`] when there is nothing to configure but that the
    /// service is there.
    type Entry: Entry;

    /// A data output as a team might enter it; documentation, tests and the demo use it. When it
    /// refers to an entry by name, that is the name of the entry's own [`Example`].
    fn example() -> Self;

    /// Fills derived fields. Runs after the schema has been checked and must give the same
    /// result when it runs again. Does nothing by default.
    fn normalise(&mut self) {}

    /// Checks rules that the schema cannot express, against the data product that will own the
    /// asset. Everything wrong goes into `problems`; must not change or look up anything. Allows
    /// everything by default.
    ///
    /// It is asked beside other mistakes, so that all are told at once: a field that cannot be
    /// read, and one whose conditions rest on it, has its default then, or the example's value
    /// where there is none. What is said of such a field, or of the whole, is dropped.
    fn validate(&self, product: &DataProduct, problems: &mut Problems) {
        let _ = (product, problems);
    }

    /// The name of the entry that this output refers to, for a type of entries that have names
    /// (`#[entry]`): by default the value of the field whose options are the platform's, when there is
    /// one such field and it is a `String`. `None` where there is exactly one entry.
    fn entry_name(&self) -> Option<&str> {
        Self::Entry::NAMED_BY.and(self.platform_option())
    }

    /// Renders a template for this output. Override to tidy the text, as in
    /// `template.render(values).replace('-', "_")`; [`Template::purpose`] says which of the two it
    /// is.
    fn render(&self, template: &Template, values: Values<'_>) -> String {
        template.render(values)
    }

    /// The address of the thing itself in one environment. Percent-encode every value with
    /// [`encode`](crate::environment::encode). By default the platform's home.
    ///
    /// # Errors
    ///
    /// [`LinkError`] says why there is no link.
    fn asset_url(&self, entry: &Self::Entry, place: &Place<'_, Self::PlatformValues>) -> Link {
        let _ = entry;
        Self::url(place)
    }
}

/// The platform values of a platform that has none, and the entry of a service that has nothing to
/// configure.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, JsonSchema)]
pub struct NoValues {}

impl Example for NoValues {
    fn example(_acronym: &str) -> Self {
        NoValues {}
    }
}

impl Entry for NoValues {
    const NAMED_BY: Option<&'static str> = None;

    fn name(&self) -> Option<&str> {
        None
    }
}
