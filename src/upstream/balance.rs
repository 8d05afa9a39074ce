//! What a balancer chooses among, and what it may ask. Shares are exact among the usable backends, and so they are among
//! those who take over from one that failed.

use std::net::IpAddr;

use http::HeaderName;
use http::uri::PathAndQuery;

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

    pub(super) fn contains(&self, backend: &Backend) -> bool {
        self.iter().any(|tried| std::ptr::eq(tried, backend))
    }

    fn iter(&self) -> impl Iterator<Item = &'static Backend> {
        self.backends[..self.len].iter().copied().flatten()
    }

    /// The number of the request's turn. It is taken once: a further attempt of the same request is nobody's turn.
    pub(super) fn turn(&mut self, take: impl FnOnce() -> usize) -> usize {
        *self.turn.get_or_insert_with(take)
    }
}

/// The backends of a group in their order: all of an array, or some of one. A type parameter, so that a pick never asks which.
pub trait Lineup: Copy {
    /// How many there are.
    fn len(self) -> usize;

    /// The one at this place.
    fn at(self, place: usize) -> &'static Backend;

    /// All of them.
    fn iter(self) -> impl Iterator<Item = &'static Backend>;
}

impl Lineup for &'static [Backend] {
    #[inline]
    fn len(self) -> usize {
        <[_]>::len(self)
    }

    #[inline]
    fn at(self, place: usize) -> &'static Backend {
        &self[place]
    }

    #[inline]
    fn iter(self) -> impl Iterator<Item = &'static Backend> {
        <[_]>::iter(self)
    }
}

/// Those of an array's slots that have an address.
impl Lineup for &[&'static Backend] {
    #[inline]
    fn len(self) -> usize {
        <[_]>::len(self)
    }

    #[inline]
    fn at(self, place: usize) -> &'static Backend {
        self[place]
    }

    #[inline]
    fn iter(self) -> impl Iterator<Item = &'static Backend> {
        <[_]>::iter(self).copied()
    }
}

/// The backends among which a balancer chooses.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a, L> {
    backends: L,
    turns: &'a [u16],
    takers: Takers,
}

/// Which backends of a group may be chosen.
#[derive(Clone, Copy, Debug)]
enum Takers {
    /// The usable ones; but if some are, and those are a share below this, in 10000ths, all: too few for all the traffic.
    /// 0: always only those.
    Usable(u32),
    /// All.
    All,
}

impl<'a, L: Lineup> Group<'a, L> {
    /// `turns` is the smooth weighted order; empty if all backends weigh the same.
    #[inline]
    pub const fn new(backends: L, turns: &'a [u16]) -> Self {
        Self { backends, turns, takers: Takers::Usable(0) }
    }

    /// Who is in it.
    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = &'static Backend> {
        self.backends.iter()
    }

    /// The same, in panic below this share of usable backends, in 10000ths.
    #[inline]
    pub(super) fn with_panic(self, below: u32) -> Self {
        Self { takers: Takers::Usable(below), ..self }
    }

    /// The same, without a look at anybody's health.
    #[inline]
    pub(super) fn whoever(self) -> Self {
        Self { takers: Takers::All, ..self }
    }

    /// Whether no look at health is to be taken now.
    pub(super) fn takes_all(&self) -> bool {
        match self.takers {
            Takers::All => true,
            Takers::Usable(0) => false,
            Takers::Usable(below) => {
                let with_weight = self.iter().filter(|backend| backend.weight() != 0).count() as u64;
                let usable = self.iter().filter(|backend| backend.takes_traffic()).count() as u64;
                usable != 0 && usable * 10_000 < with_weight * u64::from(below)
            }
        }
    }

    fn turns(&self) -> usize {
        if self.turns.is_empty() { self.backends.len() } else { self.turns.len() }
    }

    fn at(&self, turn: usize) -> &'static Backend {
        self.backends.at(if self.turns.is_empty() { turn } else { usize::from(self.turns[turn]) })
    }

    /// The smooth order, as far as it is eligible.
    fn order(&self, eligible: impl Fn(&Backend) -> bool) -> impl Iterator<Item = &'static Backend> {
        (0..self.turns()).map(|turn| self.at(turn)).filter(move |backend| eligible(backend))
    }

    /// The backend of turn `number` in the endless smooth order of those that may be chosen and were not tried.
    #[inline]
    pub(super) fn turn_of_takers(&self, number: usize, tried: &Tried) -> Option<&'static Backend> {
        if self.is_whole(tried, Backend::is_usable) {
            return self.straight(number);
        }
        let all = self.takes_all();
        self.turn_among(number, tried, |backend| all || backend.is_usable())
    }

    /// The backend of turn `number` in the endless smooth order of those that are eligible and were not tried.
    pub(super) fn turn(
        &self,
        number: usize,
        tried: &Tried,
        eligible: impl Fn(&Backend) -> bool,
    ) -> Option<&'static Backend> {
        if self.is_whole(tried, &eligible) {
            return self.straight(number);
        }
        self.turn_among(number, tried, eligible)
    }

    /// Whether nobody is left out.
    #[inline]
    fn is_whole(&self, tried: &Tried, eligible: impl Fn(&Backend) -> bool) -> bool {
        tried.len == 0 && self.iter().all(|backend| backend.weight() == 0 || eligible(backend))
    }

    /// The backend of a turn of all.
    #[inline]
    fn straight(&self, number: usize) -> Option<&'static Backend> {
        let backend = self.at(number.checked_rem(self.turns())?);
        // Only in a group in which all weigh nothing.
        (backend.weight() != 0).then_some(backend)
    }

    /// The backend of a turn where some are left out.
    ///
    /// A request whose backend failed goes where the *n*-th turn goes among the others, if it was the *n*-th turn of
    /// that backend: so the others share its turns as they share all turns, and nobody's turn is moved.
    fn turn_among(
        &self,
        mut number: usize,
        tried: &Tried,
        eligible: impl Fn(&Backend) -> bool,
    ) -> Option<&'static Backend> {
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

/// The request that a backend is chosen for, as far as a balancer may ask (Envoy's `LoadBalancerContext`). It is a type parameter
/// of [`Balance::pick`], so that a balancer which asks nothing pays nothing.
pub trait BalancerContext {
    /// The client's address, after the rules of `server.trusted_proxies`, if it has one.
    fn client_ip(&self) -> Option<IpAddr>;

    /// The first line of a field, as conditions and limits see it.
    fn first(&self, name: &HeaderName) -> Option<&[u8]>;

    /// The canonical path and the query.
    fn target(&self) -> &PathAndQuery;

    /// A number of the worker's generator, another each time.
    fn random(&self) -> u32;
}

/// A way to choose a backend. What its config says (of which field a hash is made) is in its static, beside what it counts.
pub trait Balance: Sync + 'static {
    /// Whether [`Backend`]'s count of requests in flight must be kept for it.
    const COUNTS_IN_FLIGHT: bool = false;

    /// Whether it chooses among the addresses of names: [`super::Resolved`].
    const RESOLVES: bool = false;

    /// A usable backend of the group that was not tried, if there is one.
    fn pick(
        &self,
        group: &Group<'_, impl Lineup>,
        tried: &mut Tried,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend>;
}
