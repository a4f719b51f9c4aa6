//! The paths of a source file, read from its tokens: the syntax tree ends at macros, paths do not.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

/// A path of a source file, from the root of the crate on.
pub(super) struct Named {
    pub path: Vec<String>,
    pub line: usize,
    /// Whether it begins with `$crate`.
    pub by_macro: bool,
}

pub(super) fn line_of(span: Span) -> usize {
    span.start().line
}

/// A token in comparable form; a group is its opening bracket, the end is empty.
fn word(tokens: &[TokenTree], at: usize) -> String {
    match tokens.get(at) {
        None => String::new(),
        Some(TokenTree::Group(group)) => match group.delimiter() {
            Delimiter::Brace => "{".to_owned(),
            Delimiter::Parenthesis => "(".to_owned(),
            Delimiter::Bracket => "[".to_owned(),
            Delimiter::None => String::new(),
        },
        Some(token) => token.to_string().trim_start_matches("r#").to_owned(),
    }
}

/// The tokens of a group; none of anything else.
fn inside(tokens: &[TokenTree], at: usize) -> TokenStream {
    match tokens.get(at) {
        Some(TokenTree::Group(group)) => group.stream(),
        _ => TokenStream::new(),
    }
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_double = match tokens.get(at) {
        Some(TokenTree::Punct(punct)) => punct.spacing() == Spacing::Joint,
        _ => false,
    };
    is_double && word(tokens, at) == ":" && word(tokens, at + 1) == ":"
}

/// Finds every path that begins with `crate`, `super` or `self`. A path without one of them leads
/// into the file's own module, to what another path has imported, or out of the crate.
pub(super) fn scan(stream: TokenStream, module: &[String], found: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let (current, next) = (word(&tokens, at), word(&tokens, at + 1));
        let begins_path = match current.as_str() {
            "crate" | "super" => is_path_separator(&tokens, at + 1) || next == "as",
            "self" => is_path_separator(&tokens, at + 1),
            _ => false,
        };
        let name_at = if next == "$" { at + 2 } else { at + 1 };
        if begins_path {
            let by_macro = at > 0 && word(&tokens, at - 1) == "$";
            let start = Named { path: module.to_vec(), line: 0, by_macro };
            at = follow(&tokens, at, start, found);
        } else if current == "mod" && word(&tokens, name_at + 1) == "{" {
            let inner = [module, &[word(&tokens, name_at)]].concat();
            scan(inside(&tokens, name_at + 1), &inner, found);
            at = name_at + 2;
        } else if current == "pub" && inside(&tokens, at + 1).to_string().starts_with("in ") {
            // `pub(in path)` says who may name this, and imports nothing.
            at += 2;
        } else {
            scan(inside(&tokens, at), module, found);
            scan_text(&tokens[at], module, found);
            at += 1;
        }
    }
}

/// Attributes such as serde's hold paths as text.
fn scan_text(token: &TokenTree, module: &[String], found: &mut Vec<Named>) {
    let TokenTree::Literal(literal) = token else { return };
    let text = literal.to_string();
    let text = text.trim_matches('"');
    let begins_path = ["crate::", "super::", "self::"].iter().any(|start| text.starts_with(start));
    if let (true, Ok(tokens)) = (begins_path, text.parse()) {
        let first = found.len();
        scan(tokens, module, found);
        let line = line_of(literal.span());
        found[first..].iter_mut().for_each(|named| named.line = line);
    }
}

/// Follows a path, or a tree of paths in a `use`, to its ends. Returns where the tokens go on.
fn follow(tokens: &[TokenTree], from: usize, mut on: Named, found: &mut Vec<Named>) -> usize {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        let was_at_root = on.path.is_empty();
        match token {
            TokenTree::Ident(_) => walk(&mut on.path, &word(tokens, at)),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let trees: Vec<TokenTree> = group.stream().into_iter().collect();
                for tree in trees.split(|token| token.to_string() == ",") {
                    if !tree.is_empty() {
                        follow(tree, 0, Named { path: on.path.clone(), ..on }, found);
                    }
                }
                return at + 1;
            }
            _ => break,
        }
        // The line is that of the module's name, which is the same for all that is named of it.
        if was_at_root || on.path.is_empty() {
            on.line = line_of(token.span());
        }
        at += 1;
        if !is_path_separator(tokens, at) {
            break;
        }
        at += 2;
    }
    found.push(on);
    at
}

/// The names of the `#[macro_export]` macros, which stand at the root of the crate.
pub(super) fn exported_macros(stream: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut names = Vec::new();
    for at in 0..tokens.len() {
        names.extend(exported_macros(inside(&tokens, at)));
        if word(&tokens, at) == "macro_rules" && word(&tokens, at + 1) == "!" {
            let before = (1..=at / 2).map(|back| at - 2 * back);
            let mut attributes = before
                .take_while(|hash| word(&tokens, *hash) == "#")
                .map(|hash| inside(&tokens, hash + 1).to_string());
            if attributes.any(|attribute| attribute.starts_with("macro_export")) {
                names.push(word(&tokens, at + 2));
            }
        }
    }
    names
}

/// One segment further on a path from the root of the crate.
pub(super) fn walk(path: &mut Vec<String>, segment: &str) {
    match segment {
        "crate" => path.clear(),
        "self" => {}
        "super" => drop(path.pop()),
        name => path.push(name.to_owned()),
    }
}
