//! How most pages answer: with what they make of a connection.

use actix_web::http::StatusCode;
use actix_web::web;
use portal_core::Result;
use portal_engine::db::Connection;

use crate::frame::{PageResult, html};
use crate::portal::Portal;

/// An answer that shows a page made with a connection.
pub(super) async fn show_with(
    portal: web::Data<Portal>,
    page: impl FnOnce(&Portal, &mut Connection) -> Result<String> + Send + 'static,
) -> PageResult {
    Ok(html(StatusCode::OK, portal.into_inner().with_connection(page).await?))
}
