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
    HttpResponse::Ok().json(Health { status: State::Alive, code: None })
}

/// The database answers and has all that this binary needs.
pub(super) async fn ready(portal: web::Data<Portal>) -> HttpResponse {
    let checked = portal
        .into_inner()
        .with_connection_soon(|portal, connection| migrate::ready(connection, portal.registry()))
        .await;
    match checked {
        Ok(()) => HttpResponse::Ok().json(Health { status: State::Ready, code: None }),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            not_ready().json(Health { status: State::NotReady, code: Some(error.code()) })
        }
    }
}
