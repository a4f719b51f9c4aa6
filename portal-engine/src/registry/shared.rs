//! Rules between plugins: what may not be claimed twice, and what must be declared alike.

use std::collections::BTreeMap;

use portal_core::__private::{Parts, Registration, cap, parts};
use portal_core::platform::Parent;
use portal_core::{Problem, ProblemKind, Problems};
use serde_json::{Map, Value};

use super::{at, claimed_names, is_id};
use crate::migration::is_core_table;
use crate::schema;

/// Refuses an id, wire name or alias that two plugins claim, and a parent key that is a plugin's
/// name: all of them share one namespace, because every route accepts any of them.
pub(super) fn name_collisions(registrations: &[&'static Registration], problems: &mut Problems) {
    let mut owners: BTreeMap<&str, (&str, &Registration)> = BTreeMap::new();
    for registration in registrations {
        for (what, name) in claimed_names(registration) {
            match owners.get(name) {
                Some((other, owner)) => {
                    let (owner, hint) = if std::ptr::eq(*owner, *registration) {
                        ("the same plugin".to_owned(), "rename one of them, or leave an alias out")
                    } else {
                        (at(owner), "rename one of them, or link only one of the crates")
                    };
                    problems.push(
                        Problem::new(
                            ProblemKind::Registration,
                            at(registration),
                            format!("the {what} {name:?} is already the {other} of {owner}"),
                        )
                        .hint(hint),
                    );
                }
                None => {
                    owners.insert(name, (what, registration));
                }
            }
        }
    }
    for registration in registrations {
        let Some(parent) = parts(registration).platform.parent else { continue };
        if !is_id(parent.key) {
            problems.push(Problem::new(
                ProblemKind::Registration,
                at(registration),
                format!(
                    "the parent key {:?} is malformed: lower-case letters, digits and dashes, starting with a letter",
                    parent.key
                ),
            ));
        }
        if let Some((what, owner)) = owners.get(parent.key) {
            problems.push(Problem::new(
                ProblemKind::Registration,
                at(registration),
                format!("the parent key {:?} is already the {what} of {}", parent.key, at(owner)),
            ));
        }
    }
}

/// Refuses a table that two plugins use, or that is core's.
pub(super) fn table_collisions(registrations: &[&'static Registration], problems: &mut Problems) {
    let mut owners: BTreeMap<&str, &Registration> = BTreeMap::new();
    for registration in registrations {
        let Some(output) = &parts(registration).output else { continue };
        let mut refuse = |message: String| {
            problems.push(Problem::new(ProblemKind::Registration, at(registration), message));
        };
        let prefix = parts(registration).id.replace('-', "_");
        let rest = output.table.strip_prefix(&prefix);
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_')) {
            refuse(format!("the table {} does not begin with {prefix}_", output.table));
        }
        if is_core_table(output.table) {
            refuse(format!("the table {} is the portal's own", output.table));
        }
        if let Some(owner) = owners.insert(output.table, registration) {
            problems.push(Problem::new(
                ProblemKind::Registration,
                at(registration),
                format!("the table {} is already that of {}", output.table, at(owner)),
            ));
        }
    }
}

/// Refuses declarations of one parent platform that differ.
pub(super) fn parent_conflicts(registrations: &[&'static Registration], problems: &mut Problems) {
    let mut declared: BTreeMap<&str, (Parent, &Registration)> = BTreeMap::new();
    for registration in registrations {
        let Some(parent) = parts(registration).platform.parent else { continue };
        let (first, owner) = declared.entry(parent.key).or_insert((parent, registration));
        for (what, here, there) in [
            ("display name", parent.display_name, first.display_name),
            ("icon", parent.icon.name, first.icon.name),
            ("drawing of its icon", parent.icon.svg, first.icon.svg),
            ("console", parent.console, first.console),
        ] {
            if here == there {
                continue;
            }
            let (key, owner) = (parent.key, at(owner));
            let (here, there) = (cap(format!("{here:?}")), cap(format!("{there:?}")));
            let message = format!(
                "declares the parent {key:?} with another {what} than {owner}: {here} here, {there} there"
            );
            problems.push(
                Problem::new(ProblemKind::Registration, at(registration), message)
                    .hint("take both from one crate, as plugins for AWS do from aws-platform"),
            );
        }
    }
}

/// Refuses platform values of one platform that have the same name but another schema.
/// `values` are the schemas of the registrations' values, in their order.
pub(super) fn value_conflicts(
    registrations: &[&'static Registration],
    values: &[Value],
    problems: &mut Problems,
) {
    let mut declared: BTreeMap<(&str, &str), (&Value, &Registration)> = BTreeMap::new();
    for (registration, schema) in registrations.iter().zip(values) {
        let Parts { id, platform, .. } = parts(registration);
        if platform.parent.is_none() {
            continue;
        }
        let key = platform.key(id);
        for (name, property) in schema::properties(schema) {
            match declared.get(&(key, name)) {
                Some((first, owner)) if !are_alike(first, property) => problems.push(Problem::new(
                    ProblemKind::Registration,
                    at(registration),
                    format!(
                        "reads the value {name:?} of the platform {key:?} with another schema than {}",
                        at(owner)
                    ),
                )),
                Some(_) => {}
                None => {
                    declared.insert((key, name), (property, registration));
                }
            }
        }
    }
}

/// Whether two schemas of a property allow the same: what is only for people does not count.
fn are_alike(one: &Value, other: &Value) -> bool {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return one == other };
    let is_rule = |name: &str| name != "description" && name != "title";
    let rules = |of: &Map<String, Value>| of.keys().filter(|name| is_rule(name)).count();
    rules(one) == rules(other)
        && one.iter().all(|(name, rule)| !is_rule(name) || other.get(name) == Some(rule))
}
