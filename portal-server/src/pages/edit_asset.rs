//! Editing a technical asset: the form of the same plugin, filled with what is stored.

use actix_web::{HttpRequest, web};
use portal_core::template::Fields;
use portal_core::{DataProduct, Error, Id, Result};
use portal_engine::db::Connection;
use portal_engine::store::{self, AssetRow};

use super::answer::show_with;
use super::asset_form::Subject;
use super::form::Filled;
use crate::assets;
use crate::body::{Json, path_ids};
use crate::error::status_of;
use crate::frame::{PageResult, html, see_other};
use crate::portal::{Portal, Snapshot};
use crate::visitor::Visitor;

/// An asset that can be edited here, as it is stored.
struct Stored {
    product: DataProduct,
    row: AssetRow,
    fields: Fields,
}

impl Stored {
    fn find(portal: &Portal, connection: &mut Connection, ids: &[Id; 2]) -> Result<Self> {
        let [product, asset] = ids;
        let product = store::find_data_product(connection, product)?;
        let (row, output) = assets::find_writable(portal, connection, &product.id, asset)?;
        Ok(Stored { product, row, fields: output.fields() })
    }

    fn subject<'a>(
        &'a self,
        portal: &'a Portal,
        visitor: &'a Visitor,
        snapshot: &'a Snapshot,
    ) -> Result<Subject<'a>> {
        let Stored { product, row, fields } = self;
        let new = Subject::new_asset(portal, visitor, snapshot, product, &row.configuration_type)?;
        Ok(Subject { asset: Some((row, fields)), ..new })
    }
}

/// The form as it is stored.
pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    form(request, visitor, portal, None).await
}

async fn form(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
    filled: Option<Filled>,
) -> PageResult {
    let ids = path_ids(&request, ["id", "asset_id"])?;
    show_with(portal, move |portal, connection| {
        let (stored, snapshot) = (Stored::find(portal, connection, &ids)?, portal.snapshot());
        let subject = stored.subject(portal, &visitor, &snapshot)?;
        let filled = filled.unwrap_or_else(|| subject.initial());
        subject.page(&snapshot, connection, &filled, &[], None)
    })
    .await
}

/// Stores the form, or shows it again: with what is wrong, with what somebody else has stored in
/// the meantime, or because somebody asked for the form as its conditions have it.
pub(super) async fn submit(
    request: HttpRequest,
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    if filled.one("action") == "update" {
        return form(request, visitor, portal, Some(filled)).await;
    }
    let ids = path_ids(&request, ["id", "asset_id"])?;
    let (writer, portal) = (visitor.clone(), portal.into_inner());
    let (stored, mut filled, updated) = portal
        .with_connection_to_write(move |portal, connection| {
            let stored = Stored::find(portal, connection, &ids)?;
            let body = stored.subject(portal, &writer, &portal.snapshot())?.body(&filled);
            let [product, asset] = &ids;
            let revision = Some(expected(&filled));
            let body = Json(body).check();
            let updated =
                assets::update(portal, &writer, connection, [product, asset], revision, body);
            Ok((stored, filled, updated))
        })
        .await?;
    let refused = match updated {
        Ok(_) => {
            let snapshot = portal.snapshot();
            let path = stored.subject(&portal, &visitor, &snapshot)?.path();
            return Ok(see_other(portal.prefix(), path.trim_end_matches("/edit")));
        }
        Err(refused @ (Error::Invalid(_) | Error::Stale { .. })) => refused,
        Err(other) => return Err(other.into()),
    };
    let status = status_of(&refused);
    let page = portal.with_connection(move |portal, connection| {
        let snapshot = portal.snapshot();
        let subject = stored.subject(portal, &visitor, &snapshot)?;
        match refused {
            Error::Stale { revision } => {
                let differences = subject.differences(&filled);
                // Sent once more, the form overwrites what this page shows.
                filled.set("revision", &revision.to_string());
                subject.page(&snapshot, connection, &filled, &[], Some(&differences))
            }
            Error::Invalid(found) => {
                subject.page(&snapshot, connection, &filled, found.iter().as_slice(), None)
            }
            other => Err(other),
        }
    });
    Ok(html(status, page.await?))
}

/// The revision that a form was made from. What is no number matches none: 0 was never given out.
pub(super) fn expected(filled: &Filled) -> i64 {
    filled.one("revision").parse().unwrap_or(0)
}

/// What the form would be called.
pub(super) async fn preview(
    request: HttpRequest,
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let ids = path_ids(&request, ["id", "asset_id"])?;
    show_with(portal, move |portal, connection| {
        let (stored, snapshot) = (Stored::find(portal, connection, &ids)?, portal.snapshot());
        stored.subject(portal, &visitor, &snapshot)?.preview_page(&snapshot, connection, &filled)
    })
    .await
}
