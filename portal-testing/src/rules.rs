//! The rules that every plugin with a data output keeps. Each is a test of `contract_test!`.

mod configurations;
mod files;
mod presentation;
mod released;
mod tables;

pub use self::configurations::some_configurations;
pub use self::released::RELEASE;
use crate::contract::Contract;

/// Whether a plugin keeps a rule: if not, what is wrong and what would be right.
type Verdict = Result<(), String>;

/// A rule that plugins keep.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, which is that of its test.
    pub name: &'static str,
    check: fn(&Contract) -> Verdict,
    needs: Needs,
}

/// What must hold for a rule to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    /// Nothing.
    Nothing,
    /// The registration is sound.
    Registration,
    /// The migrated table equals the struct as well.
    Table,
}

/// How a plugin fares with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It keeps it.
    Kept,
    /// It breaks it: what is wrong.
    Broken(String),
    /// It was not tried, because the plugin breaks this other rule.
    NotTried(&'static str),
}

/// Hands the names of all rules to another macro, each with what it needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_rule {
    ($with:path) => {
        $with! {
            registration_is_sound: Nothing
            migrations_equal_the_folder: Registration
            released_schema_is_still_read: Registration
            icons_are_svg: Registration
            table_equals_the_struct: Registration
            migrations_go_up_down_and_up: Table
            example_is_accepted: Registration
            rows_are_replaced_and_deleted: Table
            valid_configurations_are_stored_unchanged: Table
            defaults_are_stored: Table
            every_combination_of_conditions_is_stored: Table
            invalid_configurations_are_refused_at_their_field: Registration
            rendering_leaves_no_placeholder: Table
            links_are_https_and_encoded: Table
            normalising_twice_is_normalising_once: Registration
        }
    };
}

macro_rules! rules {
    ($($rule:ident: $needs:ident)*) => {
        /// All rules, in the order in which what breaks them is best put right.
        pub const RULES: &[Rule] =
            &[$(Rule { name: stringify!($rule), check: $rule, needs: Needs::$needs }),*];
    };
}

use self::configurations::*;
use self::files::*;
use self::presentation::*;
use self::tables::*;

crate::__each_rule!(rules);

/// The registry takes the plugin, and every other one of this binary.
fn registration_is_sound(contract: &Contract) -> Verdict {
    contract.problems().map_or(Ok(()), |problems| Err(problems.to_string()))
}

impl Contract {
    /// Tries one rule.
    pub fn try_rule(&self, rule: &Rule) -> Outcome {
        for before in RULES {
            let is_needed = match before.name {
                "registration_is_sound" => rule.needs >= Needs::Registration,
                "table_equals_the_struct" => rule.needs >= Needs::Table,
                _ => false,
            };
            if is_needed && (before.check)(self).is_err() {
                return Outcome::NotTried(before.name);
            }
        }
        (rule.check)(self).map_or_else(Outcome::Broken, |()| Outcome::Kept)
    }

    /// Tries the rule with this name.
    ///
    /// # Panics
    ///
    /// When the plugin breaks it, with what is wrong and what would be right; and when it was not
    /// tried, naming the rule that the plugin breaks before.
    pub fn assert_keeps(&self, rule: &str) {
        let rule = RULES.iter().find(|one| one.name == rule).expect("contract_test! lists RULES");
        match self.try_rule(rule) {
            Outcome::Kept => {}
            Outcome::Broken(objection) => panic!("\n{objection}\n"),
            Outcome::NotTried(other) => panic!("not tried: see contract::{other}"),
        }
    }
}
