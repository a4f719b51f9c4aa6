//! What needs the operator: what is missing, which assets suffer, and what would mend it.
//!
//! The operator's page and `config problems` both come from here.

pub mod lines;

use diesel::dsl::{count_star, max, min};
use diesel::prelude::*;
use portal_core::environment::{Environment, LinkError};
use portal_core::{Error, Id, Result};
use serde::Serialize;

use crate::db::Connection;
use crate::entries::ANY;
use crate::linked::LinkedPlugin;
use crate::migrate::AbsentPlugin;
use crate::registry::Registry;
use crate::store::{
    self, Configuration, EnvironmentState, Lack, ServiceRow, State, StoredConfiguration,
    TechnicalInfo,
};
use crate::tables::{asset_places, technical_assets};

/// What a command applies once the lines are in the file.
pub const APPLY: &str = "portal-server config apply portal.toml";

/// What sort of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// What is stored does not fit the plugins.
    Unfit,
    /// A secret cannot be found on this server.
    Secret,
    /// There is no environment.
    NoEnvironment,
    /// A form has no options.
    NoOptions,
    /// Values or entries of a service are missing in an environment.
    Missing,
    /// Some options have no entry in an environment.
    Partial,
    /// Assets have no place in an environment.
    NoPlace,
    /// Assets have no link in an environment.
    NoLink,
    /// A plugin that assets need is not here.
    Absent,
}

/// Something that needs the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Machine-readable sort.
    #[serde(rename = "type")]
    pub kind: FindingKind,
    /// What is wrong, without a full stop.
    pub message: String,
    /// Id of the plugin that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Name of the environment that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// How many assets it affects.
    pub assets: i64,
    /// What to do, without a full stop.
    pub remedy: String,
    /// Lines of the operator's file that mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<String>,
}

impl Finding {
    fn new(kind: FindingKind, message: String, remedy: &str) -> Self {
        Finding {
            kind,
            message,
            plugin: None,
            environment: None,
            assets: 0,
            remedy: remedy.to_owned(),
            lines: None,
        }
    }

    /// About a plugin in an environment, with lines that mend it.
    fn at(
        kind: FindingKind,
        message: String,
        plugin: &LinkedPlugin,
        environment: &Environment,
        lines: Option<String>,
    ) -> Self {
        let remedy = match lines {
            Some(_) => ADD_AND_APPLY,
            None => "Correct it in portal.toml, and apply that",
        };
        Finding {
            plugin: Some(plugin.id().to_owned()),
            environment: Some(environment.name.clone()),
            lines,
            ..Finding::new(kind, message, remedy)
        }
    }
}

/// How many reasons are told of one service in one environment.
const MOST_GROUPS: usize = 10;

const ADD_AND_APPLY: &str = "Add this to portal.toml, with the names of your company, and apply it";

/// What the configuration alone tells, whatever assets there are.
#[derive(Debug)]
pub struct Standing {
    findings: Vec<Finding>,
    cells: Vec<Cell>,
}

/// A plugin in an environment.
#[derive(Debug)]
struct Cell {
    /// Which plugin of the registry it is.
    plugin: usize,
    /// Which environment of the configuration it is.
    environment: usize,
    state: EnvironmentState,
    /// What is to be told of it, when something is missing.
    finding: Option<Finding>,
}

impl Standing {
    /// What a configuration tells.
    pub fn of(registry: &Registry, configuration: &Configuration) -> Self {
        let mut cells = Vec::new();
        for (index, plugin) in registry.plugins().iter().enumerate() {
            for (environment, place) in configuration.environments.iter().enumerate() {
                let state = configuration.state_in(plugin, &place.id);
                let finding = of_state(&state, plugin, configuration, place);
                cells.push(Cell { plugin: index, environment, state, finding });
            }
        }
        Standing { findings: of_configuration(registry, configuration), cells }
    }

    /// What each plugin is in each environment: those of the first plugin, then those of the next.
    pub fn states(&self) -> impl Iterator<Item = &EnvironmentState> {
        self.cells.iter().map(|cell| &cell.state)
    }
}

/// What is to be told of a plugin in an environment where something is missing.
fn of_state(
    state: &EnvironmentState,
    plugin: &LinkedPlugin,
    configuration: &Configuration,
    environment: &Environment,
) -> Option<Finding> {
    let kind = match state.state() {
        State::Configured | State::ByPattern => return None,
        State::Partial => FindingKind::Partial,
        State::Incomplete | State::Missing => FindingKind::Missing,
    };
    let lines = lines::of_state(state, plugin, configuration, environment);
    let (name, words) = (plugin.display_name(), state.missing_in_words());
    let message = format!("{name} in {}: {words}", environment.name);
    Some(Finding::at(kind, message, plugin, environment, lines))
}

