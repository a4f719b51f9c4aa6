//! The entries of one service in one environment, ready to be found by the name in a data output.
//!
//! An entry serves its name, or as a pattern every name that no exact entry has. Its texts may hold
//! placeholders, which are filled in when it is looked up.

mod hosts;
mod names;
mod texts;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portal_core::template::Fields;
use portal_core::{Problem, ProblemKind, Problems, Result};
use serde_json::Value;

pub(crate) use self::hosts::{example_product, link_follows};
pub use self::names::{ANY, Names, is_pattern, name_problem};
pub use self::texts::{EXAMPLE, Meaning};
pub(crate) use self::texts::{Texts, placeholder_in};
use crate::linked::LinkedOutput;
use crate::schema::escape;

/// Entries as their plugin reads them.
pub(crate) struct Entries {
    /// Those that say the same to everybody, as a list of the plugin's type.
    read: Box<dyn Any + Send + Sync>,
    /// Each by its name, where entries have names.
    by_name: Names<Slot>,
    /// The only one, where they have none.
    single: Option<Slot>,
    /// Those with placeholders or without an end to their name.
    open: Vec<Open>,
}

/// An entry that is filled in when it is looked up.
struct Open {
    texts: Texts,
    /// What was asked for last: the assets of a data product mostly ask for the same.
    last: Mutex<Option<Asked>>,
}

/// For which name and data product an open entry was filled in, and what came of it.
struct Asked {
    identifier: Option<String>,
    namespace: String,
    read: Result<Arc<Filled>, Problems>,
}

/// An open entry for one name and one data product.
struct Filled {
    fields: Fields,
    /// A list of the plugin's type that holds it alone.
    list: Box<dyn Any + Send + Sync>,
}

impl Open {
    fn new(texts: Texts) -> Self {
        Open { texts, last: Mutex::new(None) }
    }

    /// The entry for a name and a data product, always in the same environment.
    fn fill(&self, output: &LinkedOutput, meaning: Meaning<'_>) -> Result<Arc<Filled>, Problems> {
        if let Some(asked) = self.last().as_ref().filter(|asked| asked.is_for(meaning)) {
            return asked.read.clone();
        }
        // Nobody else waits for this: they may ask for something else.
        let fields = self.texts.fill(meaning);
        let read = read_one(output, fields.clone()).map(|list| Arc::new(Filled { fields, list }));
        *self.last() = Some(Asked {
            identifier: meaning.identifier.map(str::to_owned),
            namespace: meaning.namespace.to_owned(),
            read: read.clone(),
        });
        read
    }

    fn last(&self) -> MutexGuard<'_, Option<Asked>> {
        // It is replaced whole, so a panic elsewhere leaves nothing broken in it.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asked {
    fn is_for(&self, meaning: Meaning<'_>) -> bool {
        self.namespace == meaning.namespace && self.identifier.as_deref() == meaning.identifier
    }
}

/// Where an entry is.
#[derive(Debug, Clone, Copy)]
enum Slot {
    /// At this index of those that were read, and at this one of what is stored.
    Read(usize, usize),
    /// At this index of the open ones, and at this one of what is stored.
    Open(usize, usize),
}

/// An entry that serves a name.
pub(crate) struct Found<'a> {
    /// Its members as they are stored.
    pub stored: &'a Fields,
    entry: Entry<'a>,
}

enum Entry<'a> {
    /// At this index of a list of the plugin's type.
    Read(&'a (dyn Any + Send + Sync), usize),
    Filled(Arc<Filled>),
}

impl Found<'_> {
    /// Its members, filled in.
    pub(crate) fn fields(&self) -> &Fields {
        match &self.entry {
            Entry::Read(..) => self.stored,
            Entry::Filled(filled) => &filled.fields,
        }
    }

    /// A list of the plugin's type that holds it, and its index there.
    pub(crate) fn typed(&self) -> (&(dyn Any + Send + Sync), usize) {
        match &self.entry {
            Entry::Read(list, index) => (*list, *index),
            Entry::Filled(filled) => (filled.list.as_ref(), 0),
        }
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("by_name", &self.by_name).finish_non_exhaustive()
    }
}

