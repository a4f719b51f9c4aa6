//! Tests for plugin authors: the conformance suite, a kit for tests of one's own, and a throwaway
//! database.
//!
//! Name the crate in `[dev-dependencies]` and end the plugin's file with
//!
//! ```text
//! #[cfg(test)]
//! portal_testing::contract_test!(MyDataOutput);
//! ```
//!
//! That is one test for each of [`RULES`], and one for a snapshot of schema and form. Rules of the
//! plugin's own are tested with [`product`], [`place`] and [`check`].

#![warn(missing_docs)]

// Floor 1: what a test stands on
mod database;
mod examples;
mod renamed;

// Floor 2: for tests of an author's own logic
mod kit;

// Floor 3: the plugin under test
mod contract;

// Floor 4: configurations made from its schema, a database with it
mod generate;
mod stage;

// Floor 5: the rules
mod rules;

pub use insta;
pub use serde_json::json;

pub use contract::Contract;
pub use database::{POSTGRES_URL, TestDatabase, each_database};
pub use examples::{add_examples, example_environments};
pub use kit::{check, place, product};
pub use renamed::renamed;
#[doc(hidden)]
pub use rules::some_configurations;
pub use rules::{Outcome, RELEASE, RULES, Rule};

/// Proves that a plugin keeps the contract: one test for each rule, and one that compares schema and
/// form with the snapshot in the plugin's own `snapshots/`.
///
/// With `PORTAL_TEST_POSTGRES_URL` set, everything that touches a database runs on PostgreSQL as
/// well as on SQLite.
#[macro_export]
macro_rules! contract_test {
    ($plugin:ty) => {
        mod contract {
            use super::*;

            fn contract() -> $crate::Contract {
                $crate::Contract::of::<$plugin>(env!("CARGO_MANIFEST_DIR"))
            }

            $crate::__each_rule!($crate::__rule_tests);

            #[test]
            fn schema_and_form_equal_their_snapshot() {
                let found = contract().schema_and_form();
                $crate::insta::assert_json_snapshot!("schema_and_form", found);
            }
        }
    };
}

/// A test for each rule, in a module that has a function `contract`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rule_tests {
    ($($rule:ident: $needs:ident)*) => {
        $(#[test]
        fn $rule() {
            contract().assert_keeps(stringify!($rule));
        })*
    };
}
