//! A new technical asset: choose a tile, fill the form.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::{DataProduct, Error, Id};
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

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose {
    layout: Layout,
    product: DataProduct,
    groups: Vec<Group>,
}

/// The tiles to choose from.
pub(super) async fn choose(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    show_with(portal, move |portal, connection| {
        let product = store::find_data_product(connection, &id)?;
        let path = format!("/data_products/{id}");
        let layout = Layout::new("New technical asset", "/data_products")
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
pub(super) async fn show(request: HttpRequest, portal: web::Data<Portal>) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let plugin = plugin_name(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let product = store::find_data_product(connection, &id)?;
        let subject = Subject::new_asset(portal, &snapshot, &product, &plugin)?;
        subject.page(portal, &snapshot, &subject.initial(), &[], None)
    })
    .await
}

/// What became of a form.
enum Outcome {
    Created(Id),
    Shown(StatusCode, String),
}

/// Creates the asset, or shows the form again: with what is wrong, or because somebody asked for
/// the form as its conditions have it.
pub(super) async fn submit(
    request: HttpRequest,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let plugin = plugin_name(&request);
    let product = id.clone();
    let outcome = portal
        .into_inner()
        .with_connection_to_write(move |portal, connection| {
            let snapshot = portal.snapshot();
            let product = store::find_data_product(connection, &product)?;
            let subject = Subject::new_asset(portal, &snapshot, &product, &plugin)?;
            if filled.one("action") == "update" {
                let page = subject.page(portal, &snapshot, &filled, &[], None)?;
                return Ok(Outcome::Shown(StatusCode::OK, page));
            }
            let created = assets::read(portal.registry(), Json(subject.body(&filled)))
                .and_then(|new| assets::create(portal, connection, &product, new));
            match created {
                Ok(asset) => Ok(Outcome::Created(asset)),
                Err(Error::Invalid(found)) => {
                    let found = subject.all_problems(connection, &filled, found)?;
                    let problems: Vec<_> = found.iter().cloned().collect();
                    let page = subject.page(portal, &snapshot, &filled, &problems, None)?;
                    Ok(Outcome::Shown(status_of(&found.into()), page))
                }
                Err(other) => Err(other),
            }
        })
        .await?;
    Ok(match outcome {
        Outcome::Created(asset) => {
            see_other(&format!("/data_products/{id}/technical_assets/{asset}"))
        }
        Outcome::Shown(status, page) => html(status, page),
    })
}

/// What the form would be called.
pub(super) async fn preview(
    request: HttpRequest,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let plugin = plugin_name(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let product = store::find_data_product(connection, &id)?;
        let subject = Subject::new_asset(portal, &snapshot, &product, &plugin)?;
        render(&subject.preview(portal, &snapshot, &filled)?)
    })
    .await
}
