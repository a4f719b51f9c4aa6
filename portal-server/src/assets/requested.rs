//! A configuration in a request, and the plugin and service that it is meant for: what is wrong
//! with it, at its place in the body.

use portal_core::template::Fields;
use portal_core::{DataProduct, Error, Id, Problem, ProblemKind, Result};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::db::Connection;
use portal_engine::store::{self, Configuration, ServiceRow};
use portal_engine::{AnyOutput, LinkedOutput, LinkedPlugin, Registry, WireNames};
use serde_json::Value;

use crate::body::{Checked, RequestBody};

/// Where a configuration stands in a body.
const AT: &str = "/configuration";

/// A configuration in a request, as far as it can be told.
pub(super) struct Requested<'a> {
    /// What messages call plugins.
    names: WireNames,
    /// The plugin that it is of, and its data output.
    plugin: Option<(&'a LinkedPlugin, &'a LinkedOutput)>,
    /// The service that is to store it.
    pub(super) service: Option<&'a ServiceRow>,
    /// The data output, without its `configuration_type`.
    fields: Fields,
    /// Which service the body names although there is none.
    absent: Option<String>,
}

impl<'a> Requested<'a> {
    /// Finds the plugin that `configuration` in a body names; `None` when there is no
    /// configuration, which the body's schema has an opinion of.
    pub(super) fn of<T: RequestBody>(
        registry: &'a Registry,
        names: WireNames,
        body: &mut Checked<T>,
    ) -> Option<Self> {
        let Value::Object(configuration) = body.field("configuration") else { return None };
        let mut fields = configuration.clone();
        let named = match fields.shift_remove("configuration_type") {
            Some(Value::String(name)) => registry.get_output(&name, names),
            other => Err(without_type(registry, names, other.as_ref())),
        };
        let plugin = named.map_err(|problem| body.refuse(AT, problem)).ok();
        Some(Requested { names, plugin, service: None, fields, absent: None })
    }

    /// Finds the service that a body names, and sees that it is the plugin's.
    pub(super) fn find_service<T: RequestBody>(
        &mut self,
        configuration: &'a Configuration,
        body: &mut Checked<T>,
    ) {
        let ids = (body.sound::<Id>("platform_id"), body.sound::<Id>("service_id"));
        let (Some(platform), Some(id)) = ids else { return };
        match configuration.service(&id).filter(|found| found.platform_id == platform) {
            Some(service) => self.set_service(service, "/service_id", body),
            None => self.absent = Some(format!("the platform {platform} has no service {id}")),
        }
    }

    /// Sees that a service is the plugin's, or says at `at` that it is not.
    pub(super) fn set_service<T: RequestBody>(
        &mut self,
        service: &'a ServiceRow,
        at: &str,
        body: &mut Checked<T>,
    ) {
        match self.plugin {
            Some((plugin, _)) if service.plugin != plugin.id() => {
                let (name, stores) = (&service.name, &service.plugin);
                let sent = plugin.name_in_answers(self.names);
                let message = format!("the service {name} stores {stores}, not {sent}");
                body.refuse("", Problem::new(ProblemKind::ValueError, at, message));
            }
            _ => self.service = Some(service),
        }
    }

    /// Checks it as what is to be stored, and returns that with its wire name; `None` when it is
    /// refused.
    pub(super) fn check<T: RequestBody>(
        &self,
        connection: &mut Connection,
        product: &DataProduct,
        mapping: Option<TechnicalMapping>,
        body: &mut Checked<T>,
    ) -> Result<Option<(&'static str, Box<dyn AnyOutput>)>> {
        let Some((plugin, output)) = self.plugin else { return Ok(None) };
        let mut checks = Checks {
            product,
            mapping,
            options: self.service.map(|service| service.options.as_slice()),
            find_rivals: &mut |names| store::rival_namespaces(connection, &product.id, names),
        };
        match output.check(&self.fields, &mut checks) {
            Ok(output) => Ok(Some((plugin.wire_name(), output))),
            Err(Error::Invalid(problems)) => {
                body.refuse(AT, problems);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Says that there is no such service as the body names, where that is so.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when nothing else is wrong; beside others it is one of the problems.
    pub(super) fn refuse_absent<T: RequestBody>(&self, body: &mut Checked<T>) -> Result<()> {
        let at_service = |sentence| Problem::new(ProblemKind::ValueError, "/service_id", sentence);
        body.refuse_absent(self.absent.clone().map(at_service).into_iter().collect())
    }

    /// Checks its shape and limits alone, so that it can be shown while somebody types.
    pub(super) fn preview<T: RequestBody>(
        &self,
        namespace: Option<&str>,
        body: &mut Checked<T>,
    ) -> Option<(&'a LinkedPlugin, Box<dyn AnyOutput>)> {
        let (plugin, output) = self.plugin?;
        let read = output.preview(&self.fields, namespace);
        read.map(|read| (plugin, read)).map_err(|problems| body.refuse(AT, problems)).ok()
    }
}

/// The problem of a configuration whose type is absent or no text.
fn without_type(registry: &Registry, names: WireNames, found: Option<&Value>) -> Problem {
    let (kind, message) = match found {
        None => (ProblemKind::Missing, "the field \"configuration_type\" is required"),
        Some(_) => (ProblemKind::TypeError, "the configuration_type is no text"),
    };
    let names: Vec<&str> = registry.outputs().map(|plugin| plugin.name_in_answers(names)).collect();
    Problem::new(kind, "/configuration_type", message)
        .hint(format!("allowed: {}", names.join(", ")))
}