impl Entries {
    /// Reads what is stored.
    ///
    /// # Errors
    ///
    /// Everything in it that the plugin cannot read, whatever name is looked up.
    pub(crate) fn read(
        output: &LinkedOutput,
        config: &[Fields],
        acronym: &str,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let named_by = output.entries_named_by();
        if named_by.is_none() && config.len() > 1 {
            let message = format!("{} entries, where exactly one is possible", config.len());
            problems.push(Problem::new(ProblemKind::ValueError, "", message));
        }
        let (mut plain, mut open, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for (index, entry) in config.iter().enumerate() {
            let at = format!("/{index}");
            let name = named_by.and_then(|field| Some((field, entry.get(field)?.as_str()?)));
            match Texts::parse(output.entry_schema().as_value(), entry, named_by) {
                Err(wrong) => problems.extend_under(&at, wrong),
                Ok(texts)
                    if texts.are_plain() && !name.is_some_and(|(_, name)| is_pattern(name)) =>
                {
                    slots.push((name.map(|(_, name)| name), Slot::Read(plain.len(), index)));
                    plain.push(Value::Object(entry.clone()));
                }
                Ok(texts) => {
                    let example = texts.example(acronym);
                    if let Err(wrong) = read_one(output, example) {
                        problems.extend_under(&at, wrong);
                    }
                    slots.push((name.map(|(_, name)| name), Slot::Open(open.len(), index)));
                    open.push(Open::new(texts));
                }
            }
        }
        let read = output.read_entries(&Value::Array(plain)).map_err(Problems::from);
        let read = match read {
            Ok(read) if problems.is_empty() => read,
            read => {
                problems.extend_under("", read.err().unwrap_or_default());
                return Err(problems);
            }
        };
        let single = slots.first().map(|(_, slot)| *slot).filter(|_| named_by.is_none());
        let by_name = slots.into_iter().filter_map(|(name, slot)| Some((name?.to_owned(), slot)));
        Ok(Entries { read, by_name: by_name.collect(), single, open })
    }

    /// Whether an entry serves this name; without a name, whether there is one.
    pub(crate) fn serves(&self, name: Option<&str>) -> bool {
        self.slot(name).is_some()
    }

    fn slot(&self, name: Option<&str>) -> Option<Slot> {
        match name {
            Some(name) => self.by_name.find(name).copied(),
            None => self.single,
        }
    }

    /// The entry that serves a name, or the only one; `None` when there is none. `config` is what was
    /// read.
    ///
    /// # Errors
    ///
    /// What its type does not allow once it is filled in.
    pub(crate) fn find<'a>(
        &'a self,
        output: &LinkedOutput,
        config: &'a [Fields],
        name: Option<&str>,
        meaning: Meaning<'_>,
    ) -> Option<Result<Found<'a>, Problems>> {
        let slot = self.slot(name)?;
        let (Slot::Read(_, at) | Slot::Open(_, at)) = slot;
        let stored = config.get(at)?;
        Some(match slot {
            Slot::Read(index, _) => {
                Ok(Found { stored, entry: Entry::Read(self.read.as_ref(), index) })
            }
            Slot::Open(index, _) => {
                let filled = self.open.get(index)?.fill(output, meaning);
                filled.map(|filled| Found { stored, entry: Entry::Filled(filled) })
            }
        })
    }
}

/// Reads one entry that is filled in, as a list. Its schema is asked first, because types do not
/// know limits such as lengths.
fn read_one(output: &LinkedOutput, entry: Fields) -> Result<Box<dyn Any + Send + Sync>, Problems> {
    let entry = Value::Object(entry);
    let problems = output.entry_schema().problems(&entry);
    if !problems.is_empty() {
        return Err(problems);
    }
    output.read_entries(&Value::Array(vec![entry])).map_err(|mut problem| {
        // The list is of our making.
        problem.at = problem.at.strip_prefix("/0").unwrap_or(&problem.at).to_owned();
        Problems::from(problem)
    })
}

/// What is wrong with an entry, whatever the plugin says of it: its name, its placeholders.
pub(crate) fn problems(output: &LinkedOutput, entry: &Fields) -> Problems {
    let named_by = output.entries_named_by();
    let mut problems = Problems::new();
    if let Some(field) = named_by
        && let Some(name) = entry.get(field).and_then(Value::as_str)
        && let Some(mut problem) = name_problem(name)
    {
        problem.at = format!("/{}", escape(field));
        problems.push(problem);
    }
    let texts = Texts::parse(output.entry_schema().as_value(), entry, named_by);
    problems.extend_under("", texts.err().unwrap_or_default());
    problems
}

/// The pattern that an entry with a name is an instance of: its name in its texts becomes a placeholder.
/// `None` where entries have no names, or where its type allows no such pattern.
pub fn generalised(output: &LinkedOutput, entry: &Fields) -> Option<Fields> {
    let field = output.entries_named_by()?;
    let name = entry.get(field)?.as_str().filter(|name| !name.is_empty() && !is_pattern(name))?;
    let mut pattern: Fields = entry
        .iter()
        .map(|(member, value)| (member.clone(), with_placeholder(value, name)))
        .collect();
    pattern.insert(field.to_owned(), ANY.to_string().into());
    let example = Value::Object(example(output, &pattern, EXAMPLE));
    let is_right = problems(output, &pattern).is_empty()
        && output.entry_schema().problems(&example).is_empty();
    is_right.then_some(pattern)
}

/// An entry like another one, which may be a pattern, for another name; a pattern where `name` is one
/// and its type allows it.
pub fn filled(output: &LinkedOutput, entry: &Fields, name: &str, acronym: &str) -> Fields {
    let Some(field) = output.entries_named_by() else { return entry.clone() };
    let named = |entry: &Fields| {
        let mut named = entry.clone();
        named.insert(field.to_owned(), name.into());
        named
    };
    let is_one = entry.get(field).and_then(Value::as_str).is_some_and(is_pattern);
    let pattern = if is_one { Some(entry.clone()) } else { generalised(output, entry) };
    match pattern {
        Some(pattern) if is_pattern(name) => named(&pattern),
        Some(pattern) => {
            let schema = output.entry_schema().as_value();
            let meaning =
                Meaning { identifier: Some(name), namespace: EXAMPLE, environment: acronym };
            let texts = Texts::parse(schema, &pattern, Some(field));
            texts.map_or_else(|_| named(entry), |texts| texts.fill(meaning))
        }
        None => named(entry),
    }
}

fn with_placeholder(value: &Value, name: &str) -> Value {
    match value {
        Value::String(text) if text.contains(['{', '}']) => value.clone(),
        Value::String(text) => text.replace(name, "{identifier}").into(),
        Value::Array(items) => items.iter().map(|item| with_placeholder(item, name)).collect(),
        other => other.clone(),
    }
}

/// An entry as it reads for an example's name, which its type must allow; as it is written where it
/// cannot be filled in.
pub(crate) fn example(output: &LinkedOutput, entry: &Fields, acronym: &str) -> Fields {
    let schema = output.entry_schema().as_value();
    match Texts::parse(schema, entry, output.entries_named_by()) {
        Ok(texts) => texts.example(acronym),
        Err(_) => entry.clone(),
    }
}
