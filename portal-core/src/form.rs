//! The form of a data output: the hints an author writes, and the elements they become.
//!
//! A hint is a value of a Rust type, so a misspelt or senseless one does not compile:
//!
//! ```
//! # use portal_core::prelude::*;
//! # /// A sketch.
//! # #[data_output(table = sketches, result = "{bucket}")]
//! # struct Sketch {
//! /// Bucket that holds the data.
//! #[form(select().options_from_platform())]
//! bucket: String,
//! # }
//! ```
//!
//! The label defaults to the field's name in words, the tooltip is the field's doc comment, the
//! initial value is the field's default.

pub(crate) mod spec;

use std::marker::PhantomData;

use serde::{Serialize, Serializer};
use serde_json::Value;

use self::spec::{Condition, ControlKind, FormOption, HintSpec};

/// How one field appears in the form. Made by [`text`], [`select`], [`checkbox`] and [`radio`].
#[derive(Debug, Clone)]
pub struct Hint<Kind> {
    spec: HintSpec,
    kind: PhantomData<Kind>,
}

impl<Kind> Serialize for Hint<Kind> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.spec.serialize(serializer)
    }
}

/// Kind of [`text`].
#[derive(Debug, Clone)]
pub struct Text;
/// Kind of [`select`].
#[derive(Debug, Clone)]
pub struct Select;
/// Kind of [`checkbox`].
#[derive(Debug, Clone)]
pub struct Checkbox;
/// Kind of [`radio`].
#[derive(Debug, Clone)]
pub struct Radio;
/// Kind of [`derived`].
#[derive(Debug, Clone)]
pub struct Derived;

fn hint<Kind>(control: ControlKind) -> Hint<Kind> {
    Hint { spec: HintSpec::new(control), kind: PhantomData }
}

/// A line of text, for strings and numbers.
pub fn text() -> Hint<Text> {
    hint(ControlKind::String)
}

/// A choice of one value, or of several after [`Hint::max_count`].
pub fn select() -> Hint<Select> {
    let mut select = hint(ControlKind::Select);
    select.spec.max_count = Some(1);
    select
}

/// A box to tick, for a `bool`.
pub fn checkbox() -> Hint<Checkbox> {
    hint(ControlKind::Checkbox)
}

/// A choice of one value with all options in sight, for an enum.
pub fn radio() -> Hint<Radio> {
    let mut radio = hint(ControlKind::Radio);
    radio.spec.max_count = Some(1);
    radio
}

/// No form element: the plugin fills the field in `normalise`.
pub fn derived() -> Hint<Derived> {
    hint(ControlKind::Derived)
}

/// A control that people see; everything but [`derived`].
pub trait Control {}
impl Control for Text {}
impl Control for Select {}
impl Control for Checkbox {}
impl Control for Radio {}

/// A control whose value can be the data product's namespace.
pub trait TakesNamespace: Control {}
impl TakesNamespace for Text {}
impl TakesNamespace for Select {}

/// A control that offers a list of options.
pub trait TakesOptions: Control {}
impl TakesOptions for Select {}
impl TakesOptions for Radio {}

/// A hint that a field of this type can have. `#[data_output]` asks it for the types that it knows by
/// their spelling; an enum is looked at when the plugin is linked.
#[diagnostic::on_unimplemented(
    message = "this hint does not fit a field of the type `{FieldType}`",
    label = "not for `{FieldType}`",
    note = "text() is for String, i32, i64 and f64; checkbox() for bool; radio() and select() for an enum with #[choice] and for String; select() for List<…>; each of them also for an Option<…> of it"
)]
pub trait Fits<FieldType>: Sized {
    /// The hint itself, which fits.
    fn fitting(self) -> Self {
        self
    }
}
#[diagnostic::do_not_recommend]
impl Fits<String> for Hint<Text> {}
#[diagnostic::do_not_recommend]
impl Fits<i32> for Hint<Text> {}
#[diagnostic::do_not_recommend]
impl Fits<i64> for Hint<Text> {}
#[diagnostic::do_not_recommend]
impl Fits<f64> for Hint<Text> {}
#[diagnostic::do_not_recommend]
impl Fits<String> for Hint<Select> {}
#[diagnostic::do_not_recommend]
impl Fits<String> for Hint<Radio> {}
#[diagnostic::do_not_recommend]
impl Fits<bool> for Hint<Checkbox> {}
#[diagnostic::do_not_recommend]
impl<Kind: Control, T> Fits<Option<T>> for Hint<Kind> where Hint<Kind>: Fits<T> {}

impl<Kind: Control> Hint<Kind> {
    /// The label, instead of the field's name in words.
    pub fn label(mut self, label: &str) -> Self {
        self.spec.label = Some(label.to_owned());
        self
    }

    /// The field must not be empty when an asset is created, as long as its condition holds.
    /// Whether the property may be absent is serde's business, not the form's.
    pub fn required(mut self) -> Self {
        self.spec.required = true;
        self
    }

    /// The element is part of the form but not shown.
    pub fn hidden(mut self) -> Self {
        self.spec.hidden = true;
        self
    }

    /// The element is shown but cannot be changed.
    pub fn disabled(mut self) -> Self {
        self.spec.disabled = true;
        self
    }

    /// The value an empty form starts with, when it is not the field's default.
    pub fn initial(mut self, value: impl Into<Value>) -> Self {
        self.spec.initial = Some(value.into());
        self
    }

    /// Shows the field only while another one has this value. Several conditions must all hold.
    /// A field whose condition is false is set back to its default, which it therefore needs.
    pub fn shown_when(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.spec.shown_when.push(Condition { field_name: field.to_owned(), value: value.into() });
        self
    }
}

impl<Kind: TakesNamespace> Hint<Kind> {
    /// In the default mapping the field is the data product's namespace: filled when absent,
    /// and otherwise it must continue the namespace after one of `_ - . /`.
    pub fn namespace(mut self) -> Self {
        self.spec.namespace = true;
        self
    }
}

impl<Kind: TakesOptions> Hint<Kind> {
    /// Fixed options as `(label, value)`. An enum with `#[choice]` needs none: its variants are the
    /// options.
    pub fn options(mut self, options: &[(&str, &str)]) -> Self {
        self.spec.options = options
            .iter()
            .map(|(label, value)| FormOption {
                label: (*label).to_owned(),
                value: Value::from(*value),
            })
            .collect();
        self
    }
}

impl Hint<Select> {
    /// The options are those that the operator configured for the platform service.
    pub fn options_from_platform(mut self) -> Self {
        self.spec.platform_options = true;
        self
    }

    /// How many options may be chosen; more than one needs a list for a field.
    pub fn max_count(mut self, count: u32) -> Self {
        self.spec.max_count = Some(count);
        self
    }
}
