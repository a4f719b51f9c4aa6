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
//! // The plugin's table: `id`, and the fields of the struct.
//! diesel::table! {
//!     wiki_pages (id) { id -> Text, space -> Text, title -> Text }
//! }
//!
//! /// A page that the data product writes.
//! #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
//! #[derive(Insertable, Queryable, Selectable)]
//! #[diesel(table_name = wiki_pages, treat_none_as_default_value = false)]
//! pub struct WikiPage {
//!     /// Space that the page is in.
//!     #[schemars(extend("x-form" = select().required().options_from_platform()))]
//!     pub space: String,
//!     /// Title of the page.
//!     #[schemars(extend("x-form" = text().required().namespace()))]
//!     pub title: String,
//! }
//!
//! /// What the operator sets for the wiki in each environment.
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! pub struct Wiki {
//!     /// Address of the wiki.
//!     pub base_url: HttpsUrl,
//! }
//!
//! /// What the name of a space stands for in one environment.
//! #[derive(Serialize, Deserialize, JsonSchema)]
//! pub struct Space {
//!     /// Name that pages use.
//!     pub identifier: String,
//!     /// Key of the space in the wiki.
//!     pub key: String,
//! }
//!
//! named_entry!(Space);
//!
//! impl Plugin for WikiPage {
//!     const ID: &'static str = "wiki";
//!     const PLATFORM: Platform = Platform {
//!         display_name: "Wiki",
//!         // In a crate of its own: icon!("wiki-logo.svg").
//!         icon: Icon { name: "wiki-logo.svg", svg: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>" },
//!         parent: None,
//!         has_environments: true,
//!     };
//!     type PlatformValues = Wiki;
//!
//!     fn example_values(acronym: &str) -> Wiki {
//!         Wiki { base_url: HttpsUrl::literal(format!("https://wiki-{acronym}.example")) }
//!     }
//!
//!     fn url(place: &Place<'_, Wiki>) -> Link {
//!         Ok(place.values()?.base_url.base().to_owned())
//!     }
//! }
//!
//! impl DataOutput for WikiPage {
//!     const WIRE_NAME: &'static str = "WikiPage";
//!     const RESULT_TEMPLATE: &'static str = "{space}/{title}";
//!     const TECHNICAL_INFO_TEMPLATE: &'static str = "{base_url}/{key}/{title}";
//!     type Entry = Space;
//!
//!     fn example() -> Self {
//!         WikiPage { space: "data".into(), title: "orders".into() }
//!     }
//!
//!     fn example_entry(acronym: &str) -> Space {
//!         Space { identifier: "data".into(), key: format!("DATA-{acronym}") }
//!     }
//!
//!     fn entry_name(&self) -> Option<&str> {
//!         Some(&self.space)
//!     }
//!
//!     fn asset_url(&self, space: &Space, place: &Place<'_, Wiki>) -> Link {
//!         Ok(format!("{}/{}/{}", Self::url(place)?, encode(&space.key), encode(&self.title)))
//!     }
//! }
//!
//! // In a crate of its own: migrations!["2026-03-01-090000_create_wiki"].
//! register!(WikiPage, wiki_pages, &[]);
//!
//! // What was left out follows from the rest.
//! assert_eq!(WikiPage::DETAILED_NAME, "Wiki");
//! assert_eq!(WikiPage::example().entry_name(), WikiPage::example_entry("dev").name());
//! ```
//!
//! `QUICKSTART.md` builds such a plugin step by step, with its migration and its tests;
//! `examples/s3-plugin` is a whole one.

#![deny(missing_docs)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("portal-core needs a database: enable the feature `sqlite` or `postgres`");

// Floor 1: names, errors, and what has no other part of the contract in it
mod bounded_file;
mod db;
mod entry;
mod error;
mod suggest;

// Floor 2: values
pub mod column;
mod id;
mod json;
mod migration;
pub mod template;

// Floor 3: what plugins are about
mod data_product;
pub mod form;
pub mod platform;
mod secret;

// Floor 4: where links lead
pub mod environment;

// Floor 5: the contract
mod plugin;

// Floor 6: how a plugin is announced
mod registration;

pub use data_product::{DataProduct, DataProductType, Domain};
pub use db::{Connection, MultiBackend, MultiRawValue};
pub use entry::Entry;
pub use error::{Error, Problem, ProblemKind, Problems, Result};
pub use id::Id;
pub use plugin::{DataOutput, NoValues, Plugin};
pub use registration::{Origin, Registration};
pub use secret::{Secret, SecretReference};

/// What a plugin file needs, in one line: `use portal_core::prelude::*;`.
pub mod prelude {
    pub use diesel::prelude::*;
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};

    pub use crate::column::{AccessGranularity, List};
    pub use crate::environment::{HttpsUrl, Link, LinkError, Place, encode};
    pub use crate::form::{checkbox, derived, radio, select, text};
    pub use crate::platform::{Parent, Platform};
    pub use crate::secret::Secret;
    pub use crate::template::{
        Purpose, Template, Values, drop_empty_parts, drop_empty_parts_below_root, fill_if_empty,
        trim_parts,
    };
    pub use crate::{
        DataOutput, DataProduct, Entry, NoValues, Plugin, Problems, icon, migrations, named_entry,
        register, single_entry, text_column,
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
    pub use diesel;
    pub use inventory;
    pub use serde_variant::to_variant_name as variant_name;

    pub use crate::environment::address::{PLACE_NAMES, fill};
    pub use crate::form::spec::{Condition, ControlKind, FormOption, HINT_KEY, HintSpec};
    pub use crate::json::{cap, escape, read, schema_of, segments};
    pub use crate::migration::EmbeddedMigration;
    pub use crate::registration::{
        AnyOutput, LoadedRow, Origin, OutputParts, Parts, PlaceRef, Registration, StoredOutput,
        ValueType, from_parts, linked, parts,
    };
    pub use crate::secret::SECRET_KEY;

    use crate::db::{MultiBackend, MultiRawValue};
    use diesel::deserialize::FromSql;
    use diesel::sql_types::Text;

    /// Reads an enum from its serde name.
    pub fn variant_from_sql<T: serde::de::DeserializeOwned>(
        bytes: MultiRawValue<'_>,
    ) -> diesel::deserialize::Result<T> {
        let name = <String as FromSql<Text, MultiBackend>>::from_sql(bytes)?;
        Ok(serde_json::from_value(serde_json::Value::String(name))?)
    }

    /// The names of a tuple of columns.
    pub trait ColumnNames {
        fn names(self) -> Vec<&'static str>;
    }

    macro_rules! column_names {
        ($($column:ident)*) => {
            impl<$($column: diesel::Column),*> ColumnNames for ($($column,)*) {
                fn names(self) -> Vec<&'static str> {
                    vec![$($column::NAME),*]
                }
            }
        };
    }

    column_names!(A);
    column_names!(A B);
    column_names!(A B C);
    column_names!(A B C D);
    column_names!(A B C D E);
    column_names!(A B C D E F);
    column_names!(A B C D E F G);
    column_names!(A B C D E F G H);
    column_names!(A B C D E F G H I);
    column_names!(A B C D E F G H I J);
    column_names!(A B C D E F G H I J K);
    column_names!(A B C D E F G H I J K L);
    column_names!(A B C D E F G H I J K L M);
    column_names!(A B C D E F G H I J K L M N);
    column_names!(A B C D E F G H I J K L M N O);
    column_names!(A B C D E F G H I J K L M N O P);
}
