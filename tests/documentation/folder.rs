//! The folder that a reader of the quickstart works in: a checkout, and crates beside it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::blocks::{Block, Place};
use super::shell::like_the_workspace;

/// The file that fragments of Rust belong to.
pub const PLUGIN: &str = "kafka-plugin/src/lib.rs";

/// The smallest picture there is.
const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n";

/// The folder.
pub struct Folder {
    folder: TempDir,
    lock: Vec<u8>,
}

impl Folder {
    /// A folder with a checkout in `portal/`.
    pub fn beside(root: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(root, folder.path().join("portal")).unwrap();
        Folder { folder, lock: fs::read(root.join("Cargo.lock")).unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a block of code where it belongs.
    ///
    /// # Panics
    ///
    /// When its place is not found, or found twice.
    pub fn take(&self, block: &Block, place: &Place) {
        let Block { at, text, .. } = block;
        let put = |path: &str, text: &str| {
            let path = self.path().join(path);
            let folder = path.parent().unwrap();
            fs::create_dir_all(folder).unwrap();
            fs::write(&path, text).unwrap();
            if path.ends_with("Cargo.toml") {
                // The versions that the workspace has, so that nothing is fetched.
                fs::write(folder.join("Cargo.lock"), &self.lock).unwrap();
            }
        };
        let read = |path: &str| fs::read_to_string(self.path().join(path)).unwrap();
        let exchange = |old: &str, new: &str| {
            let plugin = read(PLUGIN);
            let count = plugin.matches(old).count();
            assert_eq!(count, 1, "{at}: {PLUGIN} has {old:?} {count} times");
            put(PLUGIN, &plugin.replace(old, new));
        };
        match place {
            Place::File(path) => {
                put(path, text);
                if path == "wiki-plugin/src/lib.rs" {
                    put("wiki-plugin/icons/wiki-logo.svg", ICON);
                }
            }
            Place::Replaces(old) => exchange(&format!("{old}\n"), text),
            Place::After(line) => exchange(&format!("{line}\n"), &format!("{line}\n{text}")),
            Place::Before(line) => exchange(&format!("{line}\n"), &format!("{text}\n{line}\n")),
            Place::Adds { from, to } => put(to, &format!("{}{text}", read(from))),
            // It may come further down: see `check_shown`.
            Place::Shown(_) => {}
        }
    }

    /// Checks, once everything has its place, that a block repeats lines of a file.
    ///
    /// # Panics
    ///
    /// When a line of it is not there.
    pub fn check_shown(&self, block: &Block, file: Option<&str>) {
        let file = file.unwrap_or(PLUGIN);
        let whole = fs::read_to_string(self.path().join(file)).unwrap();
        for line in block.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let is_here = whole.lines().any(|other| other.trim() == line);
            assert!(is_here, "{}: {line:?} stands nowhere in {file}", block.at);
        }
    }

    /// Checks that a crate compiles.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn check(&self, path: &str) {
        let mut cargo = Command::new(env!("CARGO"));
        like_the_workspace(&mut cargo);
        let checked = cargo
            .args(["check", "--quiet", "--all-targets"])
            .current_dir(self.path().join(path))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{path} does not compile:\n{said}");
    }
}
