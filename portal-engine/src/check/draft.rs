//! A configuration while it is checked: what it holds, what is wrong with it, and what is in doubt.

use std::collections::BTreeSet;

use portal_core::__private::AnyOutput;
use portal_core::template::Fields;
use portal_core::{Problem, Problems};
use serde_json::Value;

use crate::form::is_empty;
use crate::linked::LinkedOutput;
use crate::problems::tidy;
use crate::schema::{self, segments};

/// A configuration on its way through the stages.
pub(super) struct Draft<'a> {
    output: &'a LinkedOutput,
    pub(super) fields: Fields,
    problems: Problems,
    /// Names of which nothing more can be said: something is wrong with them, or whether they
    /// count rests on such a field.
    doubtful: BTreeSet<String>,
}

impl<'a> Draft<'a> {
    /// Looks at the shape.
    pub(super) fn new(output: &'a LinkedOutput, configuration: &Fields) -> Self {
        let mut fields = configuration.clone();
        for field in &output.fields {
            if let Some(value) = fields.get_mut(&field.name)
                && let Some(counted) = field.value_of_empty_choice(value)
            {
                *value = counted.clone();
            }
        }
        let input = Value::Object(fields);
        let mut shape = output.schema.shape_problems(&input);
        shape.extend_under("", schema::nul_problems(&input));
        let mut draft = Draft {
            output,
            fields: match input {
                Value::Object(fields) => fields,
                _ => Fields::new(),
            },
            problems: Problems::new(),
            doubtful: BTreeSet::new(),
        };
        draft.add(shape);
        draft
    }

    /// Gives every field a value, and looks at the limits.
    pub(super) fn complete(&mut self, namespace: Option<&str>) {
        let output = self.output;
        output.fill_defaults(&mut self.fields);
        if let (Some(namespace), Some(name)) = (namespace, output.namespace_field_name())
            && self.is_sure(name)
        {
            let value = self.fields.entry(name.to_owned()).or_insert(Value::Null);
            if is_empty(value) {
                *value = Value::from(namespace);
            }
        }
        output.reset_unshown(&mut self.fields, &self.doubtful);
        let complete = Value::Object(std::mem::take(&mut self.fields));
        let limits = output.schema.problems(&complete);
        if let Value::Object(fields) = complete {
            self.fields = fields;
        }
        self.add(limits);
    }

    /// The data output, normalised. Fields in doubt count as left out in it: they have their
    /// default, or the example's value where there is none. `None` when not even that can be read.
    pub(super) fn read(&mut self) -> Option<Box<dyn AnyOutput>> {
        loop {
            let known = self.doubtful.len();
            match self.output.read(Value::Object(self.sure_fields())) {
                Ok(mut output) => {
                    output.normalise();
                    return Some(output);
                }
                // serde stops at its first problem; without that field it finds the next one.
                Err(problem) => self.add(problem.into()),
            }
            if self.doubtful.len() == known {
                return None;
            }
        }
    }

    fn sure_fields(&self) -> Fields {
        let mut fields = self.fields.clone();
        if self.doubtful.is_empty() {
            return fields;
        }
        fields.retain(|name, _| self.is_sure(name));
        let example = self.output.example().fields();
        for field in self.output.fields.iter().filter(|field| !self.is_sure(&field.name)) {
            let value = field.default.as_ref().or_else(|| example.get(&field.name));
            fields.insert(field.name.clone(), value.cloned().unwrap_or_default());
        }
        fields
    }

    pub(super) fn is_sure(&self, name: &str) -> bool {
        !self.doubtful.contains(name)
    }

    /// Adds the problems of one stage, but for those of fields that were in doubt before it. A
    /// problem of the whole counts as long as nothing is in doubt.
    pub(super) fn add(&mut self, problems: Problems) {
        let is_sure = |problem: &Problem| match segments(&problem.at).next() {
            Some(name) => self.is_sure(&name),
            None => self.doubtful.is_empty(),
        };
        let new: Vec<Problem> = problems.into_iter().filter(is_sure).collect();
        self.doubt(new.iter().filter_map(|problem| segments(&problem.at).next()));
        self.problems.extend_under("", new.into_iter().collect());
    }

    /// Doubts fields, and those whose conditions rest on fields in doubt.
    pub(super) fn doubt(&mut self, names: impl IntoIterator<Item = String>) {
        let before = self.doubtful.len();
        self.doubtful.extend(names);
        let mut known = before;
        while self.doubtful.len() > known {
            known = self.doubtful.len();
            for field in &self.output.fields {
                let mut conditions = field.hint.shown_when.iter();
                if conditions.any(|condition| self.doubtful.contains(&condition.field_name)) {
                    self.doubtful.insert(field.name.clone());
                }
            }
        }
    }

    pub(super) fn finish(
        self,
        output: Option<Box<dyn AnyOutput>>,
    ) -> std::result::Result<Box<dyn AnyOutput>, Problems> {
        let mut problems = self.problems;
        tidy(&mut problems);
        match output {
            Some(output) if problems.is_empty() => Ok(output),
            _ => Err(problems),
        }
    }
}
