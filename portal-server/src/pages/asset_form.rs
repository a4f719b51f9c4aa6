//! The form of a technical asset, new or stored, and what is sent with it.

use askama::Template;
use portal_core::check::TechnicalMapping;
use portal_core::db::Connection;
use portal_core::form::{FormElement, FormOption};
use portal_core::store::{self, AssetRow, DataProduct, ServiceRow};
use portal_core::template::Fields;
use portal_core::{Error, LinkedOutput, LinkedPlugin, Problem, Problems, Result};
use serde_json::{Map, Value, json};

use super::catalogue::{description, line_to_add};
use super::form::{self, Complaint, Control, Filled, complaints, controls, errors_at, shown};
use super::layout::{Layout, SECTIONS};
use super::{render, statics};
use crate::assets;
use crate::portal::{Portal, Snapshot};

/// Labels of the controls that every asset has, by name.
const OWN: [(&str, &str); 4] = [
    ("name", "Name"),
    ("description", "Description"),
    ("namespace", "Namespace"),
    ("technical_mapping", "Technical mapping"),
];

/// What a form is for.
pub(super) struct Subject<'a> {
    pub product: &'a DataProduct,
    pub plugin: &'a LinkedPlugin,
    pub output: &'a LinkedOutput,
    pub service: &'a ServiceRow,
    /// The asset that is edited, with what is stored of it; `None` for a new one.
    pub asset: Option<(&'a AssetRow, &'a Fields)>,
}

/// What somebody else has stored in the meantime, where it differs from what was typed.
#[derive(Debug)]
pub(super) struct Difference {
    pub label: String,
    pub typed: String,
    pub stored: String,
}

/// The preview of the result.
#[derive(Template)]
#[template(path = "preview.html")]
pub(super) struct Preview {
    /// `None` while the form cannot be read.
    pub path: Option<String>,
}

#[derive(Template)]
#[template(path = "asset_form.html")]
struct FormPage<'a> {
    layout: Layout,
    subject: &'a Subject<'a>,
    action: String,
    back: String,
    filled: &'a Filled,
    revision: String,
    mapping: &'static str,
    controls: Vec<Control>,
    complaints: Vec<Complaint>,
    problems: &'a [Problem],
    preview: Preview,
    lacking: Option<String>,
    description: String,
    differences: Option<&'a [Difference]>,
}

impl FormPage<'_> {
    fn errors(&self, name: &str) -> Vec<String> {
        errors_at(self.problems, name)
    }
}

impl<'a> Subject<'a> {
    /// A new asset of a plugin, by any of its names.
    pub(super) fn new_asset(
        portal: &'a Portal,
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
        Ok(Subject { product, plugin, output, service, asset: None })
    }

    fn mapping(&self, filled: &Filled) -> TechnicalMapping {
        match self.asset {
            Some((row, _)) => row.technical_mapping,
            None if filled.one("technical_mapping") == "custom" => TechnicalMapping::Custom,
            None => TechnicalMapping::Default,
        }
    }

    /// The elements of the form. In the default mapping the namespace is among the options of the
    /// field that is filled with it, and so is what continues it.
    fn elements(&self, mapping: TechnicalMapping, filled: Option<&Filled>) -> Vec<FormElement> {
        let mut elements = self.output.form(&self.service.options);
        if mapping == TechnicalMapping::Custom {
            return elements;
        }
        let namespace = &self.product.namespace;
        for element in &mut elements {
            if element.use_namespace_when_not_source_aligned != Some(true) {
                continue;
            }
            let Some(select) = &mut element.select else { continue };
            let typed = filled.map_or(&[][..], |filled| filled.field(&element.name));
            let mut names = vec![namespace.clone()];
            let offered = self.service.options.iter().chain(typed);
            names.extend(offered.filter(|name| name.starts_with(namespace.as_str())).cloned());
            names.dedup();
            let option = |name: String| FormOption { label: name.clone(), value: name.into() };
            select.options = names.into_iter().map(option).collect();
        }
        elements
    }

