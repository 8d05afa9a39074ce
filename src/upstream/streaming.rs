//! A response body that arrives while it is being sent on. It is read only as fast as the client takes it, and ends
//! the exchange's record when it ends.

use std::task::{Context as TaskContext, Poll, Waker};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::connection::Connection;
use super::http1::Decoder;
use crate::error::Reason;
use crate::message::{BodyError, Watched};
use crate::record::Record;

/// More bytes than this of a body that nobody wants are not read for the sake of its connection.
const MOST_FORGONE: usize = 64 * 1024;

/// The rest of a response.
#[derive(Debug)]
pub struct Streaming {
    state: State,
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
    /// Its head is on the way to the client, and nobody reads it yet.
    Announced(Flow),
    /// The client takes it.
    Flowing(Flow, Record),
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
    pub(super) fn new(connection: Box<Connection>, decoder: Decoder, early: [Bytes; 2]) -> Self {
        Self { state: State::Announced(Flow { connection, decoder, early }), watched: None }
    }

    /// Tells a layer how the answer ends.
    pub(crate) fn watch(&mut self, watched: Watched) {
        self.watched = Some(watched);
    }

    /// Gives the body the record that it is to end.
    pub(crate) fn carry(&mut self, record: Record) {
        record.client.response_moved();
        self.state = match self.take() {
            State::Announced(flow) | State::Flowing(flow, _) => State::Flowing(flow, record),
            over => over,
        };
    }

    /// Lets go of the body of an answer that nobody wants: its head is all that counts. The connection stays in use if the rest of a
    /// short body has come already; nobody waits for one.
    pub(crate) fn forgo(mut self, record: &Record) {
        let State::Announced(mut flow) = self.take() else { return };
        let mut task = TaskContext::from_waker(Waker::noop());
        let mut most = MOST_FORGONE;
        loop {
            match flow.poll_data(record, &mut task) {
                Poll::Ready(Ok(Some(data))) if data.len() <= most => most -= data.len(),
                Poll::Ready(Ok(None)) => {
                    flow.connection.release(&record.client);
                    break;
                }
                _ => break,
            }
        }
        self.tell(record, Reason::Ok);
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let (flow, record) = match &mut self.state {
            State::Flowing(flow, record) => (flow, record),
            State::Announced(_) => return Poll::Ready(Some(Err(self.fail(Reason::Internal)))),
            State::Ended => return Poll::Ready(None),
            State::Failed(reason) => return Poll::Ready(Some(Err(reason.as_str().into()))),
        };
        // However well it flows, it may not go on.
        if let Some(reason) = record.client.must_end() {
            return Poll::Ready(Some(Err(self.fail(reason))));
        }
        match flow.poll_data(record, cx) {
            Poll::Ready(Ok(Some(data))) => {
                record.bytes_out += data.len() as u64;
                record.client.response_moved();
                // hyper does not ask again once it has as much as was announced.
                if flow.rest() == Some(0) {
                    self.end();
                }
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Poll::Ready(Ok(None)) => {
                self.end();
                Poll::Ready(None)
            }
            Poll::Ready(Err(reason)) => {
                // What came before goes out first, the head above all: hyper drops what it holds when a body fails.
                self.fail(reason);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => match record.client.late() {
                // A backend that waits for the rest of a broken request is not the one who is late.
                Some(late) => {
                    let reason = record.client.body_failure().unwrap_or(late);
                    Poll::Ready(Some(Err(self.fail(reason))))
                }
                None => Poll::Pending,
            },
        }
    }

    fn end(&mut self) {
        if let State::Flowing(flow, mut record) = std::mem::replace(&mut self.state, State::Ended) {
            flow.connection.release(&record.client);
            self.tell(&record, Reason::Ok);
            record.end(Reason::Ok);
        }
    }

    /// hyper then closes the client's connection without the end of the body, so that the truncation shows.
    fn fail(&mut self, reason: Reason) -> BodyError {
        if let State::Flowing(flow, mut record) = std::mem::replace(&mut self.state, State::Failed(reason)) {
            drop(flow);
            self.tell(&record, reason);
            record.end(reason);
        }
        reason.as_str().into()
    }

    /// What the attempt came to is known now: a backend that breaks its answer off has failed, whatever its head said.
    fn tell(&mut self, record: &Record, reason: Reason) {
        if let Some(watched) = self.watched.take() {
            watched.tell(reason);
        }
        if let Some(backend) = record.backend {
            let failed = reason.is_upstream_failure().then(|| reason.status().as_u16());
            let status = failed.unwrap_or(record.upstream_status);
            record.client.worker().metrics().upstream_answered(backend.slot(), status);
        }
    }

    fn take(&mut self) -> State {
        std::mem::replace(&mut self.state, State::Failed(Reason::Internal))
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Announced(flow) | State::Flowing(flow, _) => {
                flow.rest().map_or_else(SizeHint::new, SizeHint::with_exact)
            }
            State::Ended => SizeHint::with_exact(0),
            State::Failed(_) => SizeHint::new(),
        }
    }
}

impl Flow {
    fn poll_data(
        &mut self,
        record: &Record,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Result<Option<Bytes>, Reason>> {
        match self.early.iter_mut().find(|data| !data.is_empty()) {
            Some(data) => Poll::Ready(Ok(Some(std::mem::take(data)))),
            None => self.connection.poll_body(&mut self.decoder, &record.client, cx),
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
        if let State::Flowing(flow, record) = self.take() {
            drop(flow);
            self.tell(&record, Reason::ClientClosed);
        }
    }
}
