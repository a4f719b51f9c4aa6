//! Whether the file that a server has open is still the one at its path: what is written into a file
//! that nobody finds any more is lost.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What tells a file from another one that takes its place. Opening it to look would be a danger: closing
/// any descriptor of a file drops the locks that SQLite has on it (SQLite, "How To Corrupt An SQLite Database
/// File", section 2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
    /// An inode is used again, though not with the same time; not every file system keeps it.
    created: Option<SystemTime>,
}

impl FileId {
    #[cfg(unix)]
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt;

        let found = fs::metadata(path)?;
        Ok(FileId { device: found.dev(), inode: found.ino(), created: found.created().ok() })
    }

    /// Without inodes, a file that is open cannot be replaced.
    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path)?;
        Ok(FileId { device: 0, inode: 0, created: None })
    }

    /// Why what is written into it would be lost; `None` while it is at its path.
    pub(super) fn lost_at(&self, path: &Path) -> Option<&'static str> {
        match FileId::of(path) {
            Ok(found) if found == *self => None,
            Ok(_) => Some(
                "another file has taken the place of the database: start the server again to use that one",
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(
                "the file of the database was deleted: put it back, and start the server again",
            ),
            Err(_) => Some("the file of the database cannot be looked at any more"),
        }
    }
}
