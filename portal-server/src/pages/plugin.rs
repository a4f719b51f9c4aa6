//! A plugin: what it is, what it asks for, where it is configured.

use actix_web::web;
use askama::Template;
use portal_core::Origin;
use portal_engine::findings::{APPLY, lines};
use portal_engine::form::{Control, FormElement};
use portal_engine::{LinkedPlugin, migrate};
use serde_json::{Value, json};

use super::answer::show_with;
use super::catalogue::description;
use super::form::shown;
use super::operator::MigrationRow;
use super::plugin_environments::{EnvironmentShown, environments_shown};
use crate::frame::{Layout, PageResult, SECTIONS, prose, render, statics};
use crate::portal::{Portal, Snapshot};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "plugin.html")]
struct PluginPage<'a> {
    layout: Layout,
    id: &'static str,
    name: &'static str,
    platform: &'static str,
    wire_name: &'static str,
    /// What answers call it.
    answered: &'static str,
    aliases: &'static [&'static str],
    description: String,
    origin: Origin,
    output: Option<OutputShown>,
    lacking: Option<String>,
    environments: Vec<EnvironmentShown<'a>>,
    /// What applies lines for the operator's file.
    command: &'static str,
    migrations: Vec<MigrationRow>,
}

/// What a plugin stores.
struct OutputShown {
    detailed_name: &'static str,
    result_label: &'static str,
    result_template: String,
    info_template: String,
    fields: Vec<FieldRow>,
    example: String,
}

/// A row of the table of fields.
struct FieldRow {
    label: String,
    name: String,
    what: String,
    takes: String,
    needed: &'static str,
}

pub(super) async fn show(
    name: web::Path<String>,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let name = name.into_inner();
    show_with(portal, move |portal, connection| {
        let plugin = portal.registry().get(&name)?;
        let snapshot = portal.snapshot();
        let migrations = migrate::status_of(connection, portal.registry(), plugin.id())?;
        let platform =
            plugin.platform().parent.map_or(plugin.display_name(), |one| one.display_name);
        let configured = &snapshot.configuration;
        let lacking = plugin
            .output()
            .filter(|output| output.lacks_options(configured.options_of(plugin.id())));
        render(&PluginPage {
            layout: Layout::new(&visitor, plugin.display_name(), "/").below("Catalogue", "/"),
            id: plugin.id(),
            name: plugin.display_name(),
            platform,
            wire_name: plugin.wire_name(),
            answered: plugin.name_in_answers(configured.wire_names),
            aliases: plugin.aliases(),
            description: description(plugin),
            origin: plugin.origin(),
            output: output_shown(plugin, &snapshot),
            lacking: lacking.map(|output| lines::of_options(plugin, output)),
            environments: environments_shown(connection, &snapshot, plugin)?,
            command: APPLY,
            migrations: migrations.into_iter().map(MigrationRow::from).collect(),
        })
    })
    .await
}

fn output_shown(plugin: &LinkedPlugin, snapshot: &Snapshot) -> Option<OutputShown> {
    let output = plugin.output()?;
    let service = snapshot.configuration.service_of(plugin.id());
    let templates = service.and_then(|service| service.templates.as_ref());
    let form = output.form(snapshot.configuration.options_of(plugin.id()));
    let schema = output.schema().as_value();
    let fields = output.schema().property_names().map(|name| {
        let element = form.iter().find(|element| element.name == name);
        field_row(name, &schema["properties"][name], element, &form)
    });
    let mut configuration = output.example().fields();
    let sent = plugin.name_in_answers(snapshot.configuration.wire_names);
    configuration.insert("configuration_type".to_owned(), sent.into());
    let example = json!({
        "name": format!("My {}", output.detailed_name().to_lowercase()),
        "namespace": format!("my-{}", plugin.id()),
        "platform_id": service.map(|service| service.platform_id.as_str()),
        "service_id": service.map(|service| service.id.as_str()),
        "technical_mapping": "custom",
        "configuration": configuration,
    });
    Some(OutputShown {
        detailed_name: output.detailed_name(),
        result_label: output.result_label(),
        result_template: templates
            .map_or(output.result_template(), |templates| &templates.result)
            .source()
            .to_owned(),
        info_template: templates
            .map_or(output.technical_info_template(), |templates| &templates.technical_info)
            .source()
            .to_owned(),
        fields: fields.collect(),
        example: serde_json::to_string_pretty(&example).unwrap_or_default(),
    })
}

fn field_row(
    name: &str,
    schema: &Value,
    element: Option<&FormElement>,
    form: &[FormElement],
) -> FieldRow {
    let Some(element) = element else {
        return FieldRow {
            label: String::new(),
            name: name.to_owned(),
            what: prose(schema["description"].as_str().unwrap_or_default()),
            takes: "Filled in by the plugin".to_owned(),
            needed: "",
        };
    };
    let options = element.control.options();
    let offered: Vec<&str> = options.iter().map(|one| one.label.as_str()).collect();
    let count = if element.control.takes_several() { "Some" } else { "One" };
    let mut takes = match element.control {
        Control::Checkbox { .. } => "Yes or no".to_owned(),
        Control::Text { .. } => "Text".to_owned(),
        _ if offered.is_empty() => "No options yet".to_owned(),
        _ => format!("{count} of {}", offered.join(", ")),
    };
    if element.is_namespace {
        takes.push_str("; the namespace in the default mapping");
    }
    if element.is_hidden {
        takes.push_str("; not shown in the form");
    }
    for condition in &element.shown_when {
        let other = form.iter().find(|one| one.name == condition.field_name);
        let label = other.map_or(condition.field_name.as_str(), |one| one.label.as_str());
        let option = other
            .map_or(&[][..], |one| one.control.options())
            .iter()
            .find(|one| one.value == condition.value);
        let value = match &condition.value {
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            value => option.map_or_else(|| shown(value), |option| option.label.clone()),
        };
        takes.push_str(&format!("; when {label} is {value}"));
    }
    FieldRow {
        label: element.label.clone(),
        name: name.to_owned(),
        what: prose(element.tooltip.as_deref().unwrap_or_default()),
        takes,
        needed: if element.is_required { "Required" } else { "Optional" },
    }
}
