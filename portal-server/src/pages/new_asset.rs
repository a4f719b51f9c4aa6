//! A new technical asset: choose a tile, fill the form.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::{DataProduct, Error};
use portal_engine::store;

use super::answer::show_with;
use super::asset_form::Subject;
use super::catalogue::{Group, groups};
use super::form::Filled;
use crate::assets;
use crate::body::{Json, path_ids};
use crate::error::status_of;
use crate::frame::{Layout, PageResult, SECTIONS, html, render, see_other, statics};
use crate::portal::Portal;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose {
    layout: Layout,
    product: DataProduct,
    groups: Vec<Group>,
}

/// The tiles to choose from.
pub(super) async fn choose(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    show_with(portal, move |portal, connection| {
        let product = store::find_data_product(connection, &id)?;
        let path = format!("/data_products/{id}");
        let layout = Layout::new(&visitor, "New technical asset", "/data_products")
            .below("Data products", "/data_products")
            .below(&product.name, path);
        let mut groups = groups(portal.registry(), &portal.snapshot().configuration, "");
        for group in &mut groups {
            group.tiles.retain(|tile| tile.stores);
        }
        groups.retain(|group| !group.tiles.is_empty());
        render(&Choose { layout, product, groups })
    })
    .await
}

fn plugin_name(request: &HttpRequest) -> String {
    request.match_info().query("plugin").to_owned()
}

/// The empty form.
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
    let [id] = path_ids(&request, ["id"])?;
    let plugin = plugin_name(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let product = store::find_data_product(connection, &id)?;
        let subject = Subject::new_asset(portal, &visitor, &snapshot, &product, &plugin)?;
        let filled = filled.unwrap_or_else(|| subject.initial());
        subject.page(&snapshot, connection, &filled, &[], None)
    })
    .await
}

/// Creates the asset, or shows the form again: with what is wrong, or because somebody asked for
/// the form as its conditions have it.
pub(super) async fn submit(
    request: HttpRequest,
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    if filled.one("action") == "update" {
        return form(request, visitor, portal, Some(filled)).await;
    }
    let [id] = path_ids(&request, ["id"])?;
    let plugin = plugin_name(&request);
    let (name, writer, portal) = (plugin.clone(), visitor.clone(), portal.into_inner());
    let (product, filled, created) = portal
        .with_connection_to_write(move |portal, connection| {
            let product = store::find_data_product(connection, &id)?;
            let body = Subject::new_asset(portal, &writer, &portal.snapshot(), &product, &name)?
                .body(&filled);
            let created = assets::create(portal, &writer, connection, &product, Json(body).check());
            Ok((product, filled, created))
        })
        .await?;
    match created {
        Ok(asset) => {
            let id = &product.id;
            let path = format!("/data_products/{id}/technical_assets/{}", asset.id);
            Ok(see_other(portal.prefix(), &path))
        }
        Err(Error::Invalid(found)) => {
            let status = status_of(&found.clone().into());
            let page = portal.with_connection(move |portal, connection| {
                let snapshot = portal.snapshot();
                let subject = Subject::new_asset(portal, &visitor, &snapshot, &product, &plugin)?;
                subject.page(&snapshot, connection, &filled, found.iter().as_slice(), None)
            });
            Ok(html(status, page.await?))
        }
        Err(other) => Err(other.into()),
    }
}

/// What the form would be called.
pub(super) async fn preview(
    request: HttpRequest,
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let plugin = plugin_name(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let product = store::find_data_product(connection, &id)?;
        let subject = Subject::new_asset(portal, &visitor, &snapshot, &product, &plugin)?;
        subject.preview_page(&snapshot, connection, &filled)
    })
    .await
}
