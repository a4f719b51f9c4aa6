//! The registry of this process: what is linked, and what of it the environment enables.

use std::env;

use portal_core::{Error, Result};
use portal_engine::Registry;

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
