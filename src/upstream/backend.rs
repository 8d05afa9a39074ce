//! One backend: where it is, whether it is healthy, how many requests it is serving.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use castgate_contract::backend::BackendUrl;
use castgate_contract::listen;
use http::HeaderValue;

use super::addresses::Addresses;
use super::health::{Health, Status};
use crate::late::{Late, Origin, Problems};

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
    url: BackendUrl,
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

    /// Resolves its URL. Called once, before any request.
    pub(crate) fn bind(&self, problems: &mut Problems) {
        let Some(url) = problems.resolve(self.origin, &self.url) else { return };
        match Bound::parse(&url) {
            Ok(bound) => {
                if self.bound.set(bound).is_err() {
                    problems.at(self.origin, "the backend was bound twice");
                }
            }
            Err(why) => problems.at(self.origin, format!("backend `{url}`{}: {why}", self.url.source())),
        }
    }

    /// Refuses it if one of the gateway's own listeners is there: what goes there would come back, without end.
    pub(crate) fn refuse_own(&self, listeners: &[SocketAddr], problems: &mut Problems) {
        let Some(Bound { url, .. }) = self.bound.get() else { return };
        if let Some(own) = listeners.iter().find(|own| listen::is_reached(**own, &url.host, url.port)) {
            let (text, source) = (&url.text, self.url.source());
            problems.at(
                self.origin,
                format!("backend `{text}`{source}: it is the gateway itself, which listens on {own}"),
            );
        }
    }

    /// Its URL, as it was written or resolved: the `backend` of logs and metrics.
    pub fn url(&self) -> &str {
        self.bound.get().map_or("", |bound| &bound.url.text)
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
        bound.url.host.parse::<IpAddr>().is_err().then_some((&bound.url.host, bound.url.port))
    }
}

impl Bound {
    fn parse(url: &str) -> Result<Self, String> {
        let url = BackendUrl::parse(url).map_err(|why| why.to_string())?;
        let authority = HeaderValue::from_str(&url.authority()).map_err(|error| error.to_string())?;
        let addresses = match url.host.parse() {
            Ok(ip) => Addresses::fixed(SocketAddr::new(ip, url.port)),
            Err(_) => Addresses::awaited(),
        };
        Ok(Self { url, authority, addresses })
    }
}
