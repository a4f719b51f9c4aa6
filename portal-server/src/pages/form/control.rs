//! What a template needs to know of a control.

use std::collections::BTreeSet;

use portal_core::Problem;
use portal_engine::LinkedOutput;
use portal_engine::form::{self, FormElement};
use portal_engine::schema::segments;
use serde_json::Value;

use super::element::{property, shown};
use super::filled::{Filled, control_name};
use crate::frame::{prose, sentence};

/// One control of a form.
#[derive(Debug)]
pub(in crate::pages) struct Control {
    pub id: String,
    pub name: String,
    pub label: String,
    pub hint: String,
    pub kind: Kind,
    pub texts: Vec<String>,
    pub options: Vec<Choice>,
    /// Whether nothing can be chosen.
    pub has_blank: bool,
    /// The most characters that a text may have.
    pub max_length: Option<u64>,
    pub is_required: bool,
    pub is_disabled: bool,
    pub is_shown: bool,
    /// The conditions of the declaration, as JSON; empty when there are none.
    pub conditions: String,
    /// What the field counts as while it is not shown, as JSON.
    pub default: String,
    pub errors: Vec<String>,
}

/// How a control is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Kind {
    Text,
    Number,
    Select,
    Radio,
    Checkbox,
    /// Boxes to tick, for several options at once.
    Several,
    Hidden,
}

impl Kind {
    /// Its name in the page, where scripts and styles look for it.
    pub(in crate::pages) fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Select => "select",
            Kind::Radio => "radio",
            Kind::Checkbox => "checkbox",
            Kind::Several => "several",
            Kind::Hidden => "hidden",
        }
    }
}

/// One option of a control.
#[derive(Debug)]
pub(in crate::pages) struct Choice {
    pub id: String,
    pub label: String,
    pub value: String,
    pub is_chosen: bool,
}

impl Control {
    /// The text of a control that holds one.
    pub(in crate::pages) fn text(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }

    /// The ids of what describes it.
    pub(in crate::pages) fn described_by(&self) -> String {
        match self.errors.is_empty() {
            true => format!("{}-hint", self.id),
            false => format!("{0}-error {0}-hint", self.id),
        }
    }

    /// Whether it is a group of controls, which needs a legend instead of a label.
    pub(in crate::pages) fn is_group(&self) -> bool {
        matches!(self.kind, Kind::Radio | Kind::Several)
    }

    /// Whether something has to be filled in that is empty.
    pub(in crate::pages) fn is_lacking(&self) -> bool {
        let is_asked_for = self.is_shown && self.is_required && self.kind != Kind::Hidden;
        is_asked_for && self.texts.iter().all(|text| text.trim().is_empty())
    }

    /// Id of what can be focused first.
    fn first_id(&self) -> String {
        match self.options.first() {
            Some(option) if self.is_group() => option.id.clone(),
            _ => self.id.clone(),
        }
    }
}

/// The controls of a form as it is filled, with what is wrong beside each.
pub(in crate::pages) fn controls(
    output: &LinkedOutput,
    elements: &[FormElement],
    filled: &Filled,
    configuration: &portal_core::template::Fields,
    problems: &[Problem],
) -> Vec<Control> {
    let applying = output.applying_fields(configuration);
    elements.iter().map(|element| control(output, element, filled, &applying, problems)).collect()
}

