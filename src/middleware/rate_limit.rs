//! The generic cell rate algorithm (GCRA, ITU-T I.371) for each client, over a bounded table of atomics.
//! A client's state is one number, the theoretical arrival time of its next conforming request, in nanoseconds.
//! The table is set-associative: a key lives in one of four cells of its set, and the set's least recently limited
//! key makes way for a new one, so a flood of keys costs memory that was there from the start.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderName, HeaderValue, header};

use crate::context::Context;
use crate::error::{Error, Reason, Refusal};
use crate::late::{Origin, Problems};
use crate::message::{Request, Response};
use crate::policy::Policy;
use crate::service::Service;
use crate::value::RequestText;

/// The rate limit of the client was used up.
static LIMITED: Refusal = Refusal::new("rate_limited", 429, "Too many requests")
    .counted("gateway_rate_limited_total", "Requests refused by a rate limit.");

/// What identifies a client.
#[derive(Debug)]
pub enum LimitKey {
    /// Its address.
    ClientIp,
    /// A request header; requests without it share one limit.
    Header(HeaderName),
    /// Values of the request; requests that lack one share one limit.
    Values(RequestText),
}

impl LimitKey {
    /// A header, given in lower case.
    pub const fn header(name: &'static str) -> Self {
        Self::Header(HeaderName::from_static(name))
    }
}

/// One limit: its policy and the state of its clients. Routes that share it share the state.
#[derive(Debug)]
pub struct Limit {
    origin: Origin,
    key: LimitKey,
    /// Nanoseconds between two requests at the steady rate.
    interval: u64,
    /// How far the arrival time may run ahead: (burst - 1) intervals.
    tolerance: u64,
    sets: usize,
    table: OnceLock<Table>,
}

#[derive(Debug)]
struct Table {
    sets: Box<[Set]>,
    hasher: RandomState,
    epoch: Instant,
}

/// Four cells on one cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Set([Cell; 4]);

/// `key` 0 is free; `arrival` is the theoretical arrival time.
#[derive(Debug, Default)]
struct Cell {
    key: AtomicU64,
    arrival: AtomicU64,
}

impl Limit {
    /// `interval_nanos` between requests at the steady rate, bursts of `burst` (at least 1), `max_keys` clients (a
    /// power of two, at least 4).
    pub const fn new(
        origin: Origin,
        key: LimitKey,
        interval_nanos: u64,
        burst: u64,
        max_keys: usize,
    ) -> Self {
        assert!(max_keys.is_power_of_two() && max_keys >= 4 && burst >= 1 && interval_nanos >= 1);
        let tolerance = interval_nanos.saturating_mul(burst - 1);
        Self { origin, key, interval: interval_nanos, tolerance, sets: max_keys / 4, table: OnceLock::new() }
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| Table {
            sets: (0..self.sets).map(|_| Set::default()).collect(),
            hasher: RandomState::new(),
            epoch: Instant::now(),
        })
    }

    /// Takes one request of the client; the wait until it would conform if it does not.
    fn take(&self, request: &Request, cx: &Context<'_>) -> Result<(), Duration> {
        let table = self.table();
        // The hash is keyed at start, so nobody can choose addresses that share a cell.
        let hash = match &self.key {
            LimitKey::ClientIp => match cx.client_ip() {
                Some(IpAddr::V4(ip)) => table.hasher.hash_one(u32::from(ip)),
                Some(IpAddr::V6(ip)) => table.hasher.hash_one(u128::from(ip) >> 64),
                // All of them together.
                None => table.hasher.hash_one([0_u8; 0]),
            },
            LimitKey::Header(name) => {
                table.hasher.hash_one(cx.first(request, name).map_or(&b""[..], HeaderValue::as_bytes))
            }
            LimitKey::Values(values) => values.hash(request, cx, &table.hasher),
        };
        let now =
            u64::try_from(cx.started().saturating_duration_since(table.epoch).as_nanos()).unwrap_or(u64::MAX);
        table.sets[(hash as usize) & (self.sets - 1)].cell(hash | 1, now).take(
            now,
            self.interval,
            self.tolerance,
        )
    }
}

