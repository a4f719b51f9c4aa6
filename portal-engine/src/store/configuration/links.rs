//! Links to a platform, to an asset in one environment, and to a parent's console.

use portal_core::__private::{AnyOutput, PlaceRef, fill};
use portal_core::environment::{Environment, HttpsUrl, Link, LinkError};
use portal_core::{DataProduct, Error, Result};

use super::{Configuration, Lack, ServiceRow};
use crate::linked::LinkedPlugin;
use crate::registry::Registry;

impl Configuration {
    pub(super) fn place<'a>(
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
        let place = self.place(plugin, product, Some(environment));
        self.find_entry(plugin, service, product, output, environment)
            .and_then(|found| {
                let (entries, index) = found.typed();
                output.asset_url(entries, index, place).and_then(only_https).map_err(Lack::Link)
            })
            .map_err(|lack| match lack {
                Lack::Link(error) => self.explain(plugin.id(), &error),
                other => Error::NotFound(other.in_words(plugin, &environment.name)),
            })
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

/// How the reason begins why there is no link, when the plugin made one that cannot be passed on.
pub const UNUSABLE_LINK: &str = "the plugin's link is unusable";

/// Passes on addresses that are safe to render as links. A list has many, and nearly all of them
/// are plainly so; only the others are parsed.
pub(super) fn only_https(url: String) -> Link {
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
