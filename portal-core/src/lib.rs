//! The contract between a data product portal and its plugins: what a plugin's file names, and
//! nothing else.
//!
//! A plugin is one crate with one struct. The struct's fields are the form, the JSON Schema, the
//! checks and the columns; [`Plugin`] and [`DataOutput`] add identity and logic; [`register!`]
//! announces it to the linker. `portal-engine` collects, sorts and checks what was announced, and
//! does the work; `portal-testing` has the contract test. This crate names no plugin, opens no
//! connection and knows no HTTP.
//!
//! Read `examples/s3-plugin` for a whole plugin on one page.

#![warn(missing_docs)]

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