/// Everything that needs the operator, the most pressing first. What is kept of assets must be current;
/// `standing` is that of the configuration, `absent` what [`migrate::absent`](crate::migrate::absent)
/// says.
///
/// # Errors
///
/// What the database says.
pub fn findings(
    connection: &mut Connection,
    registry: &Registry,
    configuration: &Configuration,
    standing: &Standing,
    absent: &[AbsentPlugin],
) -> Result<Vec<Finding>> {
    let mut all = standing.findings.clone();
    let groups = groups(connection)?;
    for cell in &standing.cells {
        let plugin = registry.plugins().get(cell.plugin);
        let environment = configuration.environments.get(cell.environment);
        let Some((plugin, environment)) = plugin.zip(environment) else { continue };
        let here = Here { plugin, environment, configuration };
        all.extend(here.findings(connection, registry, cell, &groups)?);
    }
    all.extend(of_absent(registry, absent));
    Ok(all)
}

/// What the configuration alone tells.
fn of_configuration(registry: &Registry, configuration: &Configuration) -> Vec<Finding> {
    let unfit = configuration.problems.iter().map(|problem| {
        let remedy = "Correct it in portal.toml, and apply that";
        Finding::new(FindingKind::Unfit, problem.to_string(), remedy)
    });
    let secrets = configuration.missing_secrets.iter().map(|missing| {
        let message = format!("a secret cannot be found on this server: {missing}");
        let remedy = "Put it there and start the server again, or name another one in portal.toml and apply that";
        Finding::new(FindingKind::Secret, message, remedy)
    });
    let mut all: Vec<Finding> = unfit.chain(secrets).collect();
    if configuration.environments.is_empty() {
        let message = "no environment is configured, so that no asset has a place or a link";
        all.push(Finding {
            lines: Some("[environments.production]\nacronym = \"prd\"\n".to_owned()),
            ..Finding::new(FindingKind::NoEnvironment, message.to_owned(), ADD_AND_APPLY)
        });
    }
    for plugin in registry.outputs() {
        let Some(output) = plugin.output() else { continue };
        if output.lacks_options(configuration.options_of(plugin.id())) {
            let message = format!("the form of {} has no options to offer", plugin.display_name());
            all.push(Finding {
                plugin: Some(plugin.id().to_owned()),
                lines: Some(lines::of_options(plugin, output)),
                ..Finding::new(FindingKind::NoOptions, message, ADD_AND_APPLY)
            });
        }
    }
    all
}

/// Assets of one service that lack the same in one environment.
#[derive(Queryable)]
struct Group {
    service: Id,
    environment: Id,
    reason: Option<String>,
    /// A place that one of them has; `None` when they lack theirs, and not only a link.
    place: Option<String>,
    count: i64,
    /// One of them.
    example: Option<Id>,
}

fn groups(connection: &mut Connection) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = asset_places::table
        .inner_join(technical_assets::table)
        .filter(asset_places::reason.is_not_null())
        .group_by((
            technical_assets::service_id,
            asset_places::environment_id,
            asset_places::reason,
        ))
        .select((
            technical_assets::service_id,
            asset_places::environment_id,
            asset_places::reason,
            max(asset_places::info),
            count_star(),
            min(asset_places::asset_id),
        ))
        .load(connection)?;
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.reason.cmp(&b.reason)));
    Ok(groups)
}

/// The assets of a plugin in an environment.
struct Here<'a> {
    plugin: &'a LinkedPlugin,
    environment: &'a Environment,
    configuration: &'a Configuration,
}

