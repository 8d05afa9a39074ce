//! One worker's counters. Only the worker writes, so an increment is a load and a store; anyone may read.
//! Counters of a (route, method) pair are allocated when it is first used: 10,000 routes cost what is in use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use castgate_contract::methods;

use super::BUCKETS;
use crate::error::Refusal;
use crate::retries::RetryCause;

/// The number that stands for "no route" in tables that have one row more than there are routes.
pub(crate) const UNMATCHED: u32 = u32::MAX;

/// The registered statuses (and 499); each has a counter, and one more counts all others.
pub(crate) const STATUSES: [u16; 63] = [
    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307,
    308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421,
    422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
];

/// From a status to its counter.
static STATUS_PLACES: [u8; 512] = {
    let mut places = [STATUSES.len() as u8; 512];
    let mut place = 0;
    while place < STATUSES.len() {
        places[STATUSES[place] as usize] = place as u8;
        place += 1;
    }
    places
};

/// A counter with one writer.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(crate) fn add(&self, amount: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters by status.
#[derive(Debug)]
pub(crate) struct ByStatus([Counter; STATUSES.len() + 1]);

impl Default for ByStatus {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Counter::default()))
    }
}

impl ByStatus {
    #[inline]
    fn count(&self, status: u16) {
        let place =
            STATUS_PLACES.get(usize::from(status)).map_or(STATUSES.len(), |&place| usize::from(place));
        self.0[place].add(1);
    }

    /// The counters that are not zero; `None` stands for all unregistered statuses.
    pub(crate) fn nonzero(&self) -> impl Iterator<Item = (Option<u16>, u64)> {
        let counts = self.0.iter().map(Counter::get).enumerate();
        counts.filter(|(_, count)| *count > 0).map(|(place, count)| (STATUSES.get(place).copied(), count))
    }
}

/// A latency histogram; the sum is kept in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [Counter; BUCKETS.len() + 1],
    nanos: Counter,
}

const BOUNDS: [u64; BUCKETS.len()] = {
    let mut bounds = [0; BUCKETS.len()];
    let mut place = 0;
    while place < BUCKETS.len() {
        bounds[place] = (BUCKETS[place] * 1e9) as u64;
        place += 1;
    }
    bounds
};

impl Histogram {
    #[inline]
    fn observe(&self, duration: Duration) {
        let nanos = duration.as_nanos() as u64;
        self.buckets[BOUNDS.partition_point(|&bound| bound < nanos)].add(1);
        self.nanos.add(nanos);
    }

    pub(crate) fn add_to(&self, buckets: &mut [u64; BUCKETS.len() + 1], nanos: &mut u64) {
        buckets.iter_mut().zip(&self.buckets).for_each(|(sum, counter)| *sum += counter.get());
        *nanos += self.nanos.get();
    }
}

/// The counters of one route.
#[derive(Debug)]
pub(crate) struct RouteCounters {
    pub(crate) methods: [OnceLock<Box<ByStatus>>; methods::NAMES.len()],
    pub(crate) duration: Histogram,
    /// By the place in [`Shard`]'s list.
    pub(crate) refused: Box<[Counter]>,
    /// By [`RetryCause`].
    pub(crate) retries: [Counter; RetryCause::ALL.len()],
}

impl RouteCounters {
    /// `counted` is how many refusals have a series.
    fn new(counted: usize) -> Self {
        Self {
            methods: Default::default(),
            duration: Histogram::default(),
            refused: (0..counted).map(|_| Counter::default()).collect(),
            retries: Default::default(),
        }
    }
}

/// All counters of one worker.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Shard {
    /// One for each route, allocated on first use, and a last one for requests without a route.
    pub(crate) routes: Box<[OnceLock<Box<RouteCounters>>]>,
    /// By the backend's slot.
    pub(crate) backends: Box<[ByStatus]>,
    /// By the upstream's id.
    pub(crate) upstreams: Box<[Histogram]>,
    /// The refusals that have a series.
    counted: Arc<[&'static Refusal]>,
    opened: Counter,
    ended: Counter,
    connections_opened: Counter,
    connections_closed: Counter,
    tunnels_opened: Counter,
    tunnels_closed: Counter,
    /// Bytes that came from clients in tunnels, and those that went to them.
    pub(crate) tunnelled: [Counter; 2],
}

