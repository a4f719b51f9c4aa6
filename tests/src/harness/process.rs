//! A portal in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Barrier;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portal_testing::TestDatabase;

use super::Client;

/// How long a process may take to end. Requests in flight get thirty seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command line of a portal that no variable of this environment reaches.
pub fn command(binary: &str) -> Command {
    let mut command = Command::new(binary);
    for variable in [
        "DATABASE_URL",
        "ENABLED_PLUGINS",
        "PORTAL_ALLOWED_HOSTS",
        "PORTAL_BIND",
        "PORTAL_BODY_TIMEOUT",
        "PORTAL_CONFIG",
        "PORTAL_DB_CONNECT_TIMEOUT",
        "PORTAL_DB_LOCK_TIMEOUT",
        "PORTAL_DB_REQUEST_TIMEOUT",
        "PORTAL_DB_STATEMENT_TIMEOUT",
        "PORTAL_OPEN_TO_EVERYBODY",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command
}

/// The same, on a database.
pub fn command_on(binary: &str, database: &TestDatabase) -> Command {
    let mut command = command(binary);
    command.env("DATABASE_URL", database.url());
    command
}

/// A running server process; it is killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    client: Client,
    errors: Option<JoinHandle<String>>,
    /// What it printed before it served.
    pub greeting: String,
}

impl Process {
    /// Starts a server on a free port and waits until it serves. The command holds the other
    /// arguments, such as `serve --demo`; without any it serves as well.
    ///
    /// # Panics
    ///
    /// When it ends instead, with what it printed.
    pub fn serve(command: &mut Command) -> Self {
        Process::serve_logging_to(command, Stdio::piped())
    }

    /// The same, for a server whose standard error goes elsewhere than into a pipe that is read
    /// all the time.
    ///
    /// # Panics
    ///
    /// When it ends instead.
    pub fn serve_logging_to(command: &mut Command, log: Stdio) -> Self {
        let mut child = command
            .args(["--bind", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let errors = child.stderr.take().map(|mut stderr| {
            thread::spawn(move || {
                let mut text = String::new();
                let _ = stderr.read_to_string(&mut text);
                text
            })
        });
        let mut greeting = String::new();
        let stdout = child.stdout.as_mut().expect("it is piped");
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("text");
            if let Some(base) = line.strip_prefix("serving on ") {
                let client = Client::new(base);
                return Process { child, client, errors, greeting };
            }
            greeting.push_str(&line);
            greeting.push('\n');
        }
        let status = child.wait().expect("it has ended");
        let said = errors.map(|errors| errors.join().unwrap_or_default());
        panic!("the server ended with {status}: {}", said.unwrap_or_default());
    }

    /// Starts `count` servers at the same moment and waits until all of them serve.
    ///
    /// # Panics
    ///
    /// When one of them ends instead.
    pub fn serve_at_once(count: usize, command: impl Fn() -> Command + Sync) -> Vec<Self> {
        let start = Barrier::new(count);
        let serve = || {
            start.wait();
            Process::serve(&mut command())
        };
        thread::scope(|scope| {
            let starting: Vec<_> = (0..count).map(|_| scope.spawn(serve)).collect();
            starting.into_iter().map(|one| one.join().expect("the server comes up")).collect()
        })
    }

    /// A client of it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, with SIGTERM.
    ///
    /// # Panics
    ///
    /// When there is no such process any more.
    pub fn terminate(&self) {
        // The shell's own `kill`: not every system has one as a program.
        let kill = format!("kill -TERM {}", self.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("there is a shell");
        assert!(sent.success(), "the process {} cannot be signalled", self.id());
    }

    /// Waits for its end and returns how it went, and what it said on standard error.
    ///
    /// # Panics
    ///
    /// When it does not end within a minute.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(started.elapsed() < PATIENCE, "the process {} does not end", self.id());
            thread::sleep(Duration::from_millis(10));
        };
        let errors = self.errors.take().map(|errors| errors.join().expect("it only reads"));
        (status, errors.unwrap_or_default())
    }

    /// Ends it at once and returns what it said on standard error.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("it is running");
        self.wait().1
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

/// Runs a command that must refuse with one sentence and nothing else, and returns the sentence.
///
/// # Panics
///
/// When it succeeds, or says more or less than that.
pub fn refusal_sentence(command: &mut Command) -> String {
    let said = refusal(command);
    let sentence = said.strip_prefix("error: ").and_then(|rest| rest.strip_suffix('\n'));
    let sentence = sentence.unwrap_or_else(|| panic!("this is no refusal: {said}"));
    assert!(!sentence.contains('\n'), "this is more than one sentence: {said}");
    sentence.to_owned()
}
