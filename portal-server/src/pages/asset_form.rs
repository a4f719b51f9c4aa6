//! The page with the form of a technical asset, new or stored: preview, problems, conflicts.

mod subject;

use askama::Template;
use portal_core::template::Fields;
use portal_core::{Problem, Result};
use portal_engine::check::TechnicalMapping;
use portal_engine::db::Connection;
use portal_engine::findings::lines;
use portal_engine::form::OWN_LABELS;
use portal_engine::store::places::namesakes;

pub(super) use self::subject::Subject;
use super::catalogue::description;
use super::environments::{InEnvironment, SameResult, in_each};
use super::form::{Complaint, Control, Filled, complaints, controls, errors_at, shown};
use crate::frame::{Layout, SECTIONS, render, statics};
use crate::portal::Snapshot;

/// What somebody else has stored in the meantime, where it differs from what was typed.
#[derive(Debug)]
pub(super) struct Difference {
    pub label: String,
    pub typed: String,
    pub stored: String,
}

/// The preview alone.
#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage {
    layout: Layout,
    preview: Preview,
}

/// The preview of the result.
struct Preview {
    service: &'static str,
    /// `None` while the form cannot be read.
    path: Option<String>,
    /// Other assets with the same result.
    same_result: Vec<SameResult>,
    environments: Vec<InEnvironment>,
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

impl Subject<'_> {
    /// The preview of what the form would be called, and where that would be.
    fn preview(
        &self,
        snapshot: &Snapshot,
        connection: &mut Connection,
        filled: &Filled,
    ) -> Result<Preview> {
        let elements = self.elements(self.mapping(filled), Some(filled));
        let configuration = self.configuration(filled);
        let controls = controls(self.output, &elements, filled, &configuration, &[]);
        let mut preview = Preview {
            service: self.plugin.display_name(),
            path: None,
            same_result: Vec::new(),
            environments: Vec::new(),
        };
        if controls.iter().any(Control::is_lacking) {
            return Ok(preview);
        }
        let Ok(output) = self.output.preview(&configuration, None) else { return Ok(preview) };
        let configuration = &snapshot.configuration;
        let rendered =
            configuration.render(self.plugin, self.service, self.product, output.as_ref());
        preview.path = rendered.result_string.filter(|path| !path.is_empty());
        if let Some(path) = &preview.path {
            let own = self.asset.map(|(row, _)| &row.id);
            let others = namesakes(connection, &self.service.id, path, own)?;
            preview.same_result = others.into_iter().map(SameResult::from).collect();
            preview.environments = in_each(configuration, self.plugin, rendered.technical_info);
        }
        Ok(preview)
    }

    /// The preview as it takes the place of the last one.
    pub(super) fn preview_page(
        &self,
        snapshot: &Snapshot,
        connection: &mut Connection,
        filled: &Filled,
    ) -> Result<String> {
        let layout = Layout::new(self.visitor, "Preview", "/data_products");
        render(&PreviewPage { layout, preview: self.preview(snapshot, connection, filled)? })
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
        snapshot: &Snapshot,
        connection: &mut Connection,
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
        let mut layout = Layout::new(self.visitor, title, "/data_products")
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
            complaints: complaints(&controls, &OWN_LABELS, problems),
            controls,
            problems,
            preview: self.preview(snapshot, connection, &filled)?,
            lacking: lacks.then(|| lines::of_options(self.plugin, self.output)),
            description: description(self.plugin),
            differences,
            filled: &filled,
        })
    }
}
