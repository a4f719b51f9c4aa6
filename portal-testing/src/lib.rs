//! Tests for plugin authors: the contract test, and a throwaway database.
//!
//! Name the crate in `[dev-dependencies]` and end the plugin's file with
//!
//! ```text
//! #[cfg(test)]
//! portal_testing::contract_test!(MyDataOutput);
//! ```

#![warn(missing_docs)]

// Floor 1: what a test stands on
mod database;
mod examples;
mod renamed;

// Floor 2: the contract
mod contract;

// Floor 3: the contract with the last release
mod compatibility;

pub use insta;

pub use compatibility::{RELEASE, schema_is_compatible_with_the_last_release};
pub use contract::{
    Contract, example_round_trips, migrations_equal_the_folder, migrations_go_up_down_and_up,
    rows_are_stored_replaced_and_deleted,
};
pub use database::{POSTGRES_URL, TestDatabase, each_database};

pub use examples::{add_examples, example_environments};
pub use renamed::renamed;

/// Proves that a plugin keeps the contract: its registration is sound, its migration list equals
/// the folder, it reads what its last release wrote, its example round-trips, its migrations go
/// up, down and up again, its rows are stored, replaced and deleted whole, and its schema and form
/// equal the snapshots in the plugin's own `snapshots/`.
///
/// With `PORTAL_TEST_POSTGRES_URL` set, everything that touches a database runs on PostgreSQL as
/// well as on SQLite.
#[macro_export]
macro_rules! contract_test {
    ($plugin:ty) => {
        mod contract {
            use super::*;
            use $crate::Contract;

            fn contract() -> Contract {
                Contract::of::<$plugin>()
            }

            #[test]
            fn migrations_equal_the_folder() {
                $crate::migrations_equal_the_folder(&contract(), env!("CARGO_MANIFEST_DIR"));
            }

            #[test]
            fn schema_is_compatible_with_the_last_release() {
                $crate::schema_is_compatible_with_the_last_release(
                    &contract(),
                    env!("CARGO_MANIFEST_DIR"),
                );
            }

            #[test]
            fn example_round_trips() {
                $crate::example_round_trips(&contract());
            }

            #[test]
            fn migrations_go_up_down_and_up() {
                $crate::migrations_go_up_down_and_up(&contract());
            }

            #[test]
            fn rows_are_stored_replaced_and_deleted() {
                $crate::rows_are_stored_replaced_and_deleted(&contract());
            }

            #[test]
            fn schema_equals_its_snapshot() {
                $crate::insta::assert_json_snapshot!("schema", contract().schema());
            }

            #[test]
            fn form_equals_its_snapshot() {
                $crate::insta::assert_json_snapshot!("form", contract().form());
            }
        }
    };
}
