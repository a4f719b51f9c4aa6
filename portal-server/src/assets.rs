//! Creating and changing technical assets, whoever asks for it: the API or a page.

pub(crate) mod input;

use std::collections::BTreeSet;

use portal_core::check::{Checks, TechnicalMapping};
use portal_core::db::Connection;
use portal_core::store::{
    self, AssetChange, AssetRow, AssetStatus, DataProduct, ServiceRow, StoredConfiguration,
    TechnicalAsset,
};
use portal_core::{
    AnyOutput, Error, Id, LinkedOutput, Problem, ProblemKind, Problems, Registry, Result,
};
use serde_json::{Map, Value};

use self::input::{ChangedTechnicalAsset, NewTechnicalAsset, field_problems};
use crate::body::{Json, RequestBody};
use crate::portal::{Portal, Snapshot};

/// The body of a request that writes an asset, once all that is wrong with any part of it has been
/// looked for.
pub(crate) fn read<T: RequestBody>(registry: &Registry, body: Json) -> Result<T> {
    let mut problems = body.problems::<T>();
    problems.extend_under("", shape_problems(registry, &body.0));
    problems.extend_under("", field_problems(&body.0));
    problems.into_result()?;
    body.read()
}

/// Checks and stores a new asset.
pub(crate) fn create(
    portal: &Portal,
    connection: &mut Connection,
    product: &DataProduct,
    new: NewTechnicalAsset,
) -> Result<Id> {
    let snapshot = portal.snapshot();
    let mapping = new.mapping();
    let configured = Configured::find(
        portal.registry(),
        &snapshot,
        &new.platform_id,
        &new.service_id,
        new.configuration,
    )?;
    let Configured { plugin, output, service, fields } = configured;
    let checked = check(connection, product, mapping, service, output, &fields)?;
    let row = AssetRow {
        name: new.name,
        description: new.description,
        namespace: new.namespace,
        ..AssetRow::new(product.id.clone(), new.service_id, plugin.wire_name(), mapping)
    };
    store::create_asset(connection, &row, checked.as_ref())?;
    Ok(row.id)
}

/// Checks and stores what changes of an asset; `expected` as in [`store::update_asset`].
pub(crate) fn update(
    portal: &Portal,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    expected: Option<i64>,
    changed: ChangedTechnicalAsset,
) -> Result<()> {
    let owner = store::find_data_product(connection, product)?;
    let found = find_writable(portal, connection, product, asset)?;
    let checked = match changed.configuration {
        None => None,
        Some(fields) => checked_change(portal, connection, &owner, &found, fields)?,
    };
    let change = AssetChange {
        name: Some(changed.name),
        description: Some(changed.description),
        configuration: checked.as_deref(),
        status: None,
    };
    store::update_asset(connection, product, asset, expected, &change)
}

/// Approves, archives or reopens an asset; `expected` as in [`store::update_asset`].
pub(crate) fn set_status(
    portal: &Portal,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    expected: Option<i64>,
    status: AssetStatus,
) -> Result<()> {
    find_writable(portal, connection, product, asset)?;
    let change = AssetChange { status: Some(status), ..AssetChange::default() };
    store::update_asset(connection, product, asset, expected, &change)
}

