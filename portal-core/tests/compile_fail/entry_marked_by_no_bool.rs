use portal_core::prelude::*;

/// A cluster in one environment.
#[entry(default = identifer)]
pub struct KafkaCluster {
    /// Name that topics use.
    pub identifier: String,
}

/// Another one.
#[entry(default = is_default)]
pub struct KafkaCorner {
    /// Name that topics use.
    pub identifier: String,
    /// Whether it is the default.
    pub is_default: String,
}

impl Example for KafkaCluster {
    fn example(_: &str) -> Self {
        unimplemented!()
    }
}

impl Example for KafkaCorner {
    fn example(_: &str) -> Self {
        unimplemented!()
    }
}

fn main() {}
