//! Forms of the pages, as a browser fills and sends them.

use serde_json::Value;

use super::client::{Answer, Client, assets_of};

/// The form of a new asset.
#[derive(Debug)]
pub struct Form<'a> {
    /// The server that shows it.
    pub server: &'a Client,
    /// Id of the data product.
    pub product: String,
    /// Path of the form.
    pub path: String,
}

/// Names and texts of a form.
pub type Fields<'a> = Vec<(&'a str, &'a str)>;

impl<'a> Form<'a> {
    /// The form of a plugin, in a data product of its own.
    pub fn new(server: &'a Client, plugin: &str) -> Self {
        let product = server.create_product("orders");
        let path = format!("/data_products/{product}/technical_assets/new/{plugin}");
        Form { server, product, path }
    }

    /// Sends the form.
    pub fn send(&self, fields: &[(&str, &str)]) -> Answer {
        self.server.form(&self.path, fields)
    }

    /// Sends the form, which must be accepted, and returns the page's path and the stored asset.
    ///
    /// # Panics
    ///
    /// When it is refused.
    pub fn create(&self, fields: &[(&str, &str)]) -> (String, Value) {
        let answer = self.send(fields);
        assert_eq!(answer.status, 303, "{}", answer.text);
        let path = answer.header("location").expect("it is there").to_owned();
        let stored =
            self.server.asset(&self.product, path.rsplit('/').next().expect("it is there"));
        (path, stored)
    }

    /// How many assets the data product has.
    ///
    /// # Panics
    ///
    /// When there is no such data product.
    pub fn count(&self) -> usize {
        let listed = self.server.get(&assets_of(&self.product)).ok();
        listed["technical_assets"].as_array().expect("it is there").len()
    }
}

/// Every control of the fixture, filled.
pub fn fixture_fields() -> Fields<'static> {
    vec![
        ("name", "Thing"),
        ("namespace", "thing"),
        ("description", "Two\r\nlines"),
        ("technical_mapping", "custom"),
        ("configuration.place", "shelf"),
        ("configuration.kind", "files"),
        ("configuration.retention_days", ""),
        ("configuration.size_limit", " 5000000000 "),
        ("configuration.encrypted", "true"),
        ("configuration.key_name", "main"),
        ("configuration.tags", "internal"),
        ("configuration.tags", "pii"),
        ("configuration.tier", "cold"),
        ("configuration.note", ""),
        ("configuration.hidden_mark", "mark"),
        ("action", "save"),
    ]
}

/// The same with other values for some of them.
pub fn with_fields<'a>(
    fields: &[(&'a str, &'a str)],
    changes: &[(&'a str, &'a str)],
) -> Fields<'a> {
    let kept = fields.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    kept.chain(changes).copied().collect()
}

/// The tag of the control with that id.
///
/// # Panics
///
/// When the page has none.
pub fn control_tag<'a>(page: &'a str, id: &str) -> &'a str {
    let at = page.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}"));
    let start = page[..at].rfind('<').expect("it is there");
    &page[start..start + page[start..].find('>').expect("it is there")]
}

/// The part of a page about one field of the plugin.
///
/// # Panics
///
/// When the page has none.
pub fn field_part<'a>(page: &'a str, name: &str) -> &'a str {
    let marker = format!("data-control=\"configuration.{name}\"");
    let at = page.find(&marker).unwrap_or_else(|| panic!("no {name}: {page}"));
    let start = page[..at].rfind('<').expect("it is there");
    let rest = &page[at..];
    let end = rest.find("data-control=\"").map_or(rest.len(), |_| {
        rest[1..].find("data-control=\"").map_or(rest.len(), |next| next + 1)
    });
    &page[start..at + end]
}
