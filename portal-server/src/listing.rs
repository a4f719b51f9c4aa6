//! The plugins of this binary as a list, for the command line and for the operator's page: linked,
//! disabled, and known but not linked.

use portal_core::Origin;
use portal_engine::{LinkedPlugin, Registry};
use portal_plugins::BUNDLED;
use serde::Serialize;

/// A line of the list.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    pub id: String,
    pub state: State,
    pub reason: Option<String>,
    kind: Option<&'static str>,
    wire_name: Option<&'static str>,
    aliases: &'static [&'static str],
    platform: Option<&'static str>,
    #[serde(flatten)]
    pub origin: Option<Origin>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Enabled,
    Disabled,
    NotLinked,
}

impl State {
    pub(crate) fn in_words(&self) -> &'static str {
        match self {
            State::Enabled => "enabled",
            State::Disabled => "disabled",
            State::NotLinked => "not linked",
        }
    }
}

impl Listed {
    fn linked(plugin: &LinkedPlugin, state: State, reason: Option<&str>) -> Self {
        Listed {
            id: plugin.id().to_owned(),
            state,
            reason: reason.map(str::to_owned),
            kind: Some(kind(plugin)),
            wire_name: Some(plugin.wire_name()),
            aliases: plugin.aliases(),
            platform: Some(plugin.platform_key()),
            origin: Some(plugin.origin()),
        }
    }

    fn not_linked(id: &str) -> Self {
        Listed {
            id: id.to_owned(),
            state: State::NotLinked,
            reason: Some(format!("built without the feature {id:?}")),
            kind: None,
            wire_name: None,
            aliases: &[],
            platform: None,
            origin: None,
        }
    }
}

/// The sort of plugin, in words.
pub(crate) fn kind(plugin: &LinkedPlugin) -> &'static str {
    if plugin.output().is_some() { "data output" } else { "launcher" }
}

/// Every plugin that is linked, disabled, or known but not linked, by id.
pub(crate) fn listed(registry: &Registry) -> Vec<Listed> {
    let mut listed: Vec<Listed> = registry
        .plugins()
        .iter()
        .map(|plugin| Listed::linked(plugin, State::Enabled, None))
        .chain(registry.disabled().iter().map(|plugin| {
            Listed::linked(plugin, State::Disabled, Some("not named in ENABLED_PLUGINS"))
        }))
        .chain(
            BUNDLED
                .iter()
                .filter(|known| !registry.is_linked(known.id))
                .map(|known| Listed::not_linked(known.id)),
        )
        .collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    listed
}
