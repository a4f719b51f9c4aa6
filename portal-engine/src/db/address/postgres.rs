//! A PostgreSQL address, read as libpq reads it but stricter, so that its password is known.
//!
//! libpq quotes the address, or pieces of it, when it cannot read it, and a password with a `/`, a
//! `?` or a second `@` becomes a host, a port or a parameter. So all that libpq would refuse or take
//! apart differently is refused here, in words that quote nothing.

use std::fmt;

use percent_encoding::percent_decode_str;

/// Parameters whose values are secrets.
const SECRET_PARAMETERS: [&str; 5] =
    ["password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"];

/// What takes the place of a driver's message that repeats a secret.
#[cfg(any(test, feature = "postgres"))]
const WITHHELD: &str = "the connection fails with a message that repeats parts of the address, and is not shown for that: check its host, port and parameters";

#[derive(Clone, PartialEq, Eq)]
pub(super) struct PostgresAddress {
    text: String,
    /// The address without password and parameters.
    shown: String,
    /// What no message may contain.
    secrets: Vec<String>,
    /// The names of its parameters.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "only libpq is told them"))]
    parameters: Vec<String>,
}

impl PostgresAddress {
    /// Takes apart what follows `scheme://`.
    ///
    /// # Errors
    ///
    /// What is wrong and what would be right, without a word of the address.
    pub(super) fn parse(scheme: &str, rest: &str) -> Result<Self, &'static str> {
        check_characters(rest)?;
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at(authority_end);
        if path_and_query.contains('@') || authority.matches('@').count() > 1 {
            return Err(
                "has an @ in a place that it cannot have: within user and password / is written %2F, ? is written %3F and @ is written %40",
            );
        }
        let (user, hosts) = match authority.split_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        hosts.split(',').try_for_each(check_host)?;
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));

        let mut secrets = Vec::new();
        let shown_user = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
            None => String::new(),
            Some((name, "")) => format!("{name}@"),
            Some((name, password)) => {
                add_secret(&mut secrets, password);
                format!("{name}:***@")
            }
        };
        find_secrets(query, &mut secrets)?;
        Ok(PostgresAddress {
            text: format!("{scheme}://{rest}"),
            shown: format!("{scheme}://{shown_user}{hosts}{path}"),
            secrets,
            parameters: names_in(query),
        })
    }

    /// The address as libpq takes it.
    #[cfg(feature = "postgres")]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The same with limits for a connection that serves requests: how long to wait for the server to accept it,
    /// and after how long without an acknowledgement it is lost. What the address says itself stays.
    #[cfg(feature = "postgres")]
    pub(super) fn text_within(&self, patience: &super::Patience) -> String {
        let (connect, request) = (patience.connect.as_secs().max(1), patience.request.as_millis());
        let mut text = self.text.clone();
        for (name, value) in [
            ("connect_timeout", connect.to_string()),
            ("keepalives_idle", "10".to_owned()),
            ("keepalives_interval", "5".to_owned()),
            ("keepalives_count", "2".to_owned()),
            ("tcp_user_timeout", request.to_string()),
        ] {
            if !self.parameters.iter().any(|known| known == name) {
                text.push(if text.contains('?') { '&' } else { '?' });
                text.push_str(&format!("{name}={value}"));
            }
        }
        text
    }

    /// A driver's message, unless it gives away what the shown address does not.
    #[cfg(any(test, feature = "postgres"))]
    pub(super) fn without_secrets(&self, message: String) -> String {
        let gives_away = |secret: &String| {
            message.contains(secret.as_str()) && !self.shown.contains(secret.as_str())
        };
        if message.contains(&self.text) && self.text != self.shown
            || self.secrets.iter().any(gives_away)
        {
            WITHHELD.to_owned()
        } else {
            message
        }
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

fn check_characters(rest: &str) -> Result<(), &'static str> {
    if rest.chars().any(|one| one.is_whitespace() || one.is_control()) {
        return Err("has a space or a control character in it: a space is written %20");
    }
    let is_code = |code: &str| {
        code.get(..2).is_some_and(|digits| {
            digits != "00" && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    };
    if rest.split('%').skip(1).all(is_code) {
        Ok(())
    } else {
        Err("has a % without the two hexadecimal digits of a character: % itself is written %25")
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let port = if let Some(bracketed) = host.strip_prefix('[') {
        let (address, port) = bracketed
            .split_once(']')
            .ok_or("has a [ without its ]: an IPv6 address is written in both, such as [::1]")?;
        if address.is_empty() || !(port.is_empty() || port.starts_with(':')) {
            return Err(
                "has brackets around something else than one IPv6 address: write it such as [::1]:5432",
            );
        }
        port.strip_prefix(':').unwrap_or_default()
    } else {
        host.split_once(':').map_or("", |(_, port)| port)
    };
    if port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0) {
        Ok(())
    } else {
        Err(
            "has a port that is no number from 1 to 65535: if it belongs to a password, write / as %2F, ? as %3F and end the password with @",
        )
    }
}

/// The names of the parameters in the query part.
fn names_in(query: &str) -> Vec<String> {
    let names = query.split('&').filter_map(|parameter| Some(parameter.split_once('=')?.0));
    names.map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned()).collect()
}

/// Adds the secrets of the query part. Where a password is not encoded, its rest looks like further
/// parameters, whose names libpq repeats.
fn find_secrets(query: &str, secrets: &mut Vec<String>) -> Result<(), &'static str> {
    let mut has_secret = false;
    for parameter in query.split('&').filter(|_| !query.is_empty()) {
        let Some((name, value)) = parameter
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.contains('='))
        else {
            return Err(
                "has parameters that are no name=value: join them with &, and within a value write & as %26 and = as %3D",
            );
        };
        if has_secret {
            add_secret(secrets, name);
        }
        if SECRET_PARAMETERS.contains(&&*percent_decode_str(name).decode_utf8_lossy()) {
            add_secret(secrets, value);
            has_secret = true;
        }
    }
    Ok(())
}

