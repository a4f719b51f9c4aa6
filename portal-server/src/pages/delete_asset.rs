//! Deleting a technical asset, after saying what is lost.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_engine::store;

use super::answer::show_with;
use super::asset::AssetPage;
use super::edit_asset::expected;
use super::form::Filled;
use crate::body::path_ids;
use crate::frame::{Layout, PageResult, SECTIONS, render, see_other, statics};
use crate::portal::Portal;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    layout: Layout,
    asset: AssetPage,
}

/// What is lost, and the button.
pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    show_with(portal, move |portal, connection| {
        let product = store::find_data_product(connection, &id)?;
        let asset = store::find_asset(connection, portal.registry(), &id, &asset_id)?;
        let snapshot = portal.snapshot();
        let asset = AssetPage::new(portal, &snapshot, product, asset);
        let title = format!("Delete {}?", asset.row.name);
        let layout = asset.layout(&visitor, &title).below(&asset.row.name, &asset.path);
        render(&DeletePage { layout, asset })
    })
    .await
}

/// Deletes it, unless it has changed since the page was shown.
pub(super) async fn submit(
    request: HttpRequest,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id, asset_id] = path_ids(&request, ["id", "asset_id"])?;
    let revision = expected(&filled);
    let path = format!("/data_products/{id}");
    let portal = portal.into_inner();
    portal
        .with_connection_to_write(move |_, connection| {
            store::delete_asset(connection, &id, &asset_id, Some(revision))
        })
        .await?;
    Ok(see_other(portal.prefix(), &path))
}
