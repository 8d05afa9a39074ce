//! Balancers: which of the usable backends takes the next attempt. Atomics only.
//! While every backend is usable a pick looks at one; with some down, shares stay exact among the rest.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::backend::Backend;

/// The most attempts that the language allows for a request.
const ATTEMPTS: usize = 11;

/// Backends that this request has tried already.
#[derive(Debug, Default)]
pub struct Tried {
    backends: [Option<&'static Backend>; ATTEMPTS],
    len: usize,
}

impl Tried {
    /// Nothing tried yet.
    pub const fn new() -> Self {
        Self { backends: [None; ATTEMPTS], len: 0 }
    }

    pub(crate) fn add(&mut self, backend: &'static Backend) {
        if let Some(place) = self.backends.get_mut(self.len) {
            *place = Some(backend);
            self.len += 1;
        }
    }

    fn contains(&self, backend: &Backend) -> bool {
        self.len != 0 && self.backends.iter().flatten().any(|tried| std::ptr::eq(*tried, backend))
    }
}

/// The backends among which a balancer chooses.
#[derive(Debug)]
pub struct Group<'a> {
    backends: &'static [Backend],
    turns: &'static [u16],
    tried: &'a Tried,
}

impl<'a> Group<'a> {
    /// `turns` is the smooth weighted order; empty if all backends weigh the same.
    pub fn new(backends: &'static [Backend], turns: &'static [u16], tried: &'a Tried) -> Self {
        Self { backends, turns, tried }
    }

    fn usable(&self, backend: &Backend) -> bool {
        backend.weight() != 0 && backend.is_usable() && !self.tried.contains(backend)
    }

    fn turns(&self) -> usize {
        if self.turns.is_empty() { self.backends.len() } else { self.turns.len() }
    }

    fn at(&self, turn: usize) -> &'static Backend {
        &self.backends[if self.turns.is_empty() { turn } else { usize::from(self.turns[turn]) }]
    }

    /// The backend of turn `number` in the endless smooth order of those that are usable.
    fn turn(&self, number: usize) -> Option<&'static Backend> {
        let turns = self.turns();
        if self.backends.iter().all(|backend| self.usable(backend)) {
            return (turns != 0).then(|| self.at(number % turns));
        }
        let usable = || (0..turns).map(|turn| self.at(turn)).filter(|backend| self.usable(backend));
        match usable().count() {
            0 => None,
            count => usable().nth(number % count),
        }
    }
}

