//! One backend: where it is, whether it is healthy, how many requests it is serving.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::HeaderValue;
use http::uri::{Scheme, Uri};

use super::addresses::Addresses;
use super::health::{Health, Status};
use crate::late::{Bind, Late, Origin, Problems};

/// One backend. Each has cache lines of its own, so that two backends' counters never share one.
#[derive(Debug)]
#[repr(align(128))]
pub struct Backend {
    origin: Origin,
    slot: usize,
    weight: u16,
    url: Late,
    bound: OnceLock<Bound>,
    health: Health,
    in_flight: AtomicUsize,
}

/// A request that a backend is serving; counted until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight(&'static Backend);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Bound {
    url: String,
    host: String,
    port: u16,
    authority: HeaderValue,
    addresses: Addresses,
}

impl Backend {
    /// `slot` is its number among all backends of the gateway; `weight` 0 means that it takes no traffic.
    pub const fn new(origin: Origin, slot: usize, weight: u16, url: Late) -> Self {
        Self {
            origin,
            slot,
            weight,
            url,
            bound: OnceLock::new(),
            health: Health::new(),
            in_flight: AtomicUsize::new(0),
        }
    }

    /// Its URL, as it was written or resolved: the `backend` of logs and metrics.
    pub fn url(&self) -> &str {
        self.bound.get().map_or("", |bound| &bound.url)
    }

    /// Its number among all backends of the gateway.
    pub fn slot(&self) -> usize {
        self.slot
    }

    pub(crate) fn weight(&self) -> u16 {
        self.weight
    }

    pub(crate) fn authority(&self) -> Option<&HeaderValue> {
        self.bound.get().map(|bound| &bound.authority)
    }

    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// Whether requests may go there.
    #[inline]
    pub(crate) fn is_usable(&self) -> bool {
        self.health.status() != Status::Unhealthy
    }

    /// Whether it is usable and has a weight.
    #[inline]
    pub(super) fn takes_traffic(&self) -> bool {
        self.weight != 0 && self.is_usable()
    }

    /// The number of requests that it is serving, kept only for balancers that want it.
    pub(super) fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts one more.
    pub(crate) fn occupy(&'static self) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    /// Where its host is; `None` before it is bound.
    #[inline]
    pub(super) fn addresses(&self) -> Option<&Addresses> {
        self.bound.get().map(|bound| &bound.addresses)
    }

    /// Its host, unless that is an address, and its port.
    pub(super) fn name_to_look_up(&self) -> Option<(&str, u16)> {
        let bound = self.bound.get()?;
        bound.host.parse::<IpAddr>().is_err().then_some((&bound.host, bound.port))
    }
}

impl Bind for Backend {
    fn bind(&self, problems: &mut Problems) {
        let Some(url) = problems.resolve(self.origin, &self.url) else { return };
        match parse(&url) {
            Ok(bound) => {
                if self.bound.set(bound).is_err() {
                    problems.at(self.origin, "the backend was bound twice");
                }
            }
            Err(why) => problems.at(self.origin, format!("backend `{url}`{}: {why}", self.url.source())),
        }
    }
}

fn parse(url: &str) -> Result<Bound, &'static str> {
    const EXPECTED: &str = "expected http://host or http://host:port";
    let uri: Uri = url.parse().map_err(|_| EXPECTED)?;
    if uri.scheme() != Some(&Scheme::HTTP) {
        return Err(EXPECTED);
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err("a backend has no path; use a route's rewrite");
    }
    let authority = uri.authority().ok_or(EXPECTED)?;
    if authority.as_str().contains('@') {
        return Err(
            "a backend URL holds no user name; set the Authorization header with the headers middleware",
        );
    }
    let port = match authority.as_str().strip_prefix(authority.host()).and_then(|rest| rest.strip_prefix(':'))
    {
        None => 80,
        Some(digits) => match digits.parse() {
            Ok(port @ 1..) => port,
            _ => return Err("the port is not a number from 1 to 65535"),
        },
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let value = HeaderValue::from_str(authority.as_str()).map_err(|_| EXPECTED)?;
    let addresses = match host.parse() {
        Ok(ip) => Addresses::fixed(SocketAddr::new(ip, port)),
        Err(_) => Addresses::awaited(),
    };
    Ok(Bound { url: url.trim_end_matches('/').to_owned(), host, port, authority: value, addresses })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_checked() {
        let bound = parse("http://[::1]:9001/").unwrap();
        assert_eq!((bound.host.as_str(), bound.port, bound.url.as_str()), ("::1", 9001, "http://[::1]:9001"));
        assert_eq!(parse("http://users").unwrap().port, 80);
        for bad in [
            "",
            "users:80",
            "https://a",
            "http://",
            "http://a:0",
            "http://a:99999",
            "http://a:",
            "http://u@a",
            "http://a/b",
            "http://a?b",
            "http://a b",
        ] {
            assert!(parse(bad).is_err(), "{bad} was accepted");
        }
    }
}
