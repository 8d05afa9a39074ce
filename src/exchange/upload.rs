//! The body of a request between the connection it comes by and whoever reads it. The driver of the connection decodes
//! it, and only as fast as it is asked for; the reader is [`RequestBody`](super::RequestBody). Both are polled by
//! the connection's task, so neither wakes the other: the driver looks after each poll whether something is wanted.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Poll;

use bytes::Bytes;

use crate::error::Reason;
use crate::fields::{Fields, Known};

/// Pieces that may be here at a time: one write takes them all, and many tiny ones cost more memory than what is in them.
const PIECES: usize = 32;

/// The body that a request head promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uploaded {
    /// None.
    Nothing,
    /// One of no bytes.
    Empty,
    /// Of so many bytes, or of any number.
    Body(Option<u64>),
    /// The same, sent only when it is asked for (`Expect: 100-continue`, RFC 9110 section 10.1.1).
    OnDemand(Option<u64>),
}

/// How far a body is.
#[derive(Debug, Default)]
enum State {
    /// There is none, or its reader has all of it.
    #[default]
    Ended,
    /// This is here for its reader, before what is [`ahead`](Upload::ahead).
    Here(Bytes),
    /// All of it is here and was read but for its end.
    AtEnd,
    /// It will never be whole.
    Failed(Reason),
}

/// A request's body on its way to its reader.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    state: RefCell<State>,
    /// Further pieces that are here; none behind an empty one. Bodies that are not chunked never have any.
    ahead: RefCell<VecDeque<Bytes>>,
    /// What its reader has not had, if that is known.
    left: Cell<Option<u64>>,
    /// Somebody has it to read.
    read: Cell<bool>,
    /// Its reader waits.
    wanted: Cell<bool>,
    /// The client sends it only when it is asked to.
    on_demand: Cell<bool>,
    /// The backend has not said yet whether it wants it.
    withheld: Cell<bool>,
    /// The fields behind it.
    trailers: RefCell<Option<Box<Fields>>>,
    /// Its end has not come.
    coming: Cell<bool>,
    /// There is none, and that was said.
    empty: Cell<bool>,
    /// Bytes that have come of it.
    received: Cell<u64>,
    failure: Cell<Option<Reason>>,
}

impl Upload {
    pub(super) fn begin(&self, uploaded: Uploaded) {
        self.received.set(0);
        self.failure.set(None);
        self.wanted.set(false);
        self.read.set(false);
        self.withheld.set(false);
        self.trailers.take();
        self.ahead.borrow_mut().clear();
        self.empty.set(uploaded == Uploaded::Empty);
        let (on_demand, left) = match uploaded {
            Uploaded::Nothing | Uploaded::Empty => {
                self.coming.set(false);
                self.on_demand.set(false);
                self.state.replace(State::Ended);
                return;
            }
            Uploaded::Body(length) => (false, length),
            Uploaded::OnDemand(length) => (true, length),
        };
        self.on_demand.set(on_demand);
        self.left.set(left);
        self.coming.set(true);
        self.state.replace(State::Here(Bytes::new()));
    }

