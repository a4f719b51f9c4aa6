//! Templates such as `{bucket}/{path}`: parsed, checked against the known fields, rendered.
//!
//! A template holds placeholders and nothing else: no expressions, no conditions. Every
//! placeholder is checked when the template is configured, so rendering cannot fail, and values
//! are data: braces inside them are never expanded.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::{Problem, ProblemKind, Problems};
use crate::suggest;

/// Field names and their values, in declaration order.
pub type Fields = Map<String, Value>;

/// The values a template is rendered with: layers of fields, the first one that has a name wins.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a>(&'a [&'a Fields]);

impl<'a> Values<'a> {
    /// Looks names up in `layers`, front to back.
    pub fn new(layers: &'a [&'a Fields]) -> Self {
        Values(layers)
    }

    /// The text of one field; `None` when no layer has it.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.0.iter().find_map(|layer| layer.get(name)).map(text)
    }
}

/// A value as it stands in rendered text: strings as they are, nothing for null, list items
/// separated by commas.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(",").into(),
        other => other.to_string().into(),
    }
}

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The result: what an asset is called in its technology.
    Result,
    /// The technical information of an asset in one environment.
    TechnicalInfo,
    /// An address.
    Address,
    /// A text of an operator's entry.
    Entry,
}

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    purpose: Purpose,
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

impl Template {
    /// Parses a template and checks its placeholders.
    ///
    /// `at` says where the template stands, for the problems.
    ///
    /// # Errors
    ///
    /// A problem for unbalanced braces, and one for each placeholder that is none of `known`.
    pub fn parse(
        purpose: Purpose,
        source: &str,
        at: &str,
        known: &[&str],
    ) -> Result<Template, Problems> {
        let parsed = leon::Template::parse(source).map_err(|error| {
            Problem::new(
                ProblemKind::ValueError,
                at,
                format!("the template {source:?} cannot be read: {error}"),
            )
            .hint("placeholders look like {name}; write \\{ for a brace of your own")
        })?;
        let mut problems = Problems::new();
        let mut parts = Vec::with_capacity(parsed.items.len());
        for item in parsed.items.iter() {
            match item {
                leon::Item::Text(text) => parts.push(Part::Text((*text).to_owned())),
                leon::Item::Key(key) if known.contains(key) => {
                    parts.push(Part::Field((*key).to_owned()));
                }
                leon::Item::Key(key) => problems.push(
                    Problem::new(
                        ProblemKind::ValueError,
                        at,
                        format!("the template {source:?} names the unknown field {key:?}"),
                    )
                    .hint(suggest::hint(key, known.iter().copied())),
                ),
            }
        }
        problems.into_result()?;
        Ok(Template { purpose, source: source.to_owned(), parts })
    }

    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The fields that it names, each as often as it stands there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Field(name) => Some(name.as_str()),
        })
    }

    /// The text the template was parsed from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Puts the values in. A field that no layer has leaves nothing behind; that cannot happen
    /// for a template that was checked against the names of these layers.
    pub fn render(&self, values: Values<'_>) -> String {
        let mut rendered = String::with_capacity(self.source.len() * 2);
        for part in &self.parts {
            match part {
                Part::Text(text) => rendered.push_str(text),
                Part::Field(name) => rendered.push_str(&values.text(name).unwrap_or_default()),
            }
        }
        rendered
    }
}

/// Drops the trailing `unwanted` characters of every part between `separator`s, so that an empty
/// field at the end of a part leaves no dangling separator: `db__.table` becomes `db.table`.
pub fn trim_parts(rendered: &str, separator: char, unwanted: char) -> String {
    let parts = rendered.split(separator).map(|part| part.trim_end_matches(unwanted));
    join(String::with_capacity(rendered.len()), parts, separator)
}

/// Drops the empty parts between `separator`s: `bucket//path/` becomes `bucket/path`. The slashes
/// after a scheme stay: `s3://bucket//path` becomes `s3://bucket/path`.
pub fn drop_empty_parts(rendered: &str, separator: char) -> String {
    let mut joined = String::with_capacity(rendered.len());
    let rest = match rendered.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => {
            joined.extend([scheme, "://"]);
            rest
        }
        _ => rendered,
    };
    join(joined, rest.split(separator).filter(|part| !part.is_empty()), separator)
}

/// As [`drop_empty_parts`], for paths that begin at a root: a separator in front stays, so that
/// `/app//prod/` becomes `/app/prod`.
pub fn drop_empty_parts_below_root(rendered: &str, separator: char) -> String {
    let below = drop_empty_parts(rendered, separator);
    if rendered.starts_with(separator) { format!("{separator}{below}") } else { below }
}

/// Whether a text is the scheme of an address (RFC 3986, section 3.1).
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Puts parts behind what is `joined` already. Lists do this for every asset and environment.
fn join<'a>(mut joined: String, parts: impl Iterator<Item = &'a str>, separator: char) -> String {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            joined.push(separator);
        }
        joined.push_str(part);
    }
    joined
}

/// Gives an empty text a value, as `normalise` does for derived fields.
pub fn fill_if_empty(text: &mut String, value: &str) {
    if text.is_empty() {
        value.clone_into(text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(source: &str, at: &str, known: &[&str]) -> Result<Template, Problems> {
        Template::parse(Purpose::Result, source, at, known)
    }

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn first_layer_wins_and_braces_in_values_stay() {
        let entry = fields(json!({"bucket": "real-{path}"}));
        let output = fields(json!({"bucket": "alias", "path": "in", "flag": true}));
        let template = parse("{bucket}/{path}/{flag}", "t", &["bucket", "path", "flag"]).unwrap();
        assert_eq!(template.render(Values::new(&[&entry, &output])), "real-{path}/in/true");
    }

    #[test]
    fn every_unknown_placeholder_is_a_problem_with_the_nearest_name() {
        let problems = parse("{buckt}/{pth}", "s3 result", &["bucket", "path"]).unwrap_err();
        assert_eq!(problems.len(), 2);
        assert!(problems.to_string().contains("did you mean bucket?"), "{problems}");
    }

    #[test]
    fn unbalanced_brace_is_a_problem() {
        assert!(parse("{bucket", "t", &["bucket"]).is_err());
    }

    #[test]
    fn parts_are_tidied() {
        assert_eq!(trim_parts("db__.table_", '.', '_'), "db.table");
        assert_eq!(drop_empty_parts("/bucket//a/", '/'), "bucket/a");
        assert_eq!(drop_empty_parts("s3://bucket//a/", '/'), "s3://bucket/a");
        assert_eq!(drop_empty_parts("bucket/s3://a", '/'), "bucket/s3:/a");
        assert_eq!(drop_empty_parts("://a//b", '/'), ":/a/b");
        assert_eq!(drop_empty_parts_below_root("/app//prod/", '/'), "/app/prod");
        assert_eq!(drop_empty_parts_below_root("app//prod/", '/'), "app/prod");
        assert_eq!(drop_empty_parts_below_root("//", '/'), "/");
    }
}
