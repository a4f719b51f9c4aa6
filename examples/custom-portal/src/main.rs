//! A portal of one's own: the bundled plugins, and S3 beside them.

// A plugin crate that is in Cargo.toml but named nowhere is not linked; this makes it an error.
#![deny(unused_crate_dependencies)]

portal_server::main!(s3_plugin);
