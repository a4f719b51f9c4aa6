//! `openapi`: the document that `/api/openapi.json` serves.

use portal_core::Result;

use super::print::print_json;
use super::registry;
use crate::openapi::document;

pub(super) fn run() -> Result<()> {
    print_json(&document(&registry::enabled()?))
}
