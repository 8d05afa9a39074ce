//! The generic cell rate algorithm (GCRA, ITU-T I.371) for each client, over a bounded table of atomics.
//!
//! Of several limits a request has to be let in by each, and one that is refused takes nothing of any: all are asked before
//! anything is taken, as nginx does. Two workers may still both be told that there is room for one; then the later one gives back
//! what it has taken, and for that moment a third may find less than there is, never more.

mod table;

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use castgate_contract::limits::MOST;
use http::{HeaderName, HeaderValue, header};

use crate::error::{Error, Reason, Refusal};
use crate::exchange::{Context, Request, Response};
use crate::late::{Origin, Problems};
use crate::policy::Policy;
use crate::service::Service;
use crate::value::RequestText;
use table::{Asked, Pace, Table};

/// The rate limit of the client was used up.
const REFUSAL: Refusal = Refusal::new("rate_limited", 429, "Too many requests")
    .counted("gateway_rate_limited_total", "Requests refused by a rate limit.");

/// By a limit that is alone on its route.
static LIMITED: Refusal = REFUSAL;

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
    pace: Pace,
    sets: usize,
    table: OnceLock<Table>,
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
        let pace = Pace { interval: interval_nanos, tolerance: interval_nanos.saturating_mul(burst - 1) };
        Self { origin, key, pace, sets: max_keys / 4, table: OnceLock::new() }
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::new(self.sets))
    }

    /// Whose request it is, and when it came, for its table.
    fn asked(&self, table: &Table, request: &Request, cx: &Context<'_>) -> Asked {
        let Table { hasher, epoch, .. } = table;
        let hash = match &self.key {
            LimitKey::ClientIp => match cx.client_ip() {
                Some(IpAddr::V4(ip)) => hasher.hash_one(u32::from(ip)),
                Some(IpAddr::V6(ip)) => hasher.hash_one(u128::from(ip) >> 64),
                // All of them together.
                None => hasher.hash_one([0_u8; 0]),
            },
            LimitKey::Header(name) => hasher.hash_one(cx.first(request, name).unwrap_or_default()),
            LimitKey::Values(values) => values.hash(request, cx, hasher),
        };
        let now =
            u64::try_from(cx.started().saturating_duration_since(*epoch).as_nanos()).unwrap_or(u64::MAX);
        Asked { hash, now }
    }

    /// Takes one request of the client; the wait until it would conform if it does not.
    fn take(&self, request: &Request, cx: &Context<'_>) -> Result<(), Duration> {
        let table = self.table();
        table.take(self.pace, self.asked(table, request, cx))
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

/// One of several limits, which is counted apart from the others.
#[derive(Debug)]
pub struct Labelled {
    limit: Limit,
    refusal: Refusal,
}

impl Labelled {
    /// `label` is the limit's name in the metrics.
    pub const fn new(label: &'static str, limit: Limit) -> Self {
        Self { limit, refusal: REFUSAL.labelled("limit", label) }
    }
}

/// Several limits, all of which hold. Routes that share them share their state.
#[derive(Debug)]
pub struct LimitList(&'static [Labelled]);

/// Which limit refuses, and how long the client has to wait for it.
type Refused = (&'static Labelled, Duration);

impl LimitList {
    /// As many as [`MOST`].
    pub const fn new(limits: &'static [Labelled]) -> Self {
        assert!(limits.len() <= MOST);
        Self(limits)
    }

    /// Takes one request of each client that it counts for, or nothing.
    fn take(&self, request: &Request, cx: &Context<'_>) -> Result<(), Refused> {
        let mut asked = [Asked::default(); MOST];
        for (asked, each) in asked.iter_mut().zip(self.0) {
            *asked = each.limit.asked(each.limit.table(), request, cx);
        }
        self.take_all(&asked[..self.0.len()])
    }

    fn take_all(&self, asked: &[Asked]) -> Result<(), Refused> {
        if let Some(refused) = self.refusing(asked) {
            return Err(refused);
        }
        for (count, (each, one)) in self.0.iter().zip(asked).enumerate() {
            if let Err(wait) = each.limit.table().take(each.limit.pace, *one) {
                // Another worker was faster.
                for (each, one) in self.0.iter().zip(asked).take(count) {
                    each.limit.table().give_back(each.limit.pace, *one);
                }
                return Err(self
                    .refusing(asked)
                    .filter(|(_, longest)| *longest > wait)
                    .unwrap_or((each, wait)));
            }
        }
        Ok(())
    }

    /// Of those that would refuse the first one for which the client has to wait the longest.
    fn refusing(&self, asked: &[Asked]) -> Option<Refused> {
        let waits = self.0.iter().zip(asked).filter_map(|(each, one)| {
            let wait = each.limit.table().wait(each.limit.pace, *one)?;
            Some((each, wait))
        });
        waits.reduce(|longest, next| if next.1 > longest.1 { next } else { longest })
    }
}

impl Policy for LimitList {
    fn bind(&self, problems: &mut Problems) {
        self.0.iter().for_each(|each| each.limit.bind(problems));
    }

    fn counted(&self) -> Vec<&'static Refusal> {
        self.0.iter().map(|each| &each.refusal).collect()
    }
}

/// The layer of one limit.
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
            return Err(refused(&LIMITED, wait));
        }
        self.inner.serve(request, cx).await
    }
}

/// The layer of several limits.
#[derive(Debug)]
pub struct RateLimits<S> {
    limits: &'static LimitList,
    inner: S,
}

impl<S> RateLimits<S> {
    /// Limits the requests of `inner`.
    pub const fn new(limits: &'static LimitList, inner: S) -> Self {
        Self { limits, inner }
    }
}

impl<S: Service> Service for RateLimits<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        if let Err((each, wait)) = self.limits.take(&request, cx) {
            return Err(refused(&each.refusal, wait));
        }
        self.inner.serve(request, cx).await
    }
}

/// What the client is told.
fn refused(refusal: &'static Refusal, wait: Duration) -> Error {
    // Whole seconds (RFC 9110 section 10.2.3), rounded up so that the client does not come too early.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Error::new(Reason::Refused(refusal)).with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests;
