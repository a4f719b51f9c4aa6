//! What configuration and a data output give together: the result, and what it is in each
//! environment.

use std::any::Any;
use std::sync::LazyLock;

use portal_core::__private::{AnyOutput, PlaceRef};
use portal_core::environment::{Environment, LinkError};
use portal_core::template::{Fields, Values};
use portal_core::{DataProduct, Id};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::links::only_https;
use super::{Configuration, Lack, ServiceRow};
use crate::entries::{Found, Meaning};
use crate::linked::LinkedPlugin;

/// What an asset is in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TechnicalInfo<'a> {
    /// Id of the environment.
    pub environment_id: &'a Id,
    /// Name of the environment.
    pub environment: &'a str,
    /// The rendered technical information; null when the asset has no place there.
    pub info: Option<String>,
    /// Address of the thing itself; null when there is none.
    pub url: Option<String>,
    /// Why `info` or `url` is null, in one sentence with the name of what is missing; null when
    /// neither is.
    pub reason: Option<String>,
    /// The same for whoever wants to mend it.
    #[serde(skip)]
    pub lacks: Vec<Lack>,
}

/// What is shown of a data output.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered<'a> {
    /// Its fields, in declaration order.
    pub fields: Fields,
    /// Its service's result template over the fields; `None` when the plugin is not here.
    pub result_string: Option<String>,
    /// The name by which it looks for its entry in each environment.
    pub entry_name: Option<String>,
    /// What it is in each environment of the portal.
    pub technical_info: Vec<TechnicalInfo<'a>>,
}

impl Rendered<'_> {
    /// In how many environments it has a place.
    pub fn places(&self) -> Places {
        let count = |is_there: fn(&TechnicalInfo<'_>) -> bool| {
            self.technical_info.iter().filter(|info| is_there(info)).count()
        };
        Places {
            environments: self.technical_info.len(),
            with_place: count(|info| info.info.is_some()),
            with_link: count(|info| info.url.is_some()),
        }
    }
}

/// In how many environments an asset is somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Places {
    /// The environments of the portal.
    pub environments: usize,
    /// Those in which it has a place.
    pub with_place: usize,
    /// Those in which it has a link.
    pub with_link: usize,
}

impl Configuration {
    /// The result of a data output: its service's template over its fields.
    pub fn result_string(&self, service: &ServiceRow, output: &dyn AnyOutput) -> Option<String> {
        let templates = service.templates.as_ref()?;
        Some(output.render(&templates.result, Values::new(&[&output.fields()])))
    }

