//! A small cargo workspace of its own, for what only a build can show.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::Ran;

/// A workspace in a temporary folder.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// A workspace below `parent` whose root manifest ends with `manifest`. Its members are the
    /// crates added with [`crate_at`](Self::crate_at), but for those in the folder `outside`.
    ///
    /// # Panics
    ///
    /// When the files cannot be written.
    pub fn new(parent: &str, manifest: &str) -> Self {
        let folder = tempfile::tempdir_in(parent).expect("a temporary folder can be made");
        let workspace = Workspace { folder };
        let members = "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"target\", \"outside\"]\n";
        workspace.write("Cargo.toml", &format!("{members}{manifest}"));
        workspace
    }

    /// Adds a crate: its manifest and one source file, such as `src/lib.rs`.
    #[must_use]
    pub fn crate_at(self, name: &str, manifest: &str, source: (&str, &str)) -> Self {
        self.write(&format!("{name}/Cargo.toml"), manifest);
        self.write(&format!("{name}/{}", source.0), source.1);
        self
    }

    /// Adds crates that have a name and nothing else.
    #[must_use]
    pub fn stubs(self, names: &[&str]) -> Self {
        names.iter().fold(self, |workspace, name| {
            let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n");
            workspace.crate_at(name, &manifest, ("src/lib.rs", ""))
        })
    }

    /// Writes one file.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        let parent = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Runs cargo in it, offline and into a target folder of its own.
    pub fn cargo(&self, arguments: &[&str]) -> Ran {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).arg("--offline").current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", self.folder.path().join("target"));
        for variable in ["CARGO_BUILD_TARGET", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            cargo.env_remove(variable);
        }
        Ran::of(&mut cargo)
    }
}
