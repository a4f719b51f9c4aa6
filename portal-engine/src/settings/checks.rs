//! Rules of the file that a JSON Schema does not express.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use portal_core::__private::suggest;
use portal_core::template::Fields;
use portal_core::{Problem, ProblemKind, Problems};
use serde_json::Value;

use super::file_schema::platform_schemas;
use super::{Absent, Settings, access};
use crate::entries::{self, Names};
use crate::linked::LinkedOutput;
use crate::problems::{MOST_PROBLEMS, cut_to};
use crate::registry::Registry;
use crate::schema::{self, escape};
use crate::secret;
use crate::store::{NAME_MAX, check_name};
use crate::wire_names::WireNames;

/// By which of their members a plugin's entries are named, if they are.
pub(super) fn entries_named_by(registry: &Registry, id: &str) -> Option<&'static str> {
    registry.find_output(id)?.output()?.entries_named_by()
}

/// Checks settings that have the right shape.
pub(super) fn check(
    settings: &Settings,
    registry: &Registry,
    absent: &Absent,
    problems: &mut Problems,
    warnings: &mut Problems,
) {
    access::check(settings, problems, warnings);
    warn_of_missing_names(settings, registry, warnings);
    check_names(settings, problems);
    check_environments(settings, problems);
    for (id, service) in &settings.services {
        let at = format!("/services/{}", escape(id));
        let Some(output) = registry.find_output(id).and_then(|plugin| plugin.output()) else {
            warn_of_absence(registry, id, absent, at, warnings);
            continue;
        };
        let templates = [&service.result_template, &service.technical_info_template];
        problems.extend_under(&at, output.template_problems(templates));
        check_options(settings, id, output, &at, problems, warnings);
    }
    check_values(settings, registry, absent, problems, warnings);
}

/// Plugins that have no former name to answer with.
fn warn_of_missing_names(settings: &Settings, registry: &Registry, warnings: &mut Problems) {
    if settings.compatibility.wire_names != Some(WireNames::Former) {
        return;
    }
    let plugins = registry.plugins().iter();
    for plugin in plugins.filter(|plugin| plugin.aliases().is_empty()) {
        let name = plugin.display_name();
        let message = format!(
            "{name} has no alias: answers carry {:?}, as without this setting",
            plugin.wire_name()
        );
        warnings.push(warning("/compatibility/wire_names".to_owned(), message));
    }
}

/// A section of a plugin that is known but not here. One of a plugin that nobody knows is a
/// problem already.
fn warn_of_absence(
    registry: &Registry,
    id: &str,
    absent: &Absent,
    at: String,
    warnings: &mut Problems,
) {
    if let Some(reason) = absent.reason_for_section(registry, id) {
        let message = format!("{reason}; the section is left aside, what is stored stays");
        warnings.push(warning(at, message));
    }
}

/// Names are written by hand in addresses, and unique in the database.
fn check_names(settings: &Settings, problems: &mut Problems) {
    let mut look = |what: &str, name: &str, at: String| {
        let wrong = check_name(what, name).err().or_else(|| {
            // Two keys that differ in blanks alone would be one name.
            let message = format!("the {what} has blanks around it");
            let problem = Problem::new(ProblemKind::ValueError, "", message);
            (name.trim() != name).then(|| problem.hint("leave them out"))
        });
        if let Some(problem) = wrong {
            problems.push(Problem { at, ..problem });
        }
    };
    for name in settings.domains.keys() {
        look("name of the domain", name, format!("/domains/{}", escape(name)));
    }
    for name in settings.data_product_types.keys() {
        let at = format!("/data_product_types/{}", escape(name));
        look("name of the data product type", name, at);
    }
    for (name, environment) in &settings.environments {
        let at = format!("/environments/{}", escape(name));
        look("name of the environment", name, at.clone());
        // One that is missing, empty or too long has been reported already.
        if (1..=NAME_MAX).contains(&environment.acronym.chars().count()) {
            look("acronym", &environment.acronym, format!("{at}/acronym"));
        }
    }
}

/// Acronyms are unique, and at most one environment is the default.
fn check_environments(settings: &Settings, problems: &mut Problems) {
    let mut acronyms: BTreeMap<&str, &str> = BTreeMap::new();
    let mut default: Option<&str> = None;
    for (name, environment) in &settings.environments {
        if !environment.acronym.is_empty()
            && let Some(other) = acronyms.insert(&environment.acronym, name)
        {
            problems.push(same_acronym(name, &environment.acronym, other));
        }
        if environment.default
            && let Some(other) = default.replace(name)
        {
            problems.push(second_default(name, other));
        }
    }
}

