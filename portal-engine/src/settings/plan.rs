//! What applying a file would change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diesel::prelude::*;
use portal_core::Result;
use portal_core::template::Fields;
use serde::Serialize;

use super::access::plan_access;
use super::checks::entries_named_by;
use super::file_schema::read_here;
use super::{EnvironmentSettings, ServiceSettings, Settings, TypeSettings, export};
use crate::access::AccessSettings;
use crate::db::Connection;
use crate::entries::{Names, is_pattern};
use crate::registry::Registry;
use crate::store::{count_assets_of, count_assets_with};
use crate::tables::{data_product_types, data_products, domains};
use crate::wire_names::WireNames;

/// The changes that make the database say what a file says, in the order they are made.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SettingsPlan {
    /// The changes.
    pub changes: Vec<Change>,
    /// What stays although the file omits it, and why.
    pub kept: Vec<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Whether it adds, changes or removes.
    pub action: Action,
    /// What is changed, in words.
    pub what: String,
    /// How many technical assets a removal affects. They keep their values and stay readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<i64>,
    #[serde(skip)]
    pub(super) step: Step,
}

/// What a change does to the thing it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is new.
    Add,
    /// It is there, but reads differently.
    Change,
    /// It goes, or a part of it goes.
    Remove,
}

/// A change as it is carried out: `None` removes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Access(Option<Box<AccessSettings>>),
    WireNames(Option<WireNames>),
    Domain(String, Option<String>),
    Type(String, Option<TypeSettings>),
    Service(String, ServiceSettings),
    Environment(String, Option<Box<EnvironmentSettings>>),
    Values { environment: String, platform: String, values: Option<Fields> },
    Entries { environment: String, plugin: String, entries: Option<Vec<Fields>> },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match self.action {
            Action::Add => "add",
            Action::Change => "change",
            Action::Remove => "remove",
        };
        write!(f, "{action} {}", self.what)?;
        match self.assets {
            None => Ok(()),
            Some(1) => f.write_str(" (1 technical asset refers to it)"),
            Some(count) => write!(f, " ({count} technical assets refer to it)"),
        }
    }
}

impl SettingsPlan {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether it takes away what says who may do what.
    pub fn removes_access(&self) -> bool {
        self.changes.iter().any(|change| change.step == Step::Access(None))
    }

