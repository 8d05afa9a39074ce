//! One worker's kept connections: a stack for each backend. No lock, no hashing, no task: a connection is driven by
//! whoever uses it.

use std::cell::RefCell;
use std::time::Instant;

use super::connection::Connection;
use super::{Backend, Members};

/// The kept connections of one worker.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Indexed by the backend's slot. Boxed, because a connection travels through futures while it is in use.
    #[allow(clippy::vec_box, reason = "the same box goes back and forth; unboxing would copy and box again")]
    idle: Box<[RefCell<Vec<Box<Connection>>>]>,
}

impl Pool {
    /// Room for every backend of these upstreams.
    pub(crate) fn new(upstreams: &[&'static Members]) -> Self {
        let backends = upstreams.iter().map(|members| members.backends.len()).sum();
        Self { idle: (0..backends).map(|_| RefCell::default()).collect() }
    }

    /// The connection used last, if one is still good: its caches are warm, and the others can grow old.
    /// It may have been closed meanwhile; sending finds that out before a byte is written.
    pub(crate) fn take(&self, backend: &Backend, members: &Members, now: Instant) -> Option<Box<Connection>> {
        loop {
            let mut connection = self.idle[backend.slot()].borrow_mut().pop()?;
            // It was young when it was put here, and what grows old here is swept.
            if connection.idle_for(now) < members.keepalive.idle && connection.is_at_home() {
                return Some(connection);
            }
        }
    }

    /// Drops a backend's closed connections: one was just found, and others were probably closed with it.
    pub(crate) fn prune(&self, backend: &Backend) {
        self.idle[backend.slot()].borrow_mut().retain_mut(|connection| connection.is_quiet());
    }

    /// Drops the connection that has been unused longest, for something that needs its file or port more; false if none
    /// is kept.
    pub(crate) fn give_way(&self) -> bool {
        let oldest = self.idle.iter().filter(|idle| !idle.borrow().is_empty());
        // The bottom of each stack is its oldest.
        let oldest =
            oldest.min_by_key(|idle| idle.borrow().first().map(|connection| connection.idle_since()));
        oldest.is_some_and(|idle| {
            idle.borrow_mut().remove(0);
            true
        })
    }

    /// Keeps a connection whose exchange is complete, unless it is too old, or its backend has moved away from its address.
    pub(crate) fn put(&self, mut connection: Box<Connection>) {
        let mut idle = self.idle[connection.backend().slot()].borrow_mut();
        let is_young = connection.is_young(connection.idle_since());
        if idle.len() < connection.max_idle() && is_young && connection.is_at_home() {
            idle.push(connection);
        }
    }

    /// Drops connections that are too old, were closed by their backend, or go to where it is no more.
    pub(crate) fn sweep(&self, upstreams: &[&'static Members], now: Instant) {
        for members in upstreams {
            for backend in members.backends {
                let mut idle = self.idle[backend.slot()].borrow_mut();
                idle.retain_mut(|connection| {
                    connection.idle_for(now) < members.keepalive.idle
                        && connection.is_young(now)
                        && connection.is_at_home()
                        && connection.is_quiet()
                });
            }
        }
    }

    /// Drops everything: the worker is draining.
    pub(crate) fn clear(&self) {
        self.idle.iter().for_each(|idle| idle.borrow_mut().clear());
    }
}
