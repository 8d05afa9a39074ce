//! One backend: where it is, whether it is healthy, how many requests it is serving.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use http::HeaderValue;
use http::uri::{Scheme, Uri};

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
    /// Written by the control thread, read when a connection is made.
    addresses: RwLock<Option<Arc<[SocketAddr]>>>,
    health: Health,
    in_flight: AtomicUsize,
    /// Consecutive failures to connect that workers saw since the last good probe.
    connect_failures: AtomicU32,
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
            addresses: RwLock::new(None),
            health: Health::new(),
            in_flight: AtomicUsize::new(0),
            connect_failures: AtomicU32::new(0),
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

    /// The number of requests that it is serving, kept only for balancers that want it.
    pub(super) fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts one more.
    pub(crate) fn occupy(&'static self) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    /// A worker could not connect. The failure counts like a failed probe, so that the next request does not have
    /// to find out again.
    pub(crate) fn connect_failed(&self, unhealthy_after: u32) {
        if self.connect_failures.fetch_add(1, Ordering::Relaxed) + 1 >= unhealthy_after
            && self.health.set(Status::Unhealthy)
        {
            tracing::warn!(backend = self.url(), "backend is unhealthy: it refuses connections");
        }
    }

    /// A connection or a probe succeeded.
    pub(crate) fn connected(&self) {
        if self.connect_failures.load(Ordering::Relaxed) != 0 {
            self.connect_failures.store(0, Ordering::Relaxed);
        }
    }

    /// The addresses of its host; looked up on the first call, and again by `refresh`.
    pub(crate) async fn addresses(&self) -> std::io::Result<Arc<[SocketAddr]>> {
        let known = self.addresses.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(addresses) => Ok(addresses),
            None => self.refresh().await,
        }
    }

    /// Looks the host up again. The last good answer stays in use when that fails.
    pub(crate) async fn refresh(&self) -> std::io::Result<Arc<[SocketAddr]>> {
        let Some(bound) = self.bound.get() else {
            return Err(std::io::Error::other("the backend was not bound"));
        };
        let found: Arc<[SocketAddr]> =
            tokio::net::lookup_host((bound.host.as_str(), bound.port)).await?.collect();
        if found.is_empty() {
            return Err(std::io::Error::other("the host has no address"));
        }
        let mut addresses = self.addresses.write().unwrap_or_else(PoisonError::into_inner);
        if addresses.as_ref() != Some(&found) {
            *addresses = Some(found.clone());
        }
        Ok(found)
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
    Ok(Bound { url: url.trim_end_matches('/').to_owned(), host, port, authority: value })
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
