//! The plugins as clients see them: forms and tiles, serialised once per configuration.

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use portal_engine::form::FormElement;
use portal_engine::store::Configuration;
use portal_engine::{LinkedPlugin, Registry};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// One plugin with its form.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PluginEntry {
    /// Whether the form cannot be filled because the platform service offers no options.
    not_configured: bool,
    ui_metadata: Vec<FormElement>,
    /// Its wire name, or a former one where the operator has said so.
    plugin: &'static str,
    has_environments: bool,
    result_label: Option<&'static str>,
    result_tooltip: Option<String>,
    /// Platform key: the plugin's id.
    platform: &'static str,
    display_name: &'static str,
    icon_name: &'static str,
    parent_platform: Option<&'static str>,
    platform_tile: Option<Tile>,
    show_in_form: bool,
    detailed_name: Option<&'static str>,
}

/// A tile of the catalogue; a parent's tile holds those of its services.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Tile {
    label: String,
    value: &'static str,
    icon_name: &'static str,
    has_environments: bool,
    /// Whether something can be stored with it.
    has_config: bool,
    children: Vec<Tile>,
    show_in_form: bool,
}

/// All plugins.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PluginList {
    plugins: Vec<PluginEntry>,
}

/// All tiles without a parent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TileList {
    platform_tiles: Vec<Tile>,
}

/// Everything that is served as it stands until the configuration changes.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub plugins: Document,
    pub tiles: Document,
    forms: BTreeMap<&'static str, Document>,
}

impl Catalogue {
    pub(crate) fn new(registry: &Registry, configuration: &Configuration) -> Self {
        let entries: Vec<PluginEntry> =
            registry.plugins().iter().map(|plugin| entry(plugin, configuration)).collect();
        let forms = registry
            .plugins()
            .iter()
            .zip(&entries)
            .map(|(plugin, entry)| (plugin.id(), Document::json(entry)))
            .collect();
        Catalogue {
            plugins: Document::json(&PluginList { plugins: entries }),
            tiles: Document::json(&TileList { platform_tiles: tiles(registry) }),
            forms,
        }
    }

    pub(crate) fn form(&self, id: &str) -> Option<&Document> {
        self.forms.get(id)
    }
}

fn entry(plugin: &LinkedPlugin, configuration: &Configuration) -> PluginEntry {
    let options = configuration.options_of(plugin.id());
    let output = plugin.output();
    let not_configured = output.is_some_and(|output| output.lacks_options(options));
    PluginEntry {
        not_configured,
        ui_metadata: match output {
            Some(output) if !not_configured => output.form(options),
            _ => Vec::new(),
        },
        plugin: plugin.name_in_answers(configuration.wire_names),
        has_environments: plugin.platform().has_environments,
        result_label: output.map(|output| output.result_label()),
        result_tooltip: output.and_then(|output| output.description()).map(str::to_owned),
        platform: plugin.id(),
        display_name: plugin.display_name(),
        icon_name: plugin.platform().icon.name,
        parent_platform: plugin.platform().parent.map(|parent| parent.key),
        platform_tile: Some(tile(plugin)),
        show_in_form: output.is_some(),
        detailed_name: output.map(|output| output.detailed_name()),
    }
}

fn tile(plugin: &LinkedPlugin) -> Tile {
    let has_output = plugin.output().is_some();
    Tile {
        label: plugin.display_name().to_owned(),
        value: plugin.id(),
        icon_name: plugin.platform().icon.name,
        has_environments: plugin.platform().has_environments,
        has_config: has_output,
        children: Vec::new(),
        show_in_form: has_output,
    }
}

/// The tiles by key, services below their parent.
fn tiles(registry: &Registry) -> Vec<Tile> {
    let mut tiles: BTreeMap<&str, Tile> = BTreeMap::new();
    for plugin in registry.plugins() {
        let own = tile(plugin);
        match plugin.platform().parent {
            None => {
                tiles.insert(plugin.id(), own);
            }
            Some(parent) => {
                let above = tiles.entry(parent.key).or_insert_with(|| Tile {
                    label: parent.key.to_uppercase(),
                    value: parent.key,
                    icon_name: parent.icon.name,
                    has_environments: false,
                    has_config: false,
                    children: Vec::new(),
                    show_in_form: false,
                });
                above.has_environments |= own.has_environments;
                above.has_config |= own.has_config;
                above.show_in_form |= own.show_in_form;
                above.children.push(own);
            }
        }
    }
    tiles.into_values().collect()
}

/// Bytes that are served as they stand, with the tag that lets a client keep them.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    bytes: Bytes,
    content_type: &'static str,
    etag: String,
}

impl Document {
    pub(crate) fn json(value: &impl Serialize) -> Self {
        let bytes = serde_json::to_vec(value).expect("the portal's own types serialise");
        Document::new(Bytes::from(bytes), "application/json")
    }

    pub(crate) fn new(bytes: Bytes, content_type: &'static str) -> Self {
        let digest = Sha256::digest(&bytes);
        let tag: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Document { bytes, content_type, etag: format!("\"{tag}\"") }
    }

    /// Answers a request: the bytes, or 304 when the client has them already.
    pub(crate) fn respond(&self, request: &HttpRequest) -> HttpResponse {
        if is_known(request.headers(), &self.etag) {
            return HttpResponse::NotModified()
                .insert_header((header::ETAG, self.etag.as_str()))
                .finish();
        }
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, self.content_type))
            .insert_header((header::ETAG, self.etag.as_str()))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(self.bytes.clone())
    }
}

/// Whether `If-None-Match` names the tag (RFC 9110, section 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
    })
}
