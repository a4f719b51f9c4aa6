//! The plugins of this binary as a list, for the command line and for the operator's page: linked,
//! disabled, known but not linked, and absent although the database knows them.

use portal_core::Origin;
use portal_engine::migrate::AbsentPlugin;
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
    /// How many technical assets wait for it, when it is not served and the database was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    technical_assets: Option<i64>,
    #[serde(flatten)]
    pub origin: Option<Origin>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Enabled,
    Disabled,
    NotLinked,
    /// Not linked, and the database knows it.
    Absent,
}

impl State {
    pub(crate) fn in_words(&self) -> &'static str {
        match self {
            State::Enabled => "enabled",
            State::Disabled => "disabled",
            State::NotLinked => "not linked",
            State::Absent => "absent",
        }
    }
}

impl Listed {
    fn enabled(plugin: &LinkedPlugin) -> Self {
        Listed {
            kind: Some(kind(plugin)),
            wire_name: Some(plugin.wire_name()),
            aliases: plugin.aliases(),
            platform: Some(plugin.platform_key()),
            origin: Some(plugin.origin()),
            ..Listed::unknown(plugin.id(), State::Enabled, None)
        }
    }

    fn disabled(plugin: &LinkedPlugin, stored: Option<&AbsentPlugin>) -> Self {
        let reason = match stored.map(|stored| stored.assets) {
            Some(assets @ 1..) => {
                format!("not named in ENABLED_PLUGINS, with {} in the database", count(assets))
            }
            _ => "not named in ENABLED_PLUGINS".to_owned(),
        };
        Listed {
            state: State::Disabled,
            reason: Some(reason),
            technical_assets: stored.map(|stored| stored.assets),
            ..Listed::enabled(plugin)
        }
    }

    fn absent(stored: &AbsentPlugin) -> Self {
        let reason = format!("in the database with {}: {}", count(stored.assets), remedy(stored));
        Listed {
            technical_assets: Some(stored.assets),
            ..Listed::unknown(&stored.id, State::Absent, Some(reason))
        }
    }

    /// A plugin of which this binary knows the id alone.
    fn unknown(id: &str, state: State, reason: Option<String>) -> Self {
        Listed {
            id: id.to_owned(),
            state,
            reason,
            kind: None,
            wire_name: None,
            aliases: &[],
            platform: None,
            technical_assets: None,
            origin: None,
        }
    }
}

/// The sort of plugin, in words.
pub(crate) fn kind(plugin: &LinkedPlugin) -> &'static str {
    if plugin.output().is_some() { "data output" } else { "launcher" }
}

/// Every plugin that is linked, disabled, known but not linked, or absent, by id. `stored` is what
/// the database has of plugins that are not served, as far as it was looked at.
pub(crate) fn listed(registry: &Registry, stored: &[AbsentPlugin]) -> Vec<Listed> {
    let find = |id: &str| stored.iter().find(|stored| stored.id == id);
    let bundled = BUNDLED.iter().map(|known| known.id);
    let not_linked = bundled.filter(|id| !registry.is_linked(id) && find(id).is_none());
    let mut listed: Vec<Listed> = registry
        .plugins()
        .iter()
        .map(|plugin| Listed::enabled(plugin))
        .chain(registry.disabled().iter().map(|one| Listed::disabled(one, find(one.id()))))
        .chain(stored.iter().filter(|stored| !stored.is_disabled).map(Listed::absent))
        .chain(not_linked.map(|id| {
            let reason = format!("built without the feature {id:?}");
            Listed::unknown(id, State::NotLinked, Some(reason))
        }))
        .collect();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    listed
}

/// The plugins that somebody may miss: what the database has of them is not served. One that is
/// disabled and has no technical assets is none of them.
pub(crate) fn missed(stored: &[AbsentPlugin]) -> impl Iterator<Item = &AbsentPlugin> {
    stored.iter().filter(|stored| !stored.is_disabled || stored.assets > 0)
}

/// A sentence about a plugin that somebody may miss, for the log.
pub(crate) fn warning(stored: &AbsentPlugin) -> String {
    let (id, assets) = (&stored.id, count(stored.assets));
    let why = if stored.is_disabled { "disabled" } else { "not linked into this binary" };
    format!("the database has the plugin {id} with {assets}, but it is {why}: {}", remedy(stored))
}

/// The same as a line beside those of the plugins that are served.
pub(crate) fn line(stored: &AbsentPlugin) -> String {
    let state = if stored.is_disabled { State::Disabled } else { State::Absent };
    let (id, assets) = (&stored.id, count(stored.assets));
    format!("{} plugin {id} ({assets}): {}", state.in_words(), remedy(stored))
}

/// How to have it served. The name of a crate is a guess that holds for all that are called as the
/// portal's own plugins are.
fn remedy(stored: &AbsentPlugin) -> String {
    let id = &stored.id;
    if stored.is_disabled {
        "ENABLED_PLUGINS leaves it out".to_owned()
    } else if BUNDLED.iter().any(|known| known.id == id) {
        format!("build with `--features {id}`")
    } else {
        format!("add {}_plugin to portal_server::main!(…) in main.rs", id.replace('-', "_"))
    }
}

fn count(assets: i64) -> String {
    match assets {
        0 => "no technical assets".to_owned(),
        1 => "1 technical asset".to_owned(),
        many => format!("{many} technical assets"),
    }
}
