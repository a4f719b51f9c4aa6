//! The plugin under test.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use portal_core::__private::{HINT_KEY, parts};
use portal_core::column::Column;
use portal_core::{DataOutput, Problem, ProblemKind, Problems, Registration};
use portal_engine::{LinkedOutput, LinkedPlugin, Registry};
use serde_json::{Map, Value, json};

/// A plugin under test, and the folder of its crate.
#[derive(Debug)]
pub struct Contract {
    id: &'static str,
    columns: &'static [Column],
    /// It alone, or why it cannot be linked.
    registry: Result<Registry, Problems>,
    pub(crate) folder: PathBuf,
    /// Whether its table equals its struct, once that was looked at: many rules rest on it.
    pub(crate) table: OnceCell<Result<(), String>>,
}

impl Contract {
    /// The plugin of a type, found through the linker; `folder` is `env!("CARGO_MANIFEST_DIR")`.
    pub fn of<P: DataOutput>(folder: &str) -> Self {
        let registry = Registry::load()
            .and_then(|linked| linked.narrow(Some(P::ID)).map_err(|_| not_registered::<P>()));
        Contract {
            id: P::ID,
            columns: P::COLUMNS,
            registry,
            folder: folder.into(),
            table: OnceCell::new(),
        }
    }

    /// A plugin that need not be linked, for testing the rules themselves.
    #[doc(hidden)]
    pub fn of_registration(registration: &'static Registration, folder: &Path) -> Self {
        let parts = parts(registration);
        Contract {
            id: parts.id,
            columns: parts.output.as_ref().map_or(&[], |output| output.columns),
            registry: Registry::build([registration]),
            folder: folder.to_owned(),
            table: OnceCell::new(),
        }
    }

    /// What is wrong with the registration, or with another one of this binary.
    pub(crate) fn problems(&self) -> Option<&Problems> {
        self.registry.as_ref().err()
    }

    /// The plugin alone. Only for rules that are tried when the registration is sound.
    pub(crate) fn registry(&self) -> &Registry {
        self.registry.as_ref().expect("the registration is sound")
    }

    pub(crate) fn plugin(&self) -> &LinkedPlugin {
        self.registry().find(self.id).expect("the registry has it alone")
    }

    pub(crate) fn output(&self) -> &LinkedOutput {
        self.plugin().output().expect("the type is a data output")
    }

    pub(crate) fn columns(&self) -> &'static [Column] {
        self.columns
    }

    /// Schema and form together, without what is not set, for a snapshot that a person reviews: for
    /// each field its schema, and what it is in the form.
    pub fn schema_and_form(&self) -> Value {
        if let Some(problems) = self.problems() {
            panic!("not tried: see contract::registration_is_sound ({} problems)", problems.len());
        }
        let output = self.output();
        let form = output.form(&output.example_options());
        let mut schema = output.schema().as_value().clone();
        let mut fields = Map::new();
        if let Some(Value::Object(properties)) = schema.get_mut("properties").map(Value::take) {
            for (name, mut property) in properties {
                if let Some(property) = property.as_object_mut() {
                    property.remove(HINT_KEY);
                }
                let element = form.iter().find(|element| element.name == name);
                let element = element.map(|element| json!(element)).unwrap_or_default();
                let field = json!({"schema": property, "form": element});
                fields.insert(name, field);
            }
        }
        if let Some(members) = schema.as_object_mut() {
            members.remove("properties");
        }
        let mut all = json!({
            "wire_name": self.plugin().wire_name(),
            "result": output.result_template().source(),
            "technical_info": output.technical_info_template().source(),
            "schema": schema,
            "fields": fields,
        });
        drop_nulls(&mut all);
        all
    }
}

fn not_registered<P: DataOutput>() -> Problems {
    let message = "not registered: add portal_core::register!(…) to its file";
    Problem::new(ProblemKind::Registration, P::ID, message).into()
}

/// Takes members that are null out, at any depth.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
