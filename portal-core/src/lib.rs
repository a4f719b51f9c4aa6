//! The contract between a data product portal and its plugins: what a plugin's file names, and
//! nothing else.
//!
//! A plugin is one crate with one struct. The struct's fields are the form, the JSON Schema, the
//! checks and the columns; [`Plugin`] and [`DataOutput`] add identity and logic; [`register!`]
//! announces it to the linker. `portal-engine` collects, sorts and checks what was announced, and
//! does the work; `portal-testing` has the contract test. This crate names no plugin, opens no
//! connection and knows no HTTP.
//!
//! # A plugin from start to end
//!
//! The company has a wiki, and data products publish pages of it. A page is known by the space that
//! it is in and by its title; what a space is called differs from one environment to the next.
//!
//! ```
//! use portal_core::platform::Icon;
//! use portal_core::prelude::*;
//!
//! /// A page that the data product writes.
//! #[data_output(table = wiki_pages, result = "{space}/{title}")]
//! pub struct WikiPage {
//!     /// Space that the page is in.
//!     #[form(select().required().options_from_platform())]
//!     pub space: String,
//!     /// Title of the page.
//!     #[form(text().required().namespace())]
//!     pub title: String,
//! }
//!
//! /// What the operator sets for the wiki in each environment.
//! #[platform_values]
//! pub struct Wiki {
//!     /// Address of the wiki.
//!     pub base_url: HttpsUrl,
//! }
//!
//! impl Example for Wiki {
//!     fn example(acronym: &str) -> Self {
//!         Wiki { base_url: HttpsUrl::literal(format!("https://wiki-{acronym}.example")) }
//!     }
//! }
//!
//! /// What the name of a space stands for in one environment.
//! #[entry]
//! pub struct Space {
//!     /// Name that pages use.
//!     pub identifier: String,
//!     /// Key of the space in the wiki.
//!     pub key: String,
//! }
//!
//! impl Example for Space {
//!     fn example(acronym: &str) -> Self {
//!         Space { identifier: "data".into(), key: format!("DATA-{acronym}") }
//!     }
//! }
//!
//! impl Plugin for WikiPage {
//!     const ID: &'static str = "wiki";
//!     // In a crate of its own: icon!("wiki-logo.svg").
//!     const PLATFORM: Platform = Platform::new(
//!         "Wiki",
//!         Icon { name: "wiki-logo.svg", svg: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>" },
//!     );
//!     type PlatformValues = Wiki;
//!
//!     fn url(place: &Place<'_, Wiki>) -> Link {
//!         Ok(place.values()?.base_url.base().to_owned())
//!     }
//! }
//!
//! impl DataOutput for WikiPage {
//!     const TECHNICAL_INFO_TEMPLATE: &'static str = "{base_url}/{key}/{title}";
//!     type Entry = Space;
//!
//!     fn example() -> Self {
//!         WikiPage { space: "data".into(), title: "orders".into() }
//!     }
//!
//!     fn asset_url(&self, space: &Space, place: &Place<'_, Wiki>) -> Link {
//!         Ok(format!("{}/{}/{}", Self::url(place)?, encode(&space.key), encode(&self.title)))
//!     }
//! }
//!
//! // In a crate of its own: migrations!["2026-03-01-090000_create_wiki"].
//! register!(WikiPage, &[]);
//!
//! // What was left out follows from the rest.
//! assert_eq!(WikiPage::WIRE_NAME, "WikiPage");
//! assert_eq!(WikiPage::DETAILED_NAME, "Wiki");
//! assert_eq!(WikiPage::example().entry_name(), Space::example("dev").name());
//! ```
//!
//! `QUICKSTART.md` builds such a plugin step by step, with its migration and its tests;
//! `examples/s3-plugin` is a whole one. `docs/macros.md` shows what the attributes write.

#![deny(missing_docs)]

// The attributes of portal-macros say `::portal_core`, in this crate as well.
extern crate self as portal_core;

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("portal-core needs a database: enable the feature `sqlite` or `postgres`");

// Floor 1: names, errors, and what has no other part of the contract in it
mod bounded_file;
mod db;
mod entry;
mod error;
mod suggest;

// Floor 2: values
mod id;
mod json;
mod migration;
pub mod template;

// Floor 3: what plugins are about
mod data_product;
pub mod form;
pub mod platform;
mod secret;

// Floor 4: where links lead, what columns hold
pub mod column;
pub mod environment;

// Floor 5: enums as a field's type, how a data output is kept
mod choices;
mod stored;

// Floor 6: the contract
mod plugin;

// Floor 7: how a plugin is announced
mod registration;

pub use choices::AccessGranularity;
pub use data_product::{DataProduct, DataProductType, Domain};
pub use db::{Connection, MultiBackend, MultiRawValue};
pub use entry::{Entry, Example};
pub use error::{Error, FieldName, NamesField, Problem, ProblemKind, Problems, Result};
pub use id::Id;
pub use plugin::{DataOutput, NoValues, Plugin};
pub use portal_macros::{choice, data_output, entry, platform_values};
pub use registration::{Origin, Registration};
pub use secret::{Secret, SecretReference};
pub use stored::Stored;

/// What a plugin file needs, in one line: `use portal_core::prelude::*;`.
pub mod prelude {
    pub use crate::column::List;
    pub use crate::environment::{HttpsUrl, Link, LinkError, Place, encode};
    pub use crate::form::{checkbox, derived, radio, select, text};
    pub use crate::platform::{Parent, Platform};
    pub use crate::secret::Secret;
    pub use crate::template::{
        Purpose, Template, Values, drop_empty_parts, drop_empty_parts_below_root, fill_if_empty,
        trim_parts,
    };
    pub use crate::{
        AccessGranularity, DataOutput, DataProduct, Entry, Example, NoValues, Plugin, Problems,
        choice, data_output, entry, icon, migrations, platform_values, register,
    };
}

#[doc(hidden)]
pub mod __private {
    //! What the macros expand to and what the engine needs. Not part of the contract: it may change
    //! with every version.

    pub mod db {
        pub use crate::db::{Backend, backend, begin};
        pub use crate::error::{SqliteState, sqlite_state};
    }
    pub mod suggest {
        pub use crate::suggest::{hint, nearest, question};
    }

    pub use crate::bounded_file::read_bounded;
    pub use {diesel, inventory, schemars, serde};

    pub use crate::choices::{choice_from_column, choice_to_column};
    pub use crate::environment::address::{PLACE_NAMES, fill};
    pub use crate::form::spec::{Condition, ControlKind, FormOption, HINT_KEY, HintSpec};
    pub use crate::json::{cap, escape, read, schema_of, segments};
    pub use crate::migration::EmbeddedMigration;
    pub use crate::registration::{
        AnyOutput, LoadedRow, Origin, OutputParts, Parts, PlaceRef, Registration, ValueType,
        from_parts, linked, parts,
    };
    pub use crate::secret::SECRET_KEY;
}
