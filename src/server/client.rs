//! What the worker, the gate and the bodies share of one client connection. One thread, so cells and no locks.
//! A connection has one timer; each phase of it only moves the deadline.

use std::cell::{Cell, OnceCell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use http::HeaderValue;
use hyper::body::Incoming;

use super::address;
use super::relief::ON_ITS_WAY;
use super::worker::Worker;
use crate::error::Reason;

/// What a connection is waiting for; each has its own time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The first byte of a request.
    Request,
    /// The rest of a request head.
    Head,
    /// The answer to a request.
    Answer,
}

/// One client connection.
#[derive(Debug)]
pub(crate) struct Client {
    worker: Rc<Worker>,
    peer: IpAddr,
    trusted_proxy: bool,
    peer_text: OnceCell<HeaderValue>,
    wait: Cell<Wait>,
    deadline: Cell<Instant>,
    /// The request's own deadline, which progress does not move.
    limit: Cell<Instant>,
    /// How long progress of a body may take.
    patience: Cell<Duration>,
    expired: Cell<bool>,
    /// The last reading of the clock that was taken for this connection.
    now: Cell<Instant>,
    heard: Cell<bool>,
    body_received: Cell<u64>,
    body_failure: Cell<Option<Reason>>,
    body_awaited: Cell<bool>,
    body_unread: Cell<bool>,
    /// What nobody has read of a body, when its reader is gone.
    rest: RefCell<Option<Incoming>>,
    /// The end of the connection would be taken for the end of a response body.
    ends_body: Cell<bool>,
    lingering: Cell<bool>,
    write_blocked: Cell<bool>,
    /// Asked to end; what has begun to arrive must be there by then.
    closing: Cell<Option<Instant>>,
    waker: RefCell<Option<Waker>>,
}

impl Client {
    pub(super) fn new(worker: Rc<Worker>, peer: SocketAddr) -> Self {
        let now = Instant::now();
        let peer = peer.ip().to_canonical();
        let settings = worker.settings();
        Self {
            trusted_proxy: address::is_trusted(settings.trusted_proxies, peer),
            deadline: Cell::new(now + settings.timeouts.header_read),
            limit: Cell::new(now),
            worker,
            peer,
            peer_text: OnceCell::new(),
            wait: Cell::new(Wait::Request),
            patience: Cell::new(Duration::ZERO),
            expired: Cell::new(false),
            now: Cell::new(now),
            heard: Cell::new(false),
            body_received: Cell::new(0),
            body_failure: Cell::new(None),
            body_awaited: Cell::new(false),
            body_unread: Cell::new(false),
            rest: RefCell::default(),
            ends_body: Cell::new(false),
            lingering: Cell::new(false),
            write_blocked: Cell::new(false),
            closing: Cell::new(None),
            waker: RefCell::new(None),
        }
    }

    pub(crate) fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    pub(crate) fn is_trusted_proxy(&self) -> bool {
        self.trusted_proxy
    }

    /// The peer's address as a field value, made once for each connection.
    pub(crate) fn peer_value(&self) -> HeaderValue {
        let make =
            || HeaderValue::try_from(self.peer.to_string()).unwrap_or(HeaderValue::from_static("unknown"));
        self.peer_text.get_or_init(make).clone()
    }

    /// Appends an address as text; the peer's is made once for each connection.
    pub(crate) fn append_ip(&self, buffer: &mut Vec<u8>, address: IpAddr) {
        if address == self.peer {
            buffer.extend_from_slice(self.peer_value().as_bytes());
        } else {
            buffer.extend_from_slice(address.to_string().as_bytes());
        }
    }

    /// A request head has arrived; the answer is due by `limit`.
    pub(super) fn begin(&self, now: Instant, limit: Instant) {
        self.now.set(now);
        self.wait.set(Wait::Answer);
        self.limit.set(limit);
        self.deadline.set(limit);
        self.expired.set(false);
        self.body_failure.set(None);
        self.body_received.set(0);
        self.body_awaited.set(false);
    }

    /// The exchange is over; the next request is awaited.
    pub(crate) fn exchange_ended(&self, now: Instant) {
        self.now.set(now);
        self.wait.set(Wait::Request);
        self.rest.take();
        self.heard.set(false);
        self.deadline.set(now + self.worker.settings().timeouts.idle);
    }

    /// The answer must come within `patience` of any progress, and by the request's own limit.
    pub(crate) fn await_answer(&self, patience: Duration) {
        self.patience.set(patience);
        self.deadline.set(self.limit.get().min(self.now.get() + patience));
    }

    /// A response body gets on: the next of it must come within `patience`, and all of it by the request's own limit.
    pub(crate) fn extend(&self, patience: Duration) {
        self.expired.set(false);
        self.deadline.set(self.limit.get().min(Instant::now() + patience));
    }

    /// Whether the deadline has passed. Only the timer reads the clock for this.
    pub(crate) fn is_expired(&self) -> bool {
        self.expired.get()
    }

