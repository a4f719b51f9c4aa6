//! Whether the server is alive, and whether it can serve.

use actix_web::{HttpResponse, web};
use portal_core::migrate;
use serde_json::json;

use crate::portal::Portal;

/// The process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "alive"}))
}

/// The database answers and has all that this binary needs.
pub(super) async fn ready(portal: web::Data<Portal>) -> HttpResponse {
    let checked = portal
        .into_inner()
        .with_connection(|portal, connection| migrate::ready(connection, portal.registry()))
        .await;
    match checked {
        Ok(()) => HttpResponse::Ok().json(json!({"status": "ready"})),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            HttpResponse::ServiceUnavailable()
                .json(json!({"status": "not ready", "code": error.code()}))
        }
    }
}