/// What is wrong with an environment that has the acronym of another one.
pub(super) fn same_acronym(name: &str, acronym: &str, other: &str) -> Problem {
    duplicate(
        format!("/environments/{}/acronym", escape(name)),
        format!("the acronym {acronym:?} is already that of {other:?}"),
    )
}

/// What is wrong with an environment that is the default beside another one.
pub(super) fn second_default(name: &str, other: &str) -> Problem {
    duplicate(
        format!("/environments/{}/default", escape(name)),
        format!("{other:?} is the default environment already"),
    )
}

fn duplicate(at: String, message: String) -> Problem {
    Problem::new(ProblemKind::ValueError, at, message)
}

/// Entries have different names; where they have none, there is one.
fn check_entry_names(output: &LinkedOutput, entries: &[Fields], at: &str, problems: &mut Problems) {
    let Some(name) = output.entries_named_by() else {
        if entries.len() > 1 {
            let message = format!(
                "{} entries, of which an asset could mean any: exactly one is possible",
                entries.len()
            );
            problems.push(duplicate(format!("{at}/1"), message));
        }
        return;
    };
    let mut known = HashSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(value) = entry.get(name) else { continue };
        if !known.insert(value) {
            problems.push(duplicate(
                format!("{at}/{index}/{name}"),
                format!("the {name} {value} stands twice"),
            ));
        }
    }
}

/// At most one entry is marked as the default.
fn check_default_entry(
    output: &LinkedOutput,
    entries: &[Fields],
    at: &str,
    problems: &mut Problems,
) {
    let Some(mark) = output.entries_marked_by() else { return };
    let is_marked = |entry: &Fields| entry.get(mark) == Some(&Value::Bool(true));
    let marked = entries.iter().enumerate().filter(|(_, entry)| is_marked(entry));
    for (index, _) in marked.skip(1) {
        let message = "another entry is marked as the default already".to_owned();
        problems.push(duplicate(format!("{at}/{index}/{mark}"), message));
    }
}

/// An option stands for an entry in each environment: one that has none anywhere is a typo, one
/// that has none somewhere cannot be rendered there.
fn check_options(
    settings: &Settings,
    id: &str,
    output: &LinkedOutput,
    at: &str,
    problems: &mut Problems,
    warnings: &mut Problems,
) {
    let Some(named_by) = output.entries_named_by() else { return };
    let identifiers: BTreeMap<&str, Names<()>> = settings
        .environments
        .iter()
        .filter_map(|(name, environment)| Some((name, environment.services.get(id)?)))
        .map(|(name, entries)| {
            let all = entries.iter().filter_map(|entry| entry.get(named_by)?.as_str());
            (name.as_str(), all.map(|name| (name.to_owned(), ())).collect())
        })
        .collect();
    if identifiers.is_empty() {
        return;
    }
    let Some(service) = settings.services.get(id) else { return };
    let mut unknown = Problems::new();
    for (index, option) in service.options.iter().enumerate() {
        if unknown.len() > MOST_PROBLEMS {
            break;
        }
        let at = format!("{at}/options/{index}");
        let lacking: Vec<&str> = identifiers
            .iter()
            .filter(|(_, known)| known.find(option).is_none())
            .map(|(environment, _)| *environment)
            .collect();
        if lacking.len() == identifiers.len() {
            let names: BTreeSet<&str> = identifiers.values().flat_map(Names::names).collect();
            unknown.push(
                Problem::new(
                    ProblemKind::Enum,
                    at,
                    format!("no environment has an entry with the {named_by} {option:?}"),
                )
                .hint(suggest::hint(option, names.iter().copied())),
            );
        } else if !lacking.is_empty() {
            let lacking = lacking.join(", ");
            let message =
                format!("{option:?} has no entry in {lacking}, where it cannot be rendered");
            warnings.push(warning(at, message));
        }
    }
    cut_to(&mut unknown, MOST_PROBLEMS);
    problems.extend_under("", unknown);
}

