//! Creating and changing technical assets, whoever asks for it: the API or a page.

pub(crate) mod filter;
pub(crate) mod input;
mod requested;
mod shown;

use portal_core::{DataProduct, Error, Id, Result};
use portal_engine::check::TechnicalMapping;
use portal_engine::db::{Connection, ConnectionExt};
use portal_engine::store::{
    self, AssetChange, AssetRow, AssetStatus, ServiceRow, StoredConfiguration, places,
};
use portal_engine::{AnyOutput, LinkedPlugin};

use self::input::{ChangedTechnicalAsset, NewTechnicalAsset, check_texts, mapping};
use self::requested::Requested;
pub(crate) use self::shown::{Previewed, Shown, Written};
use crate::body::{Checked, RequestBody};
use crate::portal::{Portal, Snapshot};
use crate::visitor::Visitor;

/// Checks and stores a new asset.
pub(crate) fn create(
    portal: &Portal,
    visitor: &Visitor,
    connection: &mut Connection,
    product: &DataProduct,
    mut body: Checked<NewTechnicalAsset>,
) -> Result<Written> {
    let snapshot = portal.snapshot();
    check_texts(&mut body);
    body.check_text("namespace", store::check_namespace);
    let mapping = mapping(&body);
    let mut stored = None;
    if let Some(mut configured) =
        Requested::of(portal.registry(), snapshot.configuration.wire_names, &mut body)
    {
        configured.find_service(&snapshot.configuration, &mut body);
        let checked = configured.check(connection, product, mapping, &mut body)?;
        configured.refuse_absent(&mut body)?;
        stored = checked.zip(mapping);
    }
    // The index says it of a namespace that is all there is to refuse.
    if body.is_wrong()
        && !body.is_wrong_at("namespace")
        && let Some(namespace) = body.field("namespace").as_str()
        && let Some(taken) = store::taken_asset_namespace(connection, &product.id, namespace)?
    {
        body.refuse("", taken);
    }
    let Some(((wire_name, output), mapping)) = stored.filter(|_| !body.is_wrong()) else {
        return Err(body.into_problems().into());
    };
    let new = body.read()?;
    let row = AssetRow {
        name: new.name.trim().to_owned(),
        description: new.description,
        namespace: new.namespace,
        ..AssetRow::new(product.id.clone(), new.service_id, wire_name, mapping)
    }
    .by(&visitor.author());
    let (plugin, service) = of_service(portal, &snapshot, &row.service_id)?;
    let rendered = snapshot.configuration.render(plugin, service, product, output.as_ref());
    connection.write(|connection| {
        store::create_asset(connection, &row, output.as_ref())?;
        places::keep_new(connection, &snapshot.configuration, plugin, &row.id, &rendered)
    })?;
    Written::new(connection, row.id, service, &rendered)
}

/// Checks and stores what changes of an asset; `expected` as in [`store::update_asset`]. Whether it
/// can be written here comes first: a plugin that is away makes its own name in the body wrong.
pub(crate) fn update(
    portal: &Portal,
    visitor: &Visitor,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    expected: Option<i64>,
    mut body: Checked<ChangedTechnicalAsset>,
) -> Result<Written> {
    let owner = store::find_data_product(connection, product)?;
    let (row, stored) = find_writable(portal, connection, product, asset)?;
    let snapshot = portal.snapshot();
    check_texts(&mut body);
    let mut checked = None;
    if let Some(mut configured) =
        Requested::of(portal.registry(), snapshot.configuration.wire_names, &mut body)
    {
        let service = snapshot
            .configuration
            .service(&row.service_id)
            .ok_or_else(|| Error::Conflict("the asset's platform service is gone".to_owned()))?;
        configured.set_service(service, "/configuration/configuration_type", &mut body);
        let mapping = Some(row.technical_mapping);
        checked = configured.check(connection, &owner, mapping, &mut body)?;
    }
    let changed = body.read()?;
    let change = AssetChange {
        name: Some(changed.name.trim().to_owned()),
        description: Some(changed.description),
        configuration: checked.as_ref().map(|(_, output)| output.as_ref()),
        author: visitor.author(),
        ..AssetChange::default()
    };
    let (plugin, service) = of_service(portal, &snapshot, &row.service_id)?;
    let output = change.configuration.unwrap_or(stored.as_ref());
    let rendered = snapshot.configuration.render(plugin, service, &owner, output);
    connection.write(|connection| {
        store::update_asset(connection, portal.registry(), product, asset, expected, &change)?;
        // What was read before is only what is stored now if it is replaced.
        match change.configuration {
            Some(_) => places::keep(connection, &snapshot.configuration, plugin, asset, &rendered),
            None => Ok(()),
        }
    })?;
    Written::new(connection, asset.clone(), service, &rendered)
}

