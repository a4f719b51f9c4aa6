//! Environments, and the links that plugins build for one.

pub(crate) mod address;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;

pub use self::address::encode;
use self::address::fill;
use crate::data_product::DataProduct;
use crate::id::Id;
use crate::template::Fields;

/// One environment of the company, such as production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Id of the environment.
    pub id: Id,
    /// Name, unique in the portal.
    pub name: String,
    /// Short form used in rendered text, such as `prd`.
    pub acronym: String,
    /// Free text that the company's own tools read.
    pub context: String,
    /// Whether this is the one that pages show first.
    pub is_default: bool,
}

/// Where a link is asked for: a data product, and the environment with the platform's values in
/// it where there is one.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a, V> {
    /// The data product that the link is for.
    pub product: &'a DataProduct,
    /// The environment asked for.
    pub environment: Option<&'a Environment>,
    pub(crate) values: Option<&'a V>,
}

impl<'a, V> Place<'a, V> {
    /// For tests; the portal makes the places that plugins are given.
    #[doc(hidden)]
    pub fn new(
        product: &'a DataProduct,
        environment: Option<&'a Environment>,
        values: Option<&'a V>,
    ) -> Self {
        Place { product, environment, values }
    }

    /// The platform's values in this environment.
    ///
    /// # Errors
    ///
    /// No environment was asked for, or the platform is not configured in it.
    pub fn values(&self) -> Result<&'a V, LinkError> {
        match (self.environment, self.values) {
            (_, Some(values)) => Ok(values),
            (None, None) => Err(LinkError::EnvironmentNeeded),
            (Some(environment), None) => Err(LinkError::NotConfigured(format!(
                "the platform has no configuration for the environment {:?}",
                environment.name
            ))),
        }
    }
}

impl<V: Serialize> Place<'_, V> {
    /// Fills a template over the platform's values, `namespace` and `environment`. Every value
    /// is percent-encoded.
    ///
    /// # Errors
    ///
    /// As [`values`](Self::values), when the template needs what is not there.
    pub fn fill(&self, template: &str) -> Link {
        let mut fields = match self.values {
            Some(values) => match serde_json::to_value(values) {
                Ok(Value::Object(fields)) => fields,
                _ => Fields::new(),
            },
            None => Fields::new(),
        };
        fields.insert("namespace".to_owned(), self.product.namespace.clone().into());
        if let Some(environment) = self.environment {
            fields.insert("environment".to_owned(), environment.acronym.clone().into());
        }
        fill(template, &fields, || match self.values() {
            Err(missing) => missing,
            Ok(_) => LinkError::EnvironmentNeeded,
        })
    }
}

/// An address, or why there is none.
pub type Link = Result<String, LinkError>;

/// Why there is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The plugin has no such link at all.
    #[error("the plugin offers no link")]
    Unsupported,
    /// The link differs per environment, and none was named.
    #[error("an environment is needed")]
    EnvironmentNeeded,
    /// The operator has not configured what the link is made of; the text says what is missing.
    #[error("{0}")]
    NotConfigured(String),
}

/// An `https` address in an operator's configuration, kept as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HttpsUrl(String);

impl HttpsUrl {
    /// Its format in JSON Schemas. A format, because compiling a regular expression for a `pattern`
    /// took longer than the rest of a plugin's schemas together.
    pub const FORMAT: &str = "https-uri";

    /// The address as written, without a trailing slash, ready to append a path to.
    pub fn base(&self) -> &str {
        self.0.trim_end_matches('/')
    }

    /// An address that the plugin itself writes, such as an example's. The contract test finds
    /// one that is wrong.
    pub fn literal(address: impl Into<String>) -> Self {
        HttpsUrl(address.into())
    }

    /// Checks an address.
    ///
    /// # Errors
    ///
    /// A sentence that says why the text is no `https` address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written = authority(text);
        // First, and without the text: it may be a password.
        if written.contains('@') {
            return Err("the address names a user before its host (…@): leave that out".to_owned());
        }
        let url = Url::parse(text).map_err(|error| format!("{text:?} is no address: {error}"))?;
        if url.scheme() != "https" {
            let scheme = url.scheme();
            return Err(format!("{text:?} has the scheme {scheme:?}, only https is allowed"));
        }
        let read = url.host_str().unwrap_or_default();
        let host = match written.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => written,
        };
        if read.is_empty() || !host.eq_ignore_ascii_case(read) {
            return Err(format!(
                "{text:?} leads to the host {read:?}, which is not how it is written: write it like that"
            ));
        }
        Ok(HttpsUrl(text.to_owned()))
    }
}

/// What an address names as its host, as it is written: with a user and a port where it has them.
fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

impl<'de> Deserialize<'de> for HttpsUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HttpsUrl::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for HttpsUrl {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HttpsUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": HttpsUrl::FORMAT})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_an_address() {
        for good in [
            "https://acme.example/login",
            "HTTPS://Acme.example:8443/a@b?c=d@e#f@g",
            "https://xn--bcher-kva.example",
            "https://[::1]:8443/",
            "https://10.0.0.1",
        ] {
            assert!(HttpsUrl::parse(good).is_ok(), "{good}");
        }
        for wrong in ["http://acme.example", "javascript:alert(1)", "acme", ""] {
            assert!(HttpsUrl::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn user_before_the_host_is_refused_and_not_repeated() {
        for wrong in [
            "https://me:hunter2@acme.example",
            "https://acme.example:hunter2@evil.example/",
            "https://@acme.example",
            "https://me:hunter2@[acme",
            "http://me:hunter2@acme.example",
            "https://acme.example\\@evil.example",
        ] {
            let said = HttpsUrl::parse(wrong).unwrap_err();
            assert!(said.contains("names a user"), "{wrong}: {said}");
            assert!(!said.contains("hunter2"), "{wrong}: {said}");
        }
    }

    #[test]
    fn host_that_is_not_read_as_it_is_written_is_refused() {
        for (wrong, read) in [
            ("https://аcme.example/", "xn--cme-5cd.example"),
            ("https://bücher.example", "xn--bcher-kva.example"),
            ("https://ａcme.example", "acme.example"),
            ("https://ac%6de.example", "acme.example"),
            ("https://acme\n.example", "acme.example"),
            ("https://acme.example\\evil", "acme.example"),
            ("https://0x7f.1/", "127.0.0.1"),
            ("https:acme.example", "acme.example"),
        ] {
            let said = HttpsUrl::parse(wrong).unwrap_err();
            assert!(said.contains(&format!("the host {read:?}")), "{wrong}: {said}");
        }
    }
}