    /// Everything that is shown of a data output: its fields, its result, and what it is in each
    /// environment of the portal. Previews, answers and pages all come from here.
    pub fn render(
        &self,
        plugin: &LinkedPlugin,
        service: &ServiceRow,
        product: &DataProduct,
        output: &dyn AnyOutput,
    ) -> Rendered<'_> {
        let fields = output.fields();
        let result_string = service
            .templates
            .as_ref()
            .map(|templates| output.render(&templates.result, Values::new(&[&fields])));
        let asset = Asset { plugin, service, product, output, fields: &fields };
        let technical_info =
            self.environments.iter().map(|environment| self.info(asset, environment)).collect();
        let entry_name = output.entry_name().map(str::to_owned);
        Rendered { fields, result_string, entry_name, technical_info }
    }

    /// What an asset is in each environment that cannot be shown here, for this reason.
    pub fn nowhere(&self, reason: &str) -> Vec<TechnicalInfo<'_>> {
        let nowhere = self.environments.iter().map(|environment| TechnicalInfo {
            environment_id: &environment.id,
            environment: &environment.name,
            info: None,
            url: None,
            reason: Some(reason.to_owned()),
            lacks: Vec::new(),
        });
        nowhere.collect()
    }

    /// What an asset is in one environment.
    fn info<'a>(&'a self, asset: Asset<'_>, environment: &'a Environment) -> TechnicalInfo<'a> {
        let Asset { plugin, service, product, output, .. } = asset;
        let values = self.values_of(plugin, environment);
        let (mut info, mut url, mut lacks) = (None, None, Vec::new());
        match self.find_entry(plugin, service, product, output, environment) {
            Err(lack) => lacks.push(lack),
            Ok(found) => {
                info = match values {
                    None if service.needs_values() => None,
                    values => {
                        let values = values.map_or(&*NOTHING, |(values, _)| values);
                        let place = self.place_of(asset, &found, values, environment);
                        place.map_err(|lack| lacks.push(lack)).ok()
                    }
                };
                let place = PlaceRef {
                    product,
                    environment: Some(environment),
                    values: values.map(|(_, typed)| typed),
                };
                let (entries, index) = found.typed();
                match output.asset_url(entries, index, place).and_then(only_https) {
                    Ok(link) => url = Some(link),
                    // What the link lacks is said once, below.
                    Err(LinkError::NotConfigured(_)) if lacks_values(plugin, values) => {}
                    Err(error) => lacks.push(Lack::Link(error)),
                }
            }
        }
        let is_told = info.is_some() && (url.is_some() || !lacks.is_empty());
        if lacks_values(plugin, values) && !is_told {
            lacks.push(Lack::Values);
        }
        let in_words: Vec<String> =
            lacks.iter().map(|lack| lack.in_words(plugin, &environment.name)).collect();
        TechnicalInfo {
            environment_id: &environment.id,
            environment: &environment.name,
            info,
            url,
            reason: (!in_words.is_empty()).then(|| in_words.join("; ")),
            lacks,
        }
    }

    /// The technical information of a data output over the entry that it refers to, its own fields
    /// and the platform's values.
    ///
    /// # Errors
    ///
    /// What the template names and nobody says.
    fn place_of(
        &self,
        Asset { plugin, service, output, fields, .. }: Asset<'_>,
        entry: &Found<'_>,
        values: &Fields,
        environment: &Environment,
    ) -> Result<String, Lack> {
        let acronym = self.environment_fields.get(&environment.id).unwrap_or(&NOTHING);
        let defaults = plugin.output().map_or(&*NOTHING, |output| output.entry_defaults());
        let layers = [entry.fields(), defaults, fields, values, acronym];
        let templates = service.templates.as_ref().ok_or(Lack::Unreadable)?;
        for name in &templates.may_lack {
            if layers.iter().all(|layer| layer.get(name).is_none_or(Value::is_null)) {
                let field = plugin.output().and_then(|output| output.entries_named_by());
                let entry = field.and_then(|field| entry.stored.get(field)?.as_str());
                let entry = entry.map(str::to_owned);
                return Err(Lack::Member { entry, name: name.clone() });
            }
        }
        Ok(output.render(&templates.technical_info, Values::new(&layers)))
    }

    /// The entry of a service that a data output refers to, in one environment.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) fn find_entry(
        &self,
        plugin: &LinkedPlugin,
        service: &ServiceRow,
        product: &DataProduct,
        output: &dyn AnyOutput,
        environment: &Environment,
    ) -> Result<Found<'_>, Lack> {
        let name = output.entry_name();
        let none = || Lack::Entry(name.map(str::to_owned));
        let mut here = self.entries.iter().filter(|one| one.service_id == service.id);
        let stored = here.find(|one| one.environment_id == environment.id).ok_or_else(none)?;
        let meaning = Meaning {
            identifier: name,
            namespace: &product.namespace,
            environment: &environment.acronym,
        };
        let (Some(entries), Some(linked)) = (&stored.typed, plugin.output()) else {
            return Err(Lack::Unreadable);
        };
        entries
            .find(linked, &stored.config, name, meaning)
            .ok_or_else(none)?
            .map_err(|problems| Lack::Unfit(name.map(str::to_owned), problems))
    }

    /// The values of a plugin's platform in an environment: as they are stored, and as it reads them.
    pub(super) fn values_of(
        &self,
        plugin: &LinkedPlugin,
        environment: &Environment,
    ) -> Option<(&Fields, &(dyn Any + Send + Sync))> {
        let mut here = self.values.iter().filter(|one| one.environment_id == environment.id);
        here.find_map(|values| {
            Some((values.config.as_object()?, values.typed.get(plugin.id())?.as_ref()))
        })
    }
}

/// An asset, stored or not yet.
#[derive(Clone, Copy)]
struct Asset<'a> {
    plugin: &'a LinkedPlugin,
    service: &'a ServiceRow,
    product: &'a DataProduct,
    output: &'a dyn AnyOutput,
    fields: &'a Fields,
}

/// Whether a plugin reads values that are not there.
fn lacks_values<T>(plugin: &LinkedPlugin, values: Option<T>) -> bool {
    values.is_none() && plugin.reads_values()
}

/// The values of a platform that has none.
static NOTHING: LazyLock<Fields> = LazyLock::new(Fields::new);

impl ServiceRow {
    fn needs_values(&self) -> bool {
        self.templates.as_ref().is_some_and(|templates| templates.needs_values)
    }
}
