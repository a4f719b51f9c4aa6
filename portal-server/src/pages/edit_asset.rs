//! Editing a technical asset: the form of the same plugin, filled with what is stored.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use portal_core::{Error, Id, Result};
use portal_engine::db::Connection;
use portal_engine::store::{self, StoredConfiguration};

use super::answer::show_with;
use super::asset_form::Subject;
use super::form::Filled;
use crate::assets;
use crate::body::{Json, path_ids};
use crate::error::status_of;
use crate::frame::{PageResult, html, render, see_other};
use crate::portal::{Portal, Snapshot};

/// Finds an asset that can be edited here and hands it over.
fn with_subject<T>(
    portal: &Portal,
    connection: &mut Connection,
    [product, asset]: [&Id; 2],
    work: impl FnOnce(&Subject<'_>, &Snapshot, &mut Connection) -> Result<T>,
) -> Result<T> {
    let snapshot = portal.snapshot();
    let product = store::find_data_product(connection, product)?;
    let asset = assets::find_writable(portal, connection, &product.id, asset)?;
    let StoredConfiguration::Available(output) = &asset.configuration else {
        return Err(Error::Conflict("the asset cannot be changed here".to_owned()));
    };
    let fields = output.fields();
    let mut subject =
        Subject::new_asset(portal, &snapshot, &product, &asset.row.configuration_type)?;
    subject.asset = Some((&asset.row, &fields));
    work(&subject, &snapshot, connection)
}

/// The form as it is stored.
pub(super) async fn show(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let [id, asset] = path_ids(&request, ["id", "asset_id"])?;
    show_with(portal, move |portal, connection| {
        with_subject(portal, connection, [&id, &asset], |subject, snapshot, _| {
            subject.page(portal, snapshot, &subject.initial(), &[], None)
        })
    })
    .await
}

/// Stores the form, or shows it again: with what is wrong, or with what somebody else has stored
/// in the meantime.
pub(super) async fn submit(
    request: HttpRequest,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id, asset] = path_ids(&request, ["id", "asset_id"])?;
    let back = format!("/data_products/{id}/technical_assets/{asset}");
    let shown = portal
        .into_inner()
        .with_connection_to_write(move |portal, connection| {
            let ids = [&id, &asset];
            with_subject(portal, connection, ids, |subject, snapshot, connection| {
                store_or_show(portal, connection, ids, subject, snapshot, filled)
            })
        })
        .await?;
    Ok(match shown {
        None => see_other(&back),
        Some((status, page)) => html(status, page),
    })
}

fn store_or_show(
    portal: &Portal,
    connection: &mut Connection,
    ids: [&Id; 2],
    subject: &Subject<'_>,
    snapshot: &Snapshot,
    mut filled: Filled,
) -> Result<Option<(StatusCode, String)>> {
    if filled.one("action") == "update" {
        let page = subject.page(portal, snapshot, &filled, &[], None)?;
        return Ok(Some((StatusCode::OK, page)));
    }
    let revision = expected(&filled);
    let body = Json(subject.body(&filled));
    let stored = assets::update(portal, connection, ids, Some(revision), body);
    match stored {
        Ok(()) => Ok(None),
        Err(Error::Invalid(found)) => {
            let found = subject.all_problems(connection, &filled, found)?;
            let problems: Vec<_> = found.iter().cloned().collect();
            let page = subject.page(portal, snapshot, &filled, &problems, None)?;
            Ok(Some((status_of(&found.into()), page)))
        }
        Err(stale @ Error::Stale { revision }) => {
            let differences = subject.differences(&filled);
            // Sent once more, the form overwrites what this page shows.
            filled.set("revision", &revision.to_string());
            let page = subject.page(portal, snapshot, &filled, &[], Some(&differences))?;
            Ok(Some((status_of(&stale), page)))
        }
        Err(other) => Err(other),
    }
}

/// The revision that a form was made from. What is no number matches none: 0 was never given out.
pub(super) fn expected(filled: &Filled) -> i64 {
    filled.one("revision").parse().unwrap_or(0)
}

/// What the form would be called.
pub(super) async fn preview(
    request: HttpRequest,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id, asset] = path_ids(&request, ["id", "asset_id"])?;
    show_with(portal, move |portal, connection| {
        with_subject(portal, connection, [&id, &asset], |subject, snapshot, _| {
            render(&subject.preview(portal, snapshot, &filled)?)
        })
    })
    .await
}
