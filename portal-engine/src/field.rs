//! One field of a data output: its property in the schema and its hint, checked together.

use portal_core::__private::{ControlKind, FormOption, HINT_KEY, HintSpec, suggest};
use portal_core::{Problem, ProblemKind, Problems};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::form::{Control, FormElement, OWN_LABELS, is_empty};
use crate::schema;

/// A field with a control, or a derived one.
#[derive(Debug, Clone)]
pub struct Field {
    pub(crate) name: String,
    /// What it counts as when it is left out: serde's default, or null where it is optional.
    pub(crate) default: Option<Value>,
    pub(crate) hint: HintSpec,
    tooltip: Option<String>,
    /// Fixed options: those of the hint, or the variants of the enum.
    options: Vec<FormOption>,
    types: Vec<String>,
}

impl Field {
    /// Reads all properties of a data output's schema.
    ///
    /// `place` says where a field is, for the problems: a property without a hint, hints that do not
    /// fit the property's type, conditions that cannot hold.
    pub(crate) fn read_all(
        schema: &Value,
        place: impl Fn(&str) -> String,
    ) -> Result<Vec<Field>, Problems> {
        let mut problems = Problems::new();
        let mut refuse = |name: &str, message: String| {
            problems.push(Problem::new(ProblemKind::Registration, place(name), message));
        };
        let mut fields = Vec::new();
        for (name, property) in schema::properties(schema) {
            let Some(hint) = property.get(HINT_KEY) else {
                refuse(
                    name,
                    format!(
                        "the field {name:?} has neither a control nor derived(): add #[form(text())] or the like"
                    ),
                );
                continue;
            };
            match HintSpec::deserialize(hint) {
                Ok(hint) => fields.push(Field::new(name, property, hint)),
                Err(error) => {
                    refuse(name, format!("the {HINT_KEY} hint of {name:?} cannot be read: {error}"))
                }
            }
        }
        for field in &fields {
            field.disagreements(&fields, &mut |message| refuse(&field.name, message));
        }
        for (index, field) in fields.iter().enumerate() {
            if let Some(message) = field.label_twice(&fields[..index]) {
                refuse(&field.name, message);
            }
        }
        let mut namespaces = fields.iter().filter(|field| field.hint.namespace);
        if let (Some(first), Some(second)) = (namespaces.next(), namespaces.next()) {
            let names = [first, second].into_iter().chain(namespaces);
            let names: Vec<&str> = names.map(|field| field.name.as_str()).collect();
            refuse(
                &second.name,
                format!("more than one field is the namespace: {}", names.join(", ")),
            );
        }
        problems.into_result()?;
        Ok(fields)
    }

    fn new(name: &str, property: &Value, hint: HintSpec) -> Self {
        let types = match property.get("type") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => {
                many.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => schema::enum_values(property).iter().map(|value| type_name(value)).collect(),
        };
        let options =
            if hint.options.is_empty() { variants(property) } else { hint.options.clone() };
        Field {
            name: name.to_owned(),
            default: property
                .get("default")
                .cloned()
                .or_else(|| types.iter().any(|one| one == "null").then_some(Value::Null)),
            tooltip: property.get("description").and_then(Value::as_str).map(str::to_owned),
            options,
            types,
            hint,
        }
    }

