//! What the worker, the gate and the bodies share of one client connection. One thread, so cells and no locks.

mod phase;

use std::cell::{Cell, OnceCell, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use http::HeaderValue;
use hyper::body::Incoming;

pub(super) use self::phase::TimedOut;
use self::phase::Wait;
use super::address;
use super::age::Age;
use super::relief::ON_ITS_WAY;
use super::worker::Worker;
use crate::error::Reason;
use crate::route::RouteSettings;

/// Before the first request.
static NO_ROUTE: RouteSettings = RouteSettings::waiting(Duration::ZERO);

/// One client connection.
#[derive(Debug)]
pub(crate) struct Client {
    worker: Rc<Worker>,
    listener: usize,
    /// Who connects to a socket of this machine has none.
    peer: Option<IpAddr>,
    trusted_proxy: bool,
    age: Age,
    peer_text: OnceCell<Option<HeaderValue>>,
    wait: Cell<Wait>,
    deadline: Cell<Instant>,
    route: Cell<&'static RouteSettings>,
    /// How long the backend of the present attempt may take for its head.
    patience: Cell<Duration>,
    /// When the route's `timeout` is over.
    limit: Cell<Instant>,
    /// When the route's `total` is over.
    total: Cell<Option<Instant>>,
    /// While the socket takes nothing: when the client must have taken something.
    stuck: Cell<Option<Instant>>,
    /// The limit that has passed, for those who wait.
    late: Cell<Option<Reason>>,
    /// Why the gateway has cut the connection.
    cut: Cell<Option<Reason>>,
    /// The clock, if it was read since the task was resumed.
    now: Cell<Option<Instant>>,
    heard: Cell<bool>,
    exchanges: Cell<u32>,
    body_received: Cell<u64>,
    body_failure: Cell<Option<Reason>>,
    body_unread: Cell<bool>,
    /// What nobody has read of a body, when its reader is gone.
    rest: RefCell<Option<Incoming>>,
    /// The end of the connection would be taken for the end of a response body.
    ends_body: Cell<bool>,
    /// Asked to end; what has begun to arrive must be there by then.
    closing: Cell<Option<Instant>>,
    /// Since when a request is awaited.
    idle_since: Cell<Instant>,
    waker: RefCell<Option<Waker>>,
}

impl Client {
    /// One that has come in at a listener of this number; the admin's has none.
    pub(super) fn new(worker: Rc<Worker>, listener: usize, peer: Option<SocketAddr>) -> Self {
        let now = Instant::now();
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let settings = worker.settings();
        let age = Age::new(now, settings.timeouts.connection, &mut worker.random());
        Self {
            age,
            trusted_proxy: address::is_trusted(settings.trusted_proxies, peer),
            deadline: Cell::new(now + settings.timeouts.header_read),
            limit: Cell::new(now),
            worker,
            listener,
            peer,
            peer_text: OnceCell::new(),
            wait: Cell::new(Wait::Request),
            route: Cell::new(&NO_ROUTE),
            patience: Cell::new(Duration::ZERO),
            total: Cell::new(None),
            stuck: Cell::new(None),
            late: Cell::new(None),
            cut: Cell::new(None),
            now: Cell::new(Some(now)),
            heard: Cell::new(false),
            exchanges: Cell::new(0),
            body_received: Cell::new(0),
            body_failure: Cell::new(None),
            body_unread: Cell::new(false),
            rest: RefCell::default(),
            ends_body: Cell::new(false),
            closing: Cell::new(None),
            idle_since: Cell::new(now),
            waker: RefCell::new(None),
        }
    }

    pub(crate) fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    pub(super) fn listener(&self) -> usize {
        self.listener
    }

    /// Its name in the config, if it has one.
    pub(crate) fn listener_name(&self) -> Option<&'static str> {
        let listener = self.worker.settings().listeners.get(self.listener)?;
        Some(listener.name).filter(|name| !name.is_empty())
    }

    /// Whether it is to end with the next response, if that is given at `now`.
    pub(super) fn is_too_old(&self, now: Instant) -> bool {
        self.age.is_over(now)
    }

    pub(super) fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    pub(crate) fn is_trusted_proxy(&self) -> bool {
        self.trusted_proxy
    }

    /// The peer's address as a field value, made once for each connection.
    pub(crate) fn peer_value(&self) -> Option<HeaderValue> {
        self.peer_text.get_or_init(|| HeaderValue::try_from(self.peer?.to_string()).ok()).clone()
    }

    /// Appends an address as text, or `unix` if there is none; the peer's is made once for each connection.
    pub(crate) fn append_ip(&self, buffer: &mut Vec<u8>, address: Option<IpAddr>) {
        match address {
            None => buffer.extend_from_slice(b"unix"),
            of_peer if of_peer == self.peer => {
                self.peer_value().iter().for_each(|text| buffer.extend_from_slice(text.as_bytes()));
            }
            Some(address) => buffer.extend_from_slice(address.to_string().as_bytes()),
        }
    }

    /// Request body has arrived.
    pub(crate) fn body_received(&self, bytes: u64) {
        self.body_received.set(self.body_received.get() + bytes);
        self.request_moved();
    }

    pub(crate) fn body_ended(&self) {
        self.body_unread.set(false);
        self.request_moved();
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

    /// How often an exchange has begun; only a change means something.
    pub(super) fn exchanges(&self) -> u32 {
        self.exchanges.get()
    }

    /// Bytes have come from the client.
    pub(super) fn hear(&self) {
        self.heard.set(true);
    }

    pub(super) fn remember(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if known.is_none() {
            *known = Some(waker.clone());
        }
    }

    /// Since when the connection has waited for a request, if it does and has not been asked to end. It is not idle while the
    /// client has yet to take some of what was sent to it.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let is_idle =
            self.wait.get() == Wait::Request && self.stuck.get().is_none() && self.closing.get().is_none();
        is_idle.then(|| self.idle_since.get())
    }

    /// Whether a request has come whose exchange is not over.
    pub(super) fn is_serving(&self) -> bool {
        !matches!(self.wait.get(), Wait::Request | Wait::Head)
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
            Wait::Request if self.stuck.get().is_some() => return,
            Wait::Request => latest.min(self.idle_since.get() + ON_ITS_WAY),
            Wait::Head => latest,
            Wait::Upload | Wait::Answer | Wait::Download | Wait::Linger => return,
        };
        self.deadline.set(self.deadline.get().min(latest));
    }

    /// Cuts off what the connection is doing: whatever waits for a backend ends now, and must be gone by `until`. Whether there
    /// was anything to cut off.
    pub(super) fn cut_off(&self, until: Instant) -> bool {
        let is_busy = self.wait.get() != Wait::Request || self.stuck.get().is_some();
        if self.is_serving() {
            self.tell(Reason::Shutdown, until);
        }
        self.close(Instant::now());
        is_busy
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}
