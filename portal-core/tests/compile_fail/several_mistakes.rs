use portal_core::prelude::*;

/// A topic that the data product writes to.
#[data_output(table = kafka_topics, result = "{topik}")]
pub struct Topic {
    /// Name of the topic.
    #[form(text().required())]
    pub topic: String,
    #[form(text())]
    pub owner: String,
    /// How many partitions there are.
    pub partitions: u8,
    /// Field that is the key.
    #[form(text().shown_when("compactd", true))]
    pub key: String,
    /// Whether old messages are dropped.
    #[form(text())]
    pub compacted: bool,
}

include!("rest/of_the_plugin.rs");

fn main() {}
