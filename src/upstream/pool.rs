//! One worker's kept connections: a stack for each backend. No lock, no hashing, no task: a connection is driven by
//! whoever uses it.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::{Backend, Cluster, Owner};

/// The kept connections of one worker.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Indexed by the backend's slot. Boxed, because a connection travels through futures while it is in use.
    idle: Box<[Idle]>,
    /// Those that have an owner, likewise; no slots if there can be none.
    owned: Box<[Idle]>,
    /// Likewise.
    closes: Box<[Closes]>,
}

/// The kept connections to one backend; the one used last is the last.
#[allow(clippy::vec_box, reason = "the same box goes back and forth; unboxing would copy and box again")]
type Idle = RefCell<Vec<Box<Connection>>>;

/// What a backend was seen to do is believed for so long.
const BELIEVED: Duration = Duration::from_secs(10);

/// After how short a time a backend has lately closed a connection that was not used.
#[derive(Debug, Default)]
struct Closes {
    soonest: Cell<Duration>,
    seen: Cell<Option<Instant>>,
}

impl Closes {
    fn after(&self, idle: Duration, now: Instant) {
        self.soonest.set(self.soonest(now).map_or(idle, |soonest| soonest.min(idle)));
        self.seen.set(Some(now));
    }

    fn soonest(&self, now: Instant) -> Option<Duration> {
        let seen = self.seen.get()?;
        (now.saturating_duration_since(seen) < BELIEVED).then(|| self.soonest.get())
    }
}

impl Pool {
    /// Room for every backend of these upstreams.
    pub(crate) fn new(upstreams: &[&'static Cluster]) -> Self {
        let backends = 0..upstreams.iter().map(|cluster| cluster.backends.len()).sum();
        let has_owners = upstreams.iter().any(|cluster| cluster.proxy_protocol.is_some());
        let owned = if has_owners { backends.clone() } else { 0..0 };
        Self {
            idle: backends.clone().map(|_| RefCell::default()).collect(),
            owned: owned.map(|_| RefCell::default()).collect(),
            closes: backends.map(|_| Closes::default()).collect(),
        }
    }

    /// The connection used last, if one is still good: its caches are warm, and the others can grow old.
    /// It may have been closed meanwhile; sending finds that out before a byte is written.
    pub(crate) fn take(&self, backend: &Backend, now: Instant) -> Option<Box<Connection>> {
        loop {
            let mut connection = self.idle[backend.slot()].borrow_mut().pop()?;
            // It was young when it was put here, and what grows old here is swept.
            if connection.is_fresh(now) && connection.is_at_home() {
                return Some(connection);
            }
        }
    }

    /// Whether backends are told whose connections are.
    pub(crate) fn has_owners(&self) -> bool {
        !self.owned.is_empty()
    }

    /// The owner's connection that was used last, if one is still good, as [`Pool::take`].
    pub(crate) fn take_owned(
        &self,
        backend: &Backend,
        owner: &Owner,
        now: Instant,
    ) -> Option<Box<Connection>> {
        let mut idle = self.owned.get(backend.slot())?.borrow_mut();
        loop {
            let mut connection =
                idle.iter().rposition(|one| one.owner() == Some(owner)).map(|place| idle.remove(place))?;
            if connection.is_fresh(now) && connection.is_at_home() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for its owner. Whoever was here last comes again soonest: so of too many the oldest makes way.
    #[cold]
    fn put_owned(&self, connection: Box<Connection>) {
        let Some(idle) = self.owned.get(connection.backend().slot()) else { return };
        let mut idle = idle.borrow_mut();
        if idle.len() >= connection.max_idle() && !idle.is_empty() {
            idle.remove(0);
        }
        if idle.len() < connection.max_idle() {
            idle.push(connection);
        }
    }

    /// All that are kept to any backend,
    fn all(&self) -> impl Iterator<Item = &Idle> {
        self.idle.iter().chain(&self.owned)
    }

    /// or to this one.
    fn of(&self, backend: &Backend) -> impl Iterator<Item = &Idle> {
        [&self.idle, &self.owned].into_iter().filter_map(|all| all.get(backend.slot()))
    }

    /// Whether a connection is good for a request that may not be sent twice: its backend has closed none, of late, that had not been
    /// unused for twice as long. That one's end may be on its way already.
    pub(crate) fn trusts(&self, connection: &Connection, now: Instant) -> bool {
        let soonest = self.closes[connection.backend().slot()].soonest(now);
        !connection.was_used() || soonest.is_none_or(|soonest| connection.idle_for(now) * 2 < soonest)
    }

    /// A connection of this backend was closed that had been unused for so long.
    pub(crate) fn was_closed(&self, backend: &Backend, idle: Duration, now: Instant) {
        self.closes[backend.slot()].after(idle, now);
    }

    /// Drops a backend's closed connections: one was just found, and others were probably closed with it.
    pub(crate) fn prune(&self, backend: &Backend) {
        for idle in self.of(backend) {
            idle.borrow_mut().retain_mut(|connection| connection.is_silent());
        }
    }

    /// Drops the connection that has been unused longest, for something that needs its file or port more; false if none
    /// is kept.
    pub(crate) fn give_way(&self) -> bool {
        let oldest = self.all().filter(|idle| !idle.borrow().is_empty());
        // The bottom of each stack is its oldest.
        let oldest =
            oldest.min_by_key(|idle| idle.borrow().first().map(|connection| connection.idle_since()));
        oldest.is_some_and(|idle| {
            idle.borrow_mut().remove(0);
            true
        })
    }

    /// Keeps a connection whose exchange is complete, unless it is too old. Whether its backend has moved away from its address, whoever
    /// takes it asks, and the sweep.
    pub(crate) fn put(&self, connection: Box<Connection>) {
        let mut idle = self.idle[connection.backend().slot()].borrow_mut();
        let is_young = connection.is_young(connection.idle_since());
        if idle.len() < connection.max_idle() && is_young {
            if connection.owner().is_some() {
                return self.put_owned(connection);
            }
            idle.push(connection);
        }
    }

    /// Drops connections that are too old, were closed by their backend, or go to where it is no more; and those whose owner has gone.
    pub(crate) fn sweep(&self, upstreams: &[&'static Cluster], now: Instant) {
        for cluster in upstreams {
            for backend in cluster.backends {
                self.of(backend).for_each(|idle| self.sweep_one(backend, idle, now));
            }
        }
    }

    fn sweep_one(&self, backend: &Backend, idle: &Idle, now: Instant) {
        idle.borrow_mut().retain_mut(|connection| {
            let is_good = connection.is_fresh(now)
                && connection.is_young(now)
                && connection.is_at_home()
                && connection.owner().is_none_or(Owner::is_here);
            let is_silent = is_good && connection.is_silent();
            if is_good && !is_silent {
                self.was_closed(backend, connection.idle_for(now), now);
            }
            is_silent
        });
    }

    /// Drops everything: the worker is draining.
    pub(crate) fn clear(&self) {
        self.all().for_each(|idle| idle.borrow_mut().clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_backend_does_is_believed_for_a_while() {
        let (closes, start) = (Closes::default(), Instant::now());
        let millis = Duration::from_millis;
        assert_eq!(closes.soonest(start), None);
        closes.after(millis(500), start);
        closes.after(millis(900), start + millis(1000));
        assert_eq!(closes.soonest(start + millis(10_999)), Some(millis(500)));
        assert_eq!(closes.soonest(start + millis(11_000)), None);
        closes.after(millis(900), start + millis(11_000));
        assert_eq!(closes.soonest(start + millis(11_001)), Some(millis(900)));
    }
}
