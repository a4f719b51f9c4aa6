//! The technical assets of a data product in every environment: a matrix.

use actix_web::{HttpRequest, web};
use askama::Template;
use portal_core::DataProduct;
use portal_engine::store::{self, AssetFilter, AssetOrder, StoredConfiguration};

use super::answer::show_with;
use super::paging::{PAGE, Pages, Query, offset};
use crate::body::path_ids;
use crate::frame::{Layout, PageResult, SECTIONS, in_parts, render, sentence, statics};
use crate::portal::Portal;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "product_environments.html")]
struct MatrixPage {
    layout: Layout,
    product: DataProduct,
    environments: Vec<String>,
    rows: Vec<Row>,
    pages: Pages,
}

struct Row {
    path: String,
    name: String,
    service: String,
    cells: Vec<Cell>,
}

/// An asset in an environment.
struct Cell {
    info: Option<String>,
    url: Option<String>,
    reason: Vec<String>,
}

pub(super) async fn show(
    request: HttpRequest,
    visitor: Visitor,
    portal: web::Data<Portal>,
) -> PageResult {
    let [id] = path_ids(&request, ["id"])?;
    let query = Query::of(&request);
    show_with(portal, move |portal, connection| {
        let snapshot = portal.snapshot();
        let configuration = &snapshot.configuration;
        let product = store::find_data_product(connection, &id)?;
        let path = format!("/data_products/{id}");
        let filter = AssetFilter {
            limit: Some(PAGE),
            offset: offset(&query),
            order: AssetOrder::Name,
            ..AssetFilter::default()
        };
        let total = store::count_assets(connection, &id, &filter)?;
        let listed = store::list_assets(connection, portal.registry(), &id, &filter)?;
        let rows = listed.assets.into_iter().map(|asset| {
            let plugin = portal.registry().find_output(&asset.row.configuration_type);
            let service = configuration.service(&asset.row.service_id);
            let cells = match (&asset.configuration, plugin, service) {
                (StoredConfiguration::Available(output), Some(plugin), Some(service)) => {
                    let rendered = configuration.render(plugin, service, &product, output.as_ref());
                    let infos = rendered.technical_info.into_iter();
                    let cells = infos.map(|info| Cell {
                        info: info.info,
                        url: info.url,
                        reason: in_parts(&sentence(&info.reason.unwrap_or_default())),
                    });
                    cells.collect()
                }
                _ => Vec::new(),
            };
            Row {
                path: format!("{path}/technical_assets/{}", asset.row.id),
                name: asset.row.name,
                service: service.map_or(asset.row.configuration_type, |one| one.name.clone()),
                cells,
            }
        });
        let rows = rows.collect();
        render(&MatrixPage {
            layout: Layout::new(&visitor, "In each environment", "/data_products")
                .below("Data products", "/data_products")
                .below(&product.name, path.clone()),
            environments: configuration.environments.iter().map(|one| one.name.clone()).collect(),
            rows,
            pages: Pages::new(&format!("{path}/environments"), &query, &[], total),
            product,
        })
    })
    .await
}
