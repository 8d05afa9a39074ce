//! The body of a request while it is read: counted against the route's `limits.body`. What has ended stays ended and what has
//! failed stays failed, whoever asks again: an error that became an end would complete a broken request.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use crate::error::Reason;
use crate::server::Client;

/// The body of a request, counted against the route's `limits.body` while it streams.
#[derive(Debug)]
pub struct RequestBody(State<Upload>);

/// Where a body is.
#[derive(Debug)]
enum State<S> {
    /// More may come, of which `limits.body` allows so many bytes.
    Open(S, u64),
    /// All of it has been read, or there was none.
    Ended,
    /// It will never be whole.
    Failed(Reason),
}

/// What a body is read from.
trait Source {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>>;

    /// How many bytes are still to come, if that is known.
    fn left(&self) -> Option<u64>;

    /// All of it has been read.
    fn ended(&self);

    /// It will never be whole.
    fn failed(&self, reason: Reason);
}

impl RequestBody {
    /// No body.
    pub const fn empty() -> Self {
        Self(State::Ended)
    }

    /// `awaits_consent`: the client sends it only once it is read (`Expect: 100-continue`, RFC 9110 section 10.1.1).
    pub(crate) fn new(
        incoming: Incoming,
        client: &Rc<Client>,
        limit: Option<u64>,
        awaits_consent: bool,
    ) -> Self {
        if incoming.is_end_stream() {
            return Self::empty();
        }
        client.body_promised();
        let upload = Upload { incoming, client: client.clone(), awaits_consent, begun: false };
        let mut body = Self(State::Open(upload, u64::MAX));
        body.limit(limit);
        body
    }

    /// What may be read of it from now on, in bytes.
    pub(crate) fn limit(&mut self, limit: Option<u64>) {
        if let State::Open(_, allowed) = &mut self.0 {
            *allowed = limit.unwrap_or(u64::MAX);
        }
    }
}

impl<S: Source> State<S> {
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let (source, allowed) = match self {
            Self::Open(source, allowed) => (source, allowed),
            Self::Ended => return Poll::Ready(None),
            Self::Failed(reason) => return Poll::Ready(Some(Err(*reason))),
        };
        let next = match ready!(source.poll_data(cx)) {
            Some(Ok(data)) => match allowed.checked_sub(data.len() as u64) {
                Some(rest) => {
                    *allowed = rest;
                    Ok(Some(data))
                }
                None => Err(Reason::BodyTooLarge),
            },
            // Whatever a source calls its end: what was announced is missing (RFC 9112 section 8).
            None if source.left().is_some_and(|left| left > 0) => Err(Reason::BadRequest),
            None => Ok(None),
            Some(Err(reason)) => Err(reason),
        };
        Poll::Ready(match next {
            Ok(data) => {
                if data.is_none() || source.left() == Some(0) {
                    source.ended();
                    *self = Self::Ended;
                }
                data.map(Ok)
            }
            Err(reason) => {
                source.failed(reason);
                *self = Self::Failed(reason);
                Some(Err(reason))
            }
        })
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Reason;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reason>>> {
        self.0.poll(cx).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, State::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            State::Open(upload, _) => upload.incoming.size_hint(),
            State::Ended => SizeHint::with_exact(0),
            State::Failed(_) => SizeHint::default(),
        }
    }
}

impl Drop for RequestBody {
    /// What is left may be read away, unless nobody has asked for it: reading would ask.
    fn drop(&mut self) {
        if let State::Open(upload, _) = std::mem::replace(&mut self.0, State::Ended)
            && !upload.awaits_consent
        {
            upload.client.body_left(upload.incoming);
        }
    }
}

/// A body that hyper reads from a client, whose connection is told how far it is.
#[derive(Debug)]
struct Upload {
    incoming: Incoming,
    client: Rc<Client>,
    /// The client sends it only when it is asked to, and reading asks.
    awaits_consent: bool,
    /// Some of it has come.
    begun: bool,
}

