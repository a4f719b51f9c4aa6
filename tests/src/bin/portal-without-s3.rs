//! A portal of the bundled plugins alone. The package depends on S3 as well, but nothing here names
//! it, so it is not linked: this is the build without it.

portal_server::main!();
