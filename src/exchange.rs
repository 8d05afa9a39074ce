//! One request and its answer, whatever protocol brings it: who asks, what is waited for and until when, what has come of
//! the request's body, and whether the connection ends with it. It names no socket and no protocol: the driver of a
//! connection moves it on, the layers and the upstream ask it. One thread, so cells and no locks.

mod account;
mod age;
mod clock;
mod context;
mod message;
mod peer;
mod problem;
mod record;
mod upload;

use std::cell::{Cell, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use http::StatusCode;

pub(crate) use self::account::{Account, Delivery};
pub(crate) use self::clock::{Clock, TimedOut};
pub use self::context::Context;
pub(crate) use self::context::{Waiting, Withheld};
pub use self::message::{Body, Filter, Frames, Request, RequestBody, Response};
pub(crate) use self::message::{Observe, Watched};
pub(crate) use self::peer::Peer;
pub(crate) use self::problem::problem;
pub(crate) use self::record::{Logged, Members, Record, RequestId};
pub(crate) use self::upload::{Upload, Uploaded};
use crate::fields::Fields;
use crate::worker::Worker;

/// Interim responses of one exchange; a backend that sends more is not listened to.
const MOST_INTERIM: u32 = 32;

/// An interim response (1xx) on its way to the client (RFC 9110 section 15.2).
#[derive(Debug)]
pub(crate) struct Interim {
    pub(crate) status: StatusCode,
    pub(crate) fields: Fields,
}

/// One request and its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    peer: Rc<Peer>,
    clock: Clock,
    upload: Upload,
    /// It stays here, since it is large. The stack has it until it has answered, then the account.
    record: RefCell<Record>,
    interim: RefCell<VecDeque<Interim>>,
    /// How many there were.
    informed: Cell<u32>,
    /// The client takes trailers (`TE`, RFC 9110 section 10.1.4).
    takes_trailers: Cell<bool>,
    /// The connection ends with it.
    is_last: Cell<bool>,
}

impl Exchange {
    /// That of a peer's request.
    pub(crate) fn new(peer: Rc<Peer>, now: Instant) -> Self {
        Self {
            clock: Clock::new(&peer.worker().settings().timeouts, now),
            upload: Upload::default(),
            record: RefCell::new(Record::new(now)),
            interim: RefCell::default(),
            informed: Cell::new(0),
            takes_trailers: Cell::new(false),
            is_last: Cell::new(false),
            peer,
        }
    }

    pub(crate) fn peer(&self) -> &Rc<Peer> {
        &self.peer
    }

    /// The next request is this peer's, of the same worker.
    pub(crate) fn come_from(&mut self, peer: &Rc<Peer>) {
        if !Rc::ptr_eq(&self.peer, peer) {
            self.peer = peer.clone();
        }
        self.clock.resume();
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

    /// What the log and the metrics will say of it.
    pub(crate) fn record(&self) -> RefMut<'_, Record> {
        self.record.borrow_mut()
    }

    /// The backend has sent an interim response.
    #[cold]
    pub(crate) fn inform(&self, status: StatusCode, fields: Fields) {
        if status == StatusCode::CONTINUE {
            // The client is told when its body is asked for.
            return self.consent();
        }
        let informed = self.informed.get();
        if informed < MOST_INTERIM {
            self.informed.set(informed + 1);
            self.interim.borrow_mut().push_back(Interim { status, fields });
        }
    }

    /// Whether there is an interim response that the client has not been sent.
    pub(crate) fn has_interim(&self) -> bool {
        !self.interim.borrow().is_empty()
    }

    /// The next interim response that the client has not been sent.
    pub(crate) fn next_interim(&self) -> Option<Interim> {
        self.interim.borrow_mut().pop_front()
    }

    /// The backend is asked for its consent to the body, if the client is to wait for it; whether it is.
    pub(crate) fn ask_for_consent(&self) -> bool {
        let asks = self.upload.withhold();
        if asks {
            self.clock.await_consent();
        }
        asks
    }

    /// The body may come: the backend wants it, or has not said so for long enough.
    pub(crate) fn consent(&self) {
        self.upload.consent();
        self.clock.consented();
    }

    /// An attempt has failed, and another is made: nobody waits any longer for what that one was waiting for.
    #[cold]
    pub(crate) fn attempt_failed(&self) {
        self.upload.let_be();
        self.clock.attempt_failed();
    }

    pub(crate) fn takes_trailers(&self) -> bool {
        self.takes_trailers.get()
    }

    pub(crate) fn set_takes_trailers(&self) {
        self.takes_trailers.set(true);
    }

    /// Whether nothing of a message is here that nobody has taken.
    pub(crate) fn holds_nothing(&self) -> bool {
        self.upload.holds_nothing() && self.interim.borrow().is_empty()
    }

    /// The connection ends when this has been answered, and its answer says so.
    pub(crate) fn close_after(&self) {
        self.is_last.set(true);
    }

    pub(crate) fn is_last(&self) -> bool {
        self.is_last.get()
    }

    /// A request has come.
    pub(crate) fn begin(&self, uploaded: Uploaded, is_last: bool) {
        self.upload.begin(uploaded);
        if self.has_interim() {
            self.interim.borrow_mut().clear();
        }
        self.informed.set(0);
        self.takes_trailers.set(false);
        self.is_last.set(is_last);
    }
}
