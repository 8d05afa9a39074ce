//! Slots: every address of a name is a backend of its own (`upstreams.NAME.resolve`). How many there can be is known at
//! build; which are filled changes with what the resolver finds, on the control thread. Workers have a list of those, each a
//! copy of its own, and look at a number to see whether it is still good.

use std::cell::{Ref, RefCell};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use castgate_contract::turns::turns;

use super::{Backend, Balance, BalancerContext, Cluster, Group, Lineup, Status, Tried};

/// `upstreams.NAME.resolve`
#[derive(Debug)]
pub struct Resolve {
    /// From the end of a lookup to the start of the next, give or take a tenth.
    pub interval: Duration,
    /// Which slots have an address now.
    pub filled: Filled,
}

/// A balancer, among the addresses of names.
#[derive(Debug)]
pub struct Resolved<B>(B);

impl<B: Balance> Resolved<B> {
    /// Chooses as `of` does.
    pub const fn new(of: B) -> Self {
        Self(of)
    }
}

impl<B: Balance> Balance for Resolved<B> {
    const COUNTS_IN_FLIGHT: bool = B::COUNTS_IN_FLIGHT;
    const RESOLVES: bool = true;

    #[inline]
    fn pick(
        &self,
        group: &Group<'_, impl Lineup>,
        tried: &mut Tried,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        self.0.pick(group, tried, cx)
    }
}

/// Which slots of an upstream have an address.
#[derive(Debug)]
pub struct Filled {
    /// Changes with the list; 0 before there is one.
    generation: AtomicU32,
    roster: Mutex<Option<Arc<Roster>>>,
}

impl Filled {
    /// None yet.
    #[allow(clippy::new_without_default, reason = "only generated code makes it, and it needs a const fn")]
    pub const fn new() -> Self {
        Self { generation: AtomicU32::new(0), roster: Mutex::new(None) }
    }

    /// From now on those of `cluster` that are present.
    pub(super) fn publish(&self, cluster: &Cluster) {
        let (primaries, backups) = cluster.backends.split_at(cluster.primaries);
        let roster = Arc::new(Roster { primaries: Part::of(primaries), backups: Part::of(backups) });
        let mut place = self.roster.lock().unwrap_or_else(PoisonError::into_inner);
        *place = Some(roster);
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    fn get(&self) -> Copy {
        let roster = self.roster.lock().unwrap_or_else(PoisonError::into_inner);
        Copy { generation: self.generation(), roster: roster.clone().unwrap_or_default() }
    }
}

/// The backends that are somewhere, in the order of the config and of their slots.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    primaries: Part,
    backups: Part,
}

#[derive(Debug, Default)]
struct Part {
    backends: Vec<&'static Backend>,
    turns: Vec<u16>,
}

impl Part {
    fn of(slots: &'static [Backend]) -> Self {
        let backends: Vec<&'static Backend> = slots.iter().filter(|slot| slot.is_present()).collect();
        let weights: Vec<u16> = backends.iter().map(|backend| backend.weight()).collect();
        Self { backends, turns: turns(&weights) }
    }
}

impl Roster {
    #[inline]
    pub(super) fn primaries(&self) -> Group<'_, &[&'static Backend]> {
        Group::new(self.primaries.backends.as_slice(), &self.primaries.turns)
    }

    pub(super) fn backups(&self) -> Group<'_, &[&'static Backend]> {
        Group::new(self.backups.backends.as_slice(), &self.backups.turns)
    }
}

/// One worker's rosters, by the ids of their upstreams.
#[derive(Debug)]
pub(crate) struct Rosters(Box<[RefCell<Copy>]>);

/// A roster as it was at a generation.
#[derive(Debug, Default)]
struct Copy {
    generation: u32,
    roster: Arc<Roster>,
}

impl Rosters {
    pub(crate) fn new(upstreams: &[&'static Cluster]) -> Self {
        Self(upstreams.iter().map(|_| RefCell::default()).collect())
    }

    /// That of an upstream with `resolve`, as it is now.
    #[inline]
    pub(super) fn of(&self, cluster: &Cluster) -> Ref<'_, Roster> {
        let copy = &self.0[cluster.id];
        if let Some(resolve) = &cluster.resolve
            && resolve.filled.generation() != copy.borrow().generation
        {
            *copy.borrow_mut() = resolve.filled.get();
        }
        Ref::map(copy.borrow(), |copy| &*copy.roster)
    }
}

