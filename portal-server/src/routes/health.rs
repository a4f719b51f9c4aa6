//! Whether the server is alive, and whether it can serve.

use actix_web::{HttpResponse, web};
use portal_engine::db::refuses_writes;
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

/// The database answers, can be written and has all that this binary needs, changes of the configuration
/// arrive, and something says who may do what where it has to.
pub(super) async fn ready(portal: web::Data<Portal>) -> HttpResponse {
    let known = [
        ("database_lost", portal.database_is_lost()),
        ("configuration_not_read", portal.reading_has_ended()),
        ("access_not_configured", portal.closed(&portal.access())),
    ];
    if let Some((code, Some(detail))) = known.into_iter().find(|(_, why)| why.is_some()) {
        return not_ready_because(code, Some(detail));
    }
    let checked = portal
        .into_inner()
        .with_connection_soon(|portal, connection| {
            migrate::ready(connection, portal.registry())?;
            refuses_writes(connection)
        })
        .await;
    match checked {
        Ok(None) => {
            HttpResponse::Ok().json(Health { status: State::Ready, code: None, detail: None })
        }
        Ok(Some(why)) => {
            tracing::warn!(why, "not ready");
            not_ready_because("database_read_only", Some(why))
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            not_ready_because(error.code(), None)
        }
    }
}

fn not_ready_because(code: &'static str, detail: Option<&'static str>) -> HttpResponse {
    not_ready().json(Health { status: State::NotReady, code: Some(code), detail })
}
