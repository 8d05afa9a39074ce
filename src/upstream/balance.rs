//! Balancers: which of the usable backends takes the next attempt. Atomics only.
//! Shares are exact among the usable backends, and so they are among those who take over from one that failed.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::backend::Backend;

/// The most attempts that the language allows for a request.
const ATTEMPTS: usize = 11;

/// The backends that a request has tried already, and whose turn it was when it came.
#[derive(Debug, Default)]
pub struct Tried {
    backends: [Option<&'static Backend>; ATTEMPTS],
    len: usize,
    turn: Option<usize>,
}

impl Tried {
    /// Nothing tried yet.
    pub const fn new() -> Self {
        Self { backends: [None; ATTEMPTS], len: 0, turn: None }
    }

    pub(crate) fn add(&mut self, backend: &'static Backend) {
        if let Some(place) = self.backends.get_mut(self.len) {
            *place = Some(backend);
            self.len += 1;
        }
    }

    fn contains(&self, backend: &Backend) -> bool {
        self.iter().any(|tried| std::ptr::eq(tried, backend))
    }

    fn iter(&self) -> impl Iterator<Item = &'static Backend> {
        self.backends[..self.len].iter().copied().flatten()
    }

    /// The number of the request's turn. It is taken once: a further attempt of the same request is nobody's turn.
    fn turn(&mut self, take: impl FnOnce() -> usize) -> usize {
        *self.turn.get_or_insert_with(take)
    }
}

/// The backends among which a balancer chooses.
#[derive(Debug)]
pub struct Group {
    backends: &'static [Backend],
    turns: &'static [u16],
}

impl Group {
    /// `turns` is the smooth weighted order; empty if all backends weigh the same.
    pub fn new(backends: &'static [Backend], turns: &'static [u16]) -> Self {
        Self { backends, turns }
    }

    fn turns(&self) -> usize {
        if self.turns.is_empty() { self.backends.len() } else { self.turns.len() }
    }

    fn at(&self, turn: usize) -> &'static Backend {
        &self.backends[if self.turns.is_empty() { turn } else { usize::from(self.turns[turn]) }]
    }

    /// The smooth order, as far as it is eligible.
    fn order(&self, eligible: impl Fn(&Backend) -> bool) -> impl Iterator<Item = &'static Backend> {
        (0..self.turns()).map(|turn| self.at(turn)).filter(move |backend| eligible(backend))
    }

    /// The backend of turn `number` in the endless smooth order of those that are eligible and were not tried.
    ///
    /// A request whose backend failed goes where the *n*-th turn goes among the others, if it was the *n*-th turn of
    /// that backend: so the others share its turns as they share all turns, and nobody's turn is moved.
    fn turn(
        &self,
        mut number: usize,
        tried: &Tried,
        eligible: impl Fn(&Backend) -> bool,
    ) -> Option<&'static Backend> {
        if tried.len == 0 && self.backends.iter().all(|backend| backend.weight() == 0 || eligible(backend)) {
            let backend = self.at(number.checked_rem(self.turns())?);
            // Only in a group in which all weigh nothing.
            return (backend.weight() != 0).then_some(backend);
        }
        let eligible = |backend: &Backend| backend.weight() != 0 && eligible(backend);
        for (round, failed) in tried.iter().enumerate() {
            let before = || tried.iter().take(round);
            let is_failed = |backend: &Backend| std::ptr::eq(backend, failed);
            // As it was when that one was picked: it was eligible then.
            let order = || {
                self.order(|backend| {
                    (is_failed(backend) || eligible(backend))
                        && !before().any(|earlier| std::ptr::eq(earlier, backend))
                })
            };
            let turns_of_it = order().filter(|backend| is_failed(backend)).count();
            if turns_of_it != 0 {
                let turns = order().count();
                let earlier = order().take(number % turns).filter(|backend| is_failed(backend)).count();
                number = number / turns * turns_of_it + earlier;
            }
        }
        let left = || self.order(|backend| eligible(backend) && !tried.contains(backend));
        let number = number.checked_rem(left().count())?;
        left().nth(number)
    }
}

