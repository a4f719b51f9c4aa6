//! Every page for people, on one screen. Pages are rendered here on the server, and ask the same
//! functions as the API.

mod asset;
mod asset_form;
mod asset_list;
mod catalogue;
mod data_product;
mod data_products;
mod delete_asset;
mod edit_asset;
pub(crate) mod error;
mod form;
mod layout;
mod new_asset;
mod operator;
mod paging;
mod plugin;
pub(crate) mod reference;
mod statics;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use portal_core::db::Connection;
use portal_core::{Error, Result};

use self::error::PageError;
pub(crate) use self::statics::is_file;
use crate::body::BODY_MAX;
use crate::portal::Portal;
use crate::resource::{Handler, resources};
use crate::routes;

/// What a page may load and do: what this server serves, and nothing inline.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Media type of a page.
const HTML: &str = "text/html; charset=utf-8";

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

    get("/data_products", |route| route.to(data_products::list)),
    get("/data_products/new", |route| route.to(data_products::new)),
    post("/data_products/new", |route| route.to(data_products::create)),
    get("/data_products/{id}", |route| route.to(data_product::show)),

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

    get("/static/{name}", |route| route.to(statics::serve)),
    get("/favicon.ico", |route| route.to(statics::favicon)),
];

/// Adds all pages to an app, and the answer for what nobody serves.
pub(crate) fn configure(app: &mut web::ServiceConfig) {
    let forms = web::FormConfig::default().limit(BODY_MAX).error_handler(error::unreadable_form);
    app.app_data(forms);
    let pages = PAGES.iter().map(|page| (page.path, &page.method, page.handler));
    for resource in resources(pages, error::method_not_allowed) {
        app.service(resource.wrap(Compress::default()));
    }
    app.default_service(web::to(not_found));
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    let detail = format!("there is nothing at {}", request.path());
    if are_wanted(request.headers(), request.path()) {
        error::page(StatusCode::NOT_FOUND, &detail)
    } else {
        routes::not_found(detail)
    }
}

/// Whether a request that no page has answered comes from somebody who reads pages.
pub(crate) fn are_wanted(headers: &HeaderMap, path: &str) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    !path.starts_with("/api/") && accepts.is_some_and(|accept| accept.contains("text/html"))
}

/// What a handler of a page answers.
type PageResult = std::result::Result<HttpResponse, PageError>;

/// A page as text.
fn render(template: &impl Template) -> Result<String> {
    template
        .render()
        .map_err(|error| Error::Internal(format!("a page cannot be rendered: {error}")))
}

/// An answer that shows a page.
fn html(status: StatusCode, page: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, HTML))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(page)
}

/// An answer that shows a page made with a connection.
async fn show_with(
    portal: web::Data<Portal>,
    page: impl FnOnce(&Portal, &mut Connection) -> Result<String> + Send + 'static,
) -> PageResult {
    Ok(html(StatusCode::OK, portal.into_inner().with_connection(page).await?))
}

/// The answer to a form that was carried out: the page to look at next.
fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}
