//! What a form is for: how it starts, and what it holds once it is filled.

use portal_core::template::Fields;
use portal_core::{DataProduct, Error, Result};
use portal_engine::check::TechnicalMapping;
use portal_engine::form::{Control, FormElement, FormOption};
use portal_engine::store::{AssetRow, ServiceRow};
use portal_engine::{LinkedOutput, LinkedPlugin};
use serde_json::{Map, Value, json};

use crate::pages::form::{Filled, read};
use crate::portal::{Portal, Snapshot};
use crate::visitor::Visitor;

/// What a form is for.
pub(in crate::pages) struct Subject<'a> {
    /// Who fills it.
    pub visitor: &'a Visitor,
    pub product: &'a DataProduct,
    pub plugin: &'a LinkedPlugin,
    pub output: &'a LinkedOutput,
    pub service: &'a ServiceRow,
    /// The asset that is edited, with what is stored of it; `None` for a new one.
    pub asset: Option<(&'a AssetRow, &'a Fields)>,
}

impl<'a> Subject<'a> {
    /// A new asset of a plugin, by any of its names.
    pub(in crate::pages) fn new_asset(
        portal: &'a Portal,
        visitor: &'a Visitor,
        snapshot: &'a Snapshot,
        product: &'a DataProduct,
        plugin: &str,
    ) -> Result<Self> {
        let plugin = portal.registry().get(plugin)?;
        let output = plugin.output().ok_or_else(|| {
            Error::NotFound(format!("{} is a launcher: it stores nothing", plugin.id()))
        })?;
        let service = snapshot.configuration.service_of(plugin.id()).ok_or_else(|| {
            Error::NotFound(format!("the platform service of {} is gone", plugin.id()))
        })?;
        Ok(Subject { visitor, product, plugin, output, service, asset: None })
    }

    pub(super) fn mapping(&self, filled: &Filled) -> TechnicalMapping {
        match self.asset {
            Some((row, _)) => row.technical_mapping,
            None if filled.one("technical_mapping") == "custom" => TechnicalMapping::Custom,
            None => TechnicalMapping::Default,
        }
    }

    /// The elements of the form. In the default mapping the namespace is among the options of the
    /// field that is filled with it, and so is what continues it.
    pub(super) fn elements(
        &self,
        mapping: TechnicalMapping,
        filled: Option<&Filled>,
    ) -> Vec<FormElement> {
        let mut elements = self.output.form(&self.service.options);
        if mapping == TechnicalMapping::Custom {
            return elements;
        }
        let namespace = &self.product.namespace;
        for element in &mut elements {
            let Control::Select { options, .. } = &mut element.control else { continue };
            if !element.is_namespace {
                continue;
            }
            let typed = filled.map_or(&[][..], |filled| filled.field(&element.name));
            let mut names = vec![namespace.clone()];
            let offered = self.service.options.iter().chain(typed);
            names.extend(offered.filter(|name| name.starts_with(namespace.as_str())).cloned());
            names.dedup();
            let option = |name: String| FormOption { label: name.clone(), value: name.into() };
            *options = names.into_iter().map(option).collect();
        }
        elements
    }

    /// The form as it is first shown.
    pub(in crate::pages) fn initial(&self) -> Filled {
        let Some((row, fields)) = self.asset else {
            let elements = self.elements(TechnicalMapping::Default, None);
            let mut filled = Filled::initial(self.output, &elements);
            for element in elements.iter().filter(|one| self.output.takes_options(&one.name)) {
                if let Some(option) = &self.service.default_option {
                    filled.set_field(&element.name, option);
                }
            }
            self.fill_namespace(&mut filled, TechnicalMapping::Default);
            return filled;
        };
        let elements = self.elements(row.technical_mapping, None);
        let mut filled = Filled::stored(&elements, fields);
        filled.set("name", &row.name);
        filled.set("description", &row.description);
        filled.set("revision", &row.revision.to_string());
        filled
    }

    /// Fills the namespace field in the default mapping, and takes the namespace out of a hidden
    /// field again in the custom one, where nobody could.
    pub(super) fn fill_namespace(&self, filled: &mut Filled, mapping: TechnicalMapping) {
        let namespace = &self.product.namespace;
        let elements = self.elements(mapping, None);
        let Some(element) = elements.iter().find(|element| element.is_namespace) else {
            return;
        };
        let typed = filled.field(&element.name).first().cloned().unwrap_or_default();
        let continues = typed.starts_with(namespace.as_str());
        let is_select = matches!(element.control, Control::Select { .. });
        match mapping {
            TechnicalMapping::Default if typed.trim().is_empty() => {
                filled.set_field(&element.name, namespace);
            }
            // Left over from the custom mapping, whose options are others.
            TechnicalMapping::Default if is_select && !continues => {
                filled.set_field(&element.name, namespace);
            }
            TechnicalMapping::Custom
                if self.asset.is_none()
                    && typed == *namespace
                    && (element.is_hidden || is_select) =>
            {
                filled.set_field(&element.name, "");
            }
            _ => {}
        }
    }

    /// Fields that people cannot change here: those that are disabled, and derived ones that a
    /// client has set to something else than what would be derived.
    fn kept(&self, elements: &[FormElement]) -> Fields {
        let mut kept = Fields::new();
        let Some((_, stored)) = self.asset else {
            for element in elements.iter().filter(|element| element.is_disabled) {
                if let Some(value) = element.control.initial() {
                    kept.insert(element.name.clone(), value.clone());
                }
            }
            return kept;
        };
        let is_element = |name: &str| elements.iter().any(|element| element.name == name);
        let mut plain = stored.clone();
        plain.retain(|name, _| is_element(name));
        let derived =
            self.output.preview(&plain, None).map(|output| output.fields()).unwrap_or_default();
        for (name, value) in stored {
            let element = elements.iter().find(|element| element.name == *name);
            let is_kept = match element {
                Some(element) => element.is_disabled,
                None => derived.get(name) != Some(value),
            };
            if is_kept {
                kept.insert(name.clone(), value.clone());
            }
        }
        kept
    }

    /// The configuration that the form holds, without its type.
    pub(super) fn configuration(&self, filled: &Filled) -> Map<String, Value> {
        let mapping = self.mapping(filled);
        let mut filled = filled.clone();
        self.fill_namespace(&mut filled, mapping);
        let elements = self.elements(mapping, Some(&filled));
        read(self.output, &elements, &filled, &self.kept(&elements))
    }

    /// What the API takes for the same.
    pub(in crate::pages) fn body(&self, filled: &Filled) -> Value {
        let mut configuration = self.configuration(filled);
        configuration.insert("configuration_type".to_owned(), self.plugin.wire_name().into());
        let mut body = json!({
            "description": filled.one("description").trim(),
            "configuration": configuration,
        });
        // An empty name is a missing one, which says more than that it is too short.
        let name = filled.one("name").trim();
        if !name.is_empty() {
            body["name"] = name.into();
        }
        if self.asset.is_none() {
            body["namespace"] = filled.one("namespace").trim().into();
            body["platform_id"] = self.service.platform_id.as_str().into();
            body["service_id"] = self.service.id.as_str().into();
            body["technical_mapping"] = match filled.one("technical_mapping") {
                // What is neither of the two is for the checks to refuse.
                "" => "default".into(),
                mapping => mapping.into(),
            };
        }
        body
    }
}
