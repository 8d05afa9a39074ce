//! The requests that a connection carries at the same time, as a drain sees them: each has its own task, which others only ask to end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::Waker;
use std::time::Instant;

use crate::error::Reason;
use crate::exchange::Exchange;

/// Those of one connection.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: RefCell<BTreeMap<u64, Rc<Stream>>>,
    begun: Cell<u64>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Stream {
    number: u64,
    pub(super) exchange: Rc<Exchange>,
    waker: RefCell<Option<Waker>>,
}

impl Streams {
    /// A request has come.
    pub(super) fn begin(&self, exchange: Rc<Exchange>) -> Rc<Stream> {
        let number = self.begun.get();
        self.begun.set(number + 1);
        let stream = Rc::new(Stream { number, exchange, waker: RefCell::new(None) });
        self.open.borrow_mut().insert(number, stream.clone());
        stream
    }

    /// It is over; whether none is open now.
    pub(super) fn end(&self, stream: &Stream) -> bool {
        let mut open = self.open.borrow_mut();
        open.remove(&stream.number);
        open.is_empty()
    }

    /// Whatever waits for a backend ends now, and must be gone by `until`.
    pub(super) fn cut_off(&self, until: Instant) {
        for stream in self.open.borrow().values() {
            stream.exchange.clock().expire(Reason::Shutdown, until);
            stream.waker.borrow().iter().for_each(Waker::wake_by_ref);
        }
    }
}

impl Stream {
    pub(super) fn remember(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if known.is_none() {
            *known = Some(waker.clone());
        }
    }
}