/// The service of an asset and its plugin, which are both there.
fn of_service<'a>(
    portal: &'a Portal,
    snapshot: &'a Snapshot,
    id: &Id,
) -> Result<(&'a LinkedPlugin, &'a ServiceRow)> {
    let service = snapshot
        .configuration
        .service(id)
        .ok_or_else(|| Error::Conflict("the asset's platform service is gone".to_owned()))?;
    Ok((portal.registry().get(&service.plugin)?, service))
}

/// Approves, archives or reopens an asset; `expected` as in [`store::update_asset`].
pub(crate) fn set_status(
    portal: &Portal,
    visitor: &Visitor,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    expected: Option<i64>,
    status: AssetStatus,
) -> Result<()> {
    find_writable(portal, connection, product, asset)?;
    let change = AssetChange {
        status: Some(status),
        author: visitor.author(),
        allows_self_approval: visitor.access().rules().self_approval,
        ..AssetChange::default()
    };
    store::update_asset(connection, portal.registry(), product, asset, expected, &change)
}

/// What a configuration would be called, and where it would be. Only its shape and limits are
/// checked, so that it can be shown while somebody types.
pub(crate) fn preview<T: RequestBody>(
    portal: &Portal,
    mut body: Checked<T>,
    product: Option<(&mut Connection, &DataProduct)>,
) -> Result<Previewed> {
    let snapshot = portal.snapshot();
    let mut previewed = Previewed::default();
    if let Some(mut configured) =
        Requested::of(portal.registry(), snapshot.configuration.wire_names, &mut body)
    {
        configured.find_service(&snapshot.configuration, &mut body);
        let mapping = product.as_ref().and_then(|_| mapping(&body));
        let namespace = product
            .as_ref()
            .filter(|_| mapping == Some(TechnicalMapping::Default))
            .map(|(_, product)| product.namespace.as_str());
        let read = configured.preview(namespace, &mut body);
        configured.refuse_absent(&mut body)?;
        if let (Some((plugin, output)), Some(service)) = (read, configured.service) {
            let configuration = &snapshot.configuration;
            previewed = match product {
                None => Previewed {
                    result: configuration.result_string(service, output.as_ref()),
                    shown: None,
                },
                Some((connection, product)) => {
                    let rendered = configuration.render(plugin, service, product, output.as_ref());
                    Previewed::new(connection, service, &rendered)?
                }
            };
        }
    }
    body.read()?;
    Ok(previewed)
}

/// An asset whose plugin is here, and its data output: others can be read and deleted only.
pub(crate) fn find_writable(
    portal: &Portal,
    connection: &mut Connection,
    product: &Id,
    asset: &Id,
) -> Result<(AssetRow, Box<dyn AnyOutput>)> {
    let asset = store::find_asset(connection, portal.registry(), product, asset)?;
    match asset.configuration {
        StoredConfiguration::Available(output) => Ok((asset.row, output)),
        StoredConfiguration::Unavailable(reason) => {
            Err(Error::Conflict(format!("the asset cannot be changed here: {reason}")))
        }
    }
}
