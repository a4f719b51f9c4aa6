//! Domains and types of data products, which come from the operator's file and from whoever
//! creates data products.

use actix_web::{HttpRequest, HttpResponse, web};
use portal_core::{DataProductType, Domain, Result};
use portal_engine::store;
use schemars::JsonSchema;
use serde::Serialize;

use super::{missing, ok};
use crate::body::path_ids;
use crate::error::ApiError;
use crate::portal::Portal;

type Answer = std::result::Result<HttpResponse, ApiError>;

/// A domain and how many data products it has.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CountedDomain")]
pub(crate) struct DomainView {
    #[serde(flatten)]
    domain: Domain,
    abstract_data_product_count: i64,
}

/// All domains, by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DomainList {
    domains: Vec<DomainView>,
}

/// A type of data products and how many there are of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CountedDataProductType")]
pub(crate) struct TypeView {
    #[serde(flatten)]
    kind: DataProductType,
    data_product_count: i64,
}

/// All types of data products, by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TypeList {
    data_product_types: Vec<TypeView>,
}

async fn all_domains(portal: web::Data<Portal>) -> Result<Vec<DomainView>> {
    let portal = portal.into_inner();
    let found = portal.with_connection(|_, connection| store::list_domains(connection)).await?;
    let views = found.into_iter().map(|(domain, abstract_data_product_count)| DomainView {
        domain,
        abstract_data_product_count,
    });
    Ok(views.collect())
}

async fn all_types(portal: web::Data<Portal>) -> Result<Vec<TypeView>> {
    let portal = portal.into_inner();
    let found = portal.with_connection(|_, connection| store::list_types(connection)).await?;
    let views =
        found.into_iter().map(|(kind, data_product_count)| TypeView { kind, data_product_count });
    Ok(views.collect())
}

pub(in crate::routes) async fn domains(portal: web::Data<Portal>) -> Answer {
    ok(&DomainList { domains: all_domains(portal).await? })
}

pub(in crate::routes) async fn domain(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    let all = all_domains(portal).await?;
    let found = all.iter().find(|view| view.domain.id == id);
    found.map_or_else(|| Err(missing("domain", &id)), ok)
}

pub(in crate::routes) async fn types(portal: web::Data<Portal>) -> Answer {
    ok(&TypeList { data_product_types: all_types(portal).await? })
}

pub(in crate::routes) async fn one_type(request: HttpRequest, portal: web::Data<Portal>) -> Answer {
    let [id] = path_ids(&request, ["id"])?;
    let all = all_types(portal).await?;
    let found = all.iter().find(|view| view.kind.id == id);
    found.map_or_else(|| Err(missing("data product type", &id)), ok)
}
