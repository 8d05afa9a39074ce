//! A client connection as its worker sees it: what a drain waits for, and what makes way when room is needed. The
//! connection's own task drives it; everybody else only asks it to end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::streams::Streams;
use crate::error::Reason;
use crate::exchange::{Exchange, Peer};

/// A connection that was quiet for less than this may have a request on its way: it is not idle yet. Longer than most
/// round trips, and far shorter than what anybody waits for a drain.
pub(super) const ON_ITS_WAY: Duration = Duration::from_millis(500);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It awaits a request, since then.
    Idle(Instant),
    /// Some of a request head has come, since then.
    Head(Instant),
    /// A request is being answered.
    Serving,
    /// It has ended but for what its client still sends, since then.
    Lingering(Instant),
}

/// What is under way on a connection.
#[derive(Debug)]
enum UnderWay {
    /// Who awaits a request has none, and is small.
    Nothing,
    /// One request after the other: the present one.
    Exchange(Rc<Exchange>),
    /// Many at a time.
    Streams(Rc<Streams>),
}

/// One client connection.
#[derive(Debug)]
pub(super) struct Session {
    peer: Rc<Peer>,
    under_way: RefCell<UnderWay>,
    doing: Cell<Doing>,
    /// When a request, or the rest of its head, must have come.
    by: Cell<Instant>,
    /// Asked to end; what has begun to arrive must be there by then.
    closing: Cell<Option<Instant>>,
    waker: RefCell<Option<Waker>>,
}

impl Session {
    pub(super) fn new(peer: Rc<Peer>) -> Self {
        let now = Instant::now();
        let by = now + peer.worker().settings().timeouts.header_read;
        Self {
            peer,
            under_way: RefCell::new(UnderWay::Nothing),
            doing: Cell::new(Doing::Idle(now)),
            by: Cell::new(by),
            closing: Cell::new(None),
            waker: RefCell::new(None),
        }
    }

    pub(super) fn peer(&self) -> &Rc<Peer> {
        &self.peer
    }

    /// A request is answered from now on.
    pub(super) fn serve(&self, exchange: Rc<Exchange>) {
        self.doing.set(Doing::Serving);
        self.under_way.replace(UnderWay::Exchange(exchange));
    }

    /// Many requests are answered at a time from now on; a drain finds them here.
    pub(super) fn carry(&self, streams: Rc<Streams>) {
        self.under_way.replace(UnderWay::Streams(streams));
    }

    /// A request has come on one of many streams.
    pub(super) fn stream_began(&self) {
        self.doing.set(Doing::Serving);
    }

    /// No stream is open any more. The connection's task is to look when it has to end now.
    pub(super) fn streams_ended(&self) {
        let now = Instant::now();
        self.doing.set(Doing::Idle(now));
        self.by.set(now + self.peer.worker().settings().timeouts.idle);
        self.wake();
    }

    /// The connection's task has something to look at.
    pub(super) fn wake(&self) {
        self.waker.borrow().iter().for_each(Waker::wake_by_ref);
    }

    pub(super) fn doing(&self) -> Doing {
        self.doing.get()
    }

    /// The task runs again.
    pub(super) fn resume(&self) {
        if let UnderWay::Exchange(exchange) = &*self.under_way.borrow() {
            exchange.clock().resume();
        }
    }

    pub(super) fn remember(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if known.is_none() {
            *known = Some(waker.clone());
        }
    }

    /// A request is awaited from now on, for `timeouts.idle`.
    pub(super) fn await_request(&self, now: Instant) {
        self.doing.set(Doing::Idle(now));
        self.under_way.replace(UnderWay::Nothing);
        self.by.set(now + self.peer.worker().settings().timeouts.idle);
    }

    /// Some of a head has come: from now on the rest of it is awaited, for `timeouts.header_read`.
    pub(super) fn await_head(&self) {
        if !matches!(self.doing.get(), Doing::Head(_)) {
            let now = Instant::now();
            self.doing.set(Doing::Head(now));
            self.by.set(now + self.peer.worker().settings().timeouts.header_read);
        }
    }

    /// What is read from now on is not looked at, until then.
    pub(super) fn linger(&self, now: Instant, until: Instant) {
        if !matches!(self.doing.get(), Doing::Lingering(_)) {
            self.doing.set(Doing::Lingering(now));
            self.under_way.replace(UnderWay::Nothing);
        }
        self.by.set(until);
    }

    /// Whether no request is answered.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.doing.get(), Doing::Idle(_) | Doing::Head(_))
    }

    /// When the wait for a request, or for the end, is over.
    pub(super) fn deadline(&self) -> Instant {
        self.by.get()
    }

    /// Since when the connection has waited for a request, for the rest of its head, or for its end, if it has not been asked to end.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        match self.doing.get() {
            Doing::Idle(since) | Doing::Head(since) | Doing::Lingering(since)
                if self.closing.get().is_none() =>
            {
                Some(since)
            }
            _ => None,
        }
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

    /// A connection that is to end waits for no request any more, but for one that can be on its way, and for its client to take the
    /// last answer in, which is on its way too.
    pub(super) fn hasten(&self) {
        let Some(latest) = self.closing.get() else { return };
        let latest = match self.doing.get() {
            Doing::Idle(since) => latest.min(since + ON_ITS_WAY),
            Doing::Head(_) => latest,
            Doing::Lingering(since) => latest.max(since + ON_ITS_WAY),
            Doing::Serving => return,
        };
        self.by.set(self.by.get().min(latest));
    }

    /// Cuts off what the connection is doing: whatever waits for a backend ends now, and must be gone by `until`. Whether there
    /// was anything to cut off: who awaits a request has nothing, and whose request was answered neither.
    pub(super) fn cut_off(&self, until: Instant) -> bool {
        let doing = self.doing.get();
        match &*self.under_way.borrow() {
            UnderWay::Nothing => {}
            UnderWay::Exchange(exchange) => exchange.clock().expire(Reason::Shutdown, until),
            UnderWay::Streams(streams) => streams.cut_off(until),
        }
        self.close(Instant::now());
        !matches!(doing, Doing::Idle(_) | Doing::Lingering(_))
    }
}

impl Drop for Session {
    /// What was kept for its client alone can go.
    fn drop(&mut self) {
        self.peer.leave();
    }
}
