//! Running the commands of one document, one block after the other, as in one terminal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::blocks::Block;

/// Where servers of the documents listen.
const PORT: &str = ":8080";

/// How long a block may take, in seconds; a server lives as long as its document.
const PATIENCE: &str = "900";

/// What goes before each block: an answer that is an error, and a field that is not there, fail it.
const PRELUDE: &str = r#"set -eu -o pipefail
. "$STATE/variables"
cd "$(cat "$STATE/folder")"
curl() { command curl --fail-with-body "$@"; }
jq() { command jq -e "$@"; }
set -a
"#;

/// A terminal: folder and variables go from one block to the next.
pub struct Shell {
    state: TempDir,
    path: Option<PathBuf>,
    port: u16,
    server: Option<Child>,
}

impl Shell {
    /// A terminal in a folder, with programs of `bin` at hand.
    pub fn new(folder: &Path, bin: Option<&Path>) -> Self {
        let state = tempfile::tempdir().unwrap();
        fs::write(state.path().join("folder"), folder.to_str().unwrap()).unwrap();
        fs::write(state.path().join("variables"), "").unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        Shell { state, path: bin.map(Path::to_owned), port, server: None }
    }

    /// Runs a block.
    ///
    /// # Panics
    ///
    /// When one of its commands fails, with what it printed.
    pub fn run(&mut self, block: &Block) {
        let script =
            format!("{}\npwd > \"$STATE/folder\"\nexport -p > \"$STATE/variables\"\n", block.text);
        let ran = self.bash(&script).output().unwrap();
        assert!(
            ran.status.success(),
            "{}\n{}\n{}{}",
            block.at,
            block.text,
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
    }

    /// Starts a server in place of the one before, and waits until it serves.
    pub fn serve(&mut self, block: &Block) {
        self.start(&block.text, &block.at);
    }

    /// The same, for a command that no document shows.
    ///
    /// # Panics
    ///
    /// When it ends before it serves.
    pub fn start(&mut self, command: &str, at: &str) {
        self.stop();
        // A group of its own: cargo starts the server as another process.
        let mut child = self.bash(command).process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        let is_serving = lines.map_while(Result::ok).any(|line| line.starts_with("serving on "));
        self.server = Some(child);
        assert!(is_serving, "{at}: it ended before it served:\n{command}");
    }

    fn bash(&self, script: &str) -> Command {
        let script = script.replace("0.0.0.0:8080", "127.0.0.1:8080");
        let script = script.replace(PORT, &format!(":{}", self.port));
        let mut bash = Command::new("timeout");
        like_the_workspace(&mut bash);
        let mut path = std::env::var("PATH").unwrap();
        if let Some(bin) = &self.path {
            path = format!("{}:{path}", bin.display());
        }
        bash.args([PATIENCE, "bash", "-c", &format!("{PRELUDE}{script}")])
            .env("STATE", self.state.path())
            .env("PATH", path)
            .env("PORTAL_BIND", format!("127.0.0.1:{}", self.port));
        bash
    }

    fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let group = format!("-{}", server.id());
        // A server that has ended by itself was noticed by whoever asked it.
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = server.wait();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Lets cargo build crates of another folder as those of the workspace, and in the same folder, so
/// that dependencies are built once; no variable of this environment reaches a portal.
pub fn like_the_workspace(command: &mut Command) {
    let target = Path::new(env!("CARGO_BIN_EXE_test-portal")).ancestors().nth(2).unwrap();
    command
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
        .env("CARGO_TERM_QUIET", "true");
    for variable in [
        "DATABASE_URL",
        "ENABLED_PLUGINS",
        "PORTAL_ALLOWED_HOSTS",
        "PORTAL_CONFIG",
        "PORTAL_OPEN_TO_EVERYBODY",
    ] {
        command.env_remove(variable);
    }
    for variable in ["RUST_LOG", "INSTA_UPDATE", "PORTAL_RELEASE_SCHEMA"] {
        command.env_remove(variable);
    }
    for variable in ["PORTAL_TEST_POSTGRES_URL", "PORTAL_TEST_POSTGRES_ALONE"] {
        command.env_remove(variable);
    }
}
