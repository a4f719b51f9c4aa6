//! The list of plugins that come with the portal: one line per crate, behind its feature.
//!
//! rustc does not link a dependency that no source line names; its registration would then not
//! exist, and nothing would fail. The lint below makes a forgotten line a compile error whose
//! help text is the line to add.

#![deny(unused_crate_dependencies)]

#[cfg(feature = "databricks")]
use databricks_plugin as _;
#[cfg(feature = "glue")]
use glue_plugin as _;
#[cfg(feature = "redshift")]
use redshift_plugin as _;
#[cfg(feature = "snowflake")]
use snowflake_plugin as _;

/// A plugin that comes with the portal, whether it is linked into this binary or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// Id of the plugin, which is also the name of its feature.
    pub id: &'static str,
    /// Key of its platform: the parent's, or its own id.
    pub platform: &'static str,
    /// The values that it reads of a platform which others read as well.
    pub values: &'static [&'static str],
    /// Whether its feature is on.
    pub linked: bool,
}

/// What Glue and Redshift read of AWS.
const AWS_VALUES: &[&str] = &["account_id", "region", "can_read_from"];

/// All of them, by id.
pub const BUNDLED: &[Bundled] = &[
    Bundled {
        id: "databricks",
        platform: "databricks",
        values: &[],
        linked: cfg!(feature = "databricks"),
    },
    Bundled { id: "glue", platform: "aws", values: AWS_VALUES, linked: cfg!(feature = "glue") },
    Bundled {
        id: "redshift",
        platform: "aws",
        values: AWS_VALUES,
        linked: cfg!(feature = "redshift"),
    },
    Bundled {
        id: "snowflake",
        platform: "snowflake",
        values: &[],
        linked: cfg!(feature = "snowflake"),
    },
];
