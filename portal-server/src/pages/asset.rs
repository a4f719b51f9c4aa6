//! A technical asset: what it is called, where it is, what can become of it.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::DataProduct;
use portal_engine::access::{Permission, Subject};
use portal_engine::check::TechnicalMapping;
use portal_engine::store::places::namesakes;
use portal_engine::store::{self, AssetRow, AssetStatus, StoredConfiguration, TechnicalAsset};
use portal_engine::{LinkedPlugin, schema};
use serde_json::Value;

use super::answer::show_with;
use super::edit_asset::expected;
use super::environments::{InEnvironment, SameResult, in_each};
use super::form::{Filled, shown};
use crate::assets;
use crate::body::path_ids;
use crate::frame::{Layout, Moment, PageResult, SECTIONS, render, see_other, statics};
use crate::portal::{Portal, Snapshot};
use crate::visitor::Visitor;

/// An asset as pages show it.
#[derive(Debug)]
pub(super) struct AssetPage {
    pub product: DataProduct,
    pub row: AssetRow,
    pub path: String,
    pub plugin: PluginOf,
    pub status: &'static str,
    pub is_custom: bool,
    pub created: Moment,
    pub changed: Moment,
    pub result_label: &'static str,
    pub result: Option<String>,
    pub environments: Vec<InEnvironment>,
    /// Other assets with the same result.
    pub same_result: Vec<SameResult>,
    pub fields: Vec<FieldShown>,
    /// Why there is no more to see.
    pub unavailable: Option<String>,
}

/// The plugin of an asset.
#[derive(Debug)]
pub(super) struct PluginOf {
    /// `None` when it is not here.
    pub id: Option<&'static str>,
    pub name: String,
}

/// A field of the data output.
#[derive(Debug)]
pub(super) struct FieldShown {
    pub label: String,
    pub text: String,
    pub is_code: bool,
}

#[derive(Template)]
#[template(path = "asset.html")]
struct ShowPage {
    layout: Layout,
    asset: AssetPage,
    /// What it can become: status, and what the button says.
    next: Vec<(&'static str, &'static str)>,
    may_change: bool,
    /// Whose approval it waits for.
    waits_for: Option<String>,
}

impl AssetPage {
    pub(super) fn new(
        portal: &Portal,
        snapshot: &Snapshot,
        product: DataProduct,
        asset: TechnicalAsset,
    ) -> Self {
        let TechnicalAsset { row, configuration } = asset;
        let plugin = portal.registry().find_output(&row.configuration_type);
        let service = snapshot.configuration.service(&row.service_id);
        let mut page = AssetPage {
            path: format!("/data_products/{}/technical_assets/{}", product.id, row.id),
            plugin: PluginOf {
                id: plugin.map(LinkedPlugin::id),
                name: plugin.map_or_else(
                    || row.configuration_type.clone(),
                    |plugin| plugin.display_name().to_owned(),
                ),
            },
            status: row.status.as_str(),
            is_custom: row.technical_mapping == TechnicalMapping::Custom,
            created: row.created_at.into(),
            changed: row.updated_at.into(),
            result_label: "Result",
            result: None,
            environments: Vec::new(),
            same_result: Vec::new(),
            fields: Vec::new(),
            unavailable: None,
            product,
            row,
        };
        match (configuration, plugin, service) {
            (StoredConfiguration::Available(output), Some(plugin), Some(service)) => {
                let rendered =
                    snapshot.configuration.render(plugin, service, &page.product, output.as_ref());
                page.result = rendered.result_string;
                page.environments =
                    in_each(&snapshot.configuration, plugin, rendered.technical_info);
                page.fields = fields_shown(plugin, &rendered.fields);
                page.result_label =
                    plugin.output().map_or("Result", |output| output.result_label());
            }
            (StoredConfiguration::Unavailable(reason), _, _) => page.unavailable = Some(reason),
            _ => page.unavailable = Some("its platform service is gone".to_owned()),
        }
        page
    }

    pub(super) fn product_path(&self) -> String {
        format!("/data_products/{}", self.product.id)
    }

    pub(super) fn layout(&self, visitor: &Visitor, title: &str) -> Layout {
        Layout::new(visitor, title, "/data_products")
            .below("Data products", "/data_products")
            .below(&self.product.name, self.product_path())
    }
}

