// The rest of the file of a plugin `Topic`, where one mistake must not become many.

impl Plugin for Topic {
    const ID: &'static str = "kafka";
    const PLATFORM: Platform = Platform::new(
        "Kafka",
        portal_core::platform::Icon { name: "kafka-logo.svg", svg: "<svg/>" },
    );
    type PlatformValues = NoValues;
}

impl DataOutput for Topic {
    type Entry = NoValues;

    fn example() -> Self {
        unimplemented!()
    }
}

register!(Topic, &[]);