impl Set {
    /// The key's cell; a new key gets a free one, or the one whose client has been quiet the longest.
    fn cell(&self, key: u64, now: u64) -> &Cell {
        if let Some(cell) = self.0.iter().find(|cell| cell.key.load(Ordering::Relaxed) == key) {
            return cell;
        }
        let mut quietest = &self.0[0];
        for cell in &self.0 {
            if cell.arrival.load(Ordering::Relaxed) < quietest.arrival.load(Ordering::Relaxed) {
                quietest = cell;
            }
        }
        // Two workers may race for the cell; the loser's client starts with a full burst, no more.
        quietest.key.store(key, Ordering::Relaxed);
        quietest.arrival.store(now, Ordering::Relaxed);
        quietest
    }
}

impl Cell {
    fn take(&self, now: u64, interval: u64, tolerance: u64) -> Result<(), Duration> {
        let mut arrival = self.arrival.load(Ordering::Relaxed);
        loop {
            let due = arrival.max(now);
            if due - now > tolerance {
                return Err(Duration::from_nanos(due - now - tolerance));
            }
            let next = due.saturating_add(interval);
            match self.arrival.compare_exchange_weak(arrival, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(current) => arrival = current,
            }
        }
    }
}

impl Policy for Limit {
    /// Takes the memory of the table at start rather than on the first request.
    fn bind(&self, problems: &mut Problems) {
        if let LimitKey::Values(values) = &self.key {
            values.bind(self.origin, problems);
        }
        self.table();
        tracing::debug!(origin = %self.origin, clients = self.sets * 4, "rate limit table ready");
    }

    fn counted(&self) -> Vec<&'static Refusal> {
        vec![&LIMITED]
    }
}

/// The rate-limit layer.
#[derive(Debug)]
pub struct RateLimit<S> {
    limit: &'static Limit,
    inner: S,
}

impl<S> RateLimit<S> {
    /// Limits the requests of `inner`.
    pub const fn new(limit: &'static Limit, inner: S) -> Self {
        Self { limit, inner }
    }
}

impl<S: Service> Service for RateLimit<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        if let Err(wait) = self.limit.take(&request, cx) {
            // Whole seconds (RFC 9110 section 10.2.3), rounded up so that the client does not come too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Err(Error::new(Reason::Refused(&LIMITED))
                .with_header(header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        self.inner.serve(request, cx).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A bucket with real arithmetic: `tokens` refill at one per interval, up to `burst`.
    struct Bucket {
        tokens: f64,
        at: u64,
    }

    proptest! {
        #[test]
        fn gcra_admits_what_a_token_bucket_admits(
            interval in 1_000u64..1_000_000,
            burst in 1u64..20,
            gaps in prop::collection::vec(0u64..3_000_000, 1..200),
        ) {
            let (cell, mut now) = (Cell::default(), 1);
            let mut bucket = Bucket { tokens: burst as f64, at: now };
            for gap in gaps {
                now += gap;
                bucket.tokens = (bucket.tokens + (now - bucket.at) as f64 / interval as f64).min(burst as f64);
                bucket.at = now;
                let taken = cell.take(now, interval, interval * (burst - 1));
                // The two may differ by rounding only where the bucket holds one token almost exactly.
                if (bucket.tokens - 1.0).abs() > 1e-6 {
                    prop_assert_eq!(taken.is_ok(), bucket.tokens > 1.0);
                }
                if taken.is_ok() {
                    bucket.tokens -= 1.0;
                }
            }
        }
    }

    #[test]
    fn a_flood_of_keys_evicts_the_quietest_and_never_grows() {
        let set = Set::default();
        for key in 1..=4 {
            set.cell(key, key).take(key, 10, 0).unwrap();
        }
        set.cell(5, 100);
        let keys: Vec<u64> = set.0.iter().map(|cell| cell.key.load(Ordering::Relaxed)).collect();
        assert_eq!(keys, [5, 2, 3, 4]);
    }
}
