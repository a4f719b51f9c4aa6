//! Every page for people, on one screen. Pages are rendered here on the server, and ask the same
//! functions as the API.

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
mod new_asset;
mod operator;
mod paging;
mod plugin;
mod plugin_environments;
mod product_environments;
mod service_assets;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::{Error, HttpRequest, HttpResponse, web};

use crate::error::Explained;
use crate::frame::{explain, refuse, to_explain};
use crate::portal::Portal;
use crate::resource::{Handler, resources};

/// A method on a path.
struct Page {
    method: Method,
    path: &'static str,
    handler: Handler,
}

const fn get(path: &'static str, handler: Handler) -> Page {
    Page { method: Method::GET, path, handler }
}

const fn post(path: &'static str, handler: Handler) -> Page {
    Page { method: Method::POST, path, handler }
}

/// All pages. What holds for the spellings and methods of routes holds here as well.
#[rustfmt::skip]
const PAGES: &[Page] = &[
    get("/", |route| route.to(catalogue::show)),
    get("/plugins/{name}", |route| route.to(plugin::show)),
    get("/operator", |route| route.to(operator::show)),
    get("/operator/assets", |route| route.to(service_assets::show)),

    get("/data_products", |route| route.to(data_products::list)),
    get("/data_products/new", |route| route.to(data_products::new)),
    post("/data_products/new", |route| route.to(data_products::create)),
    get("/data_products/{id}", |route| route.to(data_product::show)),
    get("/data_products/{id}/environments", |route| route.to(product_environments::show)),

    get("/data_products/{id}/technical_assets/new", |route| route.to(new_asset::choose)),
    get("/data_products/{id}/technical_assets/new/{plugin}", |route| route.to(new_asset::show)),
    post("/data_products/{id}/technical_assets/new/{plugin}", |route| route.to(new_asset::submit)),
    post("/data_products/{id}/technical_assets/new/{plugin}/preview", |route| route.to(new_asset::preview)),
    get("/data_products/{id}/technical_assets/{asset_id}", |route| route.to(asset::show)),
    post("/data_products/{id}/technical_assets/{asset_id}/status", |route| route.to(asset::set_status)),
    get("/data_products/{id}/technical_assets/{asset_id}/edit", |route| route.to(edit_asset::show)),
    post("/data_products/{id}/technical_assets/{asset_id}/edit", |route| route.to(edit_asset::submit)),
    post("/data_products/{id}/technical_assets/{asset_id}/edit/preview", |route| route.to(edit_asset::preview)),
    get("/data_products/{id}/technical_assets/{asset_id}/delete", |route| route.to(delete_asset::show)),
    post("/data_products/{id}/technical_assets/{asset_id}/delete", |route| route.to(delete_asset::submit)),

    get("/static/{name}", |route| route.to(files::serve)),
    get("/favicon.ico", |route| route.to(files::favicon)),
];

/// Adds all pages to an app, and the answer for what nobody serves.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    app.app_data(form::config());
    let pages = PAGES.iter().map(|page| (page.path, &page.method, page.handler));
    for resource in resources(pages, method_not_allowed) {
        app.service(resource.wrap(from_fn(with_error_pages)).wrap(Compress::default()));
    }
    app.default_service(web::to(not_found));
}

/// Shows what went wrong as a page.
async fn with_error_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let (request, response) = next.call(request).await?.map_into_boxed_body().into_parts();
    let portal = request.app_data::<web::Data<Portal>>();
    let response = match portal {
        Some(portal) => explain(portal.prefix(), response),
        None => response,
    };
    Ok(ServiceResponse::new(request, response))
}

/// Answers what nobody serves.
pub(crate) async fn not_found(request: HttpRequest, portal: web::Data<Portal>) -> HttpResponse {
    let address = request.path();
    refuse(portal.prefix(), request.headers(), address, Explained::nothing_at(address))
}

/// For a method that a page does not know.
fn method_not_allowed(detail: String) -> HttpResponse {
    to_explain(Explained::method_not_allowed(detail))
}
