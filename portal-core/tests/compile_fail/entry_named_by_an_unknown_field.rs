use portal_core::prelude::*;

/// The cluster that a name stands for in one environment.
#[entry(name = titel)]
pub struct Cluster {
    /// Name that topics use.
    pub title: String,
}

impl Example for Cluster {
    fn example(_acronym: &str) -> Self {
        unimplemented!()
    }
}

include!("rest/use_of_the_entry.rs");

fn main() {}
