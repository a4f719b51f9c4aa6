//! What the bundled plugins say of themselves, for binaries that are built without them. A test
//! writes this file.

/// What a binary knows of a plugin that comes with the portal, linked into it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// Id of the plugin, which is also the name of its feature.
    pub id: &'static str,
    /// Key of its platform: the parent's, or its own id.
    pub platform: &'static str,
    /// The values that it reads of its platform.
    pub values: &'static [&'static str],
}

/// All of them, by id.
#[rustfmt::skip]
pub const BUNDLED: &[Bundled] = &[
    Bundled {
        id: "databricks",
        platform: "databricks",
        values: &["workspace_urls", "account_id", "metastore_id", "credential_name"],
    },
    Bundled {
        id: "glue",
        platform: "aws",
        values: &["account_id", "region", "can_read_from"],
    },
    Bundled {
        id: "redshift",
        platform: "aws",
        values: &["account_id", "region", "can_read_from"],
    },
    Bundled {
        id: "snowflake",
        platform: "snowflake",
        values: &["login_url"],
    },
];
