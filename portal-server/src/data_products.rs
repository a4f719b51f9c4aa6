//! What creating a data product takes, whoever asks for it: the API or a page.

use std::collections::BTreeSet;

use portal_core::{Id, Problem, ProblemKind, Result};
use portal_engine::db::Connection;
use portal_engine::store::{self, MEMBERS_MAX, Members};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::body::{Checked, request_body};
use crate::rule;
use crate::visitor::Visitor;

/// What creating a data product takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewDataProduct")]
pub(crate) struct DataProductBody {
    #[schemars(extend("x-rule" = rule::name()))]
    name: String,
    #[schemars(extend("x-rule" = rule::namespace()))]
    namespace: String,
    #[serde(default)]
    #[schemars(extend("x-rule" = rule::description()))]
    description: String,
    /// Name of its type, which exists from then on.
    #[serde(default, rename = "type")]
    #[schemars(extend("x-rule" = rule::name()))]
    kind: Option<String>,
    /// Name of its domain, which exists from then on.
    #[serde(default)]
    #[schemars(extend("x-rule" = rule::name()))]
    domain: Option<String>,
    /// Id of its type, in place of the name.
    #[serde(default, rename = "type_id")]
    _type_id: Option<Id>,
    /// Id of its domain, in place of the name.
    #[serde(default, rename = "domain_id")]
    _domain_id: Option<Id>,
    /// Ids of people who become members of it.
    #[serde(default, rename = "owners")]
    #[schemars(length(max = MEMBERS_MAX))]
    _owners: Vec<Id>,
    /// Without effect: lifecycles belong to the portal around this one.
    #[serde(default, rename = "lifecycle_id")]
    _lifecycle_id: Option<Id>,
    /// Without effect: it belongs to the portal around this one.
    #[serde(default, rename = "about")]
    _about: Option<String>,
    /// Must be empty: tags belong to the portal around this one.
    #[serde(default, rename = "tag_ids")]
    #[schemars(extend("x-rule" = {"maxItems": 0}))]
    _tag_ids: Vec<Value>,
    /// Must be empty: input ports belong to the portal around this one.
    #[serde(default, rename = "input_ports")]
    #[schemars(extend("x-rule" = {
        "anyOf": [{"type": "array", "items": {}, "maxItems": 0}, {"type": "null"}],
    }))]
    _input_ports: Value,
}
request_body!(DataProductBody);

/// Checks and stores a new data product, of which the person who creates it becomes a member.
pub(crate) fn create(
    visitor: &Visitor,
    connection: &mut Connection,
    mut body: Checked<DataProductBody>,
) -> Result<Id> {
    for field in ["name", "type", "domain"] {
        body.check_text(field, |name| store::check_name(field, name));
    }
    body.check_text("description", store::check_description);
    body.check_text("namespace", store::check_namespace);
    body.refuse_unkept(&[("tag_ids", "tags"), ("input_ports", "input ports")]);
    let mut absent = Vec::new();
    let kind = name_of(connection, &mut body, "type", store::type_name, &mut absent)?;
    let domain = name_of(connection, &mut body, "domain", store::domain_name, &mut absent)?;
    let people = owners(visitor, connection, &body, &mut absent)?;
    // The index says it of a namespace that is all there is to refuse.
    if (body.is_wrong() || !absent.is_empty())
        && !body.is_wrong_at("namespace")
        && let Some(namespace) = body.field("namespace").as_str()
        && let Some(taken) = store::taken_product_namespace(connection, namespace)?
    {
        body.refuse("", taken);
    }
    body.refuse_absent(absent)?;
    let DataProductBody { name, namespace, description, kind: named_kind, domain: named, .. } =
        body.read()?;
    let new = store::NewDataProduct {
        name,
        namespace,
        description,
        kind: kind.or(named_kind),
        domain: domain.or(named),
        members: Members {
            people: people
                .into_iter()
                .chain(visitor.person().map(|own| own.address.clone()))
                .collect(),
            groups: BTreeSet::new(),
        },
    };
    store::create_data_product(connection, &new)
}

/// The addresses of the people whose ids a body gives as owners; ids that nobody has are `absent`.
/// Programs name themselves as well, and are no members.
fn owners(
    visitor: &Visitor,
    connection: &mut Connection,
    body: &Checked<DataProductBody>,
    absent: &mut Vec<Problem>,
) -> Result<Vec<String>> {
    let ids = body.sound::<Vec<Id>>("owners").filter(|ids| ids.len() <= MEMBERS_MAX);
    let ids = ids.unwrap_or_default();
    let known = store::addresses_of_people(connection, &ids.iter().cloned().collect())?;
    let own = visitor.program_id();
    for (index, id) in ids.iter().enumerate() {
        if !known.contains_key(id) && own.as_ref() != Some(id) {
            let message = format!("nobody here has the id {id}");
            let at = format!("/owners/{index}");
            absent.push(Problem::new(ProblemKind::ValueError, at, message));
        }
    }
    Ok(known.into_values().collect())
}

/// The name of the domain or type whose id a body gives; `None` when it gives none, or one that
/// nothing has, which is then one of `absent`.
fn name_of(
    connection: &mut Connection,
    body: &mut Checked<DataProductBody>,
    what: &str,
    find: fn(&mut Connection, &Id) -> Result<Option<String>>,
    absent: &mut Vec<Problem>,
) -> Result<Option<String>> {
    let at = format!("/{what}_id");
    let Some(id) = body.sound::<Id>(&at[1..]) else { return Ok(None) };
    let Some(name) = find(connection, &id)? else {
        let message = format!("no {what} has the id {id}");
        absent.push(Problem::new(ProblemKind::ValueError, at, message));
        return Ok(None);
    };
    if body.field(what).as_str().is_some_and(|said| said.trim() != name) {
        let message = format!("it is the id of {name:?}, and \"{what}\" names another one");
        let problem = Problem::new(ProblemKind::ValueError, at, message);
        body.refuse("", problem.hint("send one of the two"));
    }
    Ok(Some(name))
}
