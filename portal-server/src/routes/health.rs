//! Whether the server is alive, and whether it can serve.

use actix_web::{HttpResponse, web};
use portal_engine::migrate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::not_ready;
use crate::portal::Portal;

/// How the server is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    status: State,
    /// The sort of error, when it is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    code: Option<&'static str>,
    /// What keeps it from being ready, when that is no error of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    detail: Option<&'static str>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Alive,
    Ready,
    #[serde(rename = "not ready")]
    NotReady,
}

/// The process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: State::Alive, code: None, detail: None })
}

/// The database answers and has all that this binary needs, changes of the configuration arrive, and
/// something says who may do what where it has to.
pub(super) async fn ready(portal: web::Data<Portal>) -> HttpResponse {
    if let Some(detail) = portal.reading_has_ended() {
        let code = Some("configuration_not_read");
        return not_ready().json(Health { status: State::NotReady, code, detail: Some(detail) });
    }
    if let Some(detail) = portal.closed(&portal.access()) {
        let code = Some("access_not_configured");
        return not_ready().json(Health { status: State::NotReady, code, detail: Some(detail) });
    }
    let checked = portal
        .into_inner()
        .with_connection_soon(|portal, connection| migrate::ready(connection, portal.registry()))
        .await;
    match checked {
        Ok(()) => {
            HttpResponse::Ok().json(Health { status: State::Ready, code: None, detail: None })
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            not_ready().json(Health {
                status: State::NotReady,
                code: Some(error.code()),
                detail: None,
            })
        }
    }
}
