//! Applying a file without removing anything, as a start of the server does.

use std::collections::HashSet;

use portal_core::template::Fields;
use portal_core::{Problem, Problems};
use serde_json::Value;

use super::checks::{entries_named_by, same_acronym, second_default};
use super::{CheckedFile, EnvironmentSettings, Settings};
use crate::registry::Registry;

/// Why a stored environment stands in the way of one in the file.
const STAYS: &str = "it is stored and not in this file, and a start removes nothing";

impl CheckedFile {
    /// The settings of the file, with everything that is stored and not said in it.
    ///
    /// # Errors
    ///
    /// An acronym or a default of the file that an environment has already which stays, each at
    /// `file:line`.
    pub(super) fn with_stored(
        mut self,
        stored: &Settings,
        registry: &Registry,
    ) -> Result<Settings, Problems> {
        self.check_with_stored(stored)?;
        self.settings.keep_stored(stored.clone(), registry);
        Ok(self.settings)
    }

    /// The acronyms and the default of the file beside those of the environments that it omits.
    fn check_with_stored(&self, stored: &Settings) -> Result<(), Problems> {
        let environments = &self.settings.environments;
        let mut problems = Problems::new();
        let mut refuse = |problem: Problem| {
            let at = self.place(&problem.at);
            problems.push(Problem { at, ..problem }.hint(STAYS));
        };
        for (kept, stays) in &stored.environments {
            if environments.contains_key(kept) {
                continue;
            }
            for (name, environment) in environments {
                if environment.acronym == stays.acronym {
                    refuse(same_acronym(name, &stays.acronym, kept));
                }
                if environment.default && stays.default {
                    refuse(second_default(name, kept));
                }
            }
        }
        problems.into_result()
    }
}

impl Settings {
    fn keep_stored(&mut self, stored: Settings, registry: &Registry) {
        // Whoever is no longer named may no longer do anything, so a section counts as a whole.
        self.access = self.access.take().or(stored.access);
        let names = &mut self.compatibility.wire_names;
        *names = names.or(stored.compatibility.wire_names);
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
                Some(kept) => kept.keep_stored(environment, registry),
            }
        }
    }
}

impl EnvironmentSettings {
    fn keep_stored(&mut self, stored: EnvironmentSettings, registry: &Registry) {
        for (platform, values) in stored.platforms {
            self.platforms.entry(platform).or_insert(values);
        }
        for (id, entries) in stored.services {
            let named_by = entries_named_by(registry, &id);
            let kept = self.services.entry(id).or_default();
            let Some(name) = named_by else {
                if kept.is_empty() {
                    *kept = entries;
                }
                continue;
            };
            let names: HashSet<Value> =
                kept.iter().filter_map(|entry| entry.get(name)).cloned().collect();
            let is_replaced =
                |entry: &Fields| entry.get(name).is_some_and(|name| names.contains(name));
            kept.extend(entries.into_iter().filter(|entry| !is_replaced(entry)));
        }
    }
}