/// What else is wrong with a configuration, beside the problems that were found already.
///
/// Checks stop at the first stage that finds something. A form shows everything at once, so each
/// field that is known to be wrong is given a value that is right, and the checks run again.
/// Fields whose condition rests on such a field are left out: nobody knows whether they count.
pub(crate) fn further_problems(
    connection: &mut Connection,
    product: &DataProduct,
    mapping: TechnicalMapping,
    (service, output): (&ServiceRow, &LinkedOutput),
    fields: &Map<String, Value>,
    found: Problems,
) -> Result<Problems> {
    let example = output.example().fields();
    let form = output.form(&service.options);
    let mut problems = found;
    for _ in 0..=form.len() {
        let wrong: BTreeSet<String> = problems.iter().filter_map(configuration_field).collect();
        let mut repaired = fields.clone();
        for name in &wrong {
            let is_namespace = output.namespace_field_name() == Some(name);
            match example.get(name) {
                Some(value) if mapping == TechnicalMapping::Custom || !is_namespace => {
                    repaired.insert(name.clone(), value.clone())
                }
                _ => repaired.shift_remove(name),
            };
        }
        let more = match check(connection, product, mapping, service, output, &repaired) {
            Ok(_) => break,
            Err(Error::Invalid(more)) => more,
            Err(other) => return Err(other),
        };
        let is_unsure = |name: &String| {
            let element = form.iter().find(|element| element.name == *name);
            let conditions = element.and_then(|element| element.depends_on.as_deref());
            wrong.contains(name)
                || conditions.unwrap_or_default().iter().any(|one| wrong.contains(&one.field_name))
        };
        let before = problems.len();
        for problem in more.iter() {
            if !configuration_field(problem).is_some_and(|name| is_unsure(&name)) {
                problems.push(problem.clone());
            }
        }
        if problems.len() == before {
            break;
        }
    }
    Ok(problems)
}

/// The field of the configuration that a problem with a body is about.
pub(crate) fn configuration_field(problem: &Problem) -> Option<String> {
    let segment = problem.at.strip_prefix("/configuration/")?.split('/').next()?;
    Some(segment.replace("~1", "/").replace("~0", "~"))
}

/// What a configuration would be called; `None` when its service cannot be rendered. Only its
/// shape is checked, so that it can be shown while somebody types.
pub(crate) fn preview(
    registry: &Registry,
    snapshot: &Snapshot,
    platform: &Id,
    service: &Id,
    configuration: Map<String, Value>,
) -> Result<Option<String>> {
    let configured = Configured::find(registry, snapshot, platform, service, configuration)?;
    let output = configured.output.preview(&configured.fields).map_err(under_configuration)?;
    Ok(snapshot.configuration.result_string(configured.service, output.as_ref()))
}

/// Checks a configuration that is to be stored; its problems point into the body.
fn check(
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

/// The data output to store instead of an asset's own; `None` when it is the same.
fn checked_change(
    portal: &Portal,
    connection: &mut Connection,
    product: &DataProduct,
    asset: &TechnicalAsset,
    fields: Map<String, Value>,
) -> Result<Option<Box<dyn AnyOutput>>> {
    let snapshot = portal.snapshot();
    let row = &asset.row;
    let service = snapshot
        .configuration
        .service(&row.service_id)
        .ok_or_else(|| Error::Conflict("the asset's platform service is gone".to_owned()))?;
    let configured = Configured::find(
        portal.registry(),
        &snapshot,
        &service.platform_id,
        &row.service_id,
        fields,
    )?;
    let Configured { output, service, fields, .. } = configured;
    let checked = check(connection, product, row.technical_mapping, service, output, &fields)?;
    let is_same = matches!(
        &asset.configuration,
        StoredConfiguration::Available(stored) if stored.fields() == checked.fields()
    );
    Ok((!is_same).then_some(checked))
}

/// An asset whose plugin is here: others can be read and deleted only.
pub(crate) fn find_writable(
    portal: &Portal,
    connection: &mut Connection,
    product: &Id,
    asset: &Id,
) -> Result<TechnicalAsset> {
    let asset = store::find_asset(connection, portal.registry(), product, asset)?;
    match asset.configuration {
        StoredConfiguration::Available(_) => Ok(asset),
        StoredConfiguration::Unavailable(reason) => {
            Err(Error::Conflict(format!("the asset cannot be changed here: {reason}")))
        }
    }
}

/// A configuration in a request, with the plugin and the service that it is meant for.
pub(crate) struct Configured<'a> {
    pub plugin: &'a portal_core::LinkedPlugin,
    pub output: &'a portal_core::LinkedOutput,
    pub service: &'a store::ServiceRow,
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
    ) -> Result<Self, Error> {
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
