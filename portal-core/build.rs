//! Present because `links` in a manifest needs a build script; it has nothing to do.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
}
