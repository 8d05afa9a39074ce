//! A response body that arrives while it is being sent on. It is read only as fast as the client takes it.

use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, Waker};

use bytes::Bytes;

use super::Backend;
use super::connection::Connection;
use super::trailers::Trailers;
use crate::error::Reason;
use crate::exchange::{Exchange, Watched};
use crate::fields::Fields;
use crate::http1::body::Decoder;

/// More bytes than this of a body that nobody wants are not read for the sake of its connection.
const MOST_FORGONE: usize = 64 * 1024;

/// The rest of a response.
#[derive(Debug)]
pub(crate) struct Streaming {
    exchange: Rc<Exchange>,
    state: State,
    /// Whose answer it is, and its status.
    backend: &'static Backend,
    status: u16,
    /// The fields behind it, for a client that takes them.
    trailers: Trailers,
    /// A layer that wants to know of the end.
    watched: Option<Watched>,
}

/// Where a body is. Only one that was read to its end has ended; one that failed says so to whoever asks again.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "the body is boxed as a whole; boxing within would allocate twice"
)]
enum State {
    Flowing(Flow),
    Ended,
    Failed(Reason),
}

/// What a body is read from.
#[derive(Debug)]
struct Flow {
    connection: Box<Connection>,
    decoder: Decoder,
    /// What came with the head.
    early: [Bytes; 2],
}

impl Streaming {
    pub(super) fn new(
        connection: Box<Connection>,
        decoder: Decoder,
        early: [Bytes; 2],
        trailers: Trailers,
        status: u16,
        exchange: Rc<Exchange>,
    ) -> Self {
        let backend = connection.backend();
        let state = State::Flowing(Flow { connection, decoder, early });
        Self { exchange, state, backend, status, trailers, watched: None }
    }

    /// Tells a layer how the answer ends.
    pub(crate) fn watch(&mut self, watched: Watched) {
        self.watched = Some(watched);
    }

    /// Lets go of the body of an answer that nobody wants: its head is all that counts. The connection stays in use if the rest of a
    /// short body has come already; nobody waits for one.
    pub(crate) fn forgo(mut self) {
        let State::Flowing(mut flow) = self.take() else { return };
        let mut task = TaskContext::from_waker(Waker::noop());
        let mut most = MOST_FORGONE;
        loop {
            match flow.poll_data(&self.exchange, &mut Trailers::default(), &mut task) {
                Poll::Ready(Ok(Some(data))) if data.len() <= most => most -= data.len(),
                Poll::Ready(Ok(None)) => {
                    flow.connection.release(&self.exchange);
                    break;
                }
                _ => break,
            }
        }
        self.tell(Reason::Ok);
    }

    pub(crate) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let flow = match &mut self.state {
            State::Flowing(flow) => flow,
            State::Ended => return Poll::Ready(None),
            State::Failed(reason) => return Poll::Ready(Some(Err(*reason))),
        };
        let clock = self.exchange.clock();
        // However well it flows, it may not go on.
        if let Some(reason) = clock.must_end() {
            return Poll::Ready(Some(Err(self.fail(reason))));
        }
        match flow.poll_data(&self.exchange, &mut self.trailers, cx) {
            Poll::Ready(Ok(Some(data))) => {
                clock.response_moved();
                // The connection is free for others as soon as nothing more is to come.
                if flow.rest() == Some(0) {
                    self.end();
                }
                Poll::Ready(Some(Ok(data)))
            }
            Poll::Ready(Ok(None)) => {
                self.end();
                Poll::Ready(None)
            }
            Poll::Ready(Err(reason)) => Poll::Ready(Some(Err(self.fail_for(reason)))),
            Poll::Pending => match clock.expired() {
                Some(late) => Poll::Ready(Some(Err(self.fail_for(late)))),
                None => Poll::Pending,
            },
        }
    }

    /// Sends on what has come of the request's body, when nobody asks for this one.
    pub(crate) fn send_request_on(&mut self, cx: &mut TaskContext<'_>) {
        if let State::Flowing(flow) = &mut self.state {
            flow.connection.send_early_answered(cx);
        }
    }

    /// The fields behind the body, at its end.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.trailers.take()
    }

    fn end(&mut self) {
        if let State::Flowing(flow) = std::mem::replace(&mut self.state, State::Ended) {
            flow.connection.release(&self.exchange);
            self.tell(Reason::Ok);
        }
    }

    /// A backend that waits for the rest of a broken request is not the one who is late, nor that breaks off.
    fn fail_for(&mut self, reason: Reason) -> Reason {
        let reason = self.exchange.upload().failure().unwrap_or(reason);
        self.fail(reason)
    }

    fn fail(&mut self, reason: Reason) -> Reason {
        if let State::Flowing(flow) = std::mem::replace(&mut self.state, State::Failed(reason)) {
            drop(flow);
            self.tell(reason);
        }
        reason
    }

    /// What the attempt came to is known now: a backend that breaks its answer off has failed, whatever its head said.
    fn tell(&mut self, reason: Reason) {
        if let Some(watched) = self.watched.take() {
            watched.tell(reason);
        }
        let failed = reason.is_upstream_failure().then(|| reason.status().as_u16());
        let status = failed.unwrap_or(self.status);
        self.exchange.worker().metrics().upstream_answered(self.backend.slot(), status);
    }

    fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Failed(Reason::Internal))
    }

    /// How many bytes are still to come, if that is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match &self.state {
            // Only chunks have something behind them.
            State::Flowing(_) if self.trailers.is_some() => None,
            State::Flowing(flow) => flow.rest(),
            State::Ended => Some(0),
            State::Failed(_) => None,
        }
    }
}

impl Flow {
    fn poll_data(
        &mut self,
        exchange: &Rc<Exchange>,
        trailers: &mut Trailers,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Result<Option<Bytes>, Reason>> {
        match self.early.iter_mut().find(|data| !data.is_empty()) {
            Some(data) => Poll::Ready(Ok(Some(std::mem::take(data)))),
            None => self.connection.poll_body(&mut self.decoder, trailers, exchange, cx),
        }
    }

    /// How many bytes are still to come, if that is known.
    fn rest(&self) -> Option<u64> {
        let early: usize = self.early.iter().map(Bytes::len).sum();
        self.decoder.remaining().map(|rest| rest + early as u64)
    }
}

impl Drop for Streaming {
    /// The client went away before the end, which is no fault of the backend.
    fn drop(&mut self) {
        if let State::Flowing(flow) = self.take() {
            drop(flow);
            self.tell(Reason::ClientClosed);
        }
    }
}