/// A way to choose a backend.
pub trait Balance: Sync + 'static {
    /// Whether [`Backend`]'s count of requests in flight must be kept for it.
    const COUNTS_IN_FLIGHT: bool = false;

    /// A usable backend of the group, if there is one.
    fn pick(&self, group: &Group<'_>, random: &mut fastrand::Rng) -> Option<&'static Backend>;
}

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
    fn pick(&self, group: &Group<'_>, _random: &mut fastrand::Rng) -> Option<&'static Backend> {
        group.turn(self.0.fetch_add(1, Ordering::Relaxed))
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
    fn pick(&self, group: &Group<'_>, random: &mut fastrand::Rng) -> Option<&'static Backend> {
        // 32 bits over at most 4096 turns: the bias of the remainder is below a millionth.
        group.turn(random.u32(..) as usize)
    }
}

/// The backend with the fewest requests in flight for its weight; equals take turns.
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

impl Balance for LeastConnections {
    const COUNTS_IN_FLIGHT: bool = true;

    fn pick(&self, group: &Group<'_>, _random: &mut fastrand::Rng) -> Option<&'static Backend> {
        let count = group.backends.len();
        if count == 0 {
            return None;
        }
        // Starting elsewhere each time makes equals take turns.
        let first = self.0.fetch_add(1, Ordering::Relaxed) % count;
        let mut best: Option<(&'static Backend, usize)> = None;
        for backend in group.backends[first..].iter().chain(&group.backends[..first]) {
            if !group.usable(backend) {
                continue;
            }
            let load = backend.load() + 1;
            // load / weight, compared crosswise so that nothing is rounded.
            let better = best.is_none_or(|(chosen, least)| {
                load * usize::from(chosen.weight()) < least * usize::from(backend.weight())
            });
            if better {
                best = Some((backend, load));
            }
        }
        best.map(|(backend, _)| backend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::late::{Late, Origin};
    use crate::upstream::Status;
    use proptest::prelude::*;

    fn backends(weights: &[u16]) -> &'static [Backend] {
        let make = |(slot, &weight)| Backend::new(Origin::at("gateway.yml", 1), slot, weight, Late::new(&[]));
        Box::leak(weights.iter().enumerate().map(make).collect())
    }

    /// nginx's smooth weighted round robin, as a straightforward model.
    fn smooth(weights: &[u16]) -> &'static [u16] {
        let total: i64 = weights.iter().map(|&weight| i64::from(weight)).sum();
        let mut current = vec![0_i64; weights.len()];
        let mut turns = Vec::new();
        for _ in 0..total {
            current.iter_mut().zip(weights).for_each(|(value, &weight)| *value += i64::from(weight));
            let best = (0..weights.len()).rev().max_by_key(|&index| current[index]).unwrap();
            current[best] -= total;
            turns.push(best as u16);
        }
        Box::leak(turns.into())
    }

    fn picks(balance: &impl Balance, group: &Group<'_>, number: usize) -> Vec<usize> {
        let mut random = fastrand::Rng::with_seed(7);
        let mut counts = vec![0; group.backends.len()];
        for _ in 0..number {
            counts[balance.pick(group, &mut random).unwrap().slot()] += 1;
        }
        counts
    }

    proptest! {
        #[test]
        fn round_robin_gives_exact_shares_among_the_usable(
            weights in prop::collection::vec(1u16..8, 1..6),
            down in any::<u8>(),
        ) {
            let backends = backends(&weights);
            let tried = Tried::new();
            for (index, backend) in backends.iter().enumerate() {
                if down >> index & 1 == 1 && index > 0 {
                    backend.health().set(Status::Unhealthy);
                }
            }
            let group = Group::new(backends, smooth(&weights), &tried);
            let usable = |index: usize| backends[index].is_usable();
            let rounds: usize = (0..weights.len()).filter(|&index| usable(index)).map(|index| usize::from(weights[index])).sum();
            let counts = picks(&RoundRobin::new(), &group, rounds * 3);
            for (index, count) in counts.iter().enumerate() {
                let share = if usable(index) { usize::from(weights[index]) * 3 } else { 0 };
                prop_assert_eq!(*count, share);
            }
        }

        #[test]
        fn least_connections_never_picks_a_busier_backend(loads in prop::collection::vec(0usize..9, 1..6)) {
            let backends = backends(&vec![1; loads.len()]);
            let occupied = backends.iter().zip(&loads).flat_map(|(backend, &load)| (0..load).map(|_| backend.occupy()));
            let _occupied: Vec<_> = occupied.collect();
            let tried = Tried::new();
            let picked = LeastConnections::new().pick(&Group::new(backends, &[], &tried), &mut fastrand::Rng::new()).unwrap();
            prop_assert_eq!(loads[picked.slot()], *loads.iter().min().unwrap());
        }
    }

    #[test]
    fn random_follows_the_weights() {
        let backends = backends(&[1, 3]);
        let tried = Tried::new();
        let group = Group::new(backends, smooth(&[1, 3]), &tried);
        let mut random = fastrand::Rng::with_seed(7);
        let mut counts = [0; 2];
        for _ in 0..40_000 {
            counts[RandomChoice.pick(&group, &mut random).unwrap().slot()] += 1;
        }
        assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn nobody_usable_is_nothing_and_tried_ones_are_skipped() {
        let backends = backends(&[1, 1]);
        let mut tried = Tried::new();
        tried.add(&backends[0]);
        let mut random = fastrand::Rng::new();
        assert_eq!(
            RoundRobin::new().pick(&Group::new(backends, &[], &tried), &mut random).unwrap().slot(),
            1
        );
        tried.add(&backends[1]);
        assert!(RoundRobin::new().pick(&Group::new(backends, &[], &tried), &mut random).is_none());
        assert!(LeastConnections::new().pick(&Group::new(backends, &[], &tried), &mut random).is_none());
        assert!(RoundRobin::new().pick(&Group::new(&[], &[], &tried), &mut random).is_none());
    }
}
