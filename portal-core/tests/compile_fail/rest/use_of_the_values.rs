// A launcher whose platform has the values `Kafka`.

struct Launcher;

impl Plugin for Launcher {
    const ID: &'static str = "kafka";
    const PLATFORM: Platform = Platform::new(
        "Kafka",
        portal_core::platform::Icon { name: "kafka-logo.svg", svg: "<svg/>" },
    );
    type PlatformValues = Kafka;
}

register!(Launcher);
