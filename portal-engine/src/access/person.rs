//! A person, however they were recognised.

use std::collections::BTreeSet;

use super::name::normal_address;

/// A person, as whoever recognised them tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their address, in lower case.
    pub address: String,
    /// Their groups.
    pub groups: BTreeSet<String>,
    /// Whether they are an operator whatever `[access]` says: for an application that the portal
    /// is a part of, and that knows its own.
    pub is_operator: bool,
    /// Whether their provider has left out their groups, because there are too many for it to tell.
    pub groups_left_out: bool,
}

impl Person {
    /// A person in no group. The address is who they are: it is compared in lower case.
    pub fn new(address: &str) -> Self {
        let address = normal_address(address);
        Person { address, groups: BTreeSet::new(), is_operator: false, groups_left_out: false }
    }

    /// The same person, in these groups.
    pub fn in_groups(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.groups.extend(groups.into_iter().map(Into::into));
        self
    }

    /// The same person as an operator, whatever `[access]` says.
    pub fn as_operator(mut self) -> Self {
        self.is_operator = true;
        self
    }
}
