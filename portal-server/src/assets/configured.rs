//! A configuration in a request, and the plugin and service that it is meant for: what is wrong
//! with it, at its place in the body.

use portal_core::{DataProduct, Error, Id, Problem, ProblemKind, Problems, Result};
use portal_engine::check::{Checks, TechnicalMapping};
use portal_engine::db::Connection;
use portal_engine::store::{self, ServiceRow};
use portal_engine::{AnyOutput, LinkedOutput, LinkedPlugin, Registry};
use serde_json::{Map, Value};

use crate::portal::Snapshot;

/// A configuration in a request, with the plugin and the service that it is meant for.
pub(crate) struct Configured<'a> {
    pub plugin: &'a LinkedPlugin,
    pub output: &'a LinkedOutput,
    pub service: &'a ServiceRow,
    /// The data output, without its `configuration_type`.
    pub fields: Map<String, Value>,
}

impl<'a> Configured<'a> {
    /// Finds plugin and service, and checks that they belong together.
    pub(crate) fn find(
        registry: &'a Registry,
        snapshot: &'a Snapshot,
        platform: &Id,
        service: &Id,
        mut fields: Map<String, Value>,
    ) -> Result<Self> {
        let configuration = &snapshot.configuration;
        let service = configuration
            .service(service)
            .filter(|found| found.platform_id == *platform)
            .ok_or_else(|| {
                Error::NotFound(format!("the platform {platform} has no service {service}"))
            })?;
        let configuration_type = fields.shift_remove("configuration_type");
        let name = configuration_type.as_ref().and_then(Value::as_str).unwrap_or_default();
        let (plugin, output) =
            registry.get_output(name).map_err(|problem| under_configuration(problem.into()))?;
        if service.plugin != plugin.id() {
            let message =
                format!("the service {} stores {}, not {name}", service.name, service.plugin);
            let problem = Problem::new(ProblemKind::ValueError, "/service_id", message);
            return Err(Problems::from(problem).into());
        }
        Ok(Configured { plugin, output, service, fields })
    }
}

/// Checks a configuration that is to be stored; its problems point into the body.
pub(super) fn check(
    connection: &mut Connection,
    product: &DataProduct,
    mapping: TechnicalMapping,
    service: &ServiceRow,
    output: &LinkedOutput,
    fields: &Map<String, Value>,
) -> Result<Box<dyn AnyOutput>> {
    let mut checks = Checks {
        product,
        mapping,
        options: &service.options,
        find_rivals: &mut |names| store::rival_namespaces(connection, &product.id, names),
    };
    output.check(fields, &mut checks).map_err(|error| match error {
        Error::Invalid(problems) => under_configuration(problems).into(),
        other => other,
    })
}

/// Moves the problems of a configuration to where it stands in the body.
pub(crate) fn under_configuration(problems: Problems) -> Problems {
    let mut moved = Problems::new();
    moved.extend_under("/configuration", problems);
    moved
}

/// What is wrong with the shape of `configuration` in a body, so that it is reported beside what
/// is wrong with the rest of the body.
pub(crate) fn shape_problems(registry: &Registry, body: &Value) -> Problems {
    let Some(Value::Object(configuration)) = body.get("configuration") else {
        return Problems::new();
    };
    let mut fields = configuration.clone();
    let problems = match fields.shift_remove("configuration_type") {
        Some(Value::String(name)) => match registry.get_output(&name) {
            Ok((_, output)) => output.schema().shape_problems(&Value::Object(fields)),
            Err(problem) => problem.into(),
        },
        other => {
            let names: Vec<&str> = registry.outputs().map(|plugin| plugin.wire_name()).collect();
            let (kind, message) = match other {
                None => (ProblemKind::Missing, "the field \"configuration_type\" is required"),
                Some(_) => (ProblemKind::TypeError, "the configuration_type is no text"),
            };
            Problem::new(kind, "/configuration_type", message)
                .hint(format!("allowed: {}", names.join(", ")))
                .into()
        }
    };
    under_configuration(problems)
}