/// What is stored, in the words of the form; what no form shows comes last.
fn fields_shown(plugin: &LinkedPlugin, fields: &portal_core::template::Fields) -> Vec<FieldShown> {
    let Some(output) = plugin.output() else { return Vec::new() };
    let form = output.form(&[]);
    let applying = output.applying_fields(fields);
    let mut shown_fields = Vec::new();
    for element in &form {
        let value = fields.get(&element.name).unwrap_or(&Value::Null);
        if element.is_hidden || !applying.contains(element.name.as_str()) {
            continue;
        }
        let label_of = |value: &Value| {
            let option = element.control.options().iter().find(|option| option.value == *value);
            option.map_or_else(|| shown(value), |option| option.label.clone())
        };
        let (text, is_code) = match value {
            Value::Bool(true) => ("Yes".to_owned(), false),
            Value::Bool(false) => ("No".to_owned(), false),
            Value::Array(items) => {
                (items.iter().map(label_of).collect::<Vec<_>>().join(", "), false)
            }
            one => (label_of(one), element.control.options().is_empty()),
        };
        shown_fields.push(FieldShown { label: element.label.clone(), text, is_code });
    }
    shown_fields
}

pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    show_with(portal, move |portal, connection| {
        let product = store::find_data_product(connection, &id)?;
        let asset = store::find_asset(connection, portal.registry(), &id, &asset_id)?;
        let snapshot = portal.snapshot();
        let mut asset = AssetPage::new(portal, &snapshot, product, asset);
        if let Some(result) = &asset.result {
            let row = &asset.row;
            let others = namesakes(connection, &row.service_id, result, Some(&row.id))?;
            asset.same_result = others.into_iter().map(SameResult::from).collect();
        }
        let subject = visitor.subject(connection, &id)?;
        let subject = subject.map(|one| Subject { needs_approval: asset.is_custom, ..one });
        let may_change = visitor.may(Permission::ChangeAssets, subject.as_ref());
        let may_move = visitor.may(Permission::MoveAssets, subject.as_ref());
        let author = visitor.author();
        let is_own = asset.row.is_self_approval(AssetStatus::Active, &author)
            && !visitor.access().rules().self_approval;
        let next: Vec<_> = match asset.unavailable {
            None if may_move => {
                let next = asset.row.status.next().iter();
                next.filter(|status| !is_own || **status != AssetStatus::Active)
                    .map(|status| button(asset.row.status, *status))
                    .collect()
            }
            _ => Vec::new(),
        };
        let is_pending = asset.row.status == AssetStatus::Pending && asset.is_custom;
        let waits_for = match (is_pending, may_move, is_own) {
            (true, true, true) => Some(
                "You alone wrote its configuration, so somebody else has to approve it.".to_owned(),
            ),
            (true, false, _) => Some(format!(
                "It waits for an approver of the domain {}, or an operator.",
                asset.product.domain.name
            )),
            _ => None,
        };
        let layout = asset.layout(&visitor, &asset.row.name);
        render(&ShowPage { layout, asset, next, may_change, waits_for })
    })
    .await
}

/// What a button that changes the status sends and says.
fn button(from: AssetStatus, to: AssetStatus) -> (&'static str, &'static str) {
    let label = match (from, to) {
        (AssetStatus::Pending, AssetStatus::Active) => "Approve",
        (_, AssetStatus::Active) => "Activate",
        (_, AssetStatus::Archived) => "Archive",
        (_, AssetStatus::Pending) => "Reopen",
    };
    (to.as_str(), label)
}

/// Approves, archives or reopens an asset.
pub(super) async fn set_status(
    request: HttpRequest,
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let path = format!("/data_products/{id}/technical_assets/{asset_id}");
    let revision = expected(&filled);
    let status: AssetStatus =
        schema::read(filled.one("status").into()).map_err(portal_core::Problems::from)?;
    let portal = portal.into_inner();
    portal
        .with_connection_to_write(move |portal, connection| {
            assets::set_status(
                portal,
                &visitor,
                connection,
                [&id, &asset_id],
                Some(revision),
                status,
            )
        })
        .await?;
    Ok(see_other(portal.prefix(), &path))
}
