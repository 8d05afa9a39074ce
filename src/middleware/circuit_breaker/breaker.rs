//! One breaker: closed, open, half-open (Nygard, "Release It!"), and how it gets from one to the other.
//! What it is doing is one atomic word, so that all workers see one breaker and none waits for another. Each change has a
//! generation; what passed in one generation says nothing in another.

mod window;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::late::Origin;
use window::{SLICES, Window};

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

/// What a breaker is doing, for the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Requests pass.
    Closed,
    /// Requests are answered with 503.
    Open,
    /// A few requests try whether the upstream has recovered.
    HalfOpen,
}

/// What a request has shown of its upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Success,
    Failure,
    /// It says nothing, because nobody asked the upstream, or not for long enough.
    Nothing,
}

/// How a request passed the breaker; its verdict counts only in the same generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    generation: u32,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It passed a closed breaker.
    Request,
    /// It passed a half-open one, and has one of the places for those who try.
    Trial,
    /// It has given up its place, because its answer has begun; its verdict is still to come.
    AnsweredTrial,
}

/// As a number, for whoever keeps it without knowing it.
impl From<Ticket> for u64 {
    fn from(ticket: Ticket) -> Self {
        Self::from(ticket.generation) << 2 | ticket.role as Self
    }
}

impl From<u64> for Ticket {
    fn from(number: u64) -> Self {
        let role = match number & 3 {
            0 => Role::Request,
            1 => Role::Trial,
            _ => Role::AnsweredTrial,
        };
        Self { generation: (number >> 2) as u32, role }
    }
}

/// What the word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Closed,
    /// Until this millisecond; then, half-open.
    Open {
        until: u64,
    },
    HalfOpen {
        trials: u32,
        successes: u32,
    },
}

const GENERATION_BITS: u32 = 20;
const PAYLOAD_BITS: u32 = 42;
const HALF_PAYLOAD: u32 = PAYLOAD_BITS / 2;

const fn mask(bits: u32) -> u64 {
    (1 << bits) - 1
}

/// A position and its generation in one word. A generation comes again after a million changes: a request that is
/// still on its way then would count once where it should not.
fn pack(generation: u32, position: Position) -> u64 {
    let (kind, payload) = match position {
        Position::Closed => (0, 0),
        Position::Open { until } => (1, until & mask(PAYLOAD_BITS)),
        Position::HalfOpen { trials, successes } => {
            (2, u64::from(trials) << HALF_PAYLOAD | u64::from(successes))
        }
    };
    let generation = u64::from(generation) & mask(GENERATION_BITS);
    kind << (GENERATION_BITS + PAYLOAD_BITS) | generation << PAYLOAD_BITS | payload
}

fn unpack(word: u64) -> (u32, Position) {
    let payload = word & mask(PAYLOAD_BITS);
    let position = match word >> (GENERATION_BITS + PAYLOAD_BITS) {
        0 => Position::Closed,
        1 => Position::Open { until: payload },
        _ => Position::HalfOpen {
            trials: (payload >> HALF_PAYLOAD) as u32,
            successes: (payload & mask(HALF_PAYLOAD)) as u32,
        },
    };
    ((word >> PAYLOAD_BITS & mask(GENERATION_BITS)) as u32, position)
}

/// The generation after this one, as it comes back from the word.
fn next(generation: u32) -> u32 {
    (generation + 1) & mask(GENERATION_BITS) as u32
}

/// One breaker: its policy and its state, shared by all workers.
#[derive(Debug)]
pub struct Breaker {
    origin: Origin,
    upstream: &'static str,
    policy: BreakerPolicy,
    epoch: OnceLock<Instant>,
    /// 0: closed, in its first generation.
    word: AtomicU64,
    window: Window,
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(origin: Origin, upstream: &'static str, policy: BreakerPolicy) -> Self {
        Self {
            origin,
            upstream,
            policy,
            epoch: OnceLock::new(),
            word: AtomicU64::new(0),
            window: Window::new(),
        }
    }

