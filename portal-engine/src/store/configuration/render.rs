//! What configuration and a data output give together: rendered text and links.

use std::any::Any;
use std::sync::LazyLock;

use portal_core::__private::{AnyOutput, PlaceRef, fill};
use portal_core::environment::{Environment, HttpsUrl, Link, LinkError};
use portal_core::template::{Fields, Values};
use portal_core::{DataProduct, Error, Id, Result};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Configuration, EnvironmentEntries, ServiceRow};
use crate::linked::LinkedPlugin;
use crate::registry::Registry;

/// What an asset is in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TechnicalInfo<'a> {
    /// Id of the environment.
    pub environment_id: &'a Id,
    /// Name of the environment.
    pub environment: &'a str,
    /// The rendered technical information; null when the asset's entry is not configured there.
    pub info: Option<String>,
    /// Address of the thing itself; null when there is none.
    pub url: Option<String>,
}

/// What is shown of a data output.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered<'a> {
    /// Its fields, in declaration order.
    pub fields: Fields,
    /// Its service's result template over the fields; `None` when the plugin is not here.
    pub result_string: Option<String>,
    /// What it is in each environment.
    pub technical_info: Vec<TechnicalInfo<'a>>,
}

impl Configuration {
    /// The result of a data output: its service's template over its fields.
    pub fn result_string(&self, service: &ServiceRow, output: &dyn AnyOutput) -> Option<String> {
        let templates = service.templates.as_ref()?;
        Some(output.render(&templates.result, Values::new(&[&output.fields()])))
    }

    /// Everything that is shown of a data output: its fields, its result, and what it is in each
    /// environment that is configured for its service.
    pub fn render(
        &self,
        plugin: &LinkedPlugin,
        service: &ServiceRow,
        product: &DataProduct,
        output: &dyn AnyOutput,
    ) -> Rendered<'_> {
        let fields = output.fields();
        let result_string = service
            .templates
            .as_ref()
            .map(|templates| output.render(&templates.result, Values::new(&[&fields])));
        let technical_info = self
            .entries
            .iter()
            .filter(|entries| entries.service_id == service.id)
            .filter_map(|entries| {
                let environment =
                    self.environments.iter().find(|one| one.id == entries.environment_id)?;
                let mut info = TechnicalInfo {
                    environment_id: &environment.id,
                    environment: &environment.name,
                    info: None,
                    url: None,
                };
                if let Some(entry) = entries.pick(output) {
                    let values = self.values_of(plugin, environment);
                    let typed = values.map(|(_, typed)| typed);
                    let place = PlaceRef { product, environment: Some(environment), values: typed };
                    info.info = values
                        .map(|(fields, _)| fields)
                        .or_else(|| (!service.needs_values()).then_some(&*NOTHING))
                        .and_then(|values| {
                            let layers = [entry.fields, &fields, values];
                            self.info(service, output, &layers, environment)
                        });
                    info.url = entry.link(output, place).ok();
                }
                Some(info)
            })
            .collect();
        Rendered { fields, result_string, technical_info }
    }

    /// The technical information of a data output over the entry that it refers to, its own fields
    /// and the platform's values.
    fn info(
        &self,
        service: &ServiceRow,
        output: &dyn AnyOutput,
        [entry, fields, values]: &[&Fields; 3],
        environment: &Environment,
    ) -> Option<String> {
        let acronym = self.environment_fields.get(&environment.id)?;
        let layers = [*entry, fields, values, acronym];
        let template = &service.templates.as_ref()?.technical_info;
        Some(output.render(template, Values::new(&layers)))
    }

    /// The values of a plugin's platform in an environment: as they are stored, and as it reads them.
    fn values_of(
        &self,
        plugin: &LinkedPlugin,
        environment: &Environment,
    ) -> Option<(&Fields, &(dyn Any + Send + Sync))> {
        let mut here = self.values.iter().filter(|one| one.environment_id == environment.id);
        here.find_map(|values| {
            Some((values.config.as_object()?, values.typed.get(plugin.id())?.as_ref()))
        })
    }

    fn place<'a>(
        &'a self,
        plugin: &LinkedPlugin,
        product: &'a DataProduct,
        environment: Option<&'a Environment>,
    ) -> PlaceRef<'a> {
        let values = environment.and_then(|environment| self.values_of(plugin, environment));
        PlaceRef { product, environment, values: values.map(|(_, typed)| typed) }
    }

    /// The link to a platform for a data product, by any name of a plugin or the key of a parent.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] for an unknown plugin or environment and for a platform that is not
    /// configured there, [`Error::Incomplete`] when an environment is needed,
    /// [`Error::Unsupported`] when the plugin offers no link.
    pub fn platform_url(
        &self,
        registry: &Registry,
        name: &str,
        product: &DataProduct,
        environment: Option<&str>,
    ) -> Result<String> {
        let environment = environment.map(|name| self.known_environment(name)).transpose()?;
        let url = match registry.parent(name) {
            Some(parent) => self.console(name, parent.console, environment),
            None => {
                let plugin = registry.get(name)?;
                plugin.url(self.place(plugin, product, environment))
            }
        };
        url.and_then(only_https).map_err(|error| self.explain(name, &error))
    }

    /// The link to one asset in one environment.
    ///
    /// # Errors
    ///
    /// As [`platform_url`](Self::platform_url).
    pub fn asset_url(
        &self,
        plugin: &LinkedPlugin,
        service: &ServiceRow,
        product: &DataProduct,
        output: &dyn AnyOutput,
        environment: Option<&str>,
    ) -> Result<String> {
        let Some(environment) = environment else {
            return Err(self.explain(plugin.id(), &LinkError::EnvironmentNeeded));
        };
        let environment = self.known_environment(environment)?;
        let not_configured = || {
            LinkError::NotConfigured(format!(
                "no entry of the environment {:?} fits this asset",
                environment.name
            ))
        };
        let place = self.place(plugin, product, Some(environment));
        self.entries
            .iter()
            .find(|one| one.service_id == service.id && one.environment_id == environment.id)
            .and_then(|entries| entries.pick(output))
            .map_or_else(|| Err(not_configured()), |entry| entry.link(output, place))
            .map_err(|error| self.explain(plugin.id(), &error))
    }

    /// The console of a parent platform: its template over the platform's values.
    fn console(&self, key: &str, template: &str, environment: Option<&Environment>) -> Link {
        let environment = environment.ok_or(LinkError::EnvironmentNeeded)?;
        let values = self
            .platforms
            .iter()
            .find(|platform| platform.key == key)
            .and_then(|platform| {
                self.values.iter().find(|values| {
                    values.platform_id == platform.id && values.environment_id == environment.id
                })
            })
            .and_then(|values| values.config.as_object())
            .ok_or_else(|| {
                LinkError::NotConfigured(format!(
                    "{key} has no configuration for the environment {:?}",
                    environment.name
                ))
            })?;
        fill(template, values, || {
            LinkError::NotConfigured(format!(
                "the configuration of {key} for the environment {:?} lacks a value of {template:?}",
                environment.name
            ))
        })
    }

    fn known_environment(&self, name: &str) -> Result<&Environment> {
        self.environment(name).ok_or_else(|| {
            Error::NotFound(format!(
                "no environment is called {name:?} ({})",
                portal_core::__private::suggest::hint(
                    name,
                    self.environments.iter().map(|one| one.name.as_str())
                )
            ))
        })
    }

    fn explain(&self, name: &str, error: &LinkError) -> Error {
        match error {
            LinkError::Unsupported => Error::Unsupported(format!("{name}: {error}")),
            LinkError::NotConfigured(_) => Error::NotFound(format!("{name}: {error}")),
            LinkError::EnvironmentNeeded => {
                let names: Vec<&str> =
                    self.environments.iter().map(|one| one.name.as_str()).collect();
                Error::Incomplete(format!(
                    "the link of {name} differs per environment: add ?environment=… ({})",
                    names.join(", ")
                ))
            }
        }
    }
}

