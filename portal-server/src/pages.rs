//! Every page for people, on one screen. Pages are rendered here on the server, and ask the same
//! functions as the API.

mod account;
mod answer;
mod asset;
mod asset_form;
mod asset_list;
mod catalogue;
mod data_product;
mod data_products;
mod delete_asset;
mod edit_asset;
mod environments;
mod files;
mod form;
mod identity_provider;
mod members;
mod new_asset;
mod operator;
mod paging;
mod plugin;
mod plugin_environments;
mod product_environments;
mod service_assets;
mod sessions;
mod sign_in;
mod tokens;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{Error, HttpRequest, HttpResponse, web};
use portal_engine::access::Permission::{
    self, BeKnown, ChangeAssets, ChangeMembers, CreateDataProduct, ManageSessions, ManageTokens,
    MoveAssets, Open, Read,
};

use crate::error::Explained;
use crate::frame::{explain, refuse, see_other, to_explain, unstored};
use crate::permit;
use crate::portal::Portal;
use crate::resource::{Handler, Line, resources};

/// A method on a path.
pub(crate) struct Page {
    pub method: Method,
    pub path: &'static str,
    pub permission: Permission,
    handler: Handler,
}

const fn get(path: &'static str, permission: Permission, handler: Handler) -> Page {
    Page { method: Method::GET, path, permission, handler }
}

const fn post(path: &'static str, permission: Permission, handler: Handler) -> Page {
    Page { method: Method::POST, path, permission, handler }
}

/// All pages. What holds for the spellings and methods of routes holds here as well.
#[rustfmt::skip]
pub(crate) const PAGES: &[Page] = &[
    get("/", Read, |route| route.to(catalogue::show)),
    get("/plugins/{name}", Read, |route| route.to(plugin::show)),
    get("/operator", Read, |route| route.to(operator::show)),
    get("/operator/assets", Read, |route| route.to(service_assets::show)),
    get("/operator/tokens", ManageTokens, |route| route.to(tokens::list)),
    post("/operator/tokens", ManageTokens, |route| route.to(tokens::create)),
    post("/operator/tokens/revoke", ManageTokens, |route| route.to(tokens::revoke)),
    get("/operator/sessions", ManageSessions, |route| route.to(sessions::list)),
    post("/operator/sessions/end", ManageSessions, |route| route.to(sessions::end)),
    get("/operator/identity-provider", ManageSessions, |route| route.to(identity_provider::show)),

    get("/sign-in", Open, |route| route.to(sign_in::begin)),
    get("/sign-in/callback", Open, |route| route.to(sign_in::finish)),
    post("/sign-out", Open, |route| route.to(sign_in::sign_out)),
    get("/signed-out", Open, |route| route.to(sign_in::signed_out)),
    get("/account", BeKnown, |route| route.to(account::show)),
    post("/account/sessions/end", BeKnown, |route| route.to(account::end)),

    get("/data_products", Read, |route| route.to(data_products::list)),
    get("/data_products/new", CreateDataProduct, |route| route.to(data_products::new)),
    post("/data_products/new", CreateDataProduct, |route| route.to(data_products::create)),
    get("/data_products/{id}", Read, |route| route.to(data_product::show)),
    get("/data_products/{id}/environments", Read, |route| route.to(product_environments::show)),
    get("/data_products/{id}/members", Read, |route| route.to(members::show)),
    post("/data_products/{id}/members", ChangeMembers, |route| route.to(members::replace)),

    get("/data_products/{id}/technical_assets/new", ChangeAssets, |route| route.to(new_asset::choose)),
    get("/data_products/{id}/technical_assets/new/{plugin}", ChangeAssets, |route| route.to(new_asset::show)),
    post("/data_products/{id}/technical_assets/new/{plugin}", ChangeAssets, |route| route.to(new_asset::submit)),
    post("/data_products/{id}/technical_assets/new/{plugin}/preview", ChangeAssets, |route| route.to(new_asset::preview)),
    get("/data_products/{id}/technical_assets/{asset_id}", Read, |route| route.to(asset::show)),
    post("/data_products/{id}/technical_assets/{asset_id}/status", MoveAssets, |route| route.to(asset::set_status)),
    get("/data_products/{id}/technical_assets/{asset_id}/edit", ChangeAssets, |route| route.to(edit_asset::show)),
    post("/data_products/{id}/technical_assets/{asset_id}/edit", ChangeAssets, |route| route.to(edit_asset::submit)),
    post("/data_products/{id}/technical_assets/{asset_id}/edit/preview", ChangeAssets, |route| route.to(edit_asset::preview)),
    get("/data_products/{id}/technical_assets/{asset_id}/delete", ChangeAssets, |route| route.to(delete_asset::show)),
    post("/data_products/{id}/technical_assets/{asset_id}/delete", ChangeAssets, |route| route.to(delete_asset::submit)),

    get("/static/{name}", Open, |route| route.to(files::serve)),
    get("/favicon.ico", Open, |route| route.to(files::favicon)),
];

/// Adds all pages to an app, and the answer for what nobody serves.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.app_data(form::config());
    let pages = PAGES.iter().map(|page| {
        let Page { method, path, permission, handler } = page;
        Line { path, method, permission: *permission, handler: *handler }
    });
    for resource in resources(pages, to_explain) {
        app.service(resource.wrap(from_fn(with_error_pages)).wrap(Compress::default()));
    }
    app.default_service(web::to(not_found));
}

/// Shows what went wrong as a page, and leads whoever is nobody, and wants to see one, to sign in.
async fn with_error_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let (request, response) = next.call(request).await?.map_into_boxed_body().into_parts();
    let portal = request.app_data::<web::Data<Portal>>();
    let response = match portal {
        Some(portal) => {
            let visitor = portal.known_visitor(&request);
            match visitor.may_sign_in() && wants_to_see(&request, &response) {
                true => {
                    let to = request.uri().path_and_query().map_or("/", |to| to.as_str());
                    unstored(see_other(portal.prefix(), &sign_in::address(to)))
                }
                false => explain(&visitor, response),
            }
        }
        None => response,
    };
    Ok(ServiceResponse::new(request, response))
}

/// Whether somebody who is nobody asks for a page to look at. What they send is not sent again by
/// itself, and a part of a page is no page.
fn wants_to_see(request: &HttpRequest, response: &HttpResponse) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let why = response.extensions().get::<Explained>().map(|why| why.code);
    why == Some("unauthenticated")
        && request.method() == Method::GET
        && !request.headers().contains_key("hx-request")
        && accepts.is_some_and(|accept| accept.contains("text/html"))
}

/// Answers what nobody serves.
pub(crate) async fn not_found(request: HttpRequest, portal: web::Data<Portal>) -> HttpResponse {
    let address = request.path();
    let visitor = permit::visitor(&request, &portal).await;
    let answer = refuse(&visitor, request.headers(), address, Explained::nothing_at(address));
    if visitor.session.is_some() { unstored(answer) } else { answer }
}
