//! Which entry serves a name: the exact one, or of the patterns that fit the longest.

use std::collections::HashMap;

use portal_core::{Problem, ProblemKind};

use super::texts::placeholder_in;

/// What a pattern ends with: anything, or nothing.
pub const ANY: char = '*';

/// Things by the names that they serve.
#[derive(Debug, Clone)]
pub struct Names<T> {
    exact: HashMap<String, T>,
    /// By the beginning of names, the longest first.
    patterns: Vec<(String, T)>,
}

impl<T> FromIterator<(String, T)> for Names<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(all: I) -> Self {
        let (mut exact, mut patterns) = (HashMap::new(), Vec::new());
        for (name, one) in all {
            match name.strip_suffix(ANY) {
                Some(beginning) => patterns.push((beginning.to_owned(), one)),
                None => {
                    exact.insert(name, one);
                }
            }
        }
        patterns.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        Names { exact, patterns }
    }
}

impl<T> Names<T> {
    /// What serves this name.
    pub fn find(&self, name: &str) -> Option<&T> {
        self.exact.get(name).or_else(|| {
            let mut fitting =
                self.patterns.iter().filter(|(beginning, _)| name.starts_with(beginning.as_str()));
            fitting.next().map(|(_, one)| one)
        })
    }

    /// The exact names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.exact.keys().map(String::as_str)
    }
}

/// Whether a name serves others than itself.
pub fn is_pattern(name: &str) -> bool {
    name.ends_with(ANY)
}

/// What is wrong with the name of an entry. A placeholder in it would stand for itself.
pub fn name_problem(name: &str) -> Option<Problem> {
    if let Some(placeholder) = placeholder_in(name) {
        let message = format!("the name {name:?} has the placeholder {placeholder}");
        return Some(
            Problem::new(ProblemKind::ValueError, "", message)
                .hint(format!("\"{ANY}\" serves every name: what is looked up is the name")),
        );
    }
    let beginning = name.strip_suffix(ANY).unwrap_or(name);
    beginning.contains(ANY).then(|| {
        let message = format!("the name {name:?} has a {ANY} before its end");
        Problem::new(ProblemKind::ValueError, "", message).hint(format!(
            "a pattern is \"{ANY}\", or the beginning of names and {ANY}, such as \"raw-{ANY}\""
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_wins_over_pattern_and_longer_over_shorter() {
        let names: Names<u8> = [("*", 0), ("raw-*", 1), ("raw-web-*", 2), ("raw-web-1", 3)]
            .into_iter()
            .map(|(name, one)| (name.to_owned(), one))
            .collect();
        for (name, expected) in [
            ("raw-web-1", 3),
            ("raw-web-2", 2),
            ("raw-web-", 2),
            ("raw-web", 1),
            ("sales", 0),
            ("", 0),
        ] {
            assert_eq!(names.find(name), Some(&expected), "{name}");
        }
        let names: Names<u8> = [("raw-*".to_owned(), 1)].into_iter().collect();
        assert_eq!(names.find("sales"), None);
    }

    #[test]
    fn star_stands_at_the_end_or_nowhere() {
        for right in ["*", "raw-*", "raw", ""] {
            assert_eq!(name_problem(right), None, "{right}");
        }
        for wrong in ["**", "*-raw", "raw-*-web", "r*w*", "{namespace}", "raw-{identifier}"] {
            assert!(name_problem(wrong).is_some(), "{wrong}");
        }
    }
}
