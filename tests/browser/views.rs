//! The pages in the states that they can be in, and how a browser gets there.

use std::time::{Duration, Instant};

use portal_tests::harness::{Client, assets_of};

use crate::driver::Browser;

/// A page in one of its states.
pub struct View {
    /// What messages and files call it.
    pub name: String,
    path: String,
    /// A script that fills the page's form before it is sent; without one nothing is sent.
    fill: Option<&'static str>,
    /// Selects what tells this state from others.
    mark: &'static str,
}

/// Takes away what has to be there.
const EMPTY: &str = "for (const field of document.querySelectorAll('main form[method=post] input[type=text]')) \
    field.value = '';";

/// Sends what somebody began to fill before the asset was changed.
const LATE: &str = "document.getElementById('name').value = 'Orders of the web shop'; \
    document.getElementById('description').value = 'One row per order line, corrected hourly'; \
    document.querySelector('[name=revision]').value = '0';";

impl View {
    /// A page as it is.
    pub fn of(name: impl Into<String>, path: impl Into<String>) -> Self {
        View { name: name.into(), path: path.into(), fill: None, mark: "main h1" }
    }

    /// Another state than the one that the page is mostly in.
    pub fn marked(self, mark: &'static str) -> Self {
        View { mark, ..self }
    }

    fn filled(self, fill: &'static str) -> Self {
        View { fill: Some(fill), ..self }
    }

    /// The page after its form was sent without what it needs.
    fn wrong(name: impl Into<String>, path: impl Into<String>) -> Self {
        View::of(name, path).filled(EMPTY).marked("#problems")
    }

    /// The page after its form was sent too late.
    fn conflict(name: impl Into<String>, path: impl Into<String>) -> Self {
        View::of(name, path).filled(LATE).marked("#conflict #differences")
    }

    /// Leads a browser there.
    ///
    /// # Panics
    ///
    /// When that leads somewhere else.
    pub fn show(&self, browser: &Browser) {
        browser.open(&self.path);
        if let Some(fill) = self.fill {
            let press = "document.querySelector('main form[method=post] .button-main').click();";
            browser.evaluate(&format!("window.isOld = true; {fill} {press}"), Vec::new());
        }
        let is_there = "return !window.isOld && document.readyState === 'complete' && \
            document.querySelector(arguments[0]) !== null";
        let began = Instant::now();
        while browser.evaluate(is_there, vec![self.mark.into()]) != true {
            let name = &self.name;
            assert!(began.elapsed() < Duration::from_secs(10), "{name} has no {}", self.mark);
        }
    }
}

/// The ids in a list that the API answers with.
fn ids(server: &Client, path: &str, list: &str, id: &str) -> Vec<String> {
    let listed = server.get(path).ok();
    let entries = listed[list].as_array().expect("a list").iter();
    entries.map(|entry| entry[id].as_str().expect("an id").to_owned()).collect()
}

/// All views of a portal whose data product `product` has an asset of every plugin.
pub fn views(server: &Client, product: &str) -> Vec<View> {
    let product_path = format!("/data_products/{product}");
    let nowhere = "01890000-0000-7000-8000-000000000000";
    let mut views = vec![
        View::of("catalogue", "/"),
        View::of("catalogue-found", "/?q=table"),
        View::of("catalogue-nothing-found", "/?q=nothing-like-it").marked(".empty"),
        View::of("operator", "/operator"),
        View::of("data-products", "/data_products"),
        View::of("data-products-nothing-found", "/data_products?q=nothing-like-it")
            .marked(".empty"),
        View::of("data-products-page-beyond", "/data_products?page=99").marked(".empty"),
        View::of("new-data-product", "/data_products/new"),
        View::wrong("new-data-product-wrong", "/data_products/new"),
        View::of("data-product", &product_path),
        View::of("data-product-nothing-found", format!("{product_path}?text=nothing-like-it"))
            .marked(".empty"),
        View::of("new-asset", format!("{product_path}/technical_assets/new")),
        View::of("error-404", "/nowhere").marked(".page-error"),
        View::of("error-404-plugin", "/plugins/glu").marked(".page-error"),
        View::of("error-404-product", format!("/data_products/{nowhere}")).marked(".page-error"),
        View::of("error-422", format!("{product_path}?status=lost")).marked(".page-error"),
    ];
    for plugin in ids(server, "/api/v2/plugins", "plugins", "platform") {
        views.push(View::of(format!("plugin-{plugin}"), format!("/plugins/{plugin}")));
        let listed = format!("{}?plugin={plugin}", assets_of(product));
        // A launcher has neither assets nor a form for them.
        let Some(asset) = ids(server, &listed, "technical_assets", "id").pop() else { continue };
        let form = format!("{product_path}/technical_assets/new/{plugin}");
        let asset = format!("{product_path}/technical_assets/{asset}");
        let edit = format!("{asset}/edit");
        views.extend([
            View::of(format!("form-{plugin}"), &form),
            View::wrong(format!("form-{plugin}-wrong"), &form),
            View::of(format!("asset-{plugin}"), &asset),
            View::of(format!("error-405-{plugin}"), format!("{asset}/status"))
                .marked(".page-error"),
            View::of(format!("delete-{plugin}"), format!("{asset}/delete")),
            View::of(format!("edit-{plugin}"), &edit),
            View::wrong(format!("edit-{plugin}-wrong"), &edit),
            View::conflict(format!("edit-{plugin}-conflict"), &edit),
        ]);
    }
    views
}
