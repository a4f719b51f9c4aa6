//! Creating and changing technical assets, whoever asks for it: the API or a page.

mod configured;
pub(crate) mod filter;
mod further;
pub(crate) mod input;

use portal_core::{DataProduct, Error, Id, Result};
use portal_engine::db::Connection;
use portal_engine::store::{
    self, AssetChange, AssetRow, AssetStatus, StoredConfiguration, TechnicalAsset,
};
use portal_engine::{AnyOutput, Registry};
use serde_json::{Map, Value};

pub(crate) use self::configured::shape_problems;
use self::configured::{Configured, check, under_configuration};
pub(crate) use self::further::{configuration_field, further_problems};
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
        name: new.name.trim().to_owned(),
        description: new.description,
        namespace: new.namespace,
        ..AssetRow::new(product.id.clone(), new.service_id, plugin.wire_name(), mapping)
    };
    store::create_asset(connection, &row, checked.as_ref())?;
    Ok(row.id)
}

/// Checks and stores what changes of an asset; `expected` as in [`store::update_asset`]. Whether it
/// can be written here comes first: a plugin that is away makes its own name in the body wrong.
pub(crate) fn update(
    portal: &Portal,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    expected: Option<i64>,
    body: Json,
) -> Result<()> {
    let owner = store::find_data_product(connection, product)?;
    let found = find_writable(portal, connection, product, asset)?;
    let changed: ChangedTechnicalAsset = read(portal.registry(), body)?;
    let checked = match changed.configuration {
        None => None,
        Some(fields) => Some(check_changed(portal, connection, &owner, &found.row, fields)?),
    };
    let change = AssetChange {
        name: Some(changed.name.trim().to_owned()),
        description: Some(changed.description),
        configuration: checked.as_deref(),
        status: None,
    };
    store::update_asset(connection, portal.registry(), product, asset, expected, &change)
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
    store::update_asset(connection, portal.registry(), product, asset, expected, &change)
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

/// The data output that is to be an asset's own from now on.
fn check_changed(
    portal: &Portal,
    connection: &mut Connection,
    product: &DataProduct,
    row: &AssetRow,
    fields: Map<String, Value>,
) -> Result<Box<dyn AnyOutput>> {
    let snapshot = portal.snapshot();
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
    check(connection, product, row.technical_mapping, service, output, &fields)
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
