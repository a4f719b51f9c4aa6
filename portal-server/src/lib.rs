//! The portal's server and command line, as a library, so that a distribution of your own is a
//! `main.rs` of ten lines: name your plugin crates, call [`main`]. See `examples/custom-portal`.
//!
//! This is the only crate that knows HTTP.

#![deny(unused_crate_dependencies)]
#![warn(missing_docs)]

mod assets;
mod body;
mod catalogue;
mod cli;
mod data_products;
mod demo;
mod error;
mod frame;
mod guard;
mod hosts;
mod listing;
mod openapi;
mod operation;
mod operator_file;
mod pages;
mod portal;
mod resource;
mod routes;
mod rule;
mod server;

pub use cli::main;
pub use hosts::AllowedHost;
pub use portal::Portal;
pub use server::{start, start_for};

// Named so that the bundled plugins are linked into every distribution.
use portal_plugins as _;
