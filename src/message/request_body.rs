//! The body of a request while it is read: counted against the route's `limits.body`. What has ended stays ended and what has
//! failed stays failed, whoever asks again: an error that became an end would complete a broken request.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::error::Reason;
use crate::exchange::Exchange;

/// The body of a request, counted against the route's `limits.body` while it streams.
#[derive(Debug)]
pub struct RequestBody(State<Rc<Exchange>>);

/// Where a body is.
#[derive(Debug)]
enum State<S> {
    /// More may come, of which `limits.body` allows so many bytes.
    Open(S, u64),
    /// All of it has been read, or there was none.
    Ended,
    /// There was none, and that was said.
    Empty,
    /// It will never be whole.
    Failed(Reason),
}

/// What a body is read from.
trait Source {
    fn poll_data(&mut self) -> Poll<Option<Result<Bytes, Reason>>>;

    /// How many bytes are still to come, if that is known.
    fn left(&self) -> Option<u64>;

    /// It will never be whole.
    fn failed(&self, reason: Reason);
}

impl RequestBody {
    /// No body.
    pub const fn empty() -> Self {
        Self(State::Ended)
    }

    /// What comes of the exchange's upload, if anything does.
    pub(crate) fn of(exchange: &Rc<Exchange>, limit: Option<u64>) -> Self {
        if !exchange.upload().is_there() {
            return if exchange.upload().is_empty() { Self(State::Empty) } else { Self::empty() };
        }
        exchange.upload().set_read(true);
        let mut body = Self(State::Open(exchange.clone(), u64::MAX));
        body.limit(limit);
        body
    }

    /// Whether there is nothing more to be read: it was read to its end, or there was none.
    pub fn is_end(&self) -> bool {
        matches!(self.0, State::Ended | State::Empty)
    }

    /// Whether it was said to have no bytes, which is more than to say nothing of it (RFC 9110 section 8.6).
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.0, State::Empty)
    }

    /// How many bytes are still to come, if that is known.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            State::Open(source, _) => source.left(),
            State::Ended | State::Empty => Some(0),
            State::Failed(_) => None,
        }
    }

    /// The next data; `None` at the end. What has failed says so to whoever asks again.
    pub(crate) fn poll_data(&mut self) -> Poll<Option<Result<Bytes, Reason>>> {
        self.0.poll()
    }

    /// What may be read of it from now on, in bytes.
    pub(crate) fn limit(&mut self, limit: Option<u64>) {
        if let State::Open(_, allowed) = &mut self.0 {
            *allowed = limit.unwrap_or(u64::MAX);
        }
    }
}

impl<S: Source> State<S> {
    fn poll(&mut self) -> Poll<Option<Result<Bytes, Reason>>> {
        let (source, allowed) = match self {
            Self::Open(source, allowed) => (source, allowed),
            Self::Ended | Self::Empty => return Poll::Ready(None),
            Self::Failed(reason) => return Poll::Ready(Some(Err(*reason))),
        };
        let next = match ready!(source.poll_data()) {
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

impl Drop for RequestBody {
    /// Nobody reads what is left.
    fn drop(&mut self) {
        if let State::Open(exchange, _) = &self.0 {
            exchange.upload().set_read(false);
        }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Reason;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reason>>> {
        let open = if let State::Open(exchange, _) = &self.0 { Some(exchange.clone()) } else { None };
        match self.poll_data() {
            Poll::Ready(None) => match open.and_then(|exchange| exchange.upload().take_trailers()) {
                Some(trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from(&*trailers))))),
                None => Poll::Ready(None),
            },
            data => data.map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

impl Source for Rc<Exchange> {
    fn poll_data(&mut self) -> Poll<Option<Result<Bytes, Reason>>> {
        self.upload().poll_data()
    }

    fn left(&self) -> Option<u64> {
        self.upload().left()
    }

    fn failed(&self, reason: Reason) {
        self.upload().refuse(reason);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// A source that does what it is told, and what no source should: it goes on after an end and after an error.
    struct Script {
        events: VecDeque<Option<Result<u8, Reason>>>,
        left: Option<u64>,
        told: Cell<Option<Reason>>,
    }

    impl Source for Script {
        fn poll_data(&mut self) -> Poll<Option<Result<Bytes, Reason>>> {
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

        fn failed(&self, reason: Reason) {
            assert_eq!(self.told.replace(Some(reason)), None);
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
            let mut read = 0;
            let mut verdict = None;
            for _ in 0..20 {
                let Poll::Ready(next) = body.poll() else { unreachable!() };
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
