//! How many wrong credentials each client has sent in the last minute, so that nobody tries them by
//! the thousand. Right ones are never held up, whoever else sends wrong ones; only what the identity
//! provider has to be asked about is, because it is asked for few at a time.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// In what time failures are counted together.
const WINDOW: Duration = Duration::from_secs(60);

/// The most clients that are remembered. A client has one network, but an attacker may have many.
const CLIENTS_MAX: usize = 10_000;

/// The failures of all clients.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// When a client's first failure of its minute was, and how many there were since.
    clients: Mutex<HashMap<IpAddr, (Instant, u32)>>,
}

impl Failures {
    /// Looks whether a client has sent too many, and counts nothing: for what costs others something
    /// whether it is right or wrong.
    ///
    /// # Errors
    ///
    /// How long to wait, when there were `most` in a minute.
    pub(crate) fn check(&self, client: Option<IpAddr>, most: u32) -> Result<(), Duration> {
        let client = network_of(client.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        match clients.get(&client) {
            Some((begun, count)) if *count >= most => {
                WINDOW.checked_sub(begun.elapsed()).map_or(Ok(()), Err)
            }
            _ => Ok(()),
        }
    }

    /// Counts one more; `None` for a client without a network address.
    ///
    /// # Errors
    ///
    /// How long to wait, when that is more than `most` in a minute.
    pub(crate) fn count(&self, client: Option<IpAddr>, most: u32) -> Result<(), Duration> {
        self.count_at(Instant::now(), client, most)
    }

    fn count_at(&self, now: Instant, client: Option<IpAddr>, most: u32) -> Result<(), Duration> {
        let client = network_of(client.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |begun: &Instant| now.duration_since(*begun) >= WINDOW;
        if clients.len() >= CLIENTS_MAX && !clients.contains_key(&client) {
            clients.retain(|_, (begun, _)| !is_over(begun));
            if clients.len() >= CLIENTS_MAX {
                clients.clear();
            }
        }
        let (begun, count) = clients.entry(client).or_insert((now, 0));
        if is_over(begun) {
            (*begun, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        match *count > most {
            true => Err(WINDOW - now.duration_since(*begun)),
            false => Ok(()),
        }
    }
}

/// What counts as one client: an address, or the 64 bits of an IPv6 network, in which anybody has as
/// many addresses as they like.
fn network_of(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_client_has_a_minute_of_its_own() {
        let failures = Failures::default();
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(failures.count_at(start, at("192.0.2.1"), 3), Ok(()));
        }
        let later = start + Duration::from_secs(20);
        let waits = failures.count_at(later, at("192.0.2.1"), 3);
        assert_eq!(waits, Err(Duration::from_secs(40)));
        assert_eq!(failures.count_at(later, at("192.0.2.2"), 3), Ok(()));
        assert_eq!(failures.count_at(start + WINDOW, at("192.0.2.1"), 3), Ok(()));
    }

    #[test]
    fn client_that_is_only_looked_at_is_not_counted() {
        let failures = Failures::default();
        for _ in 0..5 {
            assert_eq!(failures.check(at("192.0.2.1"), 2), Ok(()));
        }
        for _ in 0..2 {
            assert_eq!(failures.count(at("192.0.2.1"), 2), Ok(()));
        }
        assert!(failures.check(at("192.0.2.1"), 2).is_err());
        assert_eq!(failures.check(at("192.0.2.2"), 2), Ok(()));
    }

    #[test]
    fn addresses_of_one_network_are_one_client() {
        let failures = Failures::default();
        assert_eq!(failures.count(at("2001:db8::1"), 1), Ok(()));
        assert!(failures.count(at("2001:db8::ffff:2"), 1).is_err());
        assert_eq!(failures.count(at("2001:db8:0:1::1"), 1), Ok(()));
        assert_eq!(failures.count(at("192.0.2.1"), 1), Ok(()));
        assert!(failures.count(at("::ffff:192.0.2.1"), 1).is_err());
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let failures = Failures::default();
        for number in 0..(2 * CLIENTS_MAX as u32) {
            let client = Some(Ipv4Addr::from_bits(number).into());
            assert_eq!(failures.count(client, 1), Ok(()));
        }
        assert!(failures.clients.lock().unwrap().len() <= CLIENTS_MAX);
    }
}
