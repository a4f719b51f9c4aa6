//! `openapi`: the document that `/api/openapi.json` serves.

use portal_core::Result;

use super::print::print_json;
use crate::openapi::document;
use crate::prefix::Prefix;
use crate::registry;

pub(super) fn run() -> Result<()> {
    print_json(&document(&registry::enabled()?, &Prefix::default()))
}
