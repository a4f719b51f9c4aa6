//! The registry of this process: what is linked, whether that is all that was named, and what of it
//! the environment enables.

use std::collections::BTreeSet;
use std::env;

use portal_core::{Error, Result};
use portal_engine::Registry;

/// The plugin crates that a binary names, beside the bundled ones. Made by
/// [`plugins!`](crate::plugins), which links them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plugins(&'static [&'static str]);

impl Plugins {
    /// The crates of these names, for [`plugins!`](crate::plugins). Nothing else makes sure that
    /// they are linked.
    #[doc(hidden)]
    pub const fn named(libraries: &'static [&'static str]) -> Self {
        Plugins(libraries)
    }

    /// Refuses crates that register no plugin.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with a sentence for each of them.
    pub(crate) fn refuse_silent(self) -> Result<()> {
        refuse(&self.silent())
    }

    /// A sentence for each crate that registers no plugin.
    fn silent(self) -> Vec<String> {
        let origins = Registry::origins();
        let registering: BTreeSet<&str> = origins.iter().map(|origin| origin.library()).collect();
        let names: Vec<&str> = registering.iter().copied().collect();
        let all = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let silent = self.0.iter().filter(|name| !registering.contains(*name));
        silent
            .map(|name| {
                format!(
                    "the crate {name} is named among the plugins, but registers none (crates that do: {all}): write register!(…) into its lib.rs, or into a file that lib.rs leads to with mod lines; if it only brings other plugin crates in, name these, or write `use {name} as _;` instead; if Cargo.toml renames it, leave the renaming out"
                )
            })
            .collect()
    }
}

/// Refuses plugins that are wrong in themselves or contradict each other, and crates that were
/// named for their plugins and register none.
///
/// # Errors
///
/// [`Error::Refused`] with all of that at once.
pub(crate) fn check(named: Plugins) -> Result<()> {
    let wrong = linked().err().map(|error| error.to_string());
    refuse(&wrong.into_iter().chain(named.silent()).collect::<Vec<_>>())
}

/// What [`check`] refuses, one by one.
pub(crate) fn problems(named: Plugins) -> Vec<String> {
    let wrong = Registry::load().err().unwrap_or_default();
    wrong.iter().map(ToString::to_string).chain(named.silent()).collect()
}

fn refuse(problems: &[String]) -> Result<()> {
    if problems.is_empty() { Ok(()) } else { Err(Error::refused(problems.join("\n"))) }
}

/// Everything that is linked, narrowed by `ENABLED_PLUGINS`.
///
/// # Errors
///
/// [`Error::Refused`] with every problem of the linked plugins, or of the variable.
pub(crate) fn enabled() -> Result<Registry> {
    let linked = linked()?;
    let enabled = match env::var("ENABLED_PLUGINS") {
        Ok(enabled) => Some(enabled),
        Err(env::VarError::NotPresent) => None,
        Err(env::VarError::NotUnicode(_)) => {
            return Err(Error::refused("ENABLED_PLUGINS is not valid UTF-8".to_owned()));
        }
    };
    linked.narrow(enabled.as_deref())
}

/// Everything that is linked, whatever `ENABLED_PLUGINS` says.
///
/// # Errors
///
/// [`Error::Refused`] with every problem of the linked plugins.
pub(crate) fn linked() -> Result<&'static Registry> {
    Registry::load().map_err(|problems| {
        let count = problems.len();
        Error::refused(format!("the linked plugins have {count} problem(s)\n{problems}"))
    })
}