    /// The upstream that it guards.
    pub(super) fn upstream(&self) -> &'static str {
        self.upstream
    }

    pub(super) fn state(&self, now: Instant) -> State {
        match unpack(self.word.load(Ordering::Relaxed)).1 {
            Position::Closed => State::Closed,
            Position::Open { until } if self.millis(now) < until => State::Open,
            Position::Open { .. } | Position::HalfOpen { .. } => State::HalfOpen,
        }
    }

    /// Lets a request pass, or says how long it had better wait. A closed breaker needs no clock.
    pub(super) fn let_pass(&self, now: impl FnOnce() -> Instant) -> Result<Ticket, Duration> {
        let mut word = self.word.load(Ordering::Acquire);
        if let (generation, Position::Closed) = unpack(word) {
            return Ok(Ticket { generation, role: Role::Request });
        }
        let millis = self.millis(now());
        loop {
            let (generation, position) = unpack(word);
            let (generation, position) = match position {
                Position::Closed => return Ok(Ticket { generation, role: Role::Request }),
                Position::Open { until } if millis < until => {
                    return Err(Duration::from_millis(until - millis));
                }
                Position::Open { .. } => (next(generation), Position::HalfOpen { trials: 1, successes: 0 }),
                Position::HalfOpen { trials, successes } if trials < self.policy.half_open => {
                    (generation, Position::HalfOpen { trials: trials + 1, successes })
                }
                Position::HalfOpen { .. } => return Err(Duration::from_secs(1)),
            };
            match self.word.compare_exchange_weak(
                word,
                pack(generation, position),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Ok(Ticket { generation, role: Role::Trial }),
                Err(changed) => word = changed,
            }
        }
    }

    /// The answer to a request has begun, and it will be long in coming: a trial makes room for another, so that a stream that
    /// never ends does not keep everybody else out.
    pub(super) fn answered(&self, ticket: Ticket) -> Ticket {
        if ticket.role != Role::Trial {
            return ticket;
        }
        self.change(ticket.generation, |position| match position {
            Position::HalfOpen { trials, successes } => {
                Some(Position::HalfOpen { trials: trials.saturating_sub(1), successes })
            }
            Position::Closed | Position::Open { .. } => None,
        });
        Ticket { role: Role::AnsweredTrial, ..ticket }
    }

    /// Takes in what a request has shown, at the time at which it did.
    pub(super) fn settle(&self, ticket: Ticket, verdict: Verdict, now: Instant) {
        if ticket.role == Role::Request {
            return self.count(ticket.generation, verdict, now);
        }
        let place = u32::from(ticket.role == Role::Trial);
        let until = self.millis(now) + self.policy.open.as_millis() as u64;
        let settled = self.change(ticket.generation, |position| {
            let Position::HalfOpen { trials, successes } = position else { return None };
            let trials = trials.saturating_sub(place);
            Some(match verdict {
                Verdict::Nothing => Position::HalfOpen { trials, successes },
                Verdict::Failure => Position::Open { until },
                Verdict::Success if successes + 1 < self.policy.half_open => {
                    Position::HalfOpen { trials, successes: successes + 1 }
                }
                Verdict::Success => Position::Closed,
            })
        });
        if settled == Some(Position::Closed) {
            tracing::info!(upstream = self.upstream, origin = %self.origin, "circuit breaker closed");
        }
    }

    /// Counts an outcome of a closed breaker in the slice of its time; opens if the window is bad enough.
    fn count(&self, generation: u32, verdict: Verdict, now: Instant) {
        let failed = match verdict {
            Verdict::Nothing => return,
            Verdict::Success => false,
            Verdict::Failure => true,
        };
        if unpack(self.word.load(Ordering::Acquire)) != (generation, Position::Closed) {
            return;
        }
        let millis = self.millis(now);
        let number = millis / (self.policy.window.as_millis() as u64 / SLICES as u64).max(1);
        self.window.count(number, failed);
        if !failed {
            return;
        }
        let (failures, requests) = self.window.sums(number);
        let enough = requests >= u64::from(self.policy.min_requests);
        if enough && failures * 10_000 >= requests * u64::from(self.policy.failure_basis_points) {
            let until = millis + self.policy.open.as_millis() as u64;
            let opened = self.change(generation, |position| {
                (position == Position::Closed).then_some(Position::Open { until })
            });
            if opened.is_some() {
                tracing::warn!(upstream = self.upstream, origin = %self.origin, "circuit breaker opened");
            }
        }
    }

    /// Moves on from a position of this generation; gives the new one. A new kind of position is a new generation.
    fn change(&self, generation: u32, step: impl Fn(Position) -> Option<Position>) -> Option<Position> {
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            let (current, from) = unpack(word);
            if current != generation {
                return None;
            }
            let to = step(from)?;
            let stays = matches!((from, to), (Position::HalfOpen { .. }, Position::HalfOpen { .. }));
            if to == Position::Closed {
                // Nobody counts while this is half-open; what was counted before it opened is history.
                self.window.clear();
            }
            let after = pack(if stays { generation } else { next(generation) }, to);
            match self.word.compare_exchange_weak(word, after, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(to),
                Err(changed) => word = changed,
            }
        }
    }

    /// Milliseconds since the first call, plus one.
    fn millis(&self, now: Instant) -> u64 {
        let epoch = *self.epoch.get_or_init(|| now);
        now.saturating_duration_since(epoch).as_millis() as u64 + 1
    }
}

#[cfg(test)]
mod tests;