impl Shard {
    pub(crate) fn new(
        routes: usize,
        backends: usize,
        upstreams: usize,
        counted: Arc<[&'static Refusal]>,
    ) -> Self {
        Self {
            routes: (0..=routes).map(|_| OnceLock::new()).collect(),
            backends: (0..backends).map(|_| ByStatus::default()).collect(),
            upstreams: (0..upstreams).map(|_| Histogram::default()).collect(),
            counted,
            opened: Counter::default(),
            ended: Counter::default(),
            connections_opened: Counter::default(),
            connections_closed: Counter::default(),
            tunnels_opened: Counter::default(),
            tunnels_closed: Counter::default(),
            tunnelled: Default::default(),
        }
    }

    #[inline]
    fn route(&self, route: u32) -> &RouteCounters {
        let place = if route == UNMATCHED { self.routes.len() - 1 } else { route as usize };
        self.routes[place].get_or_init(|| Box::new(RouteCounters::new(self.counted.len())))
    }

    pub(crate) fn request_opened(&self) {
        self.opened.add(1);
    }

    #[inline]
    pub(crate) fn request_ended(&self, route: u32, method: usize, status: u16, duration: Duration) {
        self.ended.add(1);
        let route = self.route(route);
        route.methods[method].get_or_init(Box::default).count(status);
        route.duration.observe(duration);
    }

    /// A backend's response head, or what stands for one, came after `duration`.
    pub(crate) fn upstream_answered_after(&self, upstream: usize, duration: Duration) {
        self.upstreams[upstream].observe(duration);
    }

    /// An attempt at a backend has come to this.
    pub(crate) fn upstream_answered(&self, backend: usize, status: u16) {
        self.backends[backend].count(status);
    }

    /// A layer has refused a request; that is counted if it has a series.
    pub(crate) fn refused(&self, route: u32, refusal: &Refusal) {
        if let Some(place) = self.counted.iter().position(|counted| *counted == refusal) {
            self.route(route).refused[place].add(1);
        }
    }

    pub(crate) fn retried(&self, route: u32, cause: RetryCause) {
        self.route(route).retries[cause as usize].add(1);
    }

    pub(crate) fn connection_opened(&self) {
        self.connections_opened.add(1);
    }

    pub(crate) fn connection_closed(&self) {
        self.connections_closed.add(1);
    }

    pub(crate) fn tunnel_opened(&self) {
        self.tunnels_opened.add(1);
    }

    pub(crate) fn tunnel_closed(&self) {
        self.tunnels_closed.add(1);
    }

    /// So many bytes came from a client in a tunnel, and so many went to it.
    pub(crate) fn tunnelled(&self, brought: u64, taken: u64) {
        self.tunnelled[0].add(brought);
        self.tunnelled[1].add(taken);
    }

    /// Requests being served.
    pub(crate) fn in_flight(&self) -> u64 {
        self.opened.get().saturating_sub(self.ended.get())
    }

    /// Connections that have switched to another protocol.
    pub(crate) fn tunnels(&self) -> u64 {
        self.tunnels_opened.get().saturating_sub(self.tunnels_closed.get())
    }

    /// Client connections.
    pub(crate) fn connections(&self) -> u64 {
        self.connections_opened.get().saturating_sub(self.connections_closed.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_their_place_and_unknown_ones_share_one() {
        let counters = ByStatus::default();
        for status in [200, 404, 499, 200, 299, 599, 999] {
            counters.count(status);
        }
        let counts: Vec<_> = counters.nonzero().collect();
        assert_eq!(counts, [(Some(200), 2), (Some(404), 1), (Some(499), 1), (None, 3)]);
    }

    #[test]
    fn a_duration_on_a_bound_belongs_to_its_bucket() {
        let histogram = Histogram::default();
        for micros in [500, 501, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let (mut buckets, mut nanos) = ([0; BUCKETS.len() + 1], 0);
        histogram.add_to(&mut buckets, &mut nanos);
        assert_eq!((buckets[0], buckets[1], buckets[16], buckets[17]), (1, 1, 1, 1));
        assert_eq!(nanos, 20_001_002_000);
    }
}
