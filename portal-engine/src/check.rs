//! Checking what somebody entered for a data output, in one fixed order.
//!
//! Unknown fields, types and enums come first; then defaults, the namespace, conditions; then the
//! limits of the JSON Schema; then the type itself, and its `normalise`. A preview stops there.
//! Creating goes on: required fields, options, the plugin's own rules, the namespace.
//!
//! One check reports the problems of all stages. What is wrong with a field at one stage leaves
//! that field, and those whose conditions rest on it, out of the later ones.

mod draft;
mod rules;

use std::collections::BTreeSet;

use portal_core::__private::AnyOutput;
use portal_core::template::Fields;
use portal_core::{DataProduct, Problems, Result};
use serde_json::Value;

use self::draft::Draft;
use self::rules::{namespace_problems, option_problems, required_problem};
use crate::linked::LinkedOutput;
use crate::text_enum::text_enum;

text_enum! {
    /// How the names in a data output relate to the data product's namespace.
    #[derive(Default)]
    pub enum TechnicalMapping {
        /// The names begin with the namespace; nobody has to approve them.
        #[default]
        Default,
        /// The names are free; the asset waits for approval.
        Custom,
    }
}

/// Which of these namespaces belong to other data products.
pub type FindRivals<'a> = dyn FnMut(&[String]) -> Result<Vec<String>> + 'a;

/// What creating or updating checks a configuration against. What is `None` is not known, because
/// another part of the request is wrong: the rules that rest on it wait until it is.
pub struct Checks<'a> {
    /// The data product that owns the asset.
    pub product: &'a DataProduct,
    /// How names relate to its namespace.
    pub mapping: Option<TechnicalMapping>,
    /// The options that the platform service offers.
    pub options: Option<&'a [String]>,
    /// Asks which of some namespaces belong to other data products.
    pub find_rivals: &'a mut FindRivals<'a>,
}

impl std::fmt::Debug for Checks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").field("mapping", &self.mapping).finish_non_exhaustive()
    }
}

impl LinkedOutput {
    /// Checks the shape and the limits of a configuration and reads it, whatever names it holds.
    /// `configuration` is without `configuration_type`; with a data product's namespace it is
    /// completed as when creating in the default mapping.
    ///
    /// # Errors
    ///
    /// All problems, with pointers into `configuration`.
    pub fn preview(
        &self,
        configuration: &Fields,
        namespace: Option<&str>,
    ) -> std::result::Result<Box<dyn AnyOutput>, Problems> {
        let mut draft = Draft::new(self, configuration);
        draft.complete(namespace);
        let output = draft.read();
        draft.finish(output)
    }

    /// Checks everything and returns the data output to store.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`](portal_core::Error::Invalid) with all problems, or what looking up rivals says.
    pub fn check(
        &self,
        configuration: &Fields,
        checks: &mut Checks<'_>,
    ) -> Result<Box<dyn AnyOutput>> {
        let mut draft = Draft::new(self, configuration);
        let namespace_field = self.namespace_field_name();
        let namespace = match checks.mapping {
            Some(TechnicalMapping::Default) => Some(checks.product.namespace.as_str()),
            Some(TechnicalMapping::Custom) => None,
            None => {
                draft.doubt(namespace_field.map(str::to_owned));
                None
            }
        };
        draft.complete(namespace);
        let output = draft.read();
        let fields = output.as_ref().map_or_else(|| draft.fields.clone(), |read| read.fields());
        let mut problems = Problems::new();
        for field in self.fields.iter().filter(|field| field.applies(&fields)) {
            let value = fields.get(&field.name).unwrap_or(&Value::Null);
            required_problem(field, value, &mut problems);
            if namespace.is_none() || !field.hint.namespace {
                option_problems(field, value, checks.options, &mut problems);
            }
        }
        if let Some(output) = &output {
            output.validate(checks.product, &mut problems);
        }
        if let (Some(namespace), Some(field)) = (namespace, namespace_field)
            && draft.is_sure(field)
        {
            let value = fields.get(field).and_then(Value::as_str).unwrap_or_default();
            problems.extend_under("", namespace_problems(field, value, namespace, checks)?);
        }
        draft.add(problems);
        Ok(draft.finish(output)?)
    }

    /// The names of the fields whose conditions hold for these values. As when creating, absent
    /// fields and those whose own condition is false count as their default.
    pub fn applying_fields(&self, configuration: &Fields) -> BTreeSet<&str> {
        let mut fields = configuration.clone();
        self.fill_defaults(&mut fields);
        self.reset_unshown(&mut fields, &BTreeSet::new());
        let applying = self.fields.iter().filter(|field| field.applies(&fields));
        applying.map(|field| field.name.as_str()).collect()
    }

    fn fill_defaults(&self, fields: &mut Fields) {
        for field in &self.fields {
            if let Some(default) = &field.default {
                fields.entry(field.name.clone()).or_insert_with(|| default.clone());
            }
        }
    }

    /// Sets fields whose condition is false back to their default, but for those in doubt. One
    /// field's condition may rest on another conditional field, so this repeats until nothing
    /// changes; each round settles at least one field of a chain.
    fn reset_unshown(&self, fields: &mut Fields, doubtful: &BTreeSet<String>) {
        for _ in &self.fields {
            let mut changed = false;
            for field in self.fields.iter().filter(|field| !field.hint.hidden) {
                if !field.applies(fields)
                    && !doubtful.contains(&field.name)
                    && let Some(default) = &field.default
                    && fields.get(&field.name) != Some(default)
                {
                    fields.insert(field.name.clone(), default.clone());
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }
}
