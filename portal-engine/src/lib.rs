//! What a portal does with the plugins that are linked into it: it collects and checks them, checks
//! what people enter for them, migrates the database, and keeps data products, assets and the
//! operator's file there.
//!
//! Servers and tests depend on it; plugins depend on `portal-core` alone. It names no plugin and
//! knows no HTTP.

#![warn(missing_docs)]

// Floor 1: what needs nothing else of this crate
pub mod db;
pub mod form;
mod migration;
mod problems;
mod properties;
mod tables;
mod text_enum;

// Floor 2: who may do what; secrets in a configuration; what answers call plugins
pub mod access;
mod secret;
mod wire_names;

// Floor 3: compiled schemas
pub mod schema;

// Floor 4: fields
mod field;

// Floor 5: one plugin, checked
mod linked;

// Floor 6: all plugins; how an entry is found
pub mod entries;
mod registry;

// Floor 7: input, and the database's shape
pub mod check;
pub mod migrate;

// Floor 8: what is stored
pub mod store;

// Floor 9: the operator's file, and a plugin's data as a file
pub mod settings;
pub mod transfer;

// Floor 10: what needs the operator
pub mod findings;

pub use linked::{LinkedOutput, LinkedPlugin};
pub use portal_core::__private::{AnyOutput, LoadedRow, read_bounded, suggest};
pub use problems::{MOST_PROBLEMS, cut_to, tidy};
pub use registry::Registry;
pub use secret::is_secret;
pub use wire_names::WireNames;