    /// Whether it says who may do what where nothing said it before.
    pub fn adds_access(&self) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| {
            change.action == Action::Add && matches!(change.step, Step::Access(Some(_)))
        })
    }

    /// Whether it says anew who may do what, and nobody can become operator by that.
    pub fn locks_out(&self) -> bool {
        let mut changes = self.changes.iter();
        changes.any(|change| matches!(&change.step, Step::Access(Some(new)) if new.locks_out()))
    }

    /// Names of the environments that would be removed.
    pub fn removed_environments(&self) -> Vec<&str> {
        self.changes
            .iter()
            .filter_map(|change| match &change.step {
                Step::Environment(name, None) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// Works out what applying `wanted` would change, for the plugins of this binary.
///
/// # Errors
///
/// What the database says.
pub fn plan(
    connection: &mut Connection,
    registry: &Registry,
    wanted: &Settings,
) -> Result<SettingsPlan> {
    let stored = export(connection, registry)?;
    plan_from(connection, registry, &stored, wanted)
}

/// As [`plan`], from what is stored.
pub(super) fn plan_from(
    connection: &mut Connection,
    registry: &Registry,
    stored: &Settings,
    wanted: &Settings,
) -> Result<SettingsPlan> {
    let mut plan = SettingsPlan::default();
    plan.changes.extend(plan_access(stored.access.as_ref(), wanted.access.as_ref()));
    plan_wire_names(stored, wanted, &mut plan);
    plan_names(connection, stored, wanted, &mut plan)?;
    for (id, old, new) in differences(&stored.services, &wanted.services) {
        if registry.find_output(id).is_some() {
            plan_service(connection, registry, id, old, new, &mut plan)?;
        }
    }
    for (name, old, new) in differences(&stored.environments, &wanted.environments) {
        plan_environment(connection, registry, name, old, new, &mut plan)?;
    }
    // What is removed goes first: a new environment may take over its acronym.
    plan.changes.sort_by_key(|change| !matches!(change.step, Step::Environment(_, None)));
    Ok(plan)
}

/// The keys under which two maps differ, with both values.
fn differences<'a, V: PartialEq>(
    old: &'a BTreeMap<String, V>,
    new: &'a BTreeMap<String, V>,
) -> impl Iterator<Item = (&'a str, Option<&'a V>, Option<&'a V>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names
        .into_iter()
        .map(|name| (name.as_str(), old.get(name), new.get(name)))
        .filter(|(_, old, new)| old != new)
}

pub(super) fn action<V>(old: Option<&V>, new: Option<&V>) -> Action {
    match (old, new) {
        (None, _) => Action::Add,
        (Some(_), Some(_)) => Action::Change,
        (Some(_), None) => Action::Remove,
    }
}

fn plan_wire_names(stored: &Settings, wanted: &Settings, plan: &mut SettingsPlan) {
    let (old, new) = (stored.compatibility.wire_names, wanted.compatibility.wire_names);
    if old == new {
        return;
    }
    let what = match new.or(old).unwrap_or_default() {
        WireNames::Own => "wire names of plugins in answers",
        WireNames::Former => "former names of plugins in answers",
    };
    plan.changes.push(Change {
        action: action(old.as_ref(), new.as_ref()),
        what: what.to_owned(),
        assets: None,
        step: Step::WireNames(new),
    });
}

/// Domains and types. One that data products use stays, whatever the file says.
fn plan_names(
    connection: &mut Connection,
    stored: &Settings,
    wanted: &Settings,
    plan: &mut SettingsPlan,
) -> Result<()> {
    let used_domains: Vec<String> = data_products::table
        .inner_join(domains::table)
        .select(domains::name)
        .distinct()
        .load(connection)?;
    let used_types: Vec<String> = data_products::table
        .inner_join(data_product_types::table)
        .select(data_product_types::name)
        .distinct()
        .load(connection)?;
    let mut add = |what: String, name: &str, action: Action, used: &[String], step: Step| {
        if action == Action::Remove && used.iter().any(|used| used == name) {
            plan.kept.push(format!("{what} stays: data products use it"));
        } else {
            plan.changes.push(Change { action, what, assets: None, step });
        }
    };
    for (name, old, new) in differences(&stored.domains, &wanted.domains) {
        let step = Step::Domain(name.to_owned(), new.cloned());
        add(format!("domain {name:?}"), name, action(old, new), &used_domains, step);
    }
    for (name, old, new) in differences(&stored.data_product_types, &wanted.data_product_types) {
        let step = Step::Type(name.to_owned(), new.cloned());
        add(format!("data product type {name:?}"), name, action(old, new), &used_types, step);
    }
    Ok(())
}

fn plan_service(
    connection: &mut Connection,
    registry: &Registry,
    id: &str,
    old: Option<&ServiceSettings>,
    new: Option<&ServiceSettings>,
    plan: &mut SettingsPlan,
) -> Result<()> {
    let (old, new) = (old.cloned().unwrap_or_default(), new.cloned().unwrap_or_default());
    if old == new {
        return Ok(());
    }
    let gone: Vec<&String> = old.options.iter().filter(|one| !new.options.contains(one)).collect();
    let mut what = Vec::new();
    for option in &new.options {
        if !old.options.contains(option) {
            what.push(format!("option {option:?} offered"));
        }
    }
    for option in &gone {
        what.push(format!("option {option:?} no longer offered"));
    }
    if what.is_empty() && old.options != new.options {
        what.push("options in another order".to_owned());
    }
    if old.result_template != new.result_template {
        what.push("another result template".to_owned());
    }
    if old.technical_info_template != new.technical_info_template {
        what.push("another technical-info template".to_owned());
    }
    let assets = match registry.find_output(id).and_then(|plugin| plugin.output()) {
        Some(output) if !gone.is_empty() => {
            Some(count_assets_with(connection, registry, id, |stored| {
                output.chosen_options(&stored.fields()).iter().any(|one| gone.contains(&one))
            })?)
        }
        _ => None,
    };
    plan.changes.push(Change {
        action: if gone.is_empty() { Action::Change } else { Action::Remove },
        what: format!("service {id}: {}", what.join(", ")),
        assets,
        step: Step::Service(id.to_owned(), new),
    });
    Ok(())
}

fn plan_environment(
    connection: &mut Connection,
    registry: &Registry,
    name: &str,
    old: Option<&EnvironmentSettings>,
    new: Option<&EnvironmentSettings>,
    plan: &mut SettingsPlan,
) -> Result<()> {
    let Some(new) = new else {
        let configured: Vec<&String> =
            old.map(|old| old.services.keys().collect()).unwrap_or_default();
        plan.changes.push(Change {
            action: Action::Remove,
            what: format!("environment {name:?} with everything configured in it"),
            assets: Some(count_assets_of(connection, &configured)?),
            step: Step::Environment(name.to_owned(), None),
        });
        return Ok(());
    };
    let head = |settings: &EnvironmentSettings| {
        (settings.acronym.clone(), settings.context.clone(), settings.default)
    };
    if old.map(head) != Some(head(new)) {
        plan.changes.push(Change {
            action: action(old, Some(new)),
            what: format!("environment {name:?}"),
            assets: None,
            step: Step::Environment(name.to_owned(), Some(Box::new(new.clone()))),
        });
    }
    let empty = (BTreeMap::new(), BTreeMap::new());
    let (old_platforms, old_services) =
        old.map_or((&empty.0, &empty.1), |old| (&old.platforms, &old.services));
    let new_platforms = read_here(registry, new.platforms.clone());
    for (platform, old, values) in differences(old_platforms, &new_platforms) {
        plan.changes.push(Change {
            action: action(old, values),
            what: format!("values of {platform} in {name:?}"),
            assets: None,
            step: Step::Values {
                environment: name.to_owned(),
                platform: platform.to_owned(),
                values: values.cloned(),
            },
        });
    }
    for (id, old, entries) in differences(old_services, &new.services) {
        if registry.find_output(id).is_none() {
            continue;
        }
        let named_by = entries_named_by(registry, id);
        let names = |entries| named_by.map(|field| names_of(field, entries)).unwrap_or_default();
        let (before, after) = (names(old), names(entries));
        let gone: Vec<String> = before.difference(&after).map(|name| in_words(name)).collect();
        let assets = if gone.is_empty() {
            None
        } else {
            let (before, after) = (served(&before), served(&after));
            let loses = |name: &str| before.find(name).is_some() && after.find(name).is_none();
            Some(count_assets_with(connection, registry, id, |stored| {
                stored.entry_name().is_some_and(loses)
            })?)
        };
        plan.changes.push(Change {
            action: if gone.is_empty() { action(old, entries) } else { Action::Remove },
            what: match gone.as_slice() {
                [] => format!("entries of {id} in {name:?}"),
                gone => format!("entries of {id} in {name:?}: {}", gone.join(", ")),
            },
            assets,
            step: Step::Entries {
                environment: name.to_owned(),
                plugin: id.to_owned(),
                entries: entries.cloned(),
            },
        });
    }
    Ok(())
}

/// The names of entries.
fn names_of(named_by: &str, entries: Option<&Vec<Fields>>) -> BTreeSet<String> {
    let names = entries.into_iter().flatten().filter_map(|entry| entry.get(named_by)?.as_str());
    names.map(str::to_owned).collect()
}

/// Which names they serve.
fn served(names: &BTreeSet<String>) -> Names<()> {
    names.iter().map(|name| (name.clone(), ())).collect()
}

/// A name as a plan tells of it.
fn in_words(name: &str) -> String {
    if is_pattern(name) { format!("the pattern {name:?}") } else { name.to_owned() }
}
