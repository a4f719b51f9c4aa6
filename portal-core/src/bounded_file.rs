//! Reading a file that somebody else names: a regular one, up to a limit.
//!
//! A device can be endless, and a FIFO blocks whoever opens it until somebody writes.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The text of a regular file of at most `limit` bytes.
///
/// # Errors
///
/// Why it is not read, in words that follow the file's name.
pub fn read_bounded(path: &Path, limit: u64) -> Result<String, String> {
    // Before it is opened, for opening a FIFO waits; and of what was opened, for a name can be
    // given to another file in between.
    check(&fs::metadata(path).map_err(|error| words(&error))?, limit)?;
    let file = File::open(path).map_err(|error| words(&error))?;
    check(&file.metadata().map_err(|error| words(&error))?, limit)?;
    let mut bytes = Vec::new();
    // A file can grow while it is read, and those of /proc say that they are empty.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| words(&error))?;
    if bytes.len() as u64 > limit {
        return Err(format!("it has more than {}, which is the limit", size(limit)));
    }
    String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())
}

fn check(metadata: &fs::Metadata, limit: u64) -> Result<(), String> {
    if !metadata.is_file() {
        let kind = kind(metadata.file_type());
        return Err(format!("it is {kind}, and only a regular file is read"));
    }
    if metadata.len() > limit {
        return Err(format!(
            "it has {} bytes, more than {}, which is the limit",
            metadata.len(),
            size(limit)
        ));
    }
    Ok(())
}

#[cfg(unix)]
fn kind(file: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    match file {
        file if file.is_dir() => "a folder",
        file if file.is_fifo() => "a FIFO",
        file if file.is_socket() => "a socket",
        file if file.is_char_device() || file.is_block_device() => "a device",
        _ => "something else",
    }
}

#[cfg(not(unix))]
fn kind(file: fs::FileType) -> &'static str {
    if file.is_dir() { "a folder" } else { "something else" }
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1_000_000 => format!("{} MB", bytes / 1_000_000),
        bytes => format!("{} kB", bytes / 1_000),
    }
}

/// Without the number of the operating system's error.
fn words(error: &io::Error) -> String {
    error.kind().to_string()
}