    /// Says everything in which hint and property disagree.
    fn disagreements(&self, all: &[Field], refuse: &mut impl FnMut(String)) {
        let name = &self.name;
        let is = |wanted: &str| self.types.iter().any(|one| one == wanted);
        match self.hint.control {
            ControlKind::Checkbox if !is("boolean") => {
                refuse(format!("the field {name:?} has a checkbox but is no bool"));
            }
            ControlKind::String if is("boolean") || is("array") || is("object") => {
                refuse(format!(
                    "the field {name:?} has a line of text but is neither text nor a number"
                ));
            }
            ControlKind::String if !self.options.is_empty() => refuse(format!(
                "the field {name:?} is a choice but has a line of text: use select() or radio()"
            )),
            ControlKind::Select if self.hint.is_multiple() != is("array") => refuse(format!(
                "the field {name:?} is a select of {}: a list needs max_count above 1, and the other way round",
                self.hint.max_count.map_or("any number".to_owned(), |count| count.to_string())
            )),
            ControlKind::Radio if self.options.is_empty() => {
                refuse(format!("the field {name:?} is a radio group without options"));
            }
            ControlKind::Select if self.options.is_empty() && !self.hint.platform_options => {
                refuse(format!(
                    "the field {name:?} is a select without options: use an enum, options(…) or options_from_platform()"
                ));
            }
            _ => {}
        }
        if self.hint.control != ControlKind::Derived && self.tooltip.is_none() {
            refuse(format!("the field {name:?} has no doc comment, which is its tooltip"));
        }
        if self.hint.control == ControlKind::Checkbox && self.hint.required {
            refuse(format!(
                "the field {name:?} is a required checkbox, which is never empty: leave required() out"
            ));
        }
        if is("null") && self.hint.required && self.hint.shown_when.is_empty() {
            refuse(format!(
                "the field {name:?} is optional and always required: leave out Option, or required()"
            ));
        }
        if is("null") && self.default.as_ref().is_some_and(|default| !default.is_null()) {
            refuse(format!(
                "the field {name:?} is optional and has another default than None: leave out Option, or the default"
            ));
        }
        if let Some(twice) = self.option_twice() {
            refuse(format!("the field {name:?} offers {twice} twice"));
        }
        let fixed = if self.hint.is_multiple() { &None } else { &self.default };
        if let Some(default) = fixed
            && self.is_choice()
            && !default.is_null()
            && !self.can_be(default)
        {
            refuse(format!("the field {name:?} has the default {default}, which it can never be"));
        }
        if self.hint.namespace && !is("string") {
            refuse(format!("the field {name:?} is the namespace but no text"));
        }
        if !self.hint.shown_when.is_empty() && self.default.is_none() {
            refuse(format!(
                "the field {name:?} is conditional but has no default to fall back to: add #[serde(default)]"
            ));
        }
        for condition in &self.hint.shown_when {
            match all.iter().find(|field| field.name == condition.field_name) {
                None => refuse(format!(
                    "the field {name:?} depends on the unknown field {:?} ({})",
                    condition.field_name,
                    suggest::hint(
                        &condition.field_name,
                        all.iter().map(|field| field.name.as_str())
                    )
                )),
                Some(other) if !other.can_be(&condition.value) => refuse(format!(
                    "the field {name:?} is shown when {:?} is {}, which it can never be",
                    condition.field_name, condition.value
                )),
                Some(_) => {}
            }
        }
        if let Some(initial) = &self.hint.initial
            && !self.can_be(initial)
        {
            refuse(format!("the field {name:?} starts with {initial}, which it can never be"));
        }
    }

    /// What people read beside the control.
    fn label(&self) -> String {
        self.hint.label.clone().unwrap_or_else(|| in_words(&self.name))
    }

    /// What is wrong when its label is also that of a field before it, or of the portal's own.
    fn label_twice(&self, before: &[Field]) -> Option<String> {
        if !self.is_shown() {
            return None;
        }
        let (name, label) = (&self.name, self.label());
        let is_same = |other: &str| other.trim().to_lowercase() == label.trim().to_lowercase();
        let other = OWN_LABELS
            .iter()
            .find(|(_, own)| is_same(own))
            .map(|(_, own)| format!("the portal's own field {own:?}"))
            .or_else(|| {
                let mut shown = before.iter().filter(|field| field.is_shown());
                let other = shown.find(|field| is_same(&field.label()))?;
                Some(format!("the field {:?}", other.name))
            })?;
        Some(format!(
            "the field {name:?} has the label {label:?}, as has {other}: people could not tell them apart; give it another one with .label(\"…\")"
        ))
    }

