//! The section `[access]` of the operator's file.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use portal_core::{Problem, ProblemKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::{check_address, check_group, normal_address};
use super::oidc::{OidcSettings, PublicUrl};
use super::person::Person;

/// How many wrong credentials a client may send in a minute when nothing is said.
const FAILURES_PER_MINUTE: u32 = 30;

/// Who may do what. Without it a server listens on loopback only, and everybody there is the operator.
///
/// Where people are named, an address stands for one person, and any other name for a group as the
/// proxy or the identity provider tells it. `group:` before a name makes it a group whatever it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccessSettings {
    /// Who may do everything: addresses and groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("uniqueItems" = true))]
    pub operators: Vec<String>,
    /// Who approves technical assets in the custom mapping, by domain: addresses and groups.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub approvers: BTreeMap<String, Vec<String>>,
    /// Who may create data products: addresses and groups. Every person when it is left out, and
    /// operators alone when it is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<String>")]
    pub create_data_products: Option<Vec<String>>,
    /// What people may do without being known; nothing when it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Anonymous")]
    pub anonymous: Option<Anonymous>,
    /// Whether an approver may approve what they alone have written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub self_approval: bool,
    /// How many wrong tokens, or the like, one client may send in a minute; 30 when it is left out.
    /// Right ones do not count and are not held up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub failures_per_minute: Option<u32>,
    /// The proxy that says who people are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ProxySettings")]
    pub proxy: Option<ProxySettings>,
    /// The address by which people reach the portal, such as `https://portal.example.com`. The
    /// identity provider leads back to it, and cookies are for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub public_url: Option<String>,
    /// The identity provider by which people sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OidcSettings")]
    pub oidc: Option<OidcSettings>,
}

/// What somebody may do who is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Anonymous {
    /// Read everything but tokens and sessions.
    Viewer,
}

/// A proxy in front of the portal that says who people are, in headers. From anybody else these
/// headers are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProxySettings {
    /// The networks that the proxy is in, such as `10.0.0.0/24`, or its address.
    #[schemars(length(min = 1))]
    pub networks: Vec<String>,
    /// The header with the address of the person, such as `X-Forwarded-Email`.
    pub address_header: String,
    /// The header with their groups, separated by commas, such as `X-Forwarded-Groups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub groups_header: Option<String>,
    /// The header with the network address of the client, such as `X-Forwarded-For`. Of several
    /// addresses the last one counts that is not the proxy's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub client_header: Option<String>,
}

impl AccessSettings {
    /// Whether nobody can become operator by what these settings say.
    pub fn locks_out(&self) -> bool {
        let knows_people = self.proxy.is_some() || self.oidc.is_some();
        let is_reached = |name: &String| match named(name) {
            Named::Person(_) => knows_people,
            Named::Group(_) => self.knows_groups(),
        };
        !self.operators.iter().any(is_reached)
    }

    /// Whether anything tells the groups of people.
    pub(crate) fn knows_groups(&self) -> bool {
        let by_proxy = self.proxy.as_ref().is_some_and(|proxy| proxy.groups_header.is_some());
        by_proxy || self.oidc.as_ref().is_some_and(OidcSettings::tells_groups)
    }

    /// Whether groups are named anywhere in these settings.
    pub fn names_groups(&self) -> bool {
        let approvers = self.approvers.values().flatten();
        let creators = self.create_data_products.iter().flatten();
        let mut all = self.operators.iter().chain(approvers).chain(creators);
        all.any(|name| matches!(named(name), Named::Group(_)))
    }

    /// The address by which people reach the portal, read.
    ///
    /// # Errors
    ///
    /// A sentence, for one that is unfit.
    pub fn public_url(&self) -> Result<Option<PublicUrl>, String> {
        self.public_url.as_deref().map(PublicUrl::read).transpose()
    }

