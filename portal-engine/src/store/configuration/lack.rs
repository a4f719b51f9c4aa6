//! Why an asset has no place, or no link, in an environment.

use portal_core::Problems;
use portal_core::environment::LinkError;

use crate::linked::LinkedPlugin;

/// What an asset lacks in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// No entry of its service serves it: the name that it looks for, where entries have names.
    Entry(Option<String>),
    /// The entry that serves this name is not what its type allows, once it is filled in.
    Unfit(Option<String>, Problems),
    /// What is stored as the entries of its service cannot be read.
    Unreadable,
    /// The values of its platform.
    Values,
    /// A member of the entry that serves it, or a value of the platform, which the template of
    /// its technical information names.
    Member {
        /// The name of the entry, which may be a pattern; `None` where entries have none.
        entry: Option<String>,
        /// The member.
        name: String,
    },
    /// There is no link.
    Link(LinkError),
}

impl Lack {
    /// In words, without a full stop.
    pub fn in_words(&self, plugin: &LinkedPlugin, environment: &str) -> String {
        let service = plugin.display_name();
        match self {
            Lack::Entry(Some(name)) if name.is_empty() => {
                format!("no entry for {service} in {environment}: the name to look for is empty")
            }
            Lack::Entry(Some(name)) => {
                format!("no entry `{name}` for {service} in {environment}")
            }
            Lack::Entry(None) => format!("no entry for {service} in {environment}"),
            Lack::Unfit(name, problems) => {
                let of = name.as_ref().map_or(String::new(), |name| format!(" for `{name}`"));
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                format!(
                    "the entry of {service} in {environment} does not fit{of}: {}",
                    problems.join(", ")
                )
            }
            Lack::Unreadable => {
                format!("the entries of {service} in {environment} cannot be read")
            }
            Lack::Values => {
                format!("{} has no values in {environment}", plugin.platform_name())
            }
            Lack::Member { entry, name } => {
                let of = entry.as_ref().map_or(String::new(), |entry| format!(" `{entry}`"));
                format!(
                    "the entry{of} of {service} in {environment} has no `{name}`, which the template of its technical information names"
                )
            }
            Lack::Link(LinkError::Unsupported) => format!("{service} offers no link"),
            Lack::Link(error) => format!("no link to {service} in {environment}: {error}"),
        }
    }
}
