//! The log: lines on standard error that never keep anybody waiting and never fail.
//!
//! Standard error may be a full disk, a pipe that was closed, or one that nobody reads. So whoever
//! logs only puts the entry into a queue of bounded length, and a thread of its own writes. What
//! does not fit, or cannot be written, is dropped and counted, and the count is written as soon as
//! something can be.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::env::{self, VarError};
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use portal_core::{Error, Result};
use portal_engine::suggest;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// How many entries wait to be written.
const WAITING_MAX: usize = 1024;

/// Longest entry, in bytes; with [`WAITING_MAX`] this bounds the memory that the log takes.
const ENTRY_MAX: usize = 16 * 1024;

/// How long the end of the process waits for what is still to be written.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// The variable that says how much is logged.
const VARIABLE: &str = "RUST_LOG";

/// What is logged when nobody says.
const DEFAULT: &str = "info,actix_server=warn";

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

static DROPPED: AtomicU64 = AtomicU64::new(0);
static QUEUE: OnceLock<SyncSender<Message>> = OnceLock::new();

enum Message {
    Entry(Vec<u8>),
    /// Answered once everything before it is written.
    Done(SyncSender<()>),
}

/// How many entries were dropped since the process began.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Logs to standard error from now on, panics among it.
pub(crate) fn start() -> Result<()> {
    let filter = filter()?;
    let (queue, messages) = sync_channel(WAITING_MAX);
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write_entries(&messages, io::stderr()))
        .map_err(|error| Error::internal(format!("a thread could not be started: {error}")))?;
    let queue = QUEUE.get_or_init(|| queue).clone();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || Entries(queue.clone()))
        .with_ansi(io::stderr().is_terminal())
        // Told on standard error, past the queue.
        .log_internal_errors(false)
        .try_init()
        .map_err(|error| Error::internal(format!("the log cannot be started: {error}")))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Waits for a moment until everything is written, and says whether it is.
pub(crate) fn finish() -> bool {
    let Some(queue) = QUEUE.get() else { return true };
    let deadline = Instant::now() + LAST_PATIENCE;
    let (done, written) = sync_channel(1);
    let mut message = Message::Done(done);
    loop {
        match queue.try_send(message) {
            Ok(()) => break,
            Err(TrySendError::Full(again)) if Instant::now() < deadline => message = again,
            Err(_) => return false,
        }
        thread::sleep(Duration::from_millis(5));
    }
    written.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok()
}

/// What the variable asks for.
fn filter() -> Result<EnvFilter> {
    match env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => parse(&text).map_err(Error::refused),
        Ok(_) | Err(VarError::NotPresent) => Ok(EnvFilter::new(DEFAULT)),
        Err(VarError::NotUnicode(_)) => Err(Error::refused(refusal("it is no text"))),
    }
}

fn parse(text: &str) -> std::result::Result<EnvFilter, String> {
    for part in text.split(',').filter(|part| !part.is_empty()) {
        if let Err(error) = part.parse::<Directive>() {
            return Err(refusal(&format!("{part:?} is none of its parts: {error}")));
        }
        // A word alone may be the name of a crate, and then nothing else would be logged.
        let is_word = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_level = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(part));
        if is_word
            && !is_level
            && let Some(near) = suggest::nearest(part, LEVELS)
        {
            return Err(refusal(&format!("{part:?} is no level, did you mean {near}?")));
        }
    }
    EnvFilter::builder().parse(text).map_err(|error| refusal(&error.to_string()))
}

fn refusal(why: &str) -> String {
    format!(
        "{VARIABLE} cannot be read: {why} (write a level, or levels per crate, such as {DEFAULT}; levels: {})",
        LEVELS.join(", ")
    )
}

/// Where the entries of one thread go.
struct Entries(SyncSender<Message>);

impl Write for Entries {
    /// Takes one entry, whole.
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        enqueue(&self.0, one_line(entry));
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn enqueue(queue: &SyncSender<Message>, entry: Vec<u8>) {
    if queue.try_send(Message::Entry(entry)).is_err() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

/// An entry as one line, however many it has: databases explain themselves in several.
fn one_line(entry: &[u8]) -> Vec<u8> {
    let text = entry.strip_suffix(b"\n").unwrap_or(entry);
    let kept = text.get(..ENTRY_MAX).unwrap_or(text);
    let mut line = Vec::with_capacity(kept.len() + 1);
    for byte in kept {
        match byte {
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            other => line.push(*other),
        }
    }
    if kept.len() < text.len() {
        line.extend(format!(" [{} bytes cut]", text.len() - kept.len()).bytes());
    }
    line.push(b'\n');
    line
}

/// An entry of the log about itself, in the form of the others.
fn entry(level: &str, text: &str) -> Vec<u8> {
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
    one_line(format!("{now} {level:>5} {}: {text}", module_path!()).as_bytes())
}

/// Writes until nobody can log any more. What fails is dropped; the next entry may go through.
fn write_entries(messages: &Receiver<Message>, mut out: impl Write) {
    let mut told = 0;
    for message in messages {
        match message {
            Message::Done(done) => drop(done.send(())),
            Message::Entry(entry) if out.write_all(&entry).is_err() => {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
            Message::Entry(_) => told = tell_dropped(told, &mut out),
        }
    }
}

/// Writes how many entries were dropped since `told`, and returns how many that makes in all.
fn tell_dropped(told: u64, out: &mut impl Write) -> u64 {
    let dropped = dropped();
    if dropped == told {
        return told;
    }
    let text = format!(
        "{} entries of the log were dropped: standard error did not take them",
        dropped - told
    );
    let is_told = out.write_all(&entry("WARN", &text)).is_ok();
    if is_told { dropped } else { told }
}

/// Panics are logged whatever the level is. The standard library's own hook would wait for
/// standard error.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let Some(queue) = QUEUE.get() else { return };
    let thread = thread::current();
    let name = thread.name().unwrap_or("without a name");
    let mut text = format!("the thread {name:?} {panic}");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        text.push_str(&format!("\n{backtrace}"));
    }
    enqueue(queue, entry("ERROR", &text));
    if name == "main" {
        // The process ends with it.
        finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_is_one_line_and_not_too_long() {
        assert_eq!(one_line(b"a\nb\r\nc\n"), b"a\\nb\\r\\nc\n");
        let long = one_line(&vec![b'x'; ENTRY_MAX + 7]);
        assert!(long.ends_with(b"x [7 bytes cut]\n") && long.len() < ENTRY_MAX + 20);
    }

    #[test]
    fn filter_that_is_malformed_names_the_part() {
        for good in
            ["info", "WARN", "info,actix_server=warn", "portal_server", "hyper,off", "a=debug,"]
        {
            assert!(parse(good).is_ok(), "{good}");
        }
        for (bad, part) in [
            ("portal_server=inof", "portal_server=inof"),
            ("info,a=b=c", "a=b=c"),
            ("inof", "inof"),
            ("info,[", "["),
            ("warning", "warning"),
        ] {
            let said = parse(bad).unwrap_err();
            let names = said.contains(VARIABLE) && said.contains(&format!("{part:?}"));
            assert!(names && said.contains(DEFAULT), "{bad}: {said}");
        }
    }
}