impl Here<'_> {
    fn findings(
        &self,
        connection: &mut Connection,
        registry: &Registry,
        cell: &Cell,
        groups: &[Group],
    ) -> Result<Vec<Finding>> {
        let Here { plugin, environment, configuration } = self;
        let service = configuration.service_of(plugin.id());
        // Nobody can add a link that the plugin does not offer.
        let offers_none = Lack::Link(LinkError::Unsupported).in_words(plugin, &environment.name);
        let here: Vec<&Group> = groups
            .iter()
            .filter(|group| group.environment == environment.id)
            .filter(|group| group.reason.as_ref() != Some(&offers_none))
            .filter(|group| service.is_some_and(|service| service.id == group.service))
            .collect();
        let mut all: Vec<Finding> = cell.finding.iter().cloned().collect();
        if matches!(cell.state.state(), State::Missing | State::Incomplete) {
            // What is missing altogether is why its assets lack something.
            let assets = here.iter().map(|group| group.count).sum();
            all.iter_mut().for_each(|finding| finding.assets = assets);
            return Ok(all);
        }
        let (told, others) = here.split_at(here.len().min(MOST_GROUPS));
        for group in told {
            all.extend(self.of_group(connection, registry, service, group)?);
        }
        all.extend(self.of_others(others));
        Ok(all)
    }

    /// What is left when there are more reasons than anybody reads: a pattern is what they need.
    fn of_others(&self, others: &[&Group]) -> Option<Finding> {
        let Here { plugin, environment, .. } = self;
        if others.is_empty() {
            return None;
        }
        let assets = others.iter().map(|group| group.count).sum();
        let kind = match others.iter().any(|group| group.place.is_none()) {
            true => FindingKind::NoPlace,
            false => FindingKind::NoLink,
        };
        let message = format!(
            "more assets of {} lack something in {}, for {} other reasons",
            plugin.display_name(),
            environment.name,
            others.len()
        );
        let lines = lines::of_lack(
            &Lack::Entry(Some(ANY.to_string())),
            plugin,
            self.configuration,
            environment,
        );
        let finding = Finding::at(kind, message, plugin, environment, lines);
        Some(Finding { assets, ..finding })
    }

    /// What assets lack although something is configured for them.
    fn of_group(
        &self,
        connection: &mut Connection,
        registry: &Registry,
        service: Option<&ServiceRow>,
        group: &Group,
    ) -> Result<Option<Finding>> {
        let Here { plugin, environment, configuration } = self;
        let lacks = lacks_of(connection, registry, configuration, (plugin, service), group)?;
        let is_offered = |lack: &&Lack| !matches!(lack, Lack::Link(LinkError::Unsupported));
        let Some(lack) = lacks.iter().find(is_offered) else { return Ok(None) };
        let kind = match group.place.is_none() {
            true => FindingKind::NoPlace,
            false => FindingKind::NoLink,
        };
        let lines = lines::of_lack(lack, plugin, configuration, environment);
        let reason = group.reason.clone().unwrap_or_default();
        let finding = Finding::at(kind, reason, plugin, environment, lines);
        Ok(Some(Finding { assets: group.count, ..finding }))
    }
}

/// What one asset of a group lacks.
fn lacks_of(
    connection: &mut Connection,
    registry: &Registry,
    configuration: &Configuration,
    (plugin, service): (&LinkedPlugin, Option<&ServiceRow>),
    group: &Group,
) -> Result<Vec<Lack>> {
    let Some(example) = &group.example else { return Ok(Vec::new()) };
    let product: Option<Id> = technical_assets::table
        .find(example)
        .select(technical_assets::data_product_id)
        .get_result(connection)
        .optional()?;
    let (Some(product), Some(service)) = (product, service) else { return Ok(Vec::new()) };
    let asset = match store::find_asset(connection, registry, &product, example) {
        // Deleted in the meantime.
        Err(Error::NotFound(_)) => return Ok(Vec::new()),
        found => found?,
    };
    let product = store::find_data_product(connection, &product)?;
    let StoredConfiguration::Available(output) = asset.configuration else {
        return Ok(Vec::new());
    };
    let rendered = configuration.render(plugin, service, &product, output.as_ref());
    let is_here = |info: &TechnicalInfo<'_>| *info.environment_id == group.environment;
    let found = rendered.technical_info.into_iter().find(is_here);
    Ok(found.map(|info| info.lacks).unwrap_or_default())
}

/// Assets of plugins that are not here.
fn of_absent(registry: &Registry, absent: &[AbsentPlugin]) -> impl Iterator<Item = Finding> {
    absent.iter().filter(|plugin| plugin.assets > 0).map(|plugin| {
        let id = &plugin.id;
        let remedy = if plugin.is_disabled {
            format!("Add {id} to ENABLED_PLUGINS, and start the server again")
        } else {
            format!("Name its crate in the main.rs of this server, or take its data out with `portal-server plugins uninstall {id} --export FILE --purge`")
        };
        let finding = Finding::new(FindingKind::Absent, registry.absence(id), &remedy);
        Finding { assets: plugin.assets, plugin: Some(id.clone()), ..finding }
    })
}
