//! What an asset is in each environment, as pages show it: its place, or what is missing and what
//! would mend it.

use portal_engine::LinkedPlugin;
use portal_engine::findings::{APPLY, lines};
use portal_engine::store::places::Namesake;
use portal_engine::store::{Configuration, TechnicalInfo};

use crate::frame::{in_parts, sentence};

/// An asset in one environment.
#[derive(Debug)]
pub(super) struct InEnvironment {
    pub environment: String,
    pub info: Option<String>,
    pub url: Option<String>,
    /// Why there is no place or no link: a sentence in parts, every second of which is a name.
    pub reason: Option<Vec<String>>,
    /// Lines of the operator's file that would mend it.
    pub lines: Option<String>,
    /// What applies them.
    pub command: &'static str,
}

/// An asset in each environment.
pub(super) fn in_each(
    configuration: &Configuration,
    plugin: &LinkedPlugin,
    infos: Vec<TechnicalInfo<'_>>,
) -> Vec<InEnvironment> {
    let shown = infos.into_iter().map(|info| {
        let environment = configuration.environment(info.environment);
        let parts: Vec<String> = info
            .lacks
            .iter()
            .filter_map(|lack| lines::of_lack(lack, plugin, configuration, environment?))
            .collect();
        InEnvironment {
            environment: info.environment.to_owned(),
            info: info.info,
            url: info.url,
            reason: info.reason.as_deref().map(|reason| in_parts(&sentence(reason))),
            lines: (!parts.is_empty()).then(|| parts.join("\n")),
            command: APPLY,
        }
    });
    shown.collect()
}

/// Another asset with the same result: what it is called, and its path.
#[derive(Debug)]
pub(super) struct SameResult {
    pub name: String,
    pub data_product: String,
    pub path: String,
}

impl From<Namesake> for SameResult {
    fn from(other: Namesake) -> Self {
        SameResult {
            path: format!("/data_products/{}/technical_assets/{}", other.data_product_id, other.id),
            name: other.name,
            data_product: other.data_product,
        }
    }
}
