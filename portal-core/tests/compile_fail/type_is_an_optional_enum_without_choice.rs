use portal_core::prelude::*;

/// How messages are encoded.
pub enum Format {
    /// Avro with a schema registry.
    Avro,
    /// One JSON document per message.
    Json,
}

/// A topic that the data product writes to.
#[data_output(table = kafka_topics, result = "{topic}")]
pub struct Topic {
    /// Name of the topic.
    #[form(text().required())]
    pub topic: String,
    /// How messages are encoded.
    #[form(radio())]
    pub format: Option<Format>,
}

include!("rest/of_the_plugin.rs");

fn main() {}
