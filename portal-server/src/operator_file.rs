//! The operator's file, `portal.toml`: read, checked, and applied when a server starts.

use std::path::Path;

use portal_core::{Error, Result};
use portal_engine::db::Connection;
use portal_engine::settings::{self, Absent, Agreed, CheckedFile, FileProblems};
use portal_engine::{Registry, read_bounded};
use portal_plugins::BUNDLED;

/// How many bytes an operator's file has at the most.
const MOST_OF_A_FILE: u64 = 64_000_000;

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// It cannot be read at all.
    Unread(Error),
    /// It says something wrong, each problem at `file:line`.
    Problems(FileProblems),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Unfit::Unread(error)
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Unread(error) => error,
            Unfit::Problems(problems) => Error::refused(problems.to_string()),
        }
    }
}

/// Reads a file and checks it.
///
/// # Errors
///
/// Why it cannot be read, or every problem.
pub(crate) fn read(
    registry: &Registry,
    file: &Path,
    absent: &Absent,
) -> Result<CheckedFile, Unfit> {
    let name = file.display().to_string();
    let text = read_text(file)?;
    settings::check_file(&name, &text, registry, absent).map_err(Unfit::Problems)
}

/// The text of a file that the operator names.
///
/// # Errors
///
/// [`Error::Refused`] for what is no regular file of at most 64 MB, or no text.
pub(crate) fn read_text(file: &Path) -> Result<String> {
    read_bounded(file, MOST_OF_A_FILE).map_err(|reason| {
        Error::refused(format!("the file {} cannot be read: {reason}", file.display()))
    })
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
    agreed: Agreed,
) -> Result<()> {
    let mut absent = absent(registry);
    absent.add_stored(connection)?;
    let checked = read(registry, file, &absent)?;
    for warning in &checked.warnings {
        tracing::warn!("{warning}");
    }
    let done = settings::apply_and_keep(connection, registry, checked, agreed)?;
    for change in &done.changes {
        tracing::info!("{change}");
    }
    Ok(())
}
