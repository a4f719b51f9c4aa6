//! What the `main.rs` of a distribution says: which plugin crates there are.
//!
//! rustc does not link a crate that no source line names. These macros are the line that names it,
//! and hand the name on, so that a start refuses a crate that is linked and registers nothing.

/// A portal with the bundled plugins and with those of the named crates, as the whole of a
/// `main.rs`:
///
/// ```text
/// #![deny(unused_crate_dependencies)]
///
/// portal_server::main!(kafka_plugin, wiki_plugin);
/// ```
///
/// Every command refuses when one of the crates registers no plugin. Without crates it is the
/// portal with the bundled plugins alone:
///
/// ```no_run
/// # mod portal {
/// portal_server::main!();
/// # }
/// ```
#[macro_export]
macro_rules! main {
    ($($plugin:ident),* $(,)?) => {
        fn main() -> ::std::process::ExitCode {
            $crate::run($crate::plugins!($($plugin),*))
        }
    };
    ($($other:tt)*) => {
        $crate::plugins!($($other)*);

        fn main() {}
    };
}

/// Links plugin crates and gives their names, for [`Builder::plugins`](crate::Builder::plugins) or
/// [`run`](crate::run): `plugins!(kafka_plugin, wiki_plugin)`.
#[macro_export]
macro_rules! plugins {
    ($($plugin:ident),* $(,)?) => {{
        $(use ::$plugin as _;)*
        $crate::Plugins::named(&[$(::core::stringify!($plugin)),*])
    }};
    ($($other:tt)*) => {
        ::core::compile_error!(
            "this takes the names of plugin crates, with underscores for dashes and commas between them, such as portal_server::main!(kafka_plugin, wiki_plugin)"
        );
    };
}
