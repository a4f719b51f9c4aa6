//! What the results of a plugin follow from, in a word: whoever keeps results can tell old ones.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::Configuration;
use crate::entries::example_product;
use crate::linked::LinkedPlugin;
use crate::registry::Registry;

impl Configuration {
    /// Names what a plugin's results follow from: this configuration, and the plugin as far as its
    /// version and its example tell. Empty for a plugin that is not here.
    pub(crate) fn made_for(&self, plugin: &LinkedPlugin) -> &str {
        self.made_for.get(plugin.id()).map_or("", String::as_str)
    }

    /// The names of all plugins with a data output.
    pub(super) fn all_made_for(&self, registry: &Registry) -> HashMap<&'static str, String> {
        registry.outputs().map(|plugin| (plugin.id(), self.fingerprint(plugin))).collect()
    }

    fn fingerprint(&self, plugin: &LinkedPlugin) -> String {
        let mut hash = Sha256::new();
        hash.update(plugin.origin().version);
        if let (Some(output), Some(service)) = (plugin.output(), self.service_of(plugin.id())) {
            let product = example_product();
            let rendered = self.render(plugin, service, &product, output.example().as_ref());
            hash.update(format!("{:?}", rendered.result_string));
            for info in &rendered.technical_info {
                hash.update(format!("{:?}{:?}{:?}", info.info, info.url, info.reason));
            }
        }
        let hash = hash.finalize();
        let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}.{short}", self.revision)
    }
}
