//! `ENABLED_PLUGINS`: narrowing what is linked when the server starts.

use std::sync::Arc;

use portal_core::__private::suggest;
use portal_core::{Error, Result};

use super::{Registry, plugin_names};
use crate::linked::LinkedPlugin;

impl Registry {
    /// The registry with only the plugins that `ENABLED_PLUGINS` names, separated by commas.
    ///
    /// `None`, the variable being unset, enables everything that is linked; `none` enables
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a name that is not linked, with the nearest one that is; and for a
    /// value that is set but empty, which is what an unset variable in a compose file gives.
    pub fn narrow(&self, enabled: Option<&str>) -> Result<Registry> {
        let Some(enabled) = enabled else { return Ok(self.clone()) };
        let names: Vec<&str> =
            enabled.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        match names.as_slice() {
            [] => Err(Error::refused(format!(
                "ENABLED_PLUGINS is set but empty: unset it to enable all linked plugins ({}), or set it to none to enable no plugin",
                self.ids()
            ))),
            ["none"] => Ok(self.keep(|_| false)),
            names => {
                let unknown: Vec<String> = names
                    .iter()
                    .filter(|name| self.find(name).is_none())
                    .map(|name| self.unknown_entry(name))
                    .collect();
                if unknown.is_empty() {
                    Ok(self.keep(|plugin| plugin_names(plugin).any(|known| names.contains(&known))))
                } else {
                    Err(Error::refused(unknown.join("\n")))
                }
            }
        }
    }

    fn unknown_entry(&self, name: &str) -> String {
        if name == "none" {
            return "ENABLED_PLUGINS names none beside other plugins: none stands alone".to_owned();
        }
        let ids = || self.plugins().iter().map(|plugin| plugin.id());
        let nearest = suggest::question(name, ids());
        format!(
            "ENABLED_PLUGINS names {name:?}, which is not linked into this binary{nearest} (linked: {})",
            self.ids()
        )
    }

    fn keep(&self, wanted: impl Fn(&LinkedPlugin) -> bool) -> Registry {
        let (enabled, disabled) =
            self.plugins().iter().map(Arc::clone).partition(|plugin| wanted(plugin));
        Registry::of(enabled, disabled)
    }
}