    /// Why the answer is late: an upload that does not get on is the client's own doing.
    pub(crate) fn lateness(&self) -> Reason {
        if self.worker.is_stopped() {
            Reason::Shutdown
        } else if self.body_awaited.get() {
            Reason::RequestTimeout
        } else {
            Reason::UpstreamTimeout
        }
    }

    pub(crate) fn coarse_now(&self) -> Instant {
        self.now.get()
    }

    pub(crate) fn set_coarse_now(&self, now: Instant) {
        self.now.set(now);
    }

    /// Request body has arrived.
    pub(crate) fn body_received(&self, bytes: u64) {
        self.body_awaited.set(false);
        self.body_received.set(self.body_received.get() + bytes);
        self.deadline.set(self.limit.get().min(Instant::now() + self.patience.get()));
    }

    /// The upstream could take more of the request body than the client has sent.
    pub(crate) fn body_awaited(&self) {
        self.body_awaited.set(true);
    }

    pub(crate) fn body_ended(&self) {
        self.body_awaited.set(false);
        self.body_unread.set(false);
    }

    pub(crate) fn body_failed(&self, reason: Reason) {
        self.body_failure.set(Some(reason));
    }

    /// Why the request's body could not be read to its end, if it could not.
    pub(crate) fn body_failure(&self) -> Option<Reason> {
        self.body_failure.get()
    }

    pub(crate) fn take_body_received(&self) -> u64 {
        self.body_received.take()
    }

    /// A request with a body has come; the body counts as unread until its end was seen.
    pub(crate) fn body_promised(&self) {
        self.body_unread.set(true);
    }

    pub(crate) fn body_is_unread(&self) -> bool {
        self.body_unread.get()
    }

    /// Whoever was to read a body is gone, and this is left of it.
    pub(crate) fn body_left(&self, rest: Incoming) {
        self.rest.replace(Some(rest));
    }

    pub(super) fn take_rest(&self) -> Option<Incoming> {
        self.rest.take()
    }

    /// Request body has arrived that nobody wants.
    pub(super) fn body_discarded(&self, bytes: u64) {
        self.body_received.set(self.body_received.get() + bytes);
    }

    /// Whether the end of the connection would be taken for the end of a response body: it must not come by accident.
    pub(super) fn ends_body(&self) -> bool {
        self.ends_body.get()
    }

    pub(super) fn set_ends_body(&self, ends: bool) {
        self.ends_body.set(ends);
    }

    /// The connection is closing, and reads on for at most `time` so that its last response can arrive.
    pub(super) fn linger(&self, time: Duration) {
        if !self.lingering.replace(true) {
            self.wait.set(Wait::Answer);
            self.expired.set(false);
            self.deadline.set(Instant::now() + time);
        }
    }

    /// Bytes have come from the client.
    pub(super) fn hear(&self) {
        self.heard.set(true);
    }

    /// Bytes came, but no whole head: from now on the head is awaited.
    pub(super) fn notice_partial_head(&self) {
        if self.heard.get() && self.wait.get() == Wait::Request {
            self.wait.set(Wait::Head);
            self.deadline.set(Instant::now() + self.worker.settings().timeouts.header_read);
        }
    }

    pub(super) fn wait(&self) -> Wait {
        self.wait.get()
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline.get()
    }

    /// The timer has found the deadline passed. `grace` is how long the request has to end because of it.
    pub(super) fn expire(&self, grace: Instant) {
        self.expired.set(true);
        self.deadline.set(grace);
    }

    pub(super) fn remember(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if known.is_none() {
            *known = Some(waker.clone());
        }
    }

    /// Since when the connection has waited for a request, if it does and has not been asked to end.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let idle =
            self.wait.get() == Wait::Request && !self.write_blocked.get() && self.closing.get().is_none();
        idle.then(|| self.now.get())
    }

    /// Whether the client has yet to take some of what was sent to it: with that, it is not idle.
    pub(super) fn set_write_blocked(&self, blocked: bool) {
        self.write_blocked.set(blocked);
    }

    /// Asks the connection to end after the request that it is serving, or that is on its way. A request that has begun to arrive
    /// must be there by `latest`.
    pub(super) fn close(&self, latest: Instant) {
        self.closing.set(Some(latest));
        self.wake();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.get().is_some()
    }

    /// A connection that is to end waits for no request any more, but for one that can be on its way.
    pub(super) fn hasten(&self) {
        let Some(latest) = self.closing.get() else { return };
        let latest = match self.wait.get() {
            Wait::Request if self.write_blocked.get() => return,
            Wait::Request => latest.min(self.now.get() + ON_ITS_WAY),
            Wait::Head => latest,
            Wait::Answer => return,
        };
        self.deadline.set(self.deadline.get().min(latest));
    }

    /// Cuts off what the connection is doing: whatever waits for a backend ends now, and must be gone by `until`. Whether there
    /// was anything to cut off.
    pub(super) fn cut_off(&self, until: Instant) -> bool {
        let busy = self.wait.get() != Wait::Request || self.write_blocked.get();
        if self.wait.get() == Wait::Answer {
            self.expire(until);
        }
        self.close(Instant::now());
        busy
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}