/// The values of a platform that has none.
static NOTHING: LazyLock<Fields> = LazyLock::new(Fields::new);

impl ServiceRow {
    fn needs_values(&self) -> bool {
        self.templates.as_ref().is_some_and(|templates| templates.needs_values)
    }
}

/// The entry of a service that a data output refers to, in one environment.
struct Picked<'a> {
    fields: &'a Fields,
    /// All entries as the plugin reads them, and which of them it is.
    typed: &'a (dyn Any + Send + Sync),
    index: usize,
}

impl EnvironmentEntries {
    /// The entry that a data output refers to; `None` when no entry fits.
    fn pick(&self, output: &dyn AnyOutput) -> Option<Picked<'_>> {
        let typed = self.typed.as_ref()?;
        let index = match output.entry_name() {
            Some(name) => *typed.by_name.get(name)?,
            None if self.config.len() == 1 => 0,
            None => return None,
        };
        Some(Picked { fields: self.config.get(index)?, typed: typed.entries.as_ref(), index })
    }
}

impl Picked<'_> {
    fn link(&self, output: &dyn AnyOutput, place: PlaceRef<'_>) -> Link {
        output.asset_url(self.typed, self.index, place).and_then(only_https)
    }
}

/// How the reason begins why there is no link, when the plugin made one that cannot be passed on.
pub const UNUSABLE_LINK: &str = "the plugin's link is unusable";

/// Passes on addresses that are safe to render as links. A list has many, and nearly all of them
/// are plainly so; only the others are parsed.
fn only_https(url: String) -> Link {
    if is_plainly_https(&url) {
        return Ok(url);
    }
    match HttpsUrl::parse(&url) {
        Ok(_) => Ok(url),
        Err(reason) => Err(LinkError::NotConfigured(format!("{UNUSABLE_LINK}: {reason}"))),
    }
}

/// Whether an address begins with `https://` and the name of a host, and has nothing in it that
/// an address must not have.
fn is_plainly_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.contains("xn--")
        && host.starts_with(|first: char| first.is_ascii_alphabetic())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
        && rest.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_with_https_and_a_host_pass() {
        for good in [
            "https://acme.example",
            "https://acme.example/a%20b?c=d#e",
            "https://acme.example:8443/",
            "https://10.0.0.1/",
        ] {
            assert_eq!(only_https(good.to_owned()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "https://",
            "http://acme.example",
            "javascript:alert(1)//https://acme.example",
            " https://acme.example:x/",
            "https://me:hunter2@acme.example/",
            "https://acme.example@evil.example/",
            "https://аcme.example/",
            "https://xn--a.example/",
        ] {
            let said = only_https(bad.to_owned()).unwrap_err().to_string();
            assert!(said.starts_with("the plugin's link is unusable: "), "{bad}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}
