//! Style, scripts and the portal's own icon, under the addresses that pages know them by.

use actix_web::{HttpRequest, web};
use portal_core::Error;

use crate::frame::{PageResult, statics};

pub(super) async fn serve(request: HttpRequest, name: web::Path<String>) -> PageResult {
    let file = statics::versioned(&name)
        .ok_or_else(|| Error::NotFound(format!("there is no file {name:?}")))?;
    Ok(file.respond(&request, statics::FOR_EVER))
}

/// For browsers that look for an icon where one used to be.
pub(super) async fn favicon(request: HttpRequest) -> PageResult {
    let icon = statics::named("portal.svg")
        .ok_or_else(|| Error::NotFound("the portal has no icon".to_owned()))?;
    Ok(icon.respond(&request, "public, max-age=86400"))
}
