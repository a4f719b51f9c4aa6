//! The texts of an entry, with placeholders for what is looked up.

use portal_core::environment::{HttpsUrl, encode};
use portal_core::template::{Fields, Purpose, Template, Values};
use portal_core::{Problem, ProblemKind, Problems};
use serde_json::Value;

use super::names::ANY;
use crate::properties::properties;
use crate::schema::escape;
use crate::secret::is_secret;

/// What placeholders stand for in a check, before anybody has named something.
pub const EXAMPLE: &str = "example";

/// The name of an entry that is looked up.
const IDENTIFIER: &str = "identifier";
/// The namespace of the data product that it is for.
const NAMESPACE: &str = "namespace";
/// The acronym of the environment.
const ENVIRONMENT: &str = "environment";
const ALL: [&str; 3] = [IDENTIFIER, NAMESPACE, ENVIRONMENT];

/// A placeholder that a text has, as it is written there.
pub(crate) fn placeholder_in(text: &str) -> Option<String> {
    ALL.iter().map(|name| format!("{{{name}}}")).find(|placeholder| text.contains(placeholder))
}

/// What the placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub struct Meaning<'a> {
    /// The name that is looked up; `None` where entries have none.
    pub identifier: Option<&'a str>,
    /// The namespace of the data product.
    pub namespace: &'a str,
    /// The acronym of the environment.
    pub environment: &'a str,
}

/// The members of an entry, parsed.
#[derive(Debug)]
pub(crate) struct Texts {
    members: Vec<(String, Part)>,
    /// The member that is the entry's name, and what is written there.
    name: Option<(String, String)>,
}

#[derive(Debug)]
enum Part {
    /// The same for everybody.
    Plain(Value),
    Text(Template),
    /// A text in which every value is percent-encoded.
    Address(Template),
    List(Vec<Part>),
    Members(Vec<(String, Part)>),
}

impl Texts {
    /// Parses an entry. `named_by` is its member that is its name.
    ///
    /// # Errors
    ///
    /// Unknown placeholders, and those where none may stand.
    pub(crate) fn parse(
        schema: &Value,
        entry: &Fields,
        named_by: Option<&str>,
    ) -> Result<Self, Problems> {
        let mut known = ALL.to_vec();
        if named_by.is_none() {
            known.retain(|name| *name != IDENTIFIER);
        }
        let mut parser = Parser { known: &known, problems: Problems::new() };
        let is_name = |member: &str| named_by == Some(member);
        let members = entry
            .iter()
            .map(|(name, value)| {
                let part = if is_name(name) {
                    Part::Plain(value.clone())
                } else {
                    parser.part(property(schema, name), value, &format!("/{}", escape(name)))
                };
                (name.clone(), part)
            })
            .collect();
        let name = named_by
            .and_then(|field| Some((field.to_owned(), entry.get(field)?.as_str()?.to_owned())));
        parser.problems.into_result()?;
        Ok(Texts { members, name })
    }

    /// Whether nothing in it is a placeholder.
    pub(crate) fn are_plain(&self) -> bool {
        self.members.iter().all(|(_, part)| matches!(part, Part::Plain(_)))
    }

    /// The entry for a name: what is looked up is its name.
    pub(crate) fn fill(&self, meaning: Meaning<'_>) -> Fields {
        let meant = [
            (IDENTIFIER, meaning.identifier.unwrap_or_default()),
            (NAMESPACE, meaning.namespace),
            (ENVIRONMENT, meaning.environment),
        ];
        let values = |write: fn(&str) -> String| -> Fields {
            meant.iter().map(|(name, text)| ((*name).to_owned(), write(text).into())).collect()
        };
        let (plain, encoded) = (values(str::to_owned), values(encode));
        let mut filled = fill_members(&self.members, &plain, &encoded);
        if let (Some((field, _)), Some(identifier)) = (&self.name, meaning.identifier)
            && let Some(name) = filled.get_mut(field)
        {
            *name = identifier.into();
        }
        filled
    }

    /// The entry for an example of what it serves.
    pub(crate) fn example(&self, acronym: &str) -> Fields {
        let identifier = self.name.as_ref().map(|(_, name)| match name.strip_suffix(ANY) {
            Some(beginning) => format!("{beginning}{EXAMPLE}"),
            None => name.clone(),
        });
        self.fill(Meaning {
            identifier: identifier.as_deref(),
            namespace: EXAMPLE,
            environment: acronym,
        })
    }
}

fn fill_members(members: &[(String, Part)], plain: &Fields, encoded: &Fields) -> Fields {
    let filled = members.iter().map(|(name, part)| (name.clone(), fill(part, plain, encoded)));
    filled.collect()
}

fn fill(part: &Part, plain: &Fields, encoded: &Fields) -> Value {
    match part {
        Part::Plain(value) => value.clone(),
        Part::Text(template) => template.render(Values::new(&[plain])).into(),
        Part::Address(template) => template.render(Values::new(&[encoded])).into(),
        Part::List(parts) => parts.iter().map(|part| fill(part, plain, encoded)).collect(),
        Part::Members(members) => Value::Object(fill_members(members, plain, encoded)),
    }
}

struct Parser<'a> {
    known: &'a [&'a str],
    problems: Problems,
}