impl Upload {
    /// hyper hides what its decoder found behind one kind of error; the cause still says it.
    fn reason_of(&self, error: &hyper::Error) -> Reason {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
        match cause {
            Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => Reason::BadRequest,
            // Whoever says half a body and then no more may still listen; whoever says nothing of it has left.
            Some(io::ErrorKind::UnexpectedEof) if self.begun => Reason::BadRequest,
            _ => Reason::ClientClosed,
        }
    }
}

impl Source for Upload {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.awaits_consent = false;
        let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) else {
            self.client.body_awaited();
            return Poll::Pending;
        };
        Poll::Ready(match frame {
            // Request trailers are dropped: none may reach a backend as if they were checked (RFC 9110 6.5.1).
            Some(Ok(frame)) => frame.into_data().ok().map(|data| {
                self.begun = true;
                self.client.body_received(data.len() as u64);
                Ok(data)
            }),
            Some(Err(error)) => Some(Err(self.reason_of(&error))),
            None => None,
        })
    }

    fn left(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    fn ended(&self) {
        self.client.body_ended();
    }

    fn failed(&self, reason: Reason) {
        self.client.body_failed(reason);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::VecDeque;
    use std::task::Waker;

    use proptest::prelude::*;

    use super::*;

    /// A source that does what it is told, and what no source should: it goes on after an end and after an error.
    struct Script {
        events: VecDeque<Option<Result<u8, Reason>>>,
        left: Option<u64>,
        told: Cell<Option<Result<(), Reason>>>,
    }

    impl Source for Script {
        fn poll_data(&mut self, _: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
            let Some(event) = self.events.pop_front() else { return Poll::Ready(None) };
            Poll::Ready(event.map(|event| {
                event.map(|length| {
                    self.left = self.left.map(|left| left.saturating_sub(length.into()));
                    Bytes::from(vec![b'x'; length.into()])
                })
            }))
        }

        fn left(&self) -> Option<u64> {
            self.left
        }

        fn ended(&self) {
            assert_eq!(self.told.replace(Some(Ok(()))), None);
        }

        fn failed(&self, reason: Reason) {
            assert_eq!(self.told.replace(Some(Err(reason))), None);
        }
    }

    fn event() -> impl Strategy<Value = Option<Result<u8, Reason>>> {
        prop_oneof![
            6 => any::<u8>().prop_map(|length| Some(Ok(length % 40))),
            1 => Just(Some(Err(Reason::BadRequest))),
            1 => Just(Some(Err(Reason::ClientClosed))),
            1 => Just(None),
        ]
    }

    proptest! {
        /// Whatever comes: a body ends once, only if nothing is missing and nothing was too much, and says the same
        /// to whoever asks again.
        #[test]
        fn an_end_is_an_end_and_a_failure_stays_one(
            events in prop::collection::vec(event(), 0..8),
            left in prop::option::of(0u64..200),
            limit in 0u64..200,
        ) {
            let (mut come, mut broken) = (0, false);
            for event in &events {
                match event {
                    Some(Ok(length)) => come += u64::from(*length),
                    Some(Err(_)) => broken = true,
                    None => {}
                }
                if broken || event.is_none() || left.is_some_and(|left| come >= left) {
                    break;
                }
            }
            let whole = !broken && come <= limit && left.is_none_or(|left| come >= left);
            let mut body = State::Open(Script { events: events.into(), left, told: Cell::new(None) }, limit);
            let mut cx = TaskContext::from_waker(Waker::noop());
            let mut read = 0;
            let mut verdict = None;
            for _ in 0..20 {
                let Poll::Ready(next) = body.poll(&mut cx) else { unreachable!() };
                match next {
                    Some(Ok(data)) => {
                        prop_assert_eq!(verdict, None, "data after the end");
                        read += data.len() as u64;
                    }
                    other => {
                        let says = other.map(|failure| failure.unwrap_err());
                        prop_assert!(verdict.is_none_or(|before| before == says), "{verdict:?}, then {says:?}");
                        verdict = Some(says);
                    }
                }
            }
            prop_assert_eq!(verdict == Some(None), whole);
            prop_assert!(!whole || read == come);
            prop_assert!(read <= limit);
        }
    }
}
