//! The pages in the states that they can be in, and how a browser gets there.

use std::time::{Duration, Instant};

use portal_tests::harness::{Client, assets_of};

use crate::driver::Browser;

/// A page in one of its states.
pub struct View {
    /// What messages and files call it.
    pub name: String,
    path: String,
    /// A script that fills the page's form, and what is pressed then; without them nothing is sent.
    sent: Option<(&'static str, &'static str)>,
    /// A script that brings the page into its state where it is.
    script: Option<&'static str>,
    /// Selects what tells this state from others.
    mark: &'static str,
    /// HTTP status of a page about what went wrong.
    status: Option<u16>,
}

/// The button that a form is for.
const MAIN: &str = "main form[method=post] .button-main";

/// Takes away what has to be there.
const EMPTY: &str = "for (const field of document.querySelectorAll('main form[method=post] input[type=text]')) \
    field.value = '';";

/// Sends what somebody began to fill before the asset was changed.
const LATE: &str = "document.getElementById('name').value = 'Orders of the web shop'; \
    document.getElementById('description').value = 'One row per order line, corrected hourly'; \
    document.querySelector('[name=revision]').value = '0';";

/// Acts on what was shown before the asset was changed.
const STALE: &str =
    "for (const field of document.querySelectorAll('[name=revision]')) field.value = '0';";

/// Names somebody who is no address.
const NO_ADDRESS: &str = "document.getElementById('people').value = 'ada@example.com\\nnobody'; \
    document.getElementById('groups').value = 'data team';";

/// Names a token that there is not yet.
const NEW_TOKEN: &str = "document.getElementById('name').value = 'Nightly build ' + Date.now();";

/// Sends what is no form.
const UNREADABLE: &str = "document.querySelector('main form[method=post]').enctype = 'text/plain';";

/// Sends more than a form may hold.
const LARGE: &str = "document.getElementById('description').value = 'x'.repeat(2 << 20);";

/// Whether the page is there. The viewer of the reference keeps what it shows in a tree of its own.
const IS_THERE: &str = "const viewers = [...document.querySelectorAll('openapi-explorer')]; \
    const trees = [document, ...viewers.map((viewer) => viewer.shadowRoot)]; \
    return !window.isOld && document.readyState === 'complete' && \
    trees.some((tree) => tree?.querySelector(arguments[0]));";

impl View {
    /// A page as it is.
    pub fn of(name: impl Into<String>, path: impl Into<String>) -> Self {
        View {
            name: name.into(),
            path: path.into(),
            sent: None,
            script: None,
            mark: "main h1",
            status: None,
        }
    }

    /// Another state than the one that the page is mostly in.
    pub fn marked(self, mark: &'static str) -> Self {
        View { mark, ..self }
    }

    /// The page after a script has filled its form, and a button was pressed.
    pub fn sent(self, fill: &'static str, press: &'static str) -> Self {
        View { sent: Some((fill, press)), ..self }
    }

    /// The page after a script that leaves it where it is.
    pub fn after(self, script: &'static str) -> Self {
        View { script: Some(script), ..self }
    }

    /// The page about what went wrong.
    pub fn of_error(self, status: u16) -> Self {
        View { mark: ".page-error", status: Some(status), ..self }
    }

    /// The page after its form was sent without what it needs.
    fn wrong(name: impl Into<String>, path: impl Into<String>) -> Self {
        View::of(name, path).sent(EMPTY, MAIN).marked("#problems")
    }

    /// The page after its form was sent too late.
    fn conflict(name: impl Into<String>, path: impl Into<String>) -> Self {
        View::of(name, path).sent(LATE, MAIN).marked("#conflict #differences")
    }

    /// Leads a browser there.
    ///
    /// # Panics
    ///
    /// When that leads somewhere else.
    pub fn show(&self, browser: &Browser) {
        browser.open(&self.path);
        if let Some((fill, press)) = self.sent {
            let press = format!("document.querySelector(\"{press}\").click();");
            browser.evaluate(&format!("window.isOld = true; {fill} {press}"), Vec::new());
        }
        if let Some(script) = self.script {
            self.wait_for(browser, "main h1");
            browser.evaluate(script, Vec::new());
        }
        self.wait_for(browser, self.mark);
        if let Some(status) = self.status {
            let shown = "return Number(document.querySelector('.status-number').textContent)";
            assert_eq!(browser.evaluate(shown, Vec::new()), status, "{}", self.name);
        }
    }