/// A way to choose a backend.
pub trait Balance: Sync + 'static {
    /// Whether [`Backend`]'s count of requests in flight must be kept for it.
    const COUNTS_IN_FLIGHT: bool = false;

    /// A usable backend of the group that was not tried, if there is one.
    fn pick(&self, group: &Group, tried: &mut Tried, random: &mut fastrand::Rng) -> Option<&'static Backend>;
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
    fn pick(
        &self,
        group: &Group,
        tried: &mut Tried,
        _random: &mut fastrand::Rng,
    ) -> Option<&'static Backend> {
        let turn = tried.turn(|| self.0.fetch_add(1, Ordering::Relaxed));
        group.turn(turn, tried, Backend::is_usable)
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
    fn pick(&self, group: &Group, tried: &mut Tried, random: &mut fastrand::Rng) -> Option<&'static Backend> {
        // 32 bits over at most 4096 turns: the bias of the remainder is below a millionth.
        let turn = tried.turn(|| random.u32(..) as usize);
        group.turn(turn, tried, Backend::is_usable)
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
        group: &Group,
        tried: &mut Tried,
        _random: &mut fastrand::Rng,
    ) -> Option<&'static Backend> {
        let turn = tried.turn(|| self.0.fetch_add(1, Ordering::Relaxed));
        let takers =
            group.backends.iter().filter(|backend| backend.takes_traffic() && !tried.contains(backend));
        let least =
            takers.map(Load::of).reduce(|one, other| if other.is_below(one) { other } else { one })?;
        // The loads may have changed since; then whoever is usable will do.
        let is_least = |backend: &Backend| backend.is_usable() && !least.is_below(Load::of(backend));
        group.turn(turn, tried, is_least).or_else(|| group.turn(turn, tried, Backend::is_usable))
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

    /// How many of so many requests each backend answers; all the attempts at a backend in `dead` fail.
    fn shares(
        balance: &impl Balance,
        group: &Group,
        number: usize,
        dead: &[usize],
    ) -> (Vec<usize>, Vec<usize>) {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut answered, mut failed) = (vec![0; group.backends.len()], vec![0; group.backends.len()]);
        for _ in 0..number {
            let mut tried = Tried::new();
            while let Some(backend) = balance.pick(group, &mut tried, &mut random) {
                if !dead.contains(&backend.slot()) {
                    answered[backend.slot()] += 1;
                    break;
                }
                failed[backend.slot()] += 1;
                tried.add(backend);
            }
        }
        (answered, failed)
    }

    fn picks(balance: &impl Balance, group: &Group, number: usize) -> Vec<usize> {
        shares(balance, group, number, &[]).0
    }

    proptest! {
        #[test]
        fn round_robin_gives_exact_shares_among_the_usable(
            weights in prop::collection::vec(1u16..8, 1..6),
            down in any::<u8>(),
        ) {
            let backends = backends(&weights);
            for (index, backend) in backends.iter().enumerate() {
                if down >> index & 1 == 1 && index > 0 {
                    backend.health().set(Status::Unhealthy);
                }
            }
            let group = Group::new(backends, smooth(&weights));
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
            let group = Group::new(backends, &[]);
            let picked = LeastConnections::new().pick(&group, &mut Tried::new(), &mut fastrand::Rng::new()).unwrap();
            prop_assert_eq!(loads[picked.slot()], *loads.iter().min().unwrap());
        }

        #[test]
        fn least_connections_compares_load_over_weight(
            pairs in prop::collection::vec((0usize..9, 0u16..5), 1..6),
            turn in 0usize..50,
        ) {
            let weights: Vec<u16> = pairs.iter().map(|(_, weight)| *weight).collect();
            prop_assume!(weights.iter().any(|weight| *weight != 0));
            let backends = backends(&weights);
            let occupied = backends.iter().zip(&pairs).flat_map(|(backend, (load, _))| (0..*load).map(|_| backend.occupy()));
            let _occupied: Vec<_> = occupied.collect();
            let group = Group::new(backends, smooth(&weights));
            let balance = LeastConnections(AtomicUsize::new(turn));
            let picked = balance.pick(&group, &mut Tried::new(), &mut fastrand::Rng::new()).unwrap();
            prop_assert!(picked.weight() != 0);
            for backend in backends.iter().filter(|backend| backend.weight() != 0) {
                prop_assert!(!Load::of(backend).is_below(Load::of(picked)));
            }
        }

        #[test]
        fn idle_backends_get_their_weights_of_least_connections(weights in prop::collection::vec(0u16..8, 1..6)) {
            prop_assume!(weights.iter().any(|weight| *weight != 0));
            let group = Group::new(backends(&weights), smooth(&weights));
            let round: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
            let counts = picks(&LeastConnections::new(), &group, round * 5);
            prop_assert_eq!(counts, weights.iter().map(|weight| usize::from(*weight) * 5).collect::<Vec<_>>());
        }

        /// The dead one meets its own turns alone, and the others share these as they share all turns.
        #[test]
        fn the_survivors_take_over_in_proportion_to_their_weights(
            weights in prop::collection::vec(1u16..5, 2..6),
            dead in any::<prop::sample::Index>(),
        ) {
            let dead = dead.index(weights.len());
            let total: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
            let alive = total - usize::from(weights[dead]);
            let group = Group::new(backends(&weights), smooth(&weights));
            let (answered, failed) = shares(&RoundRobin::new(), &group, total * alive, &[dead]);
            for (index, weight) in weights.iter().enumerate() {
                let weight = usize::from(*weight);
                let expected = if index == dead { (0, weight * alive) } else { (weight * total, 0) };
                prop_assert_eq!((answered[index], failed[index]), expected);
            }
        }
    }

    #[test]
    fn of_two_with_one_dead_every_second_request_meets_it() {
        let group = Group::new(backends(&[1, 1]), &[]);
        assert_eq!(shares(&RoundRobin::new(), &group, 40, &[1]), (vec![40, 0], vec![0, 20]));
    }

    #[test]
    fn of_four_with_two_dead_the_survivors_get_the_same() {
        let group = Group::new(backends(&[1, 1, 1, 1]), &[]);
        let (answered, failed) = shares(&RoundRobin::new(), &group, 240, &[1, 2]);
        assert_eq!(answered, [120, 0, 0, 120]);
        // A quarter is theirs at first, and a third of each other's failures.
        assert_eq!(failed, [0, 80, 80, 0]);
    }

    #[test]
    fn a_backend_without_weight_is_never_picked_and_takes_nothing_from_the_others() {
        for weights in [&[1, 0, 1][..], &[3, 1, 0], &[0, 1]] {
            let group = Group::new(backends(weights), smooth(weights));
            let total: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
            let expected: Vec<usize> = weights.iter().map(|weight| usize::from(*weight) * 4).collect();
            assert_eq!(picks(&RoundRobin::new(), &group, total * 4), expected);
            assert_eq!(picks(&LeastConnections::new(), &group, total * 4), expected);
        }
        let nothing = Group::new(backends(&[0, 0]), &[]);
        assert!(RoundRobin::new().pick(&nothing, &mut Tried::new(), &mut fastrand::Rng::new()).is_none());
        assert!(
            LeastConnections::new().pick(&nothing, &mut Tried::new(), &mut fastrand::Rng::new()).is_none()
        );
    }

    #[test]
    fn random_follows_the_weights() {
        let group = Group::new(backends(&[1, 3]), smooth(&[1, 3]));
        let counts = picks(&RandomChoice, &group, 40_000);
        assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
    }

    #[test]
    fn nobody_usable_is_nothing_and_tried_ones_are_skipped() {
        let backends = backends(&[1, 1]);
        let group = Group::new(backends, &[]);
        let mut tried = Tried::new();
        tried.add(&backends[0]);
        let mut random = fastrand::Rng::new();
        assert_eq!(RoundRobin::new().pick(&group, &mut tried, &mut random).unwrap().slot(), 1);
        tried.add(&backends[1]);
        assert!(RoundRobin::new().pick(&group, &mut tried, &mut random).is_none());
        assert!(LeastConnections::new().pick(&group, &mut tried, &mut random).is_none());
        let nobody = Group::new(&[], &[]);
        assert!(RoundRobin::new().pick(&nobody, &mut Tried::new(), &mut random).is_none());
    }
}
