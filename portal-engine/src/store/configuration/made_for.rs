//! What the results of a plugin follow from, in a word: whoever keeps results can tell old ones.

use std::collections::HashMap;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::Configuration;
use crate::entries::example_product;
use crate::linked::LinkedPlugin;
use crate::registry::Registry;

impl Configuration {
    /// Names what a plugin's results follow from: what is configured for it, and the plugin as far as
    /// its version and its example tell. Empty for a plugin that is not here.
    pub(crate) fn made_for(&self, plugin: &LinkedPlugin) -> &str {
        self.made_for.get(plugin.id()).map_or("", String::as_str)
    }

    /// The names of all plugins with a data output.
    pub(super) fn all_made_for(&self, registry: &Registry) -> HashMap<&'static str, String> {
        registry.outputs().map(|plugin| (plugin.id(), self.fingerprint(plugin))).collect()
    }

    fn fingerprint(&self, plugin: &LinkedPlugin) -> String {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        };
        add(plugin.origin().version);
        for environment in &self.environments {
            add(environment.id.as_str());
            add(&environment.name);
            add(&environment.acronym);
        }
        let platform = self.platforms.iter().find(|one| one.key == plugin.platform_key());
        for values in &self.values {
            if platform.is_some_and(|platform| platform.id == values.platform_id) {
                add(values.environment_id.as_str());
                add(&values.config.to_string());
            }
        }
        if let (Some(output), Some(service)) = (plugin.output(), self.service_of(plugin.id())) {
            if let Some(templates) = &service.templates {
                add(templates.result.source());
                add(templates.technical_info.source());
            }
            for entries in self.entries.iter().filter(|one| one.service_id == service.id) {
                add(entries.environment_id.as_str());
                entries.config.iter().for_each(|entry| add(&json!(entry).to_string()));
            }
            let product = example_product();
            let rendered = self.render(plugin, service, &product, output.example().as_ref());
            add(&format!("{:?}", rendered.result_string));
            for info in &rendered.technical_info {
                add(&format!("{:?}{:?}{:?}", info.info, info.url, info.reason));
            }
        }
        let hash = hash.finalize();
        hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }
}
