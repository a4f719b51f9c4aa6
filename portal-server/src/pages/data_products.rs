//! The data products, and a form for a new one.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::{DataProduct, Error, Problem};
use portal_engine::access::Permission;
use portal_engine::store::{self, DataProductFilter, DataProductOrder};
use serde_json::{Map, Value};

use super::answer::show_with;
use super::form::{Complaint, Filled, complaints, errors_at};
use super::paging::{PAGE, Pages, Query, offset};
use crate::body::Json;
use crate::data_products;
use crate::error::status_of;
use crate::frame::{Layout, PageResult, SECTIONS, html, render, see_other, statics};
use crate::portal::Portal;
use crate::rule::QUERY_MAX;
use crate::visitor::Visitor;

/// The orders of the list: value and label.
const ORDERS: [(&str, &str); 3] =
    [("name", "Name"), ("domain", "Domain"), ("newest", "Newest first")];

/// Names and labels of the form's controls.
const CONTROLS: [(&str, &str); 5] = [
    ("name", "Name"),
    ("namespace", "Namespace"),
    ("description", "Description"),
    ("domain", "Domain"),
    ("type", "Type"),
];

#[derive(Template)]
#[template(path = "data_products.html")]
struct ListPage {
    layout: Layout,
    q: String,
    notice: Option<String>,
    sort: String,
    /// Whether the visitor may be a member of some, and whether only those are asked for.
    has_own: bool,
    is_own: bool,
    may_create: bool,
    products: Vec<(DataProduct, i64)>,
    pages: Pages,
}

pub(super) async fn list(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let query = Query::of(&request);
    show_with(portal, move |_, connection| {
        let person = visitor.person();
        let is_own = person.is_some() && query.get("own") == "yes";
        let among = person.filter(|_| is_own);
        let among = among.map(|person| store::data_products_of(connection, person)).transpose()?;
        let filter = DataProductFilter {
            among,
            text: query.text("q"),
            order: match query.get("sort") {
                "domain" => DataProductOrder::Domain,
                "newest" => DataProductOrder::Newest,
                _ => DataProductOrder::Name,
            },
            offset: offset(&query),
            limit: PAGE,
        };
        let found = store::search_data_products(connection, &filter)?;
        render(&ListPage {
            layout: Layout::new(&visitor, "Data products", "/data_products"),
            q: query.get("q").to_owned(),
            notice: query.notice(),
            sort: query.get("sort").to_owned(),
            has_own: person.is_some(),
            is_own,
            may_create: visitor.may(Permission::CreateDataProduct, None),
            products: found.products,
            pages: Pages::new("/data_products", &query, &["q", "sort", "own"], found.total),
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "new_data_product.html")]
struct FormPage<'a> {
    layout: Layout,
    filled: &'a Filled,
    complaints: Vec<Complaint>,
    problems: &'a [Problem],
}

impl FormPage<'_> {
    fn errors(&self, name: &str) -> Vec<String> {
        errors_at(self.problems, name)
    }
}

fn form(visitor: &Visitor, filled: &Filled, problems: &[Problem]) -> portal_core::Result<String> {
    let layout = Layout::new(visitor, "New data product", "/data_products")
        .below("Data products", "/data_products");
    let complaints = complaints(&[], &CONTROLS, problems);
    render(&FormPage { layout, filled, complaints, problems })
}

pub(super) async fn new(visitor: Visitor) -> PageResult {
    Ok(html(StatusCode::OK, form(&visitor, &Filled::default(), &[])?))
}

/// Creates the data product, or shows the form again with what is wrong.
pub(super) async fn create(
    visitor: Visitor,
    filled: Filled,
    portal: web::Data<Portal>,
) -> PageResult {
    let mut body = Map::new();
    for (name, _) in CONTROLS {
        let text = filled.one(name).trim();
        // The names of domain and type may be left out, but not be empty.
        if !text.is_empty() || !["domain", "type"].contains(&name) {
            body.insert(name.to_owned(), text.into());
        }
    }
    let (creator, portal) = (visitor.clone(), portal.into_inner());
    let created = portal
        .with_connection_to_write(move |_, connection| {
            Ok(data_products::create(&creator, connection, Json(Value::Object(body)).check()))
        })
        .await?;
    match created {
        Ok(id) => Ok(see_other(portal.prefix(), &format!("/data_products/{id}"))),
        Err(Error::Invalid(found)) => {
            let page = form(&visitor, &filled, found.iter().as_slice())?;
            Ok(html(status_of(&found.into()), page))
        }
        Err(other) => Err(other.into()),
    }
}
