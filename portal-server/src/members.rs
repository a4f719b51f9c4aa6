//! What changing the members of a data product takes, whoever asks for it: the API or a page.

use std::collections::BTreeSet;

use portal_core::{Id, Problem, ProblemKind, Result};
use portal_engine::access::{Permission, check_address, check_group, normal_address};
use portal_engine::db::Connection;
use portal_engine::store::{self, MEMBERS_MAX, Members};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::body::{Checked, request_body};
use crate::visitor::Visitor;

/// What changing the members of a data product takes: all of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewMembers")]
pub(crate) struct MembersBody {
    /// Addresses of people, such as `ada@example.com`.
    #[schemars(length(max = MEMBERS_MAX))]
    people: Vec<String>,
    /// Groups, whose people are members: each as the company's provider or proxy calls it.
    #[schemars(length(max = MEMBERS_MAX))]
    groups: Vec<String>,
}
request_body!(MembersBody);

/// Checks and stores the members of a data product; `expected` as in [`store::set_members`].
pub(crate) fn replace(
    visitor: &Visitor,
    connection: &mut Connection,
    product: &Id,
    expected: Option<i64>,
    mut body: Checked<MembersBody>,
) -> Result<()> {
    check_names(&mut body, "people", |name| check_address(name.trim()));
    check_names(&mut body, "groups", |name| check_group(name.trim()));
    // What is not there is said before what is wrong with it.
    store::members(connection, product)?;
    let is_left_alone = ["people", "groups"].iter().all(|field| {
        body.sound::<Vec<String>>(field).is_none_or(|names| names.is_empty())
            && !body.is_wrong_at(field)
    });
    if is_left_alone && !visitor.is_operator() {
        let message =
            "the last member cannot leave: nobody but an operator could change it any more";
        let problem = Problem::new(ProblemKind::ValueError, "/people", message);
        body.refuse("", problem.hint("name somebody else first, or ask an operator"));
    }
    let MembersBody { people, groups } = body.read()?;
    let members = Members {
        people: people.iter().map(|address| normal_address(address)).collect(),
        groups: groups.iter().map(|group| group.trim().to_owned()).collect::<BTreeSet<_>>(),
    };
    store::set_members(connection, product, expected, &members, |subject| {
        visitor.check(Permission::ChangeMembers, subject)
    })
}

fn check_names(
    body: &mut Checked<MembersBody>,
    field: &str,
    check: impl Fn(&str) -> Result<(), Problem>,
) {
    let names = body.sound::<Vec<String>>(field).unwrap_or_default();
    if names.len() > MEMBERS_MAX {
        return; // There are too many, which is said already.
    }
    for (index, name) in names.iter().enumerate() {
        if let Err(problem) = check(name) {
            body.refuse("", Problem { at: format!("/{field}/{index}"), ..problem });
        }
    }
}
