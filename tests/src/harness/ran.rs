//! A command that ran to its end.

use std::process::{Command, Output};

use serde_json::Value;

/// How a command ended, and what it printed.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Runs a command to its end.
    ///
    /// # Panics
    ///
    /// When the program cannot be started.
    pub fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().expect("the program starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: status.code(), out: text(&stdout), err: text(&stderr) }
    }

    /// What a command printed that must succeed.
    ///
    /// # Panics
    ///
    /// When it does not, with what it said.
    pub fn ok(command: &mut Command) -> String {
        let ran = Self::of(command);
        assert_eq!(ran.code, Some(0), "{command:?} failed: {}{}", ran.out, ran.err);
        ran.out
    }

    /// The JSON that it printed.
    ///
    /// # Panics
    ///
    /// When that is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}
