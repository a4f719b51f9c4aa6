//! The fenced blocks of a Markdown document, and what the word behind the fence asks for.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A fenced block.
#[derive(Debug)]
pub struct Block {
    /// File and line.
    pub at: String,
    pub kind: Kind,
    pub text: String,
}

/// What a block is.
#[derive(Debug)]
pub enum Kind {
    /// Commands to run: `sh`.
    Commands,
    /// A command that does not end by itself: `sh server`.
    Server,
    /// Commands that something else runs: `sh no-run`.
    Elsewhere,
    /// A whole operator's file: `toml`, where no file is named.
    OperatorFile,
    /// What something prints, or an excerpt for reading: `text`.
    Output,
    /// Part of a file.
    Code(Place),
}

/// Which part of which file a block of code is.
#[derive(Debug)]
pub enum Place {
    /// The whole file: the paragraph before names it (`` `path`: ``), or `file "path"`.
    File(String),
    /// What replaces a text of the plugin's file.
    Replaces(String),
    /// What follows a line of the plugin's file.
    After(String),
    /// What stands before a line of the plugin's file.
    Before(String),
    /// Lines for the end of a file, which becomes another one.
    Adds { from: String, to: String },
    /// Lines that stand in a file already.
    Shown(Option<String>),
}

/// All fenced blocks of a document.
///
/// # Panics
///
/// When a block of code says neither which file it is nor where in one it belongs.
pub fn blocks(file: &str, text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut paragraph = String::new();
    let mut open: Option<(String, usize, String)> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Paragraph) => paragraph.clear(),
            Event::Code(code) => paragraph.push_str(&format!("`{code}`")),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some((info.to_string(), range.start, String::new()));
            }
            Event::Text(part) => match &mut open {
                Some((_, _, text)) => text.push_str(&part),
                None => paragraph.push_str(&part),
            },
            Event::End(TagEnd::CodeBlock) => {
                let Some((info, start, code)) = open.take() else { continue };
                let line = text[..start].matches('\n').count() + 1;
                let at = format!("{file}:{line}");
                found.push(Block { kind: kind(&at, &info, &paragraph), at, text: code });
                paragraph.clear();
            }
            _ => {}
        }
    }
    found
}

fn kind(at: &str, info: &str, paragraph: &str) -> Kind {
    let (language, rest) = info.split_once(' ').unwrap_or((info, ""));
    match (language, rest) {
        ("sh", "") => Kind::Commands,
        ("sh", "server") => Kind::Server,
        ("sh", "no-run") => Kind::Elsewhere,
        ("text" | "console" | "json", "") => Kind::Output,
        ("toml", "") if named(paragraph).is_none() => Kind::OperatorFile,
        ("rust", "") if at.starts_with("README.md") => Kind::Code(Place::Shown(None)),
        _ => Kind::Code(place(at, rest, paragraph)),
    }
}

fn place(at: &str, rest: &str, paragraph: &str) -> Place {
    let Some((word, quoted)) = rest.split_once(' ') else {
        return match (rest, named(paragraph)) {
            ("shown", _) => Place::Shown(None),
            ("", Some(path)) => Place::File(path),
            _ => panic!("{at}: neither which file it is, nor where in one it belongs"),
        };
    };
    // The text itself may hold quotes.
    let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    match word {
        "file" => Place::File(text.to_owned()),
        "replaces" => Place::Replaces(text.to_owned()),
        "after" => Place::After(text.to_owned()),
        "before" => Place::Before(text.to_owned()),
        "shown" => Place::Shown(Some(text.to_owned())),
        "adds" => match text.split_once("\" as \"") {
            Some((from, to)) => Place::Adds { from: from.to_owned(), to: to.to_owned() },
            None => panic!("{at}: adds \"…\" as \"…\" names two files"),
        },
        other => panic!("{at}: {other:?} says nothing about a block of code"),
    }
}

/// The last path in code of a paragraph that ends with a colon.
fn named(paragraph: &str) -> Option<String> {
    let path = paragraph.trim().strip_suffix(':')?;
    let path = path.strip_suffix(", any SVG").unwrap_or(path).strip_suffix('`')?;
    let path = &path[path.rfind('`')? + 1..];
    path.contains('/').then(|| path.to_owned())
}
