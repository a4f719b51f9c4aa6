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
mod access;
mod catalogue;
mod error;
mod expiry;
mod failures;
mod hosts;
mod listing;
mod log;
mod media;
mod migrated;
mod operator_file;
mod prefix;
mod registry;
mod rule;

// Floor 2: whoever sends a request
mod visitor;

// Floor 3: what requests are answered with: their bodies, the portal, the frame of a page
mod body;
mod frame;
mod portal;

// Floor 4: what requests may do, and what a route says of itself
mod assets;
mod data_products;
mod guard;
mod members;
mod operation;
mod permit;

// Floor 5: from the tables of routes and pages to what serves them
mod resource;

// Floor 6: every URL, of the API and of the pages
mod pages;
mod routes;

// Floor 7: what follows from both tables: the OpenAPI document, who may ask for what
mod openapi;
mod permissions;

// Floor 8: what is started: the server, the example company
mod demo;
mod server;

// Floor 9: starting it by code
mod builder;

// Floor 10: the command line
mod cli;

// Floor 11: the main.rs of a distribution
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
