//! Entries: what a name in a data output stands for in one environment.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Values as an operator might set them in the environment with this acronym; documentation, tests
/// and the demo use them.
pub trait Example {
    /// The values. Those of two environments differ where they would differ in a company.
    fn example(acronym: &str) -> Self;
}

/// What the operator configures for a platform service in one environment.
///
/// Either entries have names, by which data outputs refer to them: `#[entry]`. Or there is exactly one
/// in each environment: `#[entry(single)]`.
pub trait Entry:
    Example + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// The field that holds an entry's name; `None` when there is exactly one entry.
    const NAMED_BY: Option<&'static str>;

    /// The field of type `bool` that marks the entry which forms start with; `None` when there is none.
    const MARKED_BY: Option<&'static str> = None;

    /// Its name, unique in its environment.
    fn name(&self) -> Option<&str>;
}
