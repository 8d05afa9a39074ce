//! A circuit breaker for each upstream it guards: closed, open, half-open (Nygard, "Release It!").
//! Failures are 5xx answers, refused connections and timeouts, counted in a sliding window of ten slices.
//! Everything is an atomic, so that all workers see one breaker and none waits for another.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderValue, header};

use crate::context::Context;
use crate::error::{Error, Reason};
use crate::late::Origin;
use crate::service::{Request, Response, Service};

const SLICES: usize = 10;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerPolicy {
    /// Failures of all requests of the window that open it, in hundredths of a percent (1 to 10000).
    pub failure_basis_points: u32,
    /// Fewer requests than this in the window never open it.
    pub min_requests: u32,
    /// The length of the window.
    pub window: Duration,
    /// How long it stays open before it lets a request try.
    pub open: Duration,
    /// How many requests may try at once while half-open; as many successes in a row close it.
    pub half_open: u32,
}

/// What a breaker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Requests pass.
    Closed,
    /// Requests are answered with 503.
    Open,
    /// A few requests try whether the upstream has recovered.
    HalfOpen,
}

/// One breaker: its policy and its state, shared by all workers.
#[derive(Debug)]
pub struct Breaker {
    origin: Origin,
    upstream: &'static str,
    policy: BreakerPolicy,
    epoch: OnceLock<Instant>,
    /// 0 while closed; else the millisecond (plus one) since the epoch at which a trial is allowed.
    opened_until: AtomicU64,
    trials: AtomicU32,
    successes: AtomicU32,
    /// Each slice: its number (24 bits), failures (20 bits), requests (20 bits).
    slices: [AtomicU64; SLICES],
}

/// How a request passed the breaker; says what to do with its outcome.
#[derive(Debug)]
struct Pass<'a> {
    breaker: &'a Breaker,
    trial: bool,
    settled: bool,
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(origin: Origin, upstream: &'static str, policy: BreakerPolicy) -> Self {
        Self {
            origin,
            upstream,
            policy,
            epoch: OnceLock::new(),
            opened_until: AtomicU64::new(0),
            trials: AtomicU32::new(0),
            successes: AtomicU32::new(0),
            slices: [const { AtomicU64::new(0) }; SLICES],
        }
    }

    /// The upstream that it guards.
    pub fn upstream(&self) -> &'static str {
        self.upstream
    }

    pub(crate) fn state(&self, now: Instant) -> State {
        match self.opened_until.load(Ordering::Acquire) {
            0 => State::Closed,
            until if self.millis(now) < until => State::Open,
            _ => State::HalfOpen,
        }
    }

    /// Milliseconds since the first call, plus one, so that 0 is never a time.
    fn millis(&self, now: Instant) -> u64 {
        let epoch = *self.epoch.get_or_init(|| now);
        now.saturating_duration_since(epoch).as_millis() as u64 + 1
    }

    fn pass(&self, now: Instant) -> Result<Pass<'_>, Duration> {
        let until = self.opened_until.load(Ordering::Acquire);
        if until == 0 {
            return Ok(Pass { breaker: self, trial: false, settled: false });
        }
        let millis = self.millis(now);
        if millis < until {
            return Err(Duration::from_millis(until - millis));
        }
        let allowed = self
            .trials
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |running| {
                (running < self.policy.half_open).then_some(running + 1)
            })
            .is_ok();
        if allowed {
            Ok(Pass { breaker: self, trial: true, settled: false })
        } else {
            Err(Duration::from_secs(1))
        }
    }

    fn open(&self, now: Instant) {
        let until = self.millis(now) + self.policy.open.as_millis() as u64;
        self.successes.store(0, Ordering::Relaxed);
        if self.opened_until.swap(until, Ordering::AcqRel) == 0 {
            tracing::warn!(upstream = self.upstream, origin = %self.origin, "circuit breaker opened");
        }
    }

    fn close(&self) {
        for slice in &self.slices {
            slice.store(0, Ordering::Relaxed);
        }
        self.successes.store(0, Ordering::Relaxed);
        if self.opened_until.swap(0, Ordering::AcqRel) != 0 {
            tracing::info!(upstream = self.upstream, origin = %self.origin, "circuit breaker closed");
        }
    }

    /// Counts an outcome in the current slice; opens if the window is bad enough.
    fn count(&self, failed: bool, now: Instant) {
        let length = (self.policy.window.as_millis() as u64 / SLICES as u64).max(1);
        let number = self.millis(now) / length;
        let tag = number & 0xFF_FFFF;
        let slice = &self.slices[(number % SLICES as u64) as usize];
        let _ = slice.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |packed| {
            let (failures, requests) = if packed >> 40 == tag { unpack(packed) } else { (0, 0) };
            let failures = (failures + u64::from(failed)).min(0xF_FFFF);
            Some(tag << 40 | failures << 20 | (requests + 1).min(0xF_FFFF))
        });
        if failed {
            let (mut failures, mut requests) = (0, 0);
            for slice in &self.slices {
                let packed = slice.load(Ordering::Relaxed);
                // Slices of an earlier turn of the window are stale.
                if tag.wrapping_sub(packed >> 40) & 0xFF_FFFF < SLICES as u64 {
                    let (some, all) = unpack(packed);
                    failures += some;
                    requests += all;
                }
            }
            let enough = requests >= u64::from(self.policy.min_requests);
            if enough && failures * 10_000 >= requests * u64::from(self.policy.failure_basis_points) {
                self.open(now);
            }
        }
    }
}

