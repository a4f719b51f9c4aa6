//! Everything that pages lead to, followed from the first one to the last.

use std::collections::BTreeMap;

use super::client::{Answer, Client};

/// Attributes that a browser asks for, or sends a form to.
const ATTRIBUTES: [&str; 11] = [
    "href",
    "src",
    "srcset",
    "action",
    "formaction",
    "hx-get",
    "hx-post",
    "hx-put",
    "hx-patch",
    "hx-delete",
    "spec-url",
];

/// What was found.
#[derive(Debug, Default)]
pub struct Crawl {
    /// Status by address, of everything that was asked for.
    pub answers: BTreeMap<String, u16>,
    /// Addresses that forms are sent to.
    pub actions: Vec<String>,
    /// What leads away from the portal, with the page that does so. Links that are `https` may.
    pub strays: Vec<String>,
    asked_by: BTreeMap<String, String>,
    waiting: Vec<String>,
}

impl Crawl {
    /// Begins at the first page of a portal and follows what it reads to the last.
    pub fn of(portal: &Client) -> Self {
        let mut crawl = Crawl::default();
        let (server, prefix) = place(portal);
        crawl.find("the start", &format!("{prefix}/"), true, prefix);
        while let Some(address) = crawl.waiting.pop() {
            let answer = server.page(&address);
            crawl.answers.insert(address.clone(), answer.status);
            crawl.look_at(&address, &answer, prefix);
        }
        crawl
    }

    /// What one answer of a portal leads to, without following it.
    pub fn of_answer(portal: &Client, address: &str, answer: &Answer) -> Self {
        let mut crawl = Crawl::default();
        crawl.look_at(address, answer, place(portal).1);
        crawl
    }

    /// The addresses that an answer leads to, all of them below the prefix.
    pub fn links(&self) -> &[String] {
        &self.waiting
    }

    /// Checks that nothing leads away, and that everything asked for is there.
    ///
    /// # Panics
    ///
    /// When something does, or is not.
    pub fn assert_sound(&self) {
        assert!(self.strays.is_empty(), "these lead away:\n{}", self.strays.join("\n"));
        for (address, status) in &self.answers {
            assert_eq!(*status, 200, "{address}, to which {} leads", self.asked_by[address]);
        }
    }

    fn look_at(&mut self, from: &str, answer: &Answer, prefix: &str) {
        if let Some(location) = answer.header("location") {
            self.find(from, location, true, prefix);
        }
        if !answer.header("content-type").unwrap_or_default().starts_with("text/html") {
            return;
        }
        for tag in answer.text.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            let is_sent = tag.starts_with("form ") && tag.contains(" method=\"post\"");
            for (name, value) in attributes(tag) {
                if ATTRIBUTES.contains(&name) {
                    let is_read = !is_sent && !name.starts_with("hx-") || name == "hx-get";
                    self.find(from, &value, is_read, prefix);
                } else if value.starts_with('/') && !is_below(&value, prefix) {
                    self.strays.push(format!("{name}={value} on {from}"));
                }
            }
        }
    }

    fn find(&mut self, from: &str, address: &str, is_read: bool, prefix: &str) {
        if address.starts_with('#') || address.starts_with("https://") {
            return;
        }
        if !is_below(address, prefix) {
            self.strays.push(format!("{address} on {from}"));
        } else if !is_read {
            self.actions.push(address.to_owned());
        } else if !self.asked_by.contains_key(address) {
            self.asked_by.insert(address.to_owned(), from.to_owned());
            self.waiting.push(address.to_owned());
        }
    }
}

/// A client of the server that a portal is on, and the portal's prefix.
fn place(portal: &Client) -> (Client, &str) {
    (Client::new(portal.origin()), &portal.base()[portal.origin().len()..])
}

fn is_below(address: &str, prefix: &str) -> bool {
    address
        .strip_prefix(prefix)
        .is_some_and(|path| path.starts_with('/') && !path.starts_with("//"))
}

/// Names and values of a tag's attributes.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, String)> {
    tag.match_indices("=\"").map(|(at, _)| {
        let name = tag[..at].rsplit(char::is_whitespace).next().unwrap_or_default();
        let value = tag[at + 2..].split('"').next().unwrap_or_default();
        (name, value.replace("&#38;", "&").replace("&amp;", "&"))
    })
}