    fn option_twice(&self) -> Option<&Value> {
        let values = self.options.iter().map(|option| &option.value);
        values.enumerate().find_map(|(index, value)| {
            self.options[..index].iter().any(|before| before.value == *value).then_some(value)
        })
    }

    /// Whether the field can have a value, as far as its type and fixed options tell.
    fn can_be(&self, value: &Value) -> bool {
        let typed = self.types.iter().any(|one| {
            *one == type_name(value) || (one == "number" && type_name(value) == "integer")
        });
        typed
            && (self.options.is_empty() || self.options.iter().any(|option| option.value == *value))
    }

    /// Whether people see it in the form.
    pub(crate) fn is_shown(&self) -> bool {
        self.hint.control != ControlKind::Derived && !self.hint.hidden
    }

    /// The values that may be chosen: those of the platform, or the fixed ones; `None` when any
    /// value may be typed.
    pub(crate) fn choices(&self, platform: &[String]) -> Option<Vec<FormOption>> {
        if self.hint.platform_options {
            Some(
                platform
                    .iter()
                    .map(|option| FormOption {
                        label: option.clone(),
                        value: Value::String(option.clone()),
                    })
                    .collect(),
            )
        } else if self.is_choice() {
            Some(self.options.clone())
        } else {
            None
        }
    }

    /// Whether all conditions hold for these values.
    pub(crate) fn applies(&self, fields: &Map<String, Value>) -> bool {
        self.hint
            .shown_when
            .iter()
            .all(|condition| fields.get(&condition.field_name) == Some(&condition.value))
    }

    /// The element of the form; `None` for a derived field.
    pub(crate) fn element(&self, platform: &[String]) -> Option<FormElement> {
        let options = self.choices(platform).unwrap_or_default();
        let default = || self.default.clone().filter(|value| !is_empty(value));
        let initial = self.hint.initial.clone().or_else(default);
        let control = match self.hint.control {
            ControlKind::Derived => return None,
            ControlKind::String => Control::Text { initial },
            ControlKind::Select => Control::Select { max_count: self.hint.max_count, options },
            ControlKind::Checkbox => Control::Checkbox { initial },
            ControlKind::Radio => Control::Radio { initial, options },
        };
        Some(FormElement {
            label: self.label(),
            name: self.name.clone(),
            tooltip: self.tooltip.clone(),
            is_required: self.hint.required,
            is_hidden: self.hint.hidden,
            is_disabled: self.hint.disabled,
            is_namespace: self.hint.namespace,
            shown_when: self.hint.shown_when.clone(),
            control,
        })
    }

    /// Whether people choose one of several values.
    fn is_choice(&self) -> bool {
        matches!(self.hint.control, ControlKind::Select | ControlKind::Radio)
    }

    /// What an empty choice counts as: the default, or nothing where the field is optional. `None`
    /// for other values and fields, and where something must be chosen.
    pub(crate) fn value_of_empty_choice(&self, value: &Value) -> Option<&Value> {
        let is_empty = value.is_null() || value == "";
        self.default.as_ref().filter(|_| is_empty && self.is_choice())
    }
}

/// `database_suffix` as `Database suffix`.
fn in_words(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// JSON Schema's name for the type of a value.
fn type_name(value: &Value) -> String {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
    .to_owned()
}

/// The variants of an enum as options, labelled by their title; for a list, those of its items.
fn variants(property: &Value) -> Vec<FormOption> {
    let schema = property.get("items").unwrap_or(property);
    let titled = |value: &Value| {
        ["oneOf", "anyOf"]
            .iter()
            .filter_map(|keyword| schema.get(*keyword)?.as_array())
            .flatten()
            .find(|variant| variant.get("const") == Some(value))
            .and_then(|variant| variant.get("title")?.as_str())
            .map(str::to_owned)
    };
    schema::enum_values(schema)
        .into_iter()
        .filter(|value| !value.is_null())
        .map(|value| FormOption {
            label: titled(value)
                .unwrap_or_else(|| value.as_str().map_or(value.to_string(), in_words)),
            value: value.clone(),
        })
        .collect()
}