/// The plugins themselves read every value; secrets must be there on this server.
fn check_values(
    settings: &Settings,
    registry: &Registry,
    absent: &Absent,
    problems: &mut Problems,
    warnings: &mut Problems,
) {
    let platform_schemas = platform_schemas(registry);
    for (name, environment) in &settings.environments {
        let at = format!("/environments/{}", escape(name));
        for (key, values) in &environment.platforms {
            let at = format!("{at}/platforms/{}", escape(key));
            let Some(schema) = platform_schemas.get(key) else {
                warn_of_absence(registry, key, absent, at, warnings);
                continue;
            };
            for name in values.keys() {
                if let Some(reason) = absent.reason_for_value(registry, key, name) {
                    let at = format!("{at}/{}", escape(name));
                    let message =
                        format!("{reason}; the value is left aside, what is stored stays");
                    warnings.push(warning(at, message));
                }
            }
            let value = Value::Object(values.clone());
            let read =
                registry.of_platform(key).find_map(|plugin| plugin.read_values(&value).err());
            push_under(&at, read, problems);
            warn_of_secrets(&at, schema, &value, warnings);
            warn_of_placeholders(&at, &value, warnings);
        }
        for (id, entries) in &environment.services {
            let at = format!("{at}/services/{}", escape(id));
            let Some((plugin, output)) =
                registry.find_output(id).and_then(|plugin| Some((plugin, plugin.output()?)))
            else {
                warn_of_absence(registry, id, absent, at, warnings);
                continue;
            };
            for (index, entry) in entries.iter().enumerate() {
                let at = format!("{at}/{index}");
                problems.extend_under(&at, entries::problems(output, entry));
                if entries::link_follows(plugin, output, entry, &environment.acronym) {
                    let message = "a placeholder changes the host that links lead to, and people choose what it stands for";
                    let problem = Problem::new(ProblemKind::ValueError, at, message);
                    problems.push(problem.hint("write the text that the host is made of out"));
                }
            }
            let filled = entries
                .iter()
                .map(|entry| Value::Object(entries::example(output, entry, &environment.acronym)));
            push_under(&at, output.read_entries(&filled.collect()).err(), problems);
            check_entry_names(output, entries, &at, problems);
            check_default_entry(output, entries, &at, problems);
            for (index, entry) in entries.iter().enumerate() {
                let entry = Value::Object(entry.clone());
                let schema = output.entry_schema().as_value();
                warn_of_secrets(&format!("{at}/{index}"), schema, &entry, warnings);
            }
        }
    }
    let values = serde_json::to_value(settings).unwrap_or_default();
    problems.extend_under("", schema::nul_problems(&values));
}

/// Adds what reading a value into the plugin's type says, unless its schema has said it.
fn push_under(at: &str, problem: Option<Problem>, problems: &mut Problems) {
    let is_said = || problems.iter().any(|said| is_within(&said.at, at));
    if let Some(mut problem) = problem
        && !is_said()
    {
        problem.at.insert_str(0, at);
        problems.push(problem);
    }
}

/// Whether a JSON pointer names a value, or something in it: `/glue-2` is not within `/glue`.
fn is_within(pointer: &str, at: &str) -> bool {
    pointer.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Values are the same for everybody. A plugin may fill them in itself, so a placeholder is no mistake.
fn warn_of_placeholders(at: &str, value: &Value, warnings: &mut Problems) {
    match value {
        Value::String(text) => {
            if let Some(placeholder) = entries::placeholder_in(text) {
                let message = format!(
                    "{text:?} has the placeholder {placeholder}, and the portal fills in entries alone"
                );
                warnings.push(warning(at.to_owned(), message));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                warn_of_placeholders(&format!("{at}/{index}"), item, warnings);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                warn_of_placeholders(&format!("{at}/{}", escape(name)), member, warnings);
            }
        }
        _ => {}
    }
}

fn warn_of_secrets(at: &str, schema: &Value, value: &Value, warnings: &mut Problems) {
    for (below, reason) in secret::unresolved(schema, value) {
        let message = format!("the secret cannot be found here: {reason}");
        warnings.push(warning(format!("{at}{below}"), message));
    }
}

/// What the operator should know although it is no mistake.
pub(super) fn warning(at: String, message: String) -> Problem {
    Problem::new(ProblemKind::ValueError, at, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_of_glue_2_does_not_swallow_one_of_glue() {
        let wrong = |at: &str| Problem::new(ProblemKind::ValueError, at, "it is wrong");
        let mut problems = Problems::from(wrong("/services/glue-2/0"));
        push_under("/services/glue", Some(wrong("/1")), &mut problems);
        push_under("/services/glue", Some(wrong("/2")), &mut problems);
        let said: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
        assert_eq!(said, ["/services/glue-2/0", "/services/glue/1"]);
    }
}
