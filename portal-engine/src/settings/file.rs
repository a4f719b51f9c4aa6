//! Reading `portal.toml`: all mistakes of one file at once, each with its line.

use std::collections::BTreeSet;
use std::fmt;

use portal_core::{Problem, ProblemKind, Problems};
use serde::Serialize;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::suggestions::suggestions;
use super::{Absent, Settings, checks, file_schema};
use crate::entries;
use crate::registry::Registry;
use crate::schema::{self, InputSchema};

/// A mistake in a file, or what the operator should know of something in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileProblem {
    /// Machine-readable sort of problem.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// Where in the file, as `file:line`.
    pub at: String,
    /// JSON pointer to what it is about, in the file as a document; `None` where the file is no
    /// TOML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What was wrong, for which value.
    pub message: String,
    /// What would be right; empty when the message says it all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.at)?;
        if let Some(pointer) = &self.pointer {
            write!(f, "{}: ", dotted(pointer))?;
        }
        f.write_str(&self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

/// All mistakes of a file, in its order; as text, one a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FileProblems(Vec<FileProblem>);

impl FileProblems {
    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, FileProblem> {
        self.0.iter()
    }
}

impl fmt::Display for FileProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// A file without mistakes.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedFile {
    /// What it says.
    pub settings: Settings,
    /// What the operator should know although nothing is wrong, each with its line.
    pub warnings: Vec<FileProblem>,
    name: String,
    text: String,
}

impl CheckedFile {
    /// What it could say shorter, each with its line.
    pub fn suggestions(&self, registry: &Registry) -> Vec<FileProblem> {
        self.placed(&suggestions(&self.settings, registry))
    }

    /// What was found about things in it, each with its line, in the order of the file.
    pub fn placed(&self, found: &Problems) -> Vec<FileProblem> {
        let (document, _) = DeTable::parse_recoverable(&self.text);
        self.lines().placed(document.get_ref(), found)
    }

    /// Where the thing that a pointer names stands, as `file:line: key`.
    pub(super) fn place(&self, pointer: &str) -> String {
        let (document, _) = DeTable::parse_recoverable(&self.text);
        self.lines().place(document.get_ref(), pointer)
    }

    fn lines(&self) -> Lines<'_> {
        Lines { name: &self.name, text: &self.text }
    }
}

/// Checks a file as a whole, without a database.
///
/// `name` is the file's name for messages; what only `absent` plugins read is warned
/// about and not looked into.
///
/// # Errors
///
/// Every problem, each at `file:line`.
pub fn check_file(
    name: &str,
    text: &str,
    registry: &Registry,
    absent: &Absent,
) -> Result<CheckedFile, FileProblems> {
    let lines = Lines { name, text };
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<FileProblem> = errors
        .iter()
        .map(|error| FileProblem {
            kind: ProblemKind::ValueError,
            at: lines.at(error.span().map_or(0, |span| span.start)),
            pointer: None,
            message: error.message().to_owned(),
            hint: String::new(),
        })
        .collect();
    let document = document.into_inner();
    let mut found = Problems::new();
    let value = Value::Object(to_json(&document, "", &mut found));
    let place = |problem: &Problem| lines.problem(&document, problem);
    let schema = InputSchema::compile(file_schema(registry, absent)).map_err(|error| {
        FileProblems(vec![place(&Problem::new(ProblemKind::Registration, "", error))])
    })?;
    let unread: Vec<String> = found.iter().map(|problem| problem.at.clone()).collect();
    let filled = with_examples(&value, registry);
    for problem in schema.problems(&filled).iter().filter(|one| !unread.contains(&one.at)) {
        found.push(problem.clone());
    }
    // Whatever can be read is checked further, so that one run finds all mistakes.
    let readable = without(&value, &schema.unreadable(&filled), "").unwrap_or_default();
    let settings: Settings =
        schema::read(readable).map_err(|problem| FileProblems(vec![place(&problem)]))?;
    let mut warnings = Problems::new();
    checks::check(&settings, registry, absent, &mut found, &mut warnings);
    // A broken line may be the one that says what seems to be missing.
    let is_complete = problems.is_empty();
    let found: Problems = found
        .iter()
        .filter(|problem| is_complete || problem.kind != ProblemKind::Missing)
        .cloned()
        .collect();
    problems.extend(lines.placed(&document, &found));
    if !problems.is_empty() {
        return Err(FileProblems(problems));
    }
    let warnings = lines.placed(&document, &warnings);
    Ok(CheckedFile { settings, warnings, name: name.to_owned(), text: text.to_owned() })
}

/// The document with its entries as they read for an example of what they serve.
fn with_examples(document: &Value, registry: &Registry) -> Value {
    let mut filled = document.clone();
    let environments = filled.get_mut("environments").and_then(Value::as_object_mut);
    for environment in environments.into_iter().flat_map(Map::values_mut) {
        let acronym = environment["acronym"].as_str().unwrap_or_default().to_owned();
        let services = environment.get_mut("services").and_then(Value::as_object_mut);
        for (id, entries) in services.into_iter().flatten() {
            let output = registry.find_output(id).and_then(|plugin| plugin.output());
            let (Some(output), Some(entries)) = (output, entries.as_array_mut()) else { continue };
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                *entry = entries::example(output, entry, &acronym);
            }
        }
    }
    filled
}

