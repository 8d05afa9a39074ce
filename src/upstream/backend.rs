//! One backend: where it is, whether it is healthy, how many requests it is serving.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use castgate_contract::backend::{BackendUrl, Place};
use castgate_contract::listen::Address;
use http::HeaderValue;

use super::addresses::Addresses;
use super::health::{Health, Status};
use crate::json::escape;
use crate::late::{Late, Origin, Problems};

/// One backend. Each has cache lines of its own, so that two backends' counters never share one.
#[derive(Debug)]
#[repr(align(128))]
pub struct Backend {
    origin: Origin,
    slot: usize,
    part: Part,
    weight: u16,
    url: Late,
    bound: OnceLock<Bound>,
    health: Health,
    in_flight: AtomicUsize,
}

/// What of a written backend this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// All of it, at all the addresses of its host.
    Whole,
    /// One address of its host: the slot of this number. The first one stands for the host until an address is known.
    Slot(u16),
}

/// A backend as it was written, where every address of a name is a backend of its own.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    origin: Origin,
    first: usize,
    weight: u16,
    url: Late,
    /// `None`: it is whole.
    addresses: Option<u16>,
}

impl Slots {
    /// Room for so many addresses of a name, at least one. `first` is the number of the first slot among all backends of the
    /// gateway; each address has this weight.
    pub const fn new(origin: Origin, first: usize, weight: u16, url: Late, addresses: u16) -> Self {
        Self { origin, first, weight, url, addresses: Some(addresses) }
    }

    /// One that needs no room, because it is written by its address.
    pub const fn whole(origin: Origin, slot: usize, weight: u16, url: Late) -> Self {
        Self { origin, first: slot, weight, url, addresses: None }
    }

    const fn backend(&self, number: u16) -> Backend {
        let part = match self.addresses {
            Some(_) => Part::Slot(number),
            None => Part::Whole,
        };
        Backend {
            origin: self.origin,
            slot: self.first + number as usize,
            part,
            weight: self.weight,
            url: self.url,
            bound: OnceLock::new(),
            health: if number == 0 { Health::new() } else { Health::vacant() },
            in_flight: AtomicUsize::new(0),
        }
    }

    const fn len(&self) -> u16 {
        match self.addresses {
            Some(addresses) => addresses,
            None => 1,
        }
    }
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
    /// The same as the contents of a JSON string.
    escaped_url: Vec<u8>,
    authority: HeaderValue,
    addresses: Addresses,
    /// Addresses of a name for which there is no slot; the first slot knows.
    left_out: AtomicUsize,
}

impl Backend {
    /// `slot` is its number among all backends of the gateway; `weight` 0 means that it takes no traffic.
    pub const fn new(origin: Origin, slot: usize, weight: u16, url: Late) -> Self {
        Slots::whole(origin, slot, weight, url).backend(0)
    }

    /// The backends of an upstream, a slot each. `N` is how many these are.
    pub const fn slots<const N: usize>(written: &[Slots]) -> [Self; N] {
        const NOTHING: Late = Late::new(&[]);
        let mut backends = [const { Self::new(Origin::at("", 0), 0, 0, NOTHING) }; N];
        let (mut place, mut next) = (0, 0);
        while place < written.len() {
            let mut number = 0;
            while number < written[place].len() {
                // What was there has nothing to drop, which only the compiler does not know.
                std::mem::forget(std::mem::replace(&mut backends[next], written[place].backend(number)));
                (number, next) = (number + 1, next + 1);
            }
            place += 1;
        }
        assert!(next == N, "a backend without a place");
        backends
    }

    /// Resolves the URL of what was written as one backend, for all its slots. Called once, before any request.
    pub(crate) fn bind(slots: &[Self], problems: &mut Problems) {
        let Some(Self { origin, url: late, .. }) = slots.first() else { return };
        let Some(url) = problems.resolve(*origin, late) else { return };
        for slot in slots {
            match Bound::parse(&url) {
                Ok(bound) => {
                    if slot.bound.set(bound).is_err() {
                        problems.at(*origin, "the backend was bound twice");
                    }
                }
                Err(why) => {
                    return problems.at(*origin, format!("backend `{url}`{}: {why}", late.source()));
                }
            }
        }
    }

