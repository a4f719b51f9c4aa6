//! `permissions`: who may ask for what.

use clap::Args;
use portal_core::Result;
use portal_engine::access::Role;

use super::print::{print_json, print_table};
use crate::permissions::listed;

#[derive(Debug, Args)]
pub(super) struct PermissionsArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PermissionsArgs) -> Result<()> {
    let all = listed();
    if args.json {
        return print_json(&all);
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let who = match (one.roles, one.roles_for_custom) {
                ([], _) => "everybody".to_owned(),
                (roles, custom) if roles == custom => in_words(roles),
                (roles, custom) => {
                    format!("{}; in the custom mapping {}", in_words(roles), in_words(custom))
                }
            };
            let permission = one.permission.as_str().to_owned();
            vec![one.method.to_owned(), one.path.to_owned(), permission, who]
        })
        .collect();
    print_table(&["METHOD", "PATH", "PERMISSION", "WHO"], &rows)
}

fn in_words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
}