    /// How many wrong credentials a client may send in a minute.
    pub fn most_failures(&self) -> u32 {
        self.failures_per_minute.unwrap_or(FAILURES_PER_MINUTE)
    }

    pub(super) fn is_operator(&self, person: &Person) -> bool {
        are_named(&self.operators, person)
    }

    pub(super) fn is_approver(&self, person: &Person, domain: &str) -> bool {
        self.approvers.get(domain).is_some_and(|named| are_named(named, person))
    }

    /// The domains whose approver somebody is, by name.
    pub fn approves(&self, person: &Person) -> Vec<String> {
        let domains = self.approvers.keys().filter(|domain| self.is_approver(person, domain));
        domains.cloned().collect()
    }

    pub(super) fn is_creator(&self, person: &Person) -> bool {
        self.create_data_products.as_ref().is_none_or(|named| are_named(named, person))
    }
}

/// Who is named in a list: a person by their address, or a group.
enum Named<'a> {
    Person(&'a str),
    Group(&'a str),
}

/// What a name stands for. Some providers call groups by addresses as well; these are told apart by
/// `group:` before them, because groups may be named by people who are no operators.
fn named(name: &str) -> Named<'_> {
    match name.strip_prefix("group:") {
        Some(group) => Named::Group(group),
        None if name.contains('@') => Named::Person(name),
        None => Named::Group(name),
    }
}

/// Checks a name of a list.
///
/// # Errors
///
/// The problem of what is neither an address nor a group.
pub(crate) fn check_named(name: &str) -> Result<(), Problem> {
    match named(name) {
        Named::Person(address) => check_address(address),
        Named::Group(group) => check_group(group),
    }
}

/// Whether a list names somebody, by their address or by a group of theirs.
fn are_named(names: &[String], person: &Person) -> bool {
    names.iter().any(|name| match named(name) {
        Named::Person(address) => normal_address(address) == person.address,
        Named::Group(group) => person.groups.contains(group),
    })
}

/// Reads a network, such as `10.0.0.0/24`, or a single address.
///
/// # Errors
///
/// The problem of what is none, and of a network that holds every address: everybody could say there
/// who they are.
pub fn read_network(text: &str) -> Result<IpNet, Problem> {
    let problem = |message| Problem::new(ProblemKind::ValueError, "", message);
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    match network {
        Ok(network) if network.prefix_len() == 0 => {
            let message =
                format!("{text:?} holds every address, and so everybody could say who they are");
            Err(problem(message).hint("write the network that the proxy is in"))
        }
        Ok(network) => Ok(network),
        Err(_) => Err(problem(format!("{text:?} is no network"))
            .hint("write a network such as 10.0.0.0/24, or an address such as 10.0.0.7")),
    }
}

/// Checks the name of a header: a token of RFC 9110, section 5.6.2.
///
/// # Errors
///
/// The problem of what is none.
pub(crate) fn check_header(name: &str) -> Result<(), Problem> {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.is_empty() && name.bytes().all(is_fit) {
        return Ok(());
    }
    let message = format!("{name:?} is no name of a header");
    Err(Problem::new(ProblemKind::ValueError, "", message).hint("such as X-Forwarded-Email"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_those_of_a_proxy() {
        for good in ["10.0.0.0/8", "10.0.0.7", "::1", "fd00::/8", "127.0.0.0/8"] {
            assert!(read_network(good).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "0.0.0.0/0", "::/0", "proxy.example", "10.0.0"] {
            assert!(read_network(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn people_are_named_by_address_in_any_case_and_groups_as_they_are_written() {
        let person = Person::new("Ada@example.com").in_groups(["team", "team@example.com", "Ada"]);
        let names = |name: &str| are_named(&[name.to_owned()], &person);
        assert!(names("ada@example.com") && names("ADA@EXAMPLE.COM") && names("team"));
        assert!(names("group:team@example.com") && !names("team@example.com"));
        assert!(!names("Team") && !names("ada") && !names("example.com"));
    }
}
