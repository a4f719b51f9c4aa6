//! Applying a file without removing anything, as a start of the server does.

use super::{EnvironmentSettings, Settings};

impl Settings {
    /// Adds everything that is stored and not said here, so that applying removes nothing.
    pub fn keep_stored(&mut self, stored: Settings) {
        for (name, domain) in stored.domains {
            self.domains.entry(name).or_insert(domain);
        }
        for (name, kind) in stored.data_product_types {
            self.data_product_types.entry(name).or_insert(kind);
        }
        for (id, service) in stored.services {
            let kept = self.services.entry(id).or_default();
            for option in service.options {
                if !kept.options.contains(&option) {
                    kept.options.push(option);
                }
            }
            kept.result_template = kept.result_template.take().or(service.result_template);
            kept.technical_info_template =
                kept.technical_info_template.take().or(service.technical_info_template);
        }
        for (name, environment) in stored.environments {
            match self.environments.get_mut(&name) {
                None => {
                    self.environments.insert(name, environment);
                }
                Some(kept) => kept.keep_stored(environment),
            }
        }
    }
}

impl EnvironmentSettings {
    fn keep_stored(&mut self, stored: EnvironmentSettings) {
        for (platform, values) in stored.platforms {
            self.platforms.entry(platform).or_insert(values);
        }
        for (id, entries) in stored.services {
            let kept = self.services.entry(id).or_default();
            for entry in entries {
                let identifier = entry.get("identifier");
                let replaced = match identifier {
                    Some(_) => kept.iter().any(|one| one.get("identifier") == identifier),
                    None => kept.contains(&entry),
                };
                if !replaced {
                    kept.push(entry);
                }
            }
        }
    }
}
