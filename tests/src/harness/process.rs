//! A portal in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use super::Client;

/// A running server process; it is killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    client: Client,
    /// What it printed before it served.
    pub greeting: String,
}

impl Process {
    /// Starts a server and waits until it serves.
    ///
    /// # Panics
    ///
    /// When it ends instead, with what it printed.
    pub fn serve(command: &mut Command) -> Self {
        let mut child = command
            .args(["serve", "--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut stderr = child.stderr.take().expect("it is piped");
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut greeting = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("text");
            if let Some(base) = line.strip_prefix("serving on ") {
                return Process { child, client: Client::new(base), greeting };
            }
            greeting.push_str(&line);
            greeting.push('\n');
        }
        let status = child.wait().expect("it has ended");
        panic!("the server ended with {status}: {}", errors.join().unwrap_or_default());
    }

    /// A client of it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().expect("it can be waited for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that must refuse, and returns what it said.
///
/// # Panics
///
/// When it succeeds.
pub fn refusal(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().expect("the binary starts");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(1), "it should refuse: {said}");
    said
}