    /// For the driver: whether the reader waits for more than there is.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted.get()
    }

    /// Its reader has given up waiting, and may come again.
    pub(super) fn let_be(&self) {
        self.wanted.set(false);
    }

    /// For the driver: whether the client waits to be told that it may send.
    pub(crate) fn is_on_demand(&self) -> bool {
        self.on_demand.get()
    }

    /// For the driver: the client sends now.
    pub(crate) fn demanded(&self) {
        self.on_demand.set(false);
    }

    /// Has its reader wait for [`Upload::consent`], if the client does; whether it does.
    pub(super) fn withhold(&self) -> bool {
        self.withheld.set(self.on_demand.get());
        self.on_demand.get()
    }

    /// For the driver: whether the backend has still to say that it wants it.
    pub(crate) fn is_withheld(&self) -> bool {
        self.withheld.get()
    }

    /// Its reader may ask for it.
    pub(super) fn consent(&self) {
        self.withheld.set(false);
    }

    /// For the driver: the fields behind it have come. What goes on is what is known only behind the body (RFC 9530), and what no
    /// `Connection` may name. Of any other name somebody may have decided something when the head went by, and a backend that puts
    /// trailers among the fields would never know.
    #[cold]
    pub(crate) fn trail(&self, mut fields: Fields) {
        fields.retain(|field| field.known() == Known::Digest);
        if !fields.is_empty() {
            self.trailers.replace(Some(Box::new(fields)));
        }
    }

    /// For its reader, at its end.
    pub(crate) fn take_trailers(&self) -> Option<Box<Fields>> {
        self.trailers.take()
    }

    /// Whether some of it has not come yet.
    pub(crate) fn is_coming(&self) -> bool {
        self.coming.get()
    }

    /// For the driver: data has come.
    pub(crate) fn fill(&self, data: Bytes) {
        self.discarded(data.len() as u64);
        self.wanted.set(false);
        match &mut *self.state.borrow_mut() {
            State::Here(here) if !here.is_empty() => self.ahead.borrow_mut().push_back(data),
            state => *state = State::Here(data),
        }
    }

    /// For the driver: whether its reader has enough for now.
    pub(crate) fn is_full(&self) -> bool {
        self.ahead.borrow().len() + 1 >= PIECES
    }

    /// For the driver: data has come that nobody reads.
    pub(crate) fn discarded(&self, bytes: u64) {
        self.received.set(self.received.get() + bytes);
    }

    /// For the driver: its end has come.
    pub(crate) fn end(&self) {
        self.coming.set(false);
        self.wanted.set(false);
        let mut state = self.state.borrow_mut();
        if matches!(&*state, State::Here(data) if data.is_empty()) {
            *state = State::AtEnd;
        }
    }

    /// For the driver: it will never be whole.
    pub(crate) fn fail(&self, reason: Reason) {
        self.wanted.set(false);
        self.failure.set(Some(reason));
        self.ahead.take();
        self.state.replace(State::Failed(reason));
    }

    /// How many bytes have come that its reader has not had.
    pub(crate) fn unread(&self) -> u64 {
        match &*self.state.borrow() {
            State::Here(data) => {
                self.ahead.borrow().iter().fold(data.len(), |sum, piece| sum + piece.len()) as u64
            }
            State::AtEnd | State::Ended | State::Failed(_) => 0,
        }
    }

    /// Whether nothing of it is here that nobody has taken.
    pub(super) fn holds_nothing(&self) -> bool {
        self.unread() == 0 && self.trailers.borrow().is_none()
    }

    /// Whether its reader has something to read, be it an end.
    pub(crate) fn is_there(&self) -> bool {
        !matches!(*self.state.borrow(), State::Ended)
    }

    /// Whether it was said to have no bytes, which is more than to say nothing of it (RFC 9110 section 8.6).
    pub(crate) fn is_empty(&self) -> bool {
        self.empty.get()
    }

    /// Whether somebody reads it, or may.
    pub(crate) fn is_read(&self) -> bool {
        self.read.get()
    }

    /// For its reader: it begins, or ends.
    pub(crate) fn set_read(&self, read: bool) {
        self.read.set(read);
        if !read {
            self.wanted.set(false);
        }
    }

    /// For its reader.
    pub(crate) fn poll_data(&self) -> Poll<Option<Result<Bytes, Reason>>> {
        let mut state = self.state.borrow_mut();
        let data = match &mut *state {
            State::Here(data) => {
                let next = self.ahead.borrow_mut().pop_front();
                std::mem::replace(data, next.unwrap_or_default())
            }
            State::AtEnd => Bytes::new(),
            State::Ended => return Poll::Ready(None),
            State::Failed(reason) => return Poll::Ready(Some(Err(*reason))),
        };
        if !data.is_empty() {
            self.left.set(self.left.get().map(|left| left.saturating_sub(data.len() as u64)));
            if !self.coming.get() && !matches!(&*state, State::Here(next) if !next.is_empty()) {
                *state = State::AtEnd;
            }
            return Poll::Ready(Some(Ok(data)));
        }
        if self.coming.get() {
            self.wanted.set(!self.withheld.get());
            return Poll::Pending;
        }
        *state = State::Ended;
        Poll::Ready(None)
    }

    /// How many bytes its reader has not had, if that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.left.get()
    }

    /// For its reader: no more of it is read, for this reason.
    pub(crate) fn refuse(&self, reason: Reason) {
        self.wanted.set(false);
        self.failure.set(Some(reason));
    }

    /// Why it could not be read to its end, if it could not.
    pub(crate) fn failure(&self) -> Option<Reason> {
        self.failure.get()
    }

    /// Bytes that have come of it.
    pub(crate) fn received(&self) -> u64 {
        self.received.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(upload: &Upload) -> Poll<Option<Result<Bytes, Reason>>> {
        upload.poll_data()
    }

    #[test]
    fn pieces_that_came_together_are_read_one_after_the_other() {
        let upload = Upload::default();
        upload.begin(Uploaded::Body(None));
        assert!(read(&upload).is_pending() && upload.is_wanted());
        for piece in ["one", "two", "three"] {
            upload.fill(Bytes::from(piece));
        }
        assert!(!upload.is_wanted() && !upload.is_full());
        assert_eq!((upload.unread(), upload.received()), (11, 11));
        upload.end();
        assert!(!upload.holds_nothing());
        for piece in ["one", "two", "three"] {
            assert_eq!(read(&upload), Poll::Ready(Some(Ok(Bytes::from(piece)))));
        }
        assert_eq!((read(&upload), upload.holds_nothing()), (Poll::Ready(None), true));
        assert!(!upload.is_there());
    }

    #[test]
    fn what_fails_has_no_pieces_left() {
        let upload = Upload::default();
        upload.begin(Uploaded::Body(None));
        (0..PIECES).for_each(|_| upload.fill(Bytes::from("x")));
        assert!(upload.is_full());
        upload.fail(Reason::ClientClosed);
        assert_eq!(upload.unread(), 0);
        assert_eq!(read(&upload), Poll::Ready(Some(Err(Reason::ClientClosed))));
        upload.begin(Uploaded::Body(Some(1)));
        assert!(read(&upload).is_pending());
    }
}
