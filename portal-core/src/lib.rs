//! What a plugin of the portal depends on: the contract, and everything that follows from it.
//!
//! A plugin is one crate with one struct. The struct's fields are the form, the JSON Schema, the
//! checks and the columns; [`Plugin`] and [`DataOutput`] add identity and logic; [`register!`]
//! announces it to the linker; [`Registry`] collects, sorts and checks what was announced. This
//! crate names no plugin and knows no HTTP.
//!
//! Read `examples/s3-plugin` for a whole plugin on one page.

#![warn(missing_docs)]

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("portal-core needs a database: enable the feature `sqlite` or `postgres`");

pub mod check;
pub mod column;
pub mod db;
pub mod environment;
mod error;
mod field;
pub mod form;
mod id;
mod linked;
pub mod migrate;
pub mod platform;
mod plugin;
mod registration;
mod registry;
pub mod schema;
mod secret;
pub mod settings;
pub mod store;
pub mod suggest;
pub mod template;
#[cfg(feature = "testing")]
#[allow(clippy::missing_panics_doc, reason = "tests panic")]
pub mod testing;
pub mod transfer;

pub use error::{Error, Problem, ProblemKind, Problems, Result};
pub use id::Id;
pub use linked::{LinkedOutput, LinkedPlugin};
pub use plugin::{DataOutput, NoValues, Plugin};
pub use registration::{AnyOutput, LoadedRow, Origin, Registration};
pub use registry::Registry;
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
    pub use crate::store::DataProduct;
    pub use crate::template::{Template, Values, drop_empty_parts, fill_if_empty, trim_parts};
    pub use crate::{
        DataOutput, NoValues, Plugin, Problems, icon, migrations, register, text_column,
    };
}

#[doc(hidden)]
pub mod __private {
    //! What the macros expand to. Not part of the contract.

    pub use diesel;
    pub use inventory;
    pub use serde_variant::to_variant_name as variant_name;

    pub use crate::migrate::EmbeddedMigration;
    pub use crate::registration::{Origin, Registration, StoredOutput};

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
