//! One request and its answer, whatever protocol brings it: who asks, what is waited for and until when, what has come of
//! the request's body, and whether the connection ends with it. It names no socket and no protocol: the driver of a
//! connection moves it on, the layers and the upstream ask it. One thread, so cells and no locks.

mod account;
mod clock;
mod upload;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

pub(crate) use self::account::{Account, Delivery};
pub(crate) use self::clock::{Clock, TimedOut};
pub(crate) use self::upload::{Upload, Uploaded};
use crate::server::{Peer, Worker};

/// One request and its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    peer: Rc<Peer>,
    clock: Clock,
    upload: Upload,
    /// The connection ends with it.
    is_last: Cell<bool>,
}

impl Exchange {
    /// The first of a connection.
    pub(crate) fn new(peer: Rc<Peer>, now: Instant) -> Self {
        Self {
            clock: Clock::new(&peer.worker().settings().timeouts, now),
            upload: Upload::default(),
            is_last: Cell::new(false),
            peer,
        }
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    pub(crate) fn shared_peer(&self) -> Rc<Peer> {
        self.peer.clone()
    }

    pub(crate) fn worker(&self) -> &Rc<Worker> {
        self.peer.worker()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn upload(&self) -> &Upload {
        &self.upload
    }

    /// The connection ends when this has been answered, and its answer says so.
    pub(crate) fn close_after(&self) {
        self.is_last.set(true);
    }

    pub(crate) fn is_last(&self) -> bool {
        self.is_last.get()
    }

    /// The next request of the connection has come.
    pub(crate) fn begin(&self, uploaded: Uploaded, is_last: bool) {
        self.upload.begin(uploaded);
        self.is_last.set(is_last);
    }
}
