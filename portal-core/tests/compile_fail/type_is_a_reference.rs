use portal_core::prelude::*;

/// A topic that the data product writes to.
#[data_output(table = kafka_topics, result = "{topic}")]
pub struct Topic {
    /// Name of the topic.
    #[form(text().required())]
    pub topic: &'static str,
}

include!("rest/of_the_plugin.rs");

fn main() {}