    fn wait_for(&self, browser: &Browser, mark: &str) {
        let began = Instant::now();
        while browser.evaluate(IS_THERE, vec![mark.into()]) != true {
            assert!(began.elapsed() < Duration::from_secs(30), "{} has no {mark}", self.name);
        }
    }
}

/// Opens what is folded.
const UNFOLD: &str = "document.querySelectorAll('details').forEach((one) => one.open = true);";

/// Fills the form of S3 as somebody does.
const FILL_S3: &str = "document.getElementById('configuration-path').value = 'daily'; \
    document.getElementById('configuration-path').dispatchEvent(new Event('input', {bubbles: true}));";

/// Views of a portal in which something is missing in an environment called `staging`, for an asset of S3.
pub fn views_of_missing(product: &str, asset: &str) -> Vec<View> {
    let product_path = format!("/data_products/{product}");
    let asset = format!("{product_path}/technical_assets/{asset}");
    let form = format!("{product_path}/technical_assets/new/s3");
    vec![
        View::of("missing-operator", "/operator").after(UNFOLD).marked(".findings details[open]"),
        View::of("missing-operator-assets", "/operator/assets?plugin=s3&environment=staging")
            .marked(".badge-no-place-yet"),
        View::of("missing-plugin", "/plugins/s3").after(UNFOLD).marked("details[open]"),
        View::of("missing-asset", &asset).after(UNFOLD).marked(".card-open details[open]"),
        View::of("missing-data-product", format!("{product_path}?places=some"))
            .marked(".badge-incomplete"),
        View::of("missing-environments", format!("{product_path}/environments"))
            .marked(".badge-no-place-yet"),
        View::of("missing-form", form).after(FILL_S3).marked("#preview .card-open"),
    ]
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
        View::of("data-product-environments", format!("{product_path}/environments"))
            .marked("#matrix"),
        View::of("data-product-nothing-found", format!("{product_path}?text=nothing-like-it"))
            .marked(".empty"),
        View::of("members", format!("{product_path}/members")).marked("#members-form"),
        View::of("members-wrong", format!("{product_path}/members"))
            .sent(NO_ADDRESS, "#save-members")
            .marked("#problems"),
        View::of("tokens", "/operator/tokens").marked("#token-form"),
        View::of("tokens-wrong", "/operator/tokens")
            .sent(EMPTY, "#create-token")
            .marked("#problems"),
        View::of("token-created", "/operator/tokens")
            .sent(NEW_TOKEN, "#create-token")
            .marked("#secret"),
        View::of("new-asset", format!("{product_path}/technical_assets/new")),
        View::of("reference", "/api/docs").marked("#api-title"),
        View::of("error-415", "/data_products/new").sent(UNREADABLE, MAIN).of_error(415),
        View::of("error-413", "/data_products/new").sent(LARGE, MAIN).of_error(413),
        View::of("error-404", "/nowhere").of_error(404),
        View::of("error-404-plugin", "/plugins/glu").of_error(404),
        View::of("error-404-product", format!("/data_products/{nowhere}")).of_error(404),
        View::of("error-422", format!("{product_path}?status=lost")).of_error(422),
    ];
    let listed = ids(server, &assets_of(product), "technical_assets", "id");
    if let Some(asset) = listed.first() {
        let asset = format!("{product_path}/technical_assets/{asset}");
        let change = "form[action$='/status'] button";
        views.extend([
            View::of("error-412-status", &asset).sent(STALE, change).of_error(412),
            View::of("error-412-delete", format!("{asset}/delete"))
                .sent(STALE, "#confirm-delete")
                .of_error(412),
        ]);
    }
    // Where the number of assets beside an entry leads.
    let plugin = server.page("/plugins/glue").text;
    let link = plugin.split_once("/operator/assets?").expect("an entry of Glue serves assets").1;
    let query = link.split('"').next().unwrap_or_default().replace("&#38;", "&");
    views.push(
        View::of("entry-assets", format!("/operator/assets?{query}")).marked("#service-assets"),
    );
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
            View::of(format!("error-405-{plugin}"), format!("{asset}/status")).of_error(405),
            View::of(format!("delete-{plugin}"), format!("{asset}/delete")),
            View::of(format!("edit-{plugin}"), &edit),
            View::wrong(format!("edit-{plugin}-wrong"), &edit),
            View::conflict(format!("edit-{plugin}-conflict"), &edit),
        ]);
    }
    views
}
