//! Balancers: which of the usable backends takes the next attempt. Atomics only. Generated code finds each by its name
//! here, which the compiler's words of `strategy` have.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Backend, Balance, BalancerContext, Group, Lineup, Tried};

/// Each backend in turn, by weight, smoothly (the order that nginx's smooth weighted round robin gives).
#[derive(Debug)]
#[repr(align(128))]
pub struct RoundRobin(AtomicUsize);

impl RoundRobin {
    /// Starts with the first backend.
    #[allow(
        clippy::new_without_default,
        reason = "only generated code makes balancers, and it needs a const fn"
    )]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }
}

impl Balance for RoundRobin {
    #[inline]
    fn pick(
        &self,
        group: &Group<'_, impl Lineup>,
        tried: &mut Tried,
        _: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        let turn = tried.turn(|| self.0.fetch_add(1, Ordering::Relaxed));
        group.turn_of_takers(turn, tried)
    }
}

/// Any backend, with a chance in proportion to its weight.
#[derive(Debug)]
pub struct RandomChoice;

impl RandomChoice {
    /// Stateless: each worker has a generator of its own.
    #[allow(
        clippy::new_without_default,
        reason = "only generated code makes balancers, and it needs a const fn"
    )]
    pub const fn new() -> Self {
        Self
    }
}

impl Balance for RandomChoice {
    fn pick(
        &self,
        group: &Group<'_, impl Lineup>,
        tried: &mut Tried,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        // 32 bits over at most 4096 turns: the bias of the remainder is below a millionth.
        let turn = tried.turn(|| cx.random() as usize);
        group.turn_of_takers(turn, tried)
    }
}

/// The backend with the fewest requests in flight for its weight; equals take turns, by weight.
#[derive(Debug)]
#[repr(align(128))]
pub struct LeastConnections(AtomicUsize);

impl LeastConnections {
    /// Starts with the first backend.
    #[allow(
        clippy::new_without_default,
        reason = "only generated code makes balancers, and it needs a const fn"
    )]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }
}

/// Requests in flight for each unit of weight, compared crosswise so that nothing is rounded.
#[derive(Clone, Copy)]
struct Load {
    requests: usize,
    weight: usize,
}

impl Load {
    fn of(backend: &Backend) -> Self {
        Self { requests: backend.load(), weight: usize::from(backend.weight()) }
    }

    fn is_below(self, other: Self) -> bool {
        self.requests * other.weight < other.requests * self.weight
    }
}

impl Balance for LeastConnections {
    const COUNTS_IN_FLIGHT: bool = true;

    fn pick(
        &self,
        group: &Group<'_, impl Lineup>,
        tried: &mut Tried,
        _: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        let turn = tried.turn(|| self.0.fetch_add(1, Ordering::Relaxed));
        let all = group.takes_all();
        let may_take = |backend: &Backend| backend.weight() != 0 && (all || backend.is_usable());
        let takers = group.iter().filter(|backend| may_take(backend) && !tried.contains(backend));
        let least =
            takers.map(Load::of).reduce(|one, other| if other.is_below(one) { other } else { one })?;
        // The loads may have changed since; then whoever is usable will do.
        let is_least = |backend: &Backend| may_take(backend) && !least.is_below(Load::of(backend));
        group.turn(turn, tried, is_least).or_else(|| group.turn_of_takers(turn, tried))
    }
}

#[cfg(test)]
mod tests;
