//! Tests for plugin authors: the contract test, and a throwaway database.
//!
//! Enable the feature `testing` in `[dev-dependencies]` and end the plugin's file with
//!
//! ```text
//! #[cfg(test)]
//! portal_core::contract_test!(MyDataOutput);
//! ```

mod compatibility;
mod contract;
mod database;
mod registration;

pub use insta;

pub use self::compatibility::{RELEASE, schema_is_compatible_with_the_last_release};
pub use self::contract::{
    Contract, example_round_trips, migrations_equal_the_folder, migrations_go_up_down_and_up,
    rows_are_stored_replaced_and_deleted,
};
pub use self::database::{POSTGRES_URL, TestDatabase, each_database};

use crate::environment::Environment;
use crate::id::Id;

/// Two environments, `development` (`dev`) and `production` (`prd`).
pub fn example_environments() -> Vec<Environment> {
    [("development", "dev", false), ("production", "prd", true)]
        .map(|(name, acronym, is_default)| Environment {
            id: Id::new(),
            name: name.to_owned(),
            acronym: acronym.to_owned(),
            context: String::new(),
            is_default,
        })
        .to_vec()
}

/// Proves that a plugin keeps the contract: its registration is sound, its migration list equals
/// the folder, it reads what its last release wrote, its example round-trips, its migrations go up, down and up again, its rows are
/// stored, replaced and deleted whole, and its schema and form equal the snapshots in the
/// plugin's own `snapshots/`.
///
/// With `PORTAL_TEST_POSTGRES_URL` set, everything that touches a database runs on PostgreSQL as
/// well as on SQLite.
#[macro_export]
macro_rules! contract_test {
    ($plugin:ty) => {
        mod contract {
            use super::*;
            use $crate::testing::{self, Contract};

            fn contract() -> Contract {
                Contract::of::<$plugin>()
            }

            #[test]
            fn migrations_equal_the_folder() {
                testing::migrations_equal_the_folder(&contract(), env!("CARGO_MANIFEST_DIR"));
            }

            #[test]
            fn schema_is_compatible_with_the_last_release() {
                testing::schema_is_compatible_with_the_last_release(
                    &contract(),
                    env!("CARGO_MANIFEST_DIR"),
                );
            }

            #[test]
            fn example_round_trips() {
                testing::example_round_trips(&contract());
            }

            #[test]
            fn migrations_go_up_down_and_up() {
                testing::migrations_go_up_down_and_up(&contract());
            }

            #[test]
            fn rows_are_stored_replaced_and_deleted() {
                testing::rows_are_stored_replaced_and_deleted(&contract());
            }

            #[test]
            fn schema_equals_its_snapshot() {
                testing::insta::assert_json_snapshot!("schema", contract().schema());
            }

            #[test]
            fn form_equals_its_snapshot() {
                testing::insta::assert_json_snapshot!("form", contract().form());
            }
        }
    };
}
