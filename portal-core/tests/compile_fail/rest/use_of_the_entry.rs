// A plugin whose entries are of the type `Cluster`.

/// A topic that the data product writes to.
#[data_output(table = kafka_topics, result = "{topic}")]
pub struct Topic {
    /// Name of the topic.
    #[form(text().required())]
    pub topic: String,
}

impl Plugin for Topic {
    const ID: &'static str = "kafka";
    const PLATFORM: Platform = Platform::new(
        "Kafka",
        portal_core::platform::Icon { name: "kafka-logo.svg", svg: "<svg/>" },
    );
    type PlatformValues = NoValues;
}

impl DataOutput for Topic {
    type Entry = Cluster;

    fn example() -> Self {
        Topic { topic: "orders".into() }
    }
}

register!(Topic, &[]);