/// What is left of a value without the parts at these JSON pointers.
fn without(value: &Value, refused: &BTreeSet<String>, at: &str) -> Option<Value> {
    if refused.contains(at) {
        return None;
    }
    Some(match value {
        Value::Object(members) => members
            .iter()
            .filter_map(|(name, member)| {
                let at = format!("{at}/{}", schema::escape(name));
                Some((name.clone(), without(member, refused, &at)?))
            })
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| without(item, refused, &format!("{at}/{index}")))
            .collect(),
        scalar => scalar.clone(),
    })
}

/// The file's text, for line numbers.
struct Lines<'a> {
    name: &'a str,
    text: &'a str,
}

impl Lines<'_> {
    fn at(&self, offset: usize) -> String {
        let before = self.text.get(..offset).unwrap_or(self.text);
        format!("{}:{}", self.name, before.matches('\n').count() + 1)
    }

    fn problem(&self, document: &DeTable<'_>, problem: &Problem) -> FileProblem {
        FileProblem {
            kind: problem.kind,
            at: self.at(offset(document, &problem.at)),
            pointer: Some(problem.at.clone()),
            message: problem.message.clone(),
            hint: problem.hint.clone(),
        }
    }

    /// What was found, in the order of the file.
    fn placed(&self, document: &DeTable<'_>, found: &Problems) -> Vec<FileProblem> {
        let mut found: Vec<&Problem> = found.iter().collect();
        found.sort_by_cached_key(|problem| offset(document, &problem.at));
        found.into_iter().map(|problem| self.problem(document, problem)).collect()
    }

    fn place(&self, document: &DeTable<'_>, pointer: &str) -> String {
        format!("{}: {}", self.at(offset(document, pointer)), dotted(pointer))
    }
}

/// A JSON pointer as people write keys in TOML.
fn dotted(pointer: &str) -> String {
    if pointer.is_empty() {
        return "the file".to_owned();
    }
    let segments: Vec<String> = schema::segments(pointer)
        .map(|segment| {
            let bare = segment
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
            if bare && !segment.is_empty() { segment } else { format!("{segment:?}") }
        })
        .collect();
    segments.join(".")
}

/// A table as JSON; dates, which nothing in the file is, are problems.
fn to_json(table: &DeTable<'_>, at: &str, problems: &mut Problems) -> Map<String, Value> {
    table
        .iter()
        .map(|(key, value)| {
            let name = key.get_ref().to_string();
            let at = format!("{at}/{}", schema::escape(&name));
            let value = value_to_json(value.get_ref(), &at, problems);
            (name, value)
        })
        .collect()
}

fn value_to_json(value: &DeValue<'_>, at: &str, problems: &mut Problems) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::from(number),
            Err(_) => refused(at, "the number does not fit into 64 bits", problems),
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::from(number),
            _ => refused(at, "the number is not finite", problems),
        },
        DeValue::Datetime(_) => refused(at, "nothing here is a date: put it in quotes", problems),
        DeValue::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| value_to_json(item.get_ref(), &format!("{at}/{index}"), problems))
            .collect(),
        DeValue::Table(table) => Value::Object(to_json(table, at, problems)),
    }
}

fn refused(at: &str, message: &str, problems: &mut Problems) -> Value {
    problems.push(Problem::new(ProblemKind::TypeError, at, message));
    Value::Null
}

/// Where the thing that a pointer names begins: the key for a member, the header of the nearest
/// table above for one that is missing.
fn offset(document: &DeTable<'_>, pointer: &str) -> usize {
    let mut found = 0;
    let mut here = Some(Stop::Table(document));
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let next = match here {
            Some(Stop::Table(table)) => table
                .iter()
                .find(|(key, _)| key.get_ref().as_ref() == segment)
                .map(|(key, value)| (start_of(key, value), value.get_ref())),
            Some(Stop::List(items)) => segment
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get(index))
                .map(|value| (value.span().start, value.get_ref())),
            None => None,
        };
        let Some((start, value)) = next else { break };
        found = start;
        here = match value {
            DeValue::Table(table) => Some(Stop::Table(table)),
            DeValue::Array(items) => Some(Stop::List(items)),
            _ => None,
        };
    }
    found
}

/// A table's span is its header, which stands where it is written; a value's key stands on its
/// line.
fn start_of<K>(key: &Spanned<K>, value: &Spanned<DeValue<'_>>) -> usize {
    match value.get_ref() {
        DeValue::Table(_) => value.span().start,
        _ => key.span().start,
    }
}

enum Stop<'a> {
    Table(&'a DeTable<'a>),
    List(&'a [Spanned<DeValue<'a>>]),
}
