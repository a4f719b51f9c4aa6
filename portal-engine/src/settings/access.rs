//! The section `[access]`: its rules beyond the schema, and how a change of it reads.

use std::collections::BTreeSet;

use portal_core::__private::suggest;
use portal_core::{Problem, ProblemKind, Problems};

use super::Settings;
use super::checks::warning;
use super::plan::{Change, Step, action};
use crate::access::{
    AccessSettings, OidcSettings, ProxySettings, check_header, check_named, read_network,
};
use crate::schema::escape;

/// Checks who is named, and the proxy; warns of a file by which nobody can become operator.
pub(super) fn check(settings: &Settings, problems: &mut Problems, warnings: &mut Problems) {
    let Some(access) = &settings.access else { return };
    check_people(&access.operators, "/access/operators", problems);
    for (domain, named) in &access.approvers {
        let at = format!("/access/approvers/{}", escape(domain));
        check_people(named, &at, problems);
        warn_of_unknown_domain(settings, domain, at, warnings);
    }
    let creators = access.create_data_products.as_deref().unwrap_or_default();
    check_people(creators, "/access/create_data_products", problems);
    if let Some(proxy) = &access.proxy {
        check_proxy(proxy, problems);
    }
    if let Err(message) = access.public_url() {
        let problem = Problem::new(ProblemKind::ValueError, "/access/public_url", message);
        problems.push(problem.hint("such as https://portal.example.com"));
    }
    if let Some(oidc) = &access.oidc {
        check_oidc(access, oidc, problems, warnings);
    }
    if access.locks_out() {
        let knows_people = access.proxy.is_some() || access.oidc.is_some();
        let why = match (access.operators.is_empty(), knows_people, &access.oidc) {
            (true, ..) => "it names no operators",
            (false, false, _) => {
                "it says nowhere how people are known: by an identity provider, or by a proxy"
            }
            (false, true, None) => "it names groups alone, and the proxy has no `groups_header`",
            (false, true, Some(_)) => "it names groups alone, and nothing tells those of people",
        };
        let message = format!(
            "nobody can become operator by this file, because {why}: what is left are tokens and the commands of the server's own machine"
        );
        warnings.push(warning("/access".to_owned(), message));
    }
}

fn check_people(names: &[String], at: &str, problems: &mut Problems) {
    for (index, name) in names.iter().enumerate() {
        refuse(check_named(name).err(), format!("{at}/{index}"), problems);
    }
}

fn refuse(problem: Option<Problem>, at: String, problems: &mut Problems) {
    if let Some(problem) = problem {
        problems.push(Problem { at, ..problem });
    }
}

/// Domains exist as soon as a data product names them, so one that the file omits is no mistake.
fn warn_of_unknown_domain(settings: &Settings, domain: &str, at: String, warnings: &mut Problems) {
    if settings.domains.is_empty() || settings.domains.contains_key(domain) {
        return;
    }
    let known = settings.domains.keys().map(String::as_str);
    let message = format!("the file has no domain {domain:?}");
    warnings.push(warning(at, message).hint(suggest::hint(domain, known)));
}

fn check_proxy(proxy: &ProxySettings, problems: &mut Problems) {
    for (index, network) in proxy.networks.iter().enumerate() {
        let at = format!("/access/proxy/networks/{index}");
        refuse(read_network(network).err(), at, problems);
    }
    let headers = [
        ("address_header", Some(&proxy.address_header)),
        ("groups_header", proxy.groups_header.as_ref()),
        ("client_header", proxy.client_header.as_ref()),
    ];
    let mut named = BTreeSet::new();
    for (key, header) in headers {
        // One that is missing has been reported already.
        let Some(header) = header.filter(|header| key != "address_header" || !header.is_empty())
        else {
            continue;
        };
        let at = format!("/access/proxy/{key}");
        if !named.insert(header.to_ascii_lowercase()) {
            let message = format!("the header {header} means something else already");
            problems.push(warning(at, message));
        } else {
            refuse(check_header(header).err(), at, problems);
        }
    }
}

fn check_oidc(
    access: &AccessSettings,
    oidc: &OidcSettings,
    problems: &mut Problems,
    warnings: &mut Problems,
) {
    let at = |below: &str| format!("/access/oidc{below}");
    for problem in oidc.check() {
        let at = at(&problem.at);
        problems.push(Problem { at, ..problem });
    }
    if access.public_url.is_none() {
        let message = "people sign in at an identity provider, which has to know where to lead them back to: the section says no `public_url`";
        let problem = Problem::new(ProblemKind::Missing, "/access/public_url", message);
        problems.push(problem.hint("write the address by which people reach the portal"));
    }
    for (key, reason) in oidc.missing_secrets() {
        warnings.push(warning(at(&format!("/{key}")), reason));
    }
    if !oidc.tells_groups() && access.names_groups() && !access.knows_groups() {
        let message =
            "the section names groups, and Google tells none: name people by their addresses";
        warnings.push(warning(at("/issuer"), message.to_owned()));
    }
}

/// The change from what is stored to what a file says, if there is any.
pub(super) fn plan_access(
    old: Option<&AccessSettings>,
    new: Option<&AccessSettings>,
) -> Option<Change> {
    if old == new {
        return None;
    }
    let what = match (old, new) {
        (_, None) => "who may do what: the whole section `access`".to_owned(),
        (old, Some(new)) => {
            let before = AccessSettings::default();
            format!("who may do what: {}", differences(old.unwrap_or(&before), new).join(", "))
        }
    };
    let step = Step::Access(new.cloned().map(Box::new));
    Some(Change { action: action(old, new), what, assets: None, step })
}

/// What differs, in words.
fn differences(old: &AccessSettings, new: &AccessSettings) -> Vec<String> {
    let mut said = names("operators", &old.operators, &new.operators);
    let domains: BTreeSet<&String> = old.approvers.keys().chain(new.approvers.keys()).collect();
    for domain in domains {
        let of =
            |settings: &AccessSettings| settings.approvers.get(domain).cloned().unwrap_or_default();
        said.extend(names(&format!("approvers of {domain}"), &of(old), &of(new)));
    }
    let parts = [
        ("create_data_products", old.create_data_products != new.create_data_products),
        ("anonymous", old.anonymous != new.anonymous),
        ("self_approval", old.self_approval != new.self_approval),
        ("failures_per_minute", old.failures_per_minute != new.failures_per_minute),
        ("proxy", old.proxy != new.proxy),
        ("public_url", old.public_url != new.public_url),
        ("oidc", old.oidc != new.oidc),
    ];
    said.extend(
        parts.iter().filter(|(_, is_other)| *is_other).map(|(key, _)| format!("another `{key}`")),
    );
    if said.is_empty() {
        // The order of names, or the section itself.
        said.push("no change of anybody's role".to_owned());
    }
    said
}

/// Who comes and who goes in a list.
fn names(what: &str, old: &[String], new: &[String]) -> Vec<String> {
    let changes = |sign, some: &[String], others: &[String]| -> Vec<String> {
        let only = some.iter().filter(|name| !others.contains(name));
        only.map(|name| format!("{sign}{name}")).collect()
    };
    let all = [changes('+', new, old), changes('-', old, new)].concat();
    if all.is_empty() { Vec::new() } else { vec![format!("{what} {}", all.join(" "))] }
}