impl Parser<'_> {
    fn part(&mut self, schema: &Value, value: &Value, at: &str) -> Part {
        if is_secret(schema) {
            self.refuse_in_secret(value, at);
            return Part::Plain(value.clone());
        }
        let part = match value {
            Value::String(text) if text.contains(['{', '}']) => self.text(schema, text, at),
            Value::Array(items) => {
                let schema = schema.get("items").unwrap_or(&Value::Null);
                let parts = items.iter().enumerate();
                Part::List(
                    parts
                        .map(|(index, item)| self.part(schema, item, &format!("{at}/{index}")))
                        .collect(),
                )
            }
            Value::Object(members) => {
                let parts = members.iter().map(|(name, member)| {
                    let at = format!("{at}/{}", escape(name));
                    (name.clone(), self.part(property(schema, name), member, &at))
                });
                Part::Members(parts.collect())
            }
            other => Part::Plain(other.clone()),
        };
        let is_plain = match &part {
            Part::List(parts) => parts.iter().all(|part| matches!(part, Part::Plain(_))),
            Part::Members(parts) => parts.iter().all(|(_, part)| matches!(part, Part::Plain(_))),
            _ => false,
        };
        if is_plain { Part::Plain(value.clone()) } else { part }
    }

    fn text(&mut self, schema: &Value, text: &str, at: &str) -> Part {
        let template = match Template::parse(Purpose::Entry, text, at, self.known) {
            Ok(template) => template,
            Err(problems) => {
                self.problems.extend_under("", problems);
                return Part::Plain(text.into());
            }
        };
        if !is_address(schema) {
            return Part::Text(template);
        }
        if names_host(&template) {
            let message = format!(
                "the host of {text:?} has a placeholder, and people choose what it stands for"
            );
            self.problems.push(
                Problem::new(ProblemKind::ValueError, at, message)
                    .hint("placeholders may stand behind the first / after the host"),
            );
        }
        Part::Address(template)
    }

    fn refuse_in_secret(&mut self, value: &Value, at: &str) {
        let texts = value.as_object().into_iter().flat_map(|members| members.values());
        for text in texts.filter_map(Value::as_str) {
            if let Some(placeholder) = placeholder_in(text) {
                let message = format!("a secret has the placeholder {placeholder}");
                self.problems.push(
                    Problem::new(ProblemKind::ValueError, at, message)
                        .hint("people choose what it stands for: name one secret"),
                );
            }
        }
    }
}

/// Whether a placeholder stands in the scheme or the host of an address: before the first `/`, `?`
/// or `#` that follows `://`.
fn names_host(template: &Template) -> bool {
    let source = template.source();
    let first = template.names().next().and_then(|name| source.find(&format!("{{{name}}}")));
    let rest = source.find("://").map_or(source.len(), |at| at + "://".len());
    let end = source[rest..].find(['/', '?', '#']).map_or(source.len(), |at| rest + at);
    first.is_some_and(|first| first < end)
}

fn is_address(schema: &Value) -> bool {
    let alternatives = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    schema.get("format").is_some_and(|format| *format == HttpsUrl::FORMAT)
        || alternatives.into_iter().any(is_address)
}

/// The schema of a member; null where it says nothing.
fn property<'a>(schema: &'a Value, name: &str) -> &'a Value {
    let known = properties(schema).find(|(known, _)| *known == name).map(|(_, property)| property);
    known.or_else(|| schema.get("additionalProperties")).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use portal_core::Secret;
    use serde_json::json;

    use super::*;

    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Warehouse {
        identifier: String,
        database: String,
        console: Option<HttpsUrl>,
        password: Option<Secret>,
        tags: Vec<String>,
    }

    fn parse(entry: Value) -> Result<Texts, Problems> {
        let schema = crate::schema::schema_of::<Warehouse>();
        let Value::Object(entry) = entry else { unreachable!("an entry is an object") };
        Texts::parse(&schema, &entry, Some("identifier"))
    }

    fn meaning<'a>(identifier: &'a str, namespace: &'a str) -> Meaning<'a> {
        Meaning { identifier: Some(identifier), namespace, environment: "prd" }
    }

    #[test]
    fn placeholders_are_filled_wherever_a_text_stands_and_never_twice() {
        let texts = parse(json!({
            "identifier": "*",
            "database": "{identifier}_{environment}",
            "console": "https://acme.example/{namespace}?q={identifier}",
            "tags": ["{namespace}", "all", "\\{braces\\}"],
        }))
        .unwrap();
        assert!(!texts.are_plain());
        assert_eq!(
            Value::Object(texts.fill(meaning("{namespace}/x", "sales&co"))),
            json!({
                "identifier": "{namespace}/x",
                "database": "{namespace}/x_prd",
                "console": "https://acme.example/sales%26co?q=%7Bnamespace%7D%2Fx",
                "tags": ["sales&co", "all", "{braces}"],
            })
        );
    }

    #[test]
    fn host_and_secret_take_no_placeholder() {
        for address in [
            "https://{namespace}.example/",
            "https://acme.example{namespace}",
            "https://acme.example:{identifier}/x",
            "{namespace}://acme.example/",
            "{namespace}",
        ] {
            let wrong = parse(json!({"identifier": "a", "console": address})).unwrap_err();
            assert!(wrong.to_string().contains("host"), "{address}: {wrong}");
        }
        let secret = json!({"identifier": "a", "password": {"env": "PASSWORD_{namespace}"}});
        assert!(parse(secret).unwrap_err().to_string().contains("/password: a secret"));
        let plain = json!({"identifier": "a", "password": {"env": "PASSWORD"}});
        assert!(parse(plain).unwrap().are_plain());
    }

    #[test]
    fn unknown_placeholder_names_the_nearest() {
        let wrong = parse(json!({"identifier": "*", "database": "{identifer}"})).unwrap_err();
        assert!(wrong.to_string().contains("did you mean identifier?"), "{wrong}");
    }
}
