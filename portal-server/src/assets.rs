//! Creating and changing technical assets, whoever asks for it: the API or a page.

pub(crate) mod filter;
pub(crate) mod input;
mod requested;

use portal_core::{DataProduct, Error, Id, Result};
use portal_engine::AnyOutput;
use portal_engine::db::Connection;
use portal_engine::store::{self, AssetChange, AssetRow, AssetStatus, StoredConfiguration};

use self::input::{ChangedTechnicalAsset, NewTechnicalAsset, check_texts, mapping};
use self::requested::Requested;
use crate::body::{Checked, RequestBody};
use crate::portal::Portal;

/// Checks and stores a new asset.
pub(crate) fn create(
    portal: &Portal,
    connection: &mut Connection,
    product: &DataProduct,
    mut body: Checked<NewTechnicalAsset>,
) -> Result<Id> {
    let snapshot = portal.snapshot();
    check_texts(&mut body);
    body.check_text("namespace", store::check_namespace);
    let mapping = mapping(&body);
    let mut stored = None;
    if let Some(mut configured) = Requested::of(portal.registry(), &mut body) {
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
    };
    store::create_asset(connection, &row, output.as_ref())?;
    Ok(row.id)
}

/// Checks and stores what changes of an asset; `expected` as in [`store::update_asset`]. Whether it
/// can be written here comes first: a plugin that is away makes its own name in the body wrong.
pub(crate) fn update(
    portal: &Portal,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    expected: Option<i64>,
    mut body: Checked<ChangedTechnicalAsset>,
) -> Result<()> {
    let owner = store::find_data_product(connection, product)?;
    let (row, _) = find_writable(portal, connection, product, asset)?;
    let snapshot = portal.snapshot();
    check_texts(&mut body);
    let mut checked = None;
    if let Some(mut configured) = Requested::of(portal.registry(), &mut body) {
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
/// shape and limits are checked, so that it can be shown while somebody types.
pub(crate) fn preview<T: RequestBody>(
    portal: &Portal,
    mut body: Checked<T>,
) -> Result<Option<String>> {
    let snapshot = portal.snapshot();
    let mut path = None;
    if let Some(mut configured) = Requested::of(portal.registry(), &mut body) {
        configured.find_service(&snapshot.configuration, &mut body);
        let previewed = configured.preview(&mut body);
        configured.refuse_absent(&mut body)?;
        if let (Some(output), Some(service)) = (previewed, configured.service) {
            path = snapshot.configuration.result_string(service, output.as_ref());
        }
    }
    body.read()?;
    Ok(path)
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