/// Adds a secret as it is written and as it is meant.
fn add_secret(secrets: &mut Vec<String>, written: &str) {
    if !written.is_empty() {
        secrets.push(written.to_owned());
        secrets.push(percent_decode_str(written).decode_utf8_lossy().into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rest: &str) -> PostgresAddress {
        PostgresAddress::parse("postgres", rest).unwrap_or_else(|why| panic!("{rest}: {why}"))
    }

    #[test]
    fn address_is_shown_without_password_and_parameters() {
        for (rest, shown) in [
            ("me:hunter2@h/d", "postgres://me:***@h/d"),
            ("me:hun:ter2@h/d", "postgres://me:***@h/d"),
            (":hunter2@h", "postgres://:***@h"),
            ("me@h/d", "postgres://me@h/d"),
            ("h1:1,[::1]:2,h3/d?password=hunter2", "postgres://h1:1,[::1]:2,h3/d"),
            ("me:hun%2Fter2@%2Ftmp/d?sslmode=require", "postgres://me:***@%2Ftmp/d"),
            ("/d?host=/tmp", "postgres:///d"),
            ("", "postgres://"),
        ] {
            assert_eq!(parsed(rest).to_string(), shown);
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn limits_of_a_connection_are_added_where_the_address_says_none() {
        let patience = super::super::Patience::default();
        let plain = parsed("me@h/d").text_within(&patience);
        assert!(plain.starts_with("postgres://me@h/d?connect_timeout=3&keepalives_idle=10&"));
        assert!(plain.ends_with("&tcp_user_timeout=8000"), "{plain}");
        let own = parsed("h1,h2/d?connect%5Ftimeout=9&tcp_user_timeout=1").text_within(&patience);
        assert_eq!(
            own,
            "postgres://h1,h2/d?connect%5Ftimeout=9&tcp_user_timeout=1&keepalives_idle=10&keepalives_interval=5&keepalives_count=2"
        );
    }

    #[test]
    fn message_that_repeats_a_secret_is_withheld() {
        for (rest, message) in [
            ("me:hun%2Fter2@h/d", "what is hun/ter2 for?"),
            ("me:hun%2Fter2@h/d", "what is hun%2Fter2 for?"),
            ("me@h/d?password=hunter2", "what is hunter2 for?"),
            ("me@h/d?p%61ssword=hunter2", "what is hunter2 for?"),
            ("me@h/d?password=hun&ter2=x", "invalid URI query parameter: \"ter2\""),
            ("me@h/d?application_name=x", "no address: postgres://me@h/d?application_name=x"),
        ] {
            assert_eq!(parsed(rest).without_secrets(message.to_owned()), WITHHELD, "{rest}");
        }
        let refused = "password authentication failed for user \"me\"";
        assert_eq!(parsed("me:me@h/d").without_secrets(refused.to_owned()), refused);
    }
}
