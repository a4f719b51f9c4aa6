//! `openapi`: the document that `/api/openapi.json` serves.

use clap::{Args, ValueEnum};
use portal_core::Result;
use portal_engine::WireNames;

use super::print::print_json;
use crate::openapi::document;
use crate::prefix::Prefix;
use crate::registry;
use crate::routes::documentation::NeedsToken;

#[derive(Debug, Args)]
pub(crate) struct OpenApiArgs {
    /// Which names of plugins answers carry, as `[compatibility]` in portal.toml says
    #[arg(long, value_name = "NAMES", default_value = "own")]
    wire_names: Names,
    /// Of a portal without the section [access], where nobody needs a token
    #[arg(long)]
    open: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Names {
    /// Their wire names
    Own,
    /// Their former names, where they have any
    Former,
}

pub(super) fn run(args: &OpenApiArgs) -> Result<()> {
    let names = match args.wire_names {
        Names::Own => WireNames::Own,
        Names::Former => WireNames::Former,
    };
    let needs_token = if args.open { NeedsToken::Nowhere } else { NeedsToken::Everywhere };
    print_json(&document(&registry::enabled()?, &Prefix::default(), names, needs_token))
}
