//! What a form holds: from a browser, from what is stored, or from what an empty one starts with.

use std::collections::BTreeMap;

use portal_core::template::Fields;
use portal_engine::LinkedOutput;
use portal_engine::form::{Control, FormElement};
use serde_json::Value;

use super::element::{property, shown};

/// What the names of a plugin's controls begin with.
const PREFIX: &str = "configuration.";

/// What a form holds: texts by the names of its controls.
#[derive(Debug, Clone, Default)]
pub(in crate::pages) struct Filled(BTreeMap<String, Vec<String>>);

impl Filled {
    /// What a browser sent. It ends lines with two characters, as HTML asks it to.
    pub(in crate::pages) fn sent(pairs: Vec<(String, String)>) -> Self {
        let mut filled = Filled::default();
        for (name, text) in pairs {
            filled.0.entry(name).or_default().push(text.replace("\r\n", "\n"));
        }
        filled
    }

    /// What an empty form starts with.
    pub(in crate::pages) fn initial(output: &LinkedOutput, elements: &[FormElement]) -> Self {
        let mut filled = Filled::default();
        for element in elements {
            let hinted = match &element.control {
                Control::Select { .. } => property(output, &element.name).get("default").cloned(),
                control => control.initial().cloned(),
            };
            filled.set_value(&element.name, &hinted.unwrap_or_default());
        }
        filled
    }

    /// A form that shows what is stored.
    pub(in crate::pages) fn stored(elements: &[FormElement], fields: &Fields) -> Self {
        let mut filled = Filled::default();
        for element in elements {
            filled.set_value(&element.name, fields.get(&element.name).unwrap_or(&Value::Null));
        }
        filled
    }

    /// The text of a control that holds one; empty when it is absent.
    pub(in crate::pages) fn one(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The texts of a plugin's field.
    pub(in crate::pages) fn field(&self, name: &str) -> &[String] {
        self.all(&control_name(name))
    }

    pub(in crate::pages) fn set(&mut self, name: &str, text: &str) {
        self.0.insert(name.to_owned(), vec![text.to_owned()]);
    }

    /// Fills a plugin's field with one text.
    pub(in crate::pages) fn set_field(&mut self, name: &str, text: &str) {
        self.set(&control_name(name), text);
    }

    fn set_value(&mut self, name: &str, value: &Value) {
        let texts = match value {
            Value::Array(items) => items.iter().map(shown).collect(),
            // A box that is not ticked sends nothing.
            Value::Null | Value::Bool(false) => Vec::new(),
            one => vec![shown(one)],
        };
        self.0.insert(control_name(name), texts);
    }
}

/// The name of the control of a plugin's field.
pub(super) fn control_name(field: &str) -> String {
    format!("{PREFIX}{field}")
}
