//! A portal for tests: the bundled plugins, S3, a fixture plugin with every kind of column and
//! control, and a launcher. The tests in `tests/` use it as a library and as the binary
//! `test-portal`.

pub mod fixture;
pub mod harness;
pub mod launcher;

// Named so that they are linked.
use portal_plugins as _;
use s3_plugin as _;