fn unpack(packed: u64) -> (u64, u64) {
    (packed >> 20 & 0xF_FFFF, packed & 0xF_FFFF)
}

impl Pass<'_> {
    fn settle(mut self, failed: bool, now: Instant) {
        self.settled = true;
        if !self.trial {
            if self.breaker.opened_until.load(Ordering::Acquire) == 0 {
                self.breaker.count(failed, now);
            }
            return;
        }
        if failed {
            self.breaker.open(now);
        } else if self.breaker.successes.fetch_add(1, Ordering::AcqRel) + 1 >= self.breaker.policy.half_open {
            self.breaker.close();
        }
        self.breaker.trials.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Pass<'_> {
    /// A trial whose client went away has proved nothing; another may try.
    fn drop(&mut self) {
        if self.trial && !self.settled {
            self.breaker.trials.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// The circuit-breaker layer.
#[derive(Debug)]
pub struct CircuitBreaker<S> {
    breaker: &'static Breaker,
    inner: S,
}

impl<S> CircuitBreaker<S> {
    /// Guards the upstream of `inner`.
    pub const fn new(breaker: &'static Breaker, inner: S) -> Self {
        Self { breaker, inner }
    }
}

impl<S: Service> Service for CircuitBreaker<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let pass = self.breaker.pass(cx.started()).map_err(|wait| {
            let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
            Error::new(Reason::CircuitOpen).with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
        })?;
        let result = self.inner.serve(request, cx).await;
        let failed = match &result {
            Ok(response) => response.status().is_server_error(),
            Err(error) if error.reason().is_upstream_failure() => true,
            // Nobody asked the upstream: this says nothing about it.
            Err(_) => return result,
        };
        // The start of the request stands for its end while closed: the clock is not read again for a window's slice.
        let now = if failed || pass.trial { Instant::now() } else { cx.started() };
        pass.settle(failed, now);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failure_basis_points: 5000,
        min_requests: 4,
        window: Duration::from_secs(10),
        open: Duration::from_secs(5),
        half_open: 1,
    };

    fn breaker() -> (Breaker, Instant) {
        let (breaker, start) = (Breaker::new(Origin::at("gateway.yml", 1), "users", POLICY), Instant::now());
        breaker.millis(start);
        (breaker, start)
    }

    fn request(breaker: &Breaker, failed: bool, at: Instant) -> Result<(), Duration> {
        breaker.pass(at).map(|pass| pass.settle(failed, at))
    }

    #[test]
    fn it_opens_at_the_ratio_but_not_before_the_minimum() {
        let (breaker, start) = breaker();
        for failed in [true, true, true] {
            request(&breaker, failed, start).unwrap();
        }
        assert_eq!(breaker.state(start), State::Closed);
        request(&breaker, true, start).unwrap();
        assert_eq!(breaker.state(start), State::Open);
        assert!(request(&breaker, false, start + Duration::from_secs(4)).is_err());
    }

    #[test]
    fn old_failures_leave_the_window() {
        let (breaker, start) = breaker();
        for _ in 0..3 {
            request(&breaker, true, start).unwrap();
        }
        request(&breaker, true, start + Duration::from_secs(11)).unwrap();
        assert_eq!(breaker.state(start + Duration::from_secs(11)), State::Closed);
    }

    #[test]
    fn half_open_lets_one_try_and_its_outcome_decides() {
        let (breaker, start) = breaker();
        for _ in 0..4 {
            request(&breaker, true, start).unwrap();
        }
        let later = start + Duration::from_secs(6);
        assert_eq!(breaker.state(later), State::HalfOpen);
        let trial = breaker.pass(later).unwrap();
        assert!(breaker.pass(later).is_err(), "only one may try");
        trial.settle(true, later);
        assert_eq!(breaker.state(later), State::Open);
        let again = later + Duration::from_secs(6);
        drop(breaker.pass(again).unwrap());
        request(&breaker, false, again).unwrap();
        assert_eq!(breaker.state(again), State::Closed);
    }
}