    /// The form as it is first shown.
    pub(super) fn initial(&self) -> Filled {
        let Some((row, fields)) = self.asset else {
            let elements = self.elements(TechnicalMapping::Default, None);
            let mut filled = Filled::initial(self.output, &elements);
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
    fn fill_namespace(&self, filled: &mut Filled, mapping: TechnicalMapping) {
        let namespace = &self.product.namespace;
        let elements = self.elements(mapping, None);
        let Some(element) = elements
            .iter()
            .find(|element| element.use_namespace_when_not_source_aligned == Some(true))
        else {
            return;
        };
        let typed = filled.field(&element.name).first().cloned().unwrap_or_default();
        let continues = typed.starts_with(namespace.as_str());
        match mapping {
            TechnicalMapping::Default if typed.trim().is_empty() => {
                filled.set_field(&element.name, namespace);
            }
            // Left over from the custom mapping, whose options are others.
            TechnicalMapping::Default if element.select.is_some() && !continues => {
                filled.set_field(&element.name, namespace);
            }
            TechnicalMapping::Custom
                if self.asset.is_none()
                    && typed == *namespace
                    && (element.hidden == Some(true) || element.select.is_some()) =>
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
            for element in elements.iter().filter(|element| element.disabled == Some(true)) {
                let initial = [
                    element.string.as_ref().and_then(|one| one.initial_value.clone()),
                    element.checkbox.as_ref().and_then(|one| one.initial_value.clone()),
                    element.radio.as_ref().and_then(|one| one.initial_value.clone()),
                ];
                if let Some(value) = initial.into_iter().flatten().next() {
                    kept.insert(element.name.clone(), value);
                }
            }
            return kept;
        };
        let is_element = |name: &str| elements.iter().any(|element| element.name == name);
        let mut plain = stored.clone();
        plain.retain(|name, _| is_element(name));
        let derived = self.output.preview(&plain).map(|output| output.fields()).unwrap_or_default();
        for (name, value) in stored {
            let element = elements.iter().find(|element| element.name == *name);
            let is_kept = match element {
                Some(element) => element.disabled == Some(true),
                None => derived.get(name) != Some(value),
            };
            if is_kept {
                kept.insert(name.clone(), value.clone());
            }
        }
        kept
    }

    /// The configuration that the form holds, without its type.
    fn configuration(&self, filled: &Filled) -> Map<String, Value> {
        let mapping = self.mapping(filled);
        let mut filled = filled.clone();
        self.fill_namespace(&mut filled, mapping);
        let elements = self.elements(mapping, Some(&filled));
        form::read(self.output, &elements, &filled, &self.kept(&elements))
    }

    fn typed_configuration(&self, filled: &Filled) -> Map<String, Value> {
        let mut fields = self.configuration(filled);
        fields.insert("configuration_type".to_owned(), self.plugin.wire_name().into());
        fields
    }

    /// What the API takes for the same.
    pub(super) fn body(&self, filled: &Filled) -> Value {
        let mut body = json!({
            "description": filled.one("description").trim(),
            "configuration": self.typed_configuration(filled),
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

    /// What else is wrong with the form, beside what was found already.
    pub(super) fn all_problems(
        &self,
        connection: &mut Connection,
        filled: &Filled,
        found: Problems,
    ) -> Result<Problems> {
        let mut found = found;
        // A new asset only: the form of a stored one has no namespace.
        if self.asset.is_none() && found.iter().all(|problem| problem.at != "/namespace") {
            let namespace = filled.one("namespace").trim();
            if let Some(taken) =
                store::taken_asset_namespace(connection, &self.product.id, namespace)?
            {
                found.push(taken);
            }
        }
        assets::further_problems(
            connection,
            self.product,
            self.mapping(filled),
            (self.service, self.output),
            &self.configuration(filled),
            found,
        )
    }

    /// The preview of what the form would be called.
    pub(super) fn preview(
        &self,
        portal: &Portal,
        snapshot: &Snapshot,
        filled: &Filled,
    ) -> Result<Preview> {
        let previewed = assets::preview(
            portal.registry(),
            snapshot,
            &self.service.platform_id,
            &self.service.id,
            self.typed_configuration(filled),
        );
        match previewed {
            Ok(path) => Ok(Preview { path: path.filter(|path| !path.is_empty()) }),
            Err(Error::Invalid(_)) => Ok(Preview { path: None }),
            Err(other) => Err(other),
        }
    }

    /// Where what was typed differs from what is stored now.
    pub(super) fn differences(&self, filled: &Filled) -> Vec<Difference> {
        let Some((row, stored)) = self.asset else { return Vec::new() };
        let typed = self.configuration(filled);
        let mut differences = Vec::new();
        let mut compare = |label: &str, typed: String, stored: String| {
            if typed != stored {
                differences.push(Difference { label: label.to_owned(), typed, stored });
            }
        };
        compare("Name", filled.one("name").trim().to_owned(), row.name.clone());
        let description = filled.one("description").trim().to_owned();
        compare("Description", description, row.description.clone());
        for element in self.elements(row.technical_mapping, Some(filled)) {
            let text = |fields: &Fields| fields.get(&element.name).map(shown).unwrap_or_default();
            if typed.contains_key(&element.name) {
                compare(&element.label, text(&typed), text(stored));
            }
        }
        differences
    }

    /// Path of the data product's page.
    pub(super) fn product_path(&self) -> String {
        format!("/data_products/{}", self.product.id)
    }

    /// Path of the form.
    pub(super) fn path(&self) -> String {
        let assets = format!("{}/technical_assets", self.product_path());
        match self.asset {
            Some((row, _)) => format!("{assets}/{}/edit", row.id),
            None => format!("{assets}/new/{}", self.plugin.id()),
        }
    }

    /// The page with the form.
    pub(super) fn page(
        &self,
        portal: &Portal,
        snapshot: &Snapshot,
        filled: &Filled,
        problems: &[Problem],
        differences: Option<&[Difference]>,
    ) -> Result<String> {
        let mapping = self.mapping(filled);
        let mut filled = filled.clone();
        self.fill_namespace(&mut filled, mapping);
        let elements = self.elements(mapping, Some(&filled));
        let configuration = self.configuration(&filled);
        let controls = controls(self.output, &elements, &filled, &configuration, problems);
        let path = self.path();
        let back = path.trim_end_matches("/edit").to_owned();
        let (title, back) = match self.asset {
            Some((row, _)) => (format!("Edit {}", row.name), back),
            None => (format!("New asset: {}", self.plugin.display_name()), self.product_path()),
        };
        let mut layout = Layout::new(title, "/data_products")
            .below("Data products", "/data_products")
            .below(&self.product.name, self.product_path());
        if let Some((row, _)) = self.asset {
            layout = layout.below(&row.name, back.clone());
        }
        let lacks = self.output.lacks_options(&self.service.options);
        render(&FormPage {
            layout,
            subject: self,
            action: path,
            back,
            revision: filled.one("revision").to_owned(),
            mapping: match mapping {
                TechnicalMapping::Default => "default",
                TechnicalMapping::Custom => "custom",
            },
            complaints: complaints(&controls, &OWN, problems),
            controls,
            problems,
            preview: self.preview(portal, snapshot, &filled)?,
            lacking: lacks.then(|| line_to_add(self.plugin, self.output)),
            description: description(self.plugin),
            differences,
            filled: &filled,
        })
    }
}
