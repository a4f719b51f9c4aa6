//! Plugins that are sketched in a few lines and never stored, so that nothing has to be linked.

use portal_core::Origin;
use portal_core::column::{Column, ColumnType};
use serde_json::{Value, json};

/// A place in the file of a crate.
pub const fn origin(crate_name: &'static str, line: u32) -> Origin {
    Origin { crate_name, version: "1.2.3", file: "src/lib.rs", line, module: "sketch" }
}

/// Columns of text, beside the asset's id.
pub const fn columns<const N: usize>(names: [&'static str; N]) -> [Column; N] {
    let mut columns = [Column {
        name: "",
        column_type: ColumnType::Text,
        is_nullable: false,
        file: "src/lib.rs",
        line: 7,
    }; N];
    let mut at = 0;
    while at < N {
        columns[at].name = names[at];
        at += 1;
    }
    columns
}

/// A value of any sketched type: each field has a value of its JSON type.
pub fn example<T: serde::de::DeserializeOwned + schemars::JsonSchema>() -> T {
    let schema = portal_core::__private::schema_of::<T>();
    let value = |property: &Value| match property["type"].as_str() {
        _ if !property["default"].is_null() => property["default"].clone(),
        Some("string") => "".into(),
        Some("boolean") => false.into(),
        Some("integer" | "number") => 0.into(),
        Some("array") => json!([]),
        _ => Value::Null,
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, property)| (name.clone(), value(property))).collect();
    serde_json::from_value(Value::Object(fields)).unwrap()
}

/// A data output with one field, or with the struct that is given.
///
/// What is not given is sound: the caller writes down what its test is about.
macro_rules! sketch {
    ($name:ident: $id:literal, wire $wire:literal, aliases $aliases:expr, table $table:literal) => {
        $crate::sketch::sketch!(
            $name: $id, wire $wire, aliases $aliases, table $table,
            parent None, values portal_core::prelude::NoValues
        );
    };
    ($name:ident: $id:literal, wire $wire:literal, aliases $aliases:expr, table $table:literal,
     parent $parent:expr, values $values:ty) => {
        /// Something.
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        struct $name {
            /// Its name.
            #[schemars(extend("x-form" = portal_core::form::text().label("Its name")))]
            name: String,
        }
        $crate::sketch::sketch!(
            @output $name, $id, $wire, &$aliases, $table, ["name"], "{name}", $parent, $values
        );
    };
    ($name:ident with columns $columns:expr, result $result:literal) => {
        $crate::sketch::sketch!(
            @output $name, "sketch", "Sketch", &[], "sketch_outputs", $columns, $result,
            None, portal_core::prelude::NoValues
        );
    };
    (@output $name:ident, $id:literal, $wire:literal, $aliases:expr, $table:literal, $columns:expr,
     $result:literal, $parent:expr, $values:ty) => {
        impl portal_core::Plugin for $name {
            const ID: &'static str = $id;
            const PLATFORM: portal_core::platform::Platform = portal_core::platform::Platform {
                display_name: "Sketch",
                icon: portal_core::platform::Icon { name: "sketch-logo.svg", svg: "<svg/>" },
                parent: $parent,
                has_environments: true,
            };
            type PlatformValues = $values;
        }

        impl portal_core::DataOutput for $name {
            const WIRE_NAME: &'static str = $wire;
            const ALIASES: &'static [&'static str] = $aliases;
            const DETAILED_NAME: &'static str = "Sketch";
            const RESULT_LABEL: &'static str = "Resulting sketch";
            type Entry = portal_core::prelude::NoValues;

            fn example() -> Self {
                $crate::sketch::example()
            }
        }

        impl portal_core::Stored for $name {
            const NAME: &'static str = stringify!($name);
            const TABLE: &'static str = $table;
            const RESULT_TEMPLATE: &'static str = $result;
            const COLUMNS: &'static [portal_core::column::Column] =
                &$crate::sketch::columns($columns);

            fn platform_option(&self) -> Option<&str> {
                None
            }

            fn insert(
                &self,
                _: &mut portal_engine::db::Connection,
                _: &portal_core::Id,
            ) -> diesel::QueryResult<()> {
                unreachable!("a sketch is not stored")
            }

            fn delete(
                _: &mut portal_engine::db::Connection,
                _: &portal_core::Id,
            ) -> diesel::QueryResult<()> {
                unreachable!("a sketch is not stored")
            }

            fn load(
                _: &mut portal_engine::db::Connection,
                _: &[&str],
            ) -> diesel::QueryResult<Vec<(portal_core::Id, Self)>> {
                unreachable!("a sketch is not stored")
            }
        }
    };
}
pub(crate) use sketch;
