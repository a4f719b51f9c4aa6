//! The operator's file, `portal.toml`: read, checked, and applied when a server starts.

use std::fs;
use std::path::Path;

use portal_core::{Error, Result};
use portal_engine::Registry;
use portal_engine::db::Connection;
use portal_engine::settings::{self, Absent, CheckedFile};
use portal_plugins::BUNDLED;

/// Reads a file and checks it.
///
/// # Errors
///
/// [`Error::Refused`] with every problem, each at `file:line`.
pub(crate) fn read(registry: &Registry, file: &Path, absent: &Absent) -> Result<CheckedFile> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file)
        .map_err(|error| Error::Refused(format!("the file {name} cannot be read: {error}")))?;
    settings::check_file(&name, &text, registry, absent)
        .map_err(|problems| Error::Refused(problems.to_string()))
}

/// What a file may speak of although no plugin of this binary reads it: bundled plugins without
/// their feature, and disabled ones.
pub(crate) fn absent(registry: &Registry) -> Absent {
    let mut absent = Absent::disabled(registry);
    for known in BUNDLED {
        absent.add(known.id, known.platform, known.values.iter().copied());
    }
    absent
}

/// Applies a file when a server starts. Nothing is ever removed this way: what the file omits
/// stays, and is logged.
///
/// # Errors
///
/// As [`read`] and [`settings::apply_and_keep`].
pub(crate) fn apply_at_start(
    connection: &mut Connection,
    registry: &Registry,
    file: &Path,
) -> Result<()> {
    let mut absent = absent(registry);
    absent.add_stored(connection)?;
    let checked = read(registry, file, &absent)?;
    for warning in &checked.warnings {
        tracing::warn!("{warning}");
    }
    let done = settings::apply_and_keep(connection, registry, checked)?;
    for change in &done.changes {
        tracing::info!("{change}");
    }
    Ok(())
}
