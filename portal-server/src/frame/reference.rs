//! The frame around the reference of the API. A viewer that others have written fills it.

use askama::Template;
use portal_core::Result;

use super::layout::{Layout, SECTIONS};
use super::page::render;
use super::statics;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    layout: Layout,
}

/// The page as text; it names nobody, and so is the same for everybody.
pub(crate) fn page(visitor: &Visitor) -> Result<String> {
    render(&ReferencePage { layout: Layout::new(visitor, "API reference", "/api/docs") })
}
