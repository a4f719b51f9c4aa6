//! Secrets in an operator's configuration: always a reference, never a value.
//!
//! The file and the database hold where the secret is (`{ env = "NAME" }` or
//! `{ file = "/path" }`); each server looks there itself. What is found can be used by a plugin
//! and is shown nowhere: it has no `Display`, `Debug` hides it, and serialising gives the
//! reference back.

use std::path::Path;
use std::{env, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

use crate::bounded_file::read_bounded;

/// How many bytes a secret has at the most.
const MOST_OF_A_SECRET: u64 = 64_000;

/// The key that marks a secret in a JSON Schema.
pub const SECRET_KEY: &str = "x-secret";

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum SecretReference {
    /// In an environment variable of the server.
    Env(String),
    /// In a file on the server, of at most 64 kB; one line break at its end does not count.
    File(String),
}

impl SecretReference {
    /// Looks the secret up.
    ///
    /// # Errors
    ///
    /// A sentence that names the reference, never what was found.
    fn look_up(&self) -> Result<String, String> {
        match self {
            SecretReference::Env(name) => {
                env::var(name).map_err(|_| format!("the environment variable {name} is not set"))
            }
            SecretReference::File(path) => read_bounded(Path::new(path), MOST_OF_A_SECRET)
                .map(|text| text.strip_suffix('\n').map_or(text.clone(), str::to_owned))
                .map_err(|reason| format!("the file {path} cannot be read: {reason}")),
        }
    }
}

/// A secret that a plugin's configuration refers to.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    reference: SecretReference,
    found: Result<String, String>,
}

impl Secret {
    /// A secret in an environment variable, for examples.
    pub fn in_env(name: &str) -> Self {
        let reference = SecretReference::Env(name.to_owned());
        Secret { found: reference.look_up(), reference }
    }

    /// The secret itself. It must go nowhere but to the service that asks for it.
    ///
    /// # Errors
    ///
    /// A sentence that says where it was looked for in vain.
    pub fn reveal(&self) -> Result<&str, &str> {
        match &self.found {
            Ok(secret) => Ok(secret),
            Err(reason) => Err(reason),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").field(&self.reference).finish()
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.reference.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let reference = SecretReference::deserialize(deserializer)?;
        Ok(Secret { found: reference.look_up(), reference })
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {"env": {"type": "string"}, "file": {"type": "string"}},
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
            SECRET_KEY: true
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::*;

    #[test]
    fn secret_is_found_but_never_shown() {
        let folder = env::temp_dir().join(format!("portal-secret-{}", std::process::id()));
        fs::write(&folder, "hunter2\n").unwrap();
        let reference = json!({"file": folder.to_str().unwrap()});
        let secret: Secret = serde_json::from_value(reference.clone()).unwrap();
        fs::remove_file(&folder).unwrap();
        assert_eq!(secret.reveal(), Ok("hunter2"));
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(serde_json::to_value(&secret).unwrap(), reference);
    }

    #[test]
    fn file_that_is_no_secret_is_not_read_whole() {
        let of = |path: &str| -> Secret { serde_json::from_value(json!({"file": path})).unwrap() };
        let endless = "the file /dev/zero cannot be read: it is a device, and only a regular file";
        assert!(of("/dev/zero").reveal().unwrap_err().starts_with(endless));
        let large = env::temp_dir().join(format!("portal-large-secret-{}", std::process::id()));
        fs::write(&large, "a".repeat(64_001)).unwrap();
        let secret = of(large.to_str().unwrap());
        fs::remove_file(&large).unwrap();
        assert!(secret.reveal().unwrap_err().ends_with("more than 64 kB, which is the limit"));
    }

    #[test]
    fn plain_text_is_no_secret() {
        assert!(serde_json::from_value::<Secret>(json!("hunter2")).is_err());
        assert!(serde_json::from_value::<Secret>(json!({"env": "A", "file": "b"})).is_err());
    }
}
