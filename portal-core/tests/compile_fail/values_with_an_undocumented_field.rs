use portal_core::prelude::*;

/// What the operator sets for Kafka in each environment.
#[platform_values]
pub struct Kafka {
    pub bootstrap_server: String,
}

impl Example for Kafka {
    fn example(_acronym: &str) -> Self {
        unimplemented!()
    }
}

include!("rest/use_of_the_values.rs");

fn main() {}
