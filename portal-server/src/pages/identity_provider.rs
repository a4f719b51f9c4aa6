//! The identity provider, for operators: what it says when it is tried out.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use crate::error::Explained;
use crate::frame::{Layout, PageResult, SECTIONS, html, render, sentence, statics, to_explain};
use crate::oidc::{Asking, CALLBACK, SIGNED_OUT, Tried, try_provider};
use crate::portal::Portal;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "identity_provider.html")]
struct ProviderPage {
    layout: Layout,
    issuer: String,
    client_id: String,
    /// The addresses that the provider has to know.
    callback: String,
    signed_out: String,
    tried: Vec<Tried>,
    is_good: bool,
}

pub(super) async fn show(visitor: Visitor, portal: web::Data<Portal>) -> PageResult {
    let sign_in = match portal.sign_in(&portal.access()) {
        Some(Ok(sign_in)) => sign_in,
        Some(Err(why)) => return Ok(to_explain(Explained::provider_unreachable(why))),
        None => return Ok(to_explain(Explained::no_sign_in())),
    };
    let tried =
        sign_in.provider.on_thread(Asking::Known, |provider| Ok(try_provider(provider))).await;
    let tried = tried.unwrap_or_else(|failure| vec![Tried::not_done(failure.sentence())]);
    let (settings, public) = (sign_in.provider.settings(), sign_in.provider.public());
    let page = ProviderPage {
        layout: Layout::new(&visitor, "Identity provider", "/operator")
            .below("Operator", "/operator"),
        issuer: settings.issuer.clone(),
        client_id: settings.client_id.clone(),
        callback: public.address(CALLBACK),
        signed_out: public.address(SIGNED_OUT),
        is_good: tried.iter().all(|tried| tried.is_good),
        tried: tried.into_iter().map(|one| Tried { found: sentence(&one.found), ..one }).collect(),
    };
    Ok(html(StatusCode::OK, render(&page)?))
}
