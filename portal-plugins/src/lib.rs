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

// Floor 1: what a binary knows of plugins that it is built without
mod bundled;

pub use bundled::{BUNDLED, Bundled};