/// The addresses of a name in its slots. What stays keeps its slot.
#[derive(Debug)]
struct Seats {
    taken: Vec<Seat>,
    /// How often addresses were found.
    round: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seat {
    /// Nobody's, since this round.
    Vacant(u64),
    Taken(SocketAddr),
}

/// What becomes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Another address, or the first one.
    Comes(usize, SocketAddr),
    /// It has no address any more.
    Leaves(usize),
}

impl Seats {
    fn new(slots: usize) -> Self {
        Self { taken: vec![Seat::Vacant(0); slots], round: 0 }
    }

    /// The name has these addresses now. Those that are new take the slots which have been vacant for longest, lowest address
    /// first: so who is left out, the number that is returned, is the same in every gateway that starts now, and nobody who
    /// has a slot loses it to another.
    fn settle(&mut self, found: &[SocketAddr]) -> (Vec<Change>, usize) {
        self.round += 1;
        let mut coming: BTreeSet<SocketAddr> = found.iter().copied().collect();
        let mut left = BTreeSet::new();
        for (slot, seat) in self.taken.iter_mut().enumerate() {
            if let Seat::Taken(address) = *seat
                && !coming.remove(&address)
            {
                *seat = Seat::Vacant(self.round);
                left.insert(slot);
            }
        }
        let vacant = self.taken.iter().enumerate();
        let mut vacant: Vec<(Seat, usize)> = vacant.map(|(slot, seat)| (*seat, slot)).collect();
        vacant.retain(|(seat, _)| matches!(seat, Seat::Vacant(_)));
        vacant.sort_unstable();
        let mut changes = Vec::new();
        let left_out = coming.len().saturating_sub(vacant.len());
        for ((_, slot), address) in vacant.into_iter().zip(coming) {
            self.taken[slot] = Seat::Taken(address);
            left.remove(&slot);
            changes.push(Change::Comes(slot, address));
        }
        changes.extend(left.into_iter().map(Change::Leaves));
        (changes, left_out)
    }
}

/// The slots of what was written as one backend, as the resolver has filled them.
#[derive(Debug)]
pub(super) struct Seating {
    cluster: &'static Cluster,
    slots: &'static [Backend],
    seats: Seats,
}

impl Seating {
    /// Of slots that no address was ever found for.
    pub(super) fn new(cluster: &'static Cluster, slots: &'static [Backend]) -> Self {
        Self { cluster, slots, seats: Seats::new(slots.len()) }
    }

    /// The slot that stands for the name while no address is known.
    pub(super) fn first(&self) -> Option<&'static Backend> {
        self.slots.first()
    }

    /// The name has these addresses now, at least one. Whether anything has changed.
    pub(super) fn settle(&mut self, found: &[SocketAddr]) -> bool {
        let (changes, left_out) = self.seats.settle(found);
        self.tell_left_out(left_out, found.len());
        // Who comes without checks counts as healthy, as at start.
        let status = if self.cluster.health_check.is_some() { Status::Unknown } else { Status::Healthy };
        for change in &changes {
            match *change {
                Change::Comes(slot, address) => self.slots[slot].come(address, status),
                Change::Leaves(slot) => self.slots[slot].leave(),
            }
        }
        if let Some(resolve) = self.cluster.resolve.as_ref().filter(|_| !changes.is_empty()) {
            resolve.filled.publish(self.cluster);
        }
        !changes.is_empty()
    }

    /// Says it when addresses begin to be left out, and when they are no more.
    fn tell_left_out(&self, left_out: usize, found: usize) {
        let Some(first) = self.first() else { return };
        let (upstream, backend, slots) = (self.cluster.name, first.url(), self.slots.len());
        match (first.left_out(), left_out) {
            (0, 1..) => tracing::warn!(
                upstream,
                backend,
                addresses = found,
                slots,
                left_out,
                "the name has more addresses than `resolve.addresses` allows; the others get no requests"
            ),
            (1.., 0) => {
                tracing::info!(upstream, backend, addresses = found, "all addresses of the name are in use")
            }
            _ => {}
        }
        first.set_left_out(left_out);
    }
}

#[cfg(test)]
mod tests;