    /// Whether it is a further address of the backend before it.
    pub(super) fn goes_on(&self) -> bool {
        !matches!(self.part, Part::Whole | Part::Slot(0))
    }

    /// Whether it is one address of a name.
    pub(super) fn is_slot(&self) -> bool {
        self.part != Part::Whole
    }

    /// Whether it is somewhere: a slot may be vacant.
    pub(crate) fn is_present(&self) -> bool {
        self.health.status() != Status::Vacant
    }

    /// Where it is, if it is one address of a name, and that is known.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let bound = self.bound.get().filter(|_| self.is_slot())?;
        bound.addresses.first()
    }

    /// It is here from now on, and nothing else is known of it.
    pub(super) fn come(&self, address: SocketAddr, status: Status) {
        self.health.begin(status);
        if let Some(bound) = self.bound.get() {
            bound.addresses.found(&[address]);
        }
    }

    /// It is nowhere from now on.
    pub(super) fn leave(&self) {
        self.health.set(Status::Vacant);
        if let Some(bound) = self.bound.get() {
            bound.addresses.left();
        }
    }

    /// Addresses of its name for which there is no slot.
    pub(crate) fn left_out(&self) -> usize {
        self.bound.get().map_or(0, |bound| bound.left_out.load(Ordering::Relaxed))
    }

    pub(super) fn set_left_out(&self, number: usize) {
        if let Some(bound) = self.bound.get() {
            bound.left_out.store(number, Ordering::Relaxed);
        }
    }

    /// Until it is elsewhere than at `generation`.
    pub(super) async fn moved_since(&self, generation: u32) {
        match self.addresses() {
            Some(addresses) => addresses.changed_since(generation).await,
            None => std::future::pending().await,
        }
    }

    /// Changes whenever it is elsewhere than before.
    pub(super) fn generation(&self) -> u32 {
        self.addresses().map_or(0, Addresses::generation)
    }

    /// Refuses it if one of the gateway's `own` listeners is there: what goes there would come back, without end.
    pub(crate) fn refuse_own<'a>(
        &self,
        own: impl Fn(&Place) -> Option<&'a Address>,
        problems: &mut Problems,
    ) {
        let Some(Bound { url, .. }) = self.bound.get() else { return };
        if let Some(own) = own(&url.place) {
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

    /// The same as the contents of a JSON string.
    pub(crate) fn escaped_url(&self) -> &[u8] {
        self.bound.get().map_or(&[], |bound| &bound.escaped_url)
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

    /// Whether requests may go there. Of a vacant slot nobody asks: no balancer has it.
    #[inline]
    pub(crate) fn is_usable(&self) -> bool {
        self.health.status() != Status::Unhealthy
    }

    /// Whether it is somewhere, usable, and has a weight.
    #[inline]
    pub(super) fn takes_traffic(&self) -> bool {
        self.weight != 0 && self.health.status() < Status::Unhealthy
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
        let (host, port) = self.bound.get()?.url.host_and_port()?;
        host.parse::<IpAddr>().is_err().then_some((host, port))
    }

    /// The path of its socket, if it is one.
    pub(super) fn socket(&self) -> Option<&str> {
        match &self.bound.get()?.url.place {
            Place::Unix(path) => Some(path),
            Place::Tcp { .. } => None,
        }
    }
}

impl Bound {
    fn parse(url: &str) -> Result<Self, String> {
        let url = BackendUrl::parse(url).map_err(|why| why.to_string())?;
        let authority = HeaderValue::from_str(&url.authority()).map_err(|error| error.to_string())?;
        let address =
            url.host_and_port().and_then(|(host, port)| Some(SocketAddr::new(host.parse().ok()?, port)));
        // Nobody asks where a socket is.
        let addresses = address.map_or_else(Addresses::awaited, Addresses::fixed);
        let mut escaped_url = Vec::new();
        escape(&mut escaped_url, url.text.as_bytes());
        Ok(Self { url, escaped_url, authority, addresses, left_out: AtomicUsize::new(0) })
    }
}
