//! Entries: what a name in a data output stands for in one environment.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the operator configures for a platform service in one environment.
///
/// Either entries have names, by which data outputs refer to them: `named_entry!(Type)`. Or there is
/// exactly one in each environment: `single_entry!(Type)`.
pub trait Entry: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The field that holds an entry's name; `None` when there is exactly one entry.
    const NAMED_BY: Option<&'static str>;

    /// Its name, unique in its environment.
    fn name(&self) -> Option<&str>;
}

/// Says which field of a struct is the name of an entry: `named_entry!(S3Bucket)` for its field
/// `identifier`, `named_entry!(Topic, title)` for another one. The field is a `String`.
#[macro_export]
macro_rules! named_entry {
    ($entry:ty $(,)?) => {
        $crate::named_entry!($entry, identifier);
    };
    ($entry:ty, $field:ident $(,)?) => {
        impl $crate::Entry for $entry {
            const NAMED_BY: ::std::option::Option<&'static str> =
                ::std::option::Option::Some(stringify!($field));

            fn name(&self) -> ::std::option::Option<&str> {
                ::std::option::Option::Some(&self.$field)
            }
        }
    };
}

/// Says that a service has exactly one entry in each environment: `single_entry!(Cluster)`.
#[macro_export]
macro_rules! single_entry {
    ($entry:ty $(,)?) => {
        impl $crate::Entry for $entry {
            const NAMED_BY: ::std::option::Option<&'static str> = ::std::option::Option::None;

            fn name(&self) -> ::std::option::Option<&str> {
                ::std::option::Option::None
            }
        }
    };
}
