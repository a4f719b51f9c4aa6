//! Which assets of a data product somebody asks for, by the parameters of an address.

use std::collections::BTreeMap;

use portal_core::{Id, Problem, ProblemKind, Problems};
use portal_engine::store::AssetFilter;
use portal_engine::{schema, suggest};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body::parse_id;
use crate::portal::Portal;

/// Assets of a page when a cursor is given and no limit.
const PAGE: u32 = 100;

/// Most assets of a page.
pub(crate) const PAGE_MAX: u32 = 1_000;

/// Parameters that are one of a few words.
struct Words<'a> {
    parameters: &'a BTreeMap<String, String>,
    problems: &'a mut Problems,
}

impl Words<'_> {
    fn read<T: DeserializeOwned>(&mut self, name: &str, allowed: [&str; 3]) -> Option<T> {
        let word = self.parameters.get(name)?;
        let read = schema::read(Value::from(word.as_str())).ok();
        if read.is_none() {
            let message = format!("{word:?} is none of the values of {name:?}");
            self.problems.push(
                Problem::new(ProblemKind::Enum, format!("/{name}"), message)
                    .hint(suggest::hint(word, allowed)),
            );
        }
        read
    }
}

/// The filter that some parameters describe.
pub(crate) fn filter_of(
    portal: &Portal,
    parameters: &BTreeMap<String, String>,
) -> Result<AssetFilter, Problems> {
    let mut problems = Problems::new();
    let mut filter =
        AssetFilter { text: parameters.get("text").cloned(), ..AssetFilter::default() };
    let mut words = Words { parameters, problems: &mut problems };
    filter.status = words.read("status", ["pending", "active", "archived"]);
    filter.places = words.read("places", ["all", "some", "none"]);
    if let Some(plugin) = parameters.get("plugin") {
        // Assets of a plugin that is not here are listed too, so any name that has a service will do.
        let known = portal.registry().find(plugin);
        let id = known.map_or(plugin.as_str(), |plugin| plugin.id());
        let service = portal.snapshot().configuration.service_of(id).map(|one| one.id.clone());
        if known.is_none() && service.is_none() {
            let message = portal.registry().unknown(plugin);
            problems.push(Problem::new(ProblemKind::Enum, "/plugin", message));
        }
        // A launcher has no service and stores nothing: no asset has an id that is new.
        filter.service = service.or_else(|| Some(Id::new()));
    }
    if let Some(limit) = parameters.get("limit") {
        filter.limit = limit.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
        if filter.limit.is_none() {
            let message = format!("{limit:?} is no number from 1 to {PAGE_MAX}");
            problems.push(Problem::new(ProblemKind::ValueError, "/limit", message));
        }
    }
    if let Some(cursor) = parameters.get("cursor") {
        filter.after = parse_id("cursor", cursor, &mut problems);
        filter.limit = filter.limit.or(Some(PAGE));
    }
    for (name, value) in parameters {
        if value.contains('\0') {
            let message = "text with a NUL character cannot be looked for";
            problems.push(Problem::new(ProblemKind::ValueError, format!("/{name}"), message));
        }
    }
    problems.into_result()?;
    Ok(filter)
}
