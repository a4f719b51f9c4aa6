//! The hosts under which a server is known, and so the origins that are its own.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use actix_web::http::Uri;

/// A host under which the portal may be asked for, such as `portal.example` or
/// `portal.example:8443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    name: String,
    port: Option<u16>,
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "{text:?} is no host: write a name or an address, with a port or without, such as portal.example"
            )
        };
        let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
        match (uri.scheme(), uri.authority(), uri.path_and_query()) {
            (None, Some(authority), None) if !authority.as_str().contains('@') => {
                let name = normal(authority.host());
                if name.is_empty() || name.contains('*') {
                    return Err(wrong());
                }
                Ok(AllowedHost { name, port: authority.port_u16() })
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The host of the address by which people reach the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicHost {
    pub host: AllowedHost,
    /// Whether it is reached by https.
    pub is_https: bool,
}

/// The hosts of one server.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    allowed: Vec<AllowedHost>,
}

impl Hosts {
    pub(crate) fn new(allowed: Vec<AllowedHost>) -> Self {
        Hosts { allowed }
    }

    /// Whether the portal is known under this host, when its server listens on the address `bound`, and
    /// its public address has the host `public`. The port does not matter: it is how one gets here, and
    /// a rebound name can have any.
    pub(crate) fn knows(
        &self,
        host: &AllowedHost,
        public: Option<&PublicHost>,
        bound: IpAddr,
    ) -> bool {
        let public = public.map(|public| &public.host);
        if self.allowed.iter().chain(public).any(|allowed| allowed.name == host.name) {
            return true;
        }
        match host.name.trim_matches(['[', ']']).parse::<IpAddr>() {
            // Addresses cannot be rebound, and a server on all addresses has many.
            Ok(address) => {
                // An IPv4 address can be written as one of IPv6.
                let address = address.to_canonical();
                address.is_loopback()
                    || address == bound.to_canonical()
                    || bound.to_canonical().is_unspecified()
            }
            Err(_) => host.name == "localhost" || host.name.ends_with(".localhost"),
        }
    }

    /// Whether a page of this origin is the portal's own: it comes from the host that was asked
    /// for, or from one of the allowed ones, which a proxy in front may have replaced. Where people come by
    /// https, a page of that host without it may be anybody's who is on their way.
    pub(crate) fn is_own(
        &self,
        origin: &str,
        asked: &AllowedHost,
        public: Option<&PublicHost>,
    ) -> bool {
        let Some((scheme @ ("http" | "https"), host)) = origin.split_once("://") else {
            return false;
        };
        let Ok(AllowedHost { name, port }) = host.parse() else { return false };
        if public
            .is_some_and(|public| public.is_https && scheme != "https" && public.host.name == name)
        {
            return false;
        }
        let public = public.map(|public| &public.host);
        let default = if scheme == "https" { 443 } else { 80 };
        let is = |own: &AllowedHost| {
            own.name == name && own.port.unwrap_or(default) == port.unwrap_or(default)
        };
        is(asked) || self.allowed.iter().chain(public).any(is)
    }
}

fn normal(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(allowed: &[&str]) -> Hosts {
        Hosts::new(allowed.iter().map(|one| one.parse().unwrap()).collect())
    }

    fn knows(hosts: &Hosts, bound: &str, host: &str) -> bool {
        host.parse().is_ok_and(|host| hosts.knows(&host, None, bound.parse().unwrap()))
    }

    #[test]
    fn loopback_the_bound_address_and_allowed_names_are_known() {
        let hosts = hosts(&["portal.example", "other.example:8443"]);
        let knows = |host| knows(&hosts, "192.0.2.7", host);
        for good in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "127.0.0.1:1",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:8080",
            "[::ffff:7f00:1]",
            "[::ffff:192.0.2.7]",
            "192.0.2.7",
            "portal.example:99",
            "Portal.Example",
            "other.example",
        ] {
            assert!(knows(good), "{good}");
        }
        for bad in [
            "",
            "evil.example",
            "portal.example.evil.example",
            "192.0.2.8",
            "localhost.evil.example",
            "a@localhost",
            "localhost/x",
            "http://localhost",
            "[::2]",
            "[::ffff:192.0.2.8]",
            "localhost localhost",
        ] {
            assert!(!knows(bad), "{bad}");
        }
    }

    #[test]
    fn server_on_all_addresses_is_known_by_any_of_them_but_by_no_name() {
        for bound in ["0.0.0.0", "::"] {
            let knows = |host| knows(&hosts(&[]), bound, host);
            assert!(knows("10.1.2.3:80") && knows("[fe80::1]"));
            assert!(!knows("portal.example"));
        }
    }

    #[test]
    fn origin_is_own_when_it_is_the_host_asked_for_or_an_allowed_one() {
        let hosts = hosts(&["portal.example"]);
        let own = |origin: &str, host: &str| hosts.is_own(origin, &host.parse().unwrap(), None);
        assert!(own("http://localhost:8080", "localhost:8080"));
        assert!(own("https://portal.example", "portal.example"));
        assert!(own("https://portal.example:443", "127.0.0.1:8080"));
        for foreign in [
            "null",
            "",
            "http://localhost:9090",
            "https://evil.example",
            "file://",
            "https://portal.example:8443",
            "https://portal.example.evil.example",
        ] {
            assert!(!own(foreign, "localhost:8080"), "{foreign}");
        }
    }

    #[test]
    fn host_of_the_public_address_is_known() {
        let public = |is_https| PublicHost { host: "public.example".parse().unwrap(), is_https };
        let by_http = public(false);
        let public = Some(public(true));
        let (hosts, bound) = (hosts(&[]), "192.0.2.7".parse().unwrap());
        let asked = "public.example:8080".parse().unwrap();
        assert!(hosts.knows(&asked, public.as_ref(), bound) && !hosts.knows(&asked, None, bound));
        let inner = "192.0.2.7".parse().unwrap();
        assert!(hosts.is_own("https://public.example", &inner, public.as_ref()));
        assert!(!hosts.is_own("https://public.example", &inner, None));
        assert!(!hosts.is_own("http://public.example", &inner, public.as_ref()));
        assert!(!hosts.is_own("http://public.example:8080", &asked, public.as_ref()));
        assert!(hosts.is_own("http://public.example:8080", &asked, Some(&by_http)));
    }

    #[test]
    fn allowed_host_is_a_name_with_a_port_or_without() {
        for wrong in ["", "https://portal.example", "portal.example/path", "*", "*.example", "a b"]
        {
            assert!(wrong.parse::<AllowedHost>().is_err(), "{wrong}");
        }
    }
}
