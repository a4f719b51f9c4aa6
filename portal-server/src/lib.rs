//! The portal's server and command line, as a library, so that a distribution of your own is a
//! `main.rs` of one line: [`main!`] with the names of your plugin crates. See
//! `examples/custom-portal`. [`Builder`] starts it by code, or makes it a part of an actix
//! application of your own. See `examples/embedded`.
//!
//! This is the only crate that knows HTTP.
//!
//! Each group of modules in `lib.rs` is a floor: a module names modules of lower floors only.

#![deny(unused_crate_dependencies)]
#![warn(missing_docs)]
// They panic when nobody reads.
#![deny(clippy::print_stderr, clippy::print_stdout)]

// Floor 1: what needs nothing else of this crate
mod catalogue;
mod cookies;
mod error;
mod expiry;
mod failures;
mod hosts;
mod listing;
mod log;
mod media;
mod migrated;
mod oidc;
mod operator_file;
mod prefix;
mod questions;
mod registry;
mod rule;
mod seal;
mod sessions;

// Floor 2: who may do what
mod access;

// Floor 3: whoever sends a request
mod visitor;

// Floor 4: what requests are answered with: their bodies, the portal, the frame of a page
mod body;
mod frame;
mod portal;

// Floor 5: what requests may do, and what a route says of itself
mod assets;
mod data_products;
mod guard;
mod members;
mod operation;
mod permit;

// Floor 6: from the tables of routes and pages to what serves them
mod resource;

// Floor 7: every URL, of the API and of the pages
mod pages;
mod routes;

// Floor 8: what follows from both tables: the OpenAPI document, who may ask for what
mod openapi;
mod permissions;

// Floor 9: what is started: the server, the example company
mod demo;
mod server;

// Floor 10: starting it by code
mod builder;

// Floor 11: the command line
mod cli;

// Floor 12: the main.rs of a distribution
mod distribution;

pub use access::Identify;
pub use builder::Builder;
pub use cli::run;
pub use hosts::AllowedHost;
pub use portal_engine::Registry;
pub use portal_engine::access::Person;
pub use registry::Plugins;
pub use server::Mount;

// Named so that the bundled plugins are linked into every distribution.
use portal_plugins as _;
