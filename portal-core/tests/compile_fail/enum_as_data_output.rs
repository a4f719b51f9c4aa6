use portal_core::prelude::*;

/// A topic that the data product writes to.
#[data_output(table = kafka_topics, result = "{topic}")]
pub enum Topic {
    Compacted,
    Plain,
}

include!("rest/of_the_plugin.rs");

fn main() {}