fn control(
    output: &LinkedOutput,
    element: &FormElement,
    filled: &Filled,
    applying: &BTreeSet<&str>,
    problems: &[Problem],
) -> Control {
    let schema = property(output, &element.name);
    let id = format!("configuration-{}", element.name);
    let texts = filled.field(&element.name).to_vec();
    let options = element.control.options().iter().enumerate().map(|(index, option)| {
        let value = shown(&option.value);
        Choice {
            id: format!("{id}-{index}"),
            label: option.label.clone(),
            is_chosen: texts.contains(&value),
            value,
        }
    });
    let errors = problems
        .iter()
        .filter(|problem| configuration_field(problem).as_ref() == Some(&element.name))
        .map(in_words)
        .collect();
    Control {
        name: control_name(&element.name),
        label: element.label.clone(),
        hint: hint(element),
        kind: match &element.control {
            _ if element.is_hidden => Kind::Hidden,
            form::Control::Select { .. } if element.control.takes_several() => Kind::Several,
            form::Control::Select { .. } => Kind::Select,
            form::Control::Text { .. } if is_number(schema) => Kind::Number,
            form::Control::Text { .. } => Kind::Text,
            form::Control::Checkbox { .. } => Kind::Checkbox,
            form::Control::Radio { .. } => Kind::Radio,
        },
        options: options.collect(),
        has_blank: !element.is_namespace || texts.iter().all(String::is_empty),
        max_length: schema["maxLength"].as_u64(),
        is_required: element.is_required,
        is_disabled: element.is_disabled,
        is_shown: applying.contains(element.name.as_str()),
        conditions: match element.shown_when.as_slice() {
            [] => String::new(),
            conditions => as_json(Some(conditions)),
        },
        default: as_json(schema.get("default")),
        errors,
        texts,
        id,
    }
}

fn hint(element: &FormElement) -> String {
    let tooltip = prose(element.tooltip.as_deref().unwrap_or_default());
    match element.control {
        form::Control::Select { max_count: Some(count), .. } if count > 1 => {
            format!("{tooltip} Up to {count} can be chosen.")
        }
        _ => tooltip,
    }
}

fn is_number(schema: &Value) -> bool {
    let is = |value: &Value| value == "integer" || value == "number";
    match &schema["type"] {
        Value::Array(several) => several.iter().any(is),
        one => is(one),
    }
}

fn as_json(value: Option<&(impl serde::Serialize + ?Sized)>) -> String {
    value.and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default()
}

/// A line of the summary above a form.
#[derive(Debug)]
pub(in crate::pages) struct Complaint {
    /// Id of the control it is about; empty when there is none.
    pub target: String,
    pub label: String,
    pub text: String,
}

/// All problems in the order of the form, each with the control it is about. `own` are ids and labels of the controls that
/// are not the plugin's, by their names.
pub(in crate::pages) fn complaints(
    controls: &[Control],
    own: &[(&str, &str)],
    problems: &[Problem],
) -> Vec<Complaint> {
    let mut complaints: Vec<(usize, Complaint)> = problems
        .iter()
        .map(|problem| {
            let name = configuration_field(problem).map(|name| control_name(&name));
            let control = controls.iter().position(|control| Some(&control.name) == name.as_ref());
            let at = problem.at.trim_start_matches('/');
            let own_at = own.iter().position(|(name, _)| *name == at);
            let (place, target, label) = match (control, own_at) {
                (Some(index), _) if controls[index].kind != Kind::Hidden => {
                    let control = &controls[index];
                    (own.len() + index, control.first_id(), control.label.clone())
                }
                (_, Some(index)) => (index, own[index].0.to_owned(), own[index].1.to_owned()),
                _ => (usize::MAX, String::new(), at.replace('/', ": ")),
            };
            (place, Complaint { target, label, text: in_words(problem) })
        })
        .collect();
    complaints.sort_by_key(|(place, _)| *place);
    complaints.into_iter().map(|(_, complaint)| complaint).collect()
}

/// What is wrong with the control of that name that is not the plugin's.
pub(in crate::pages) fn errors_at(problems: &[Problem], name: &str) -> Vec<String> {
    let is = |problem: &&Problem| problem.at.strip_prefix('/') == Some(name);
    problems.iter().filter(is).map(in_words).collect()
}

/// The field of the configuration that a problem with a body is about.
fn configuration_field(problem: &Problem) -> Option<String> {
    let mut segments = segments(&problem.at);
    segments.next().filter(|first| first == "configuration").and_then(|_| segments.next())
}

fn in_words(problem: &Problem) -> String {
    let message = sentence(&problem.message);
    if problem.hint.is_empty() { message } else { format!("{message} {}", sentence(&problem.hint)) }
}
