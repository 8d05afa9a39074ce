//! The body of a request while it is read: counted against the route's `limits.body`. What has ended stays ended and what has
//! failed stays failed, whoever asks again: an error that became an end would complete a broken request.

mod layer;
mod replay;

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;

use self::layer::Layer;
use self::replay::Replayed;
use super::filter::Filter;
use super::filtered::Filtered;
use crate::error::{Error, Reason};
use crate::exchange::Exchange;
use crate::fields::Fields;

/// The body of a request, counted against the route's `limits.body` while it is read. It comes only as fast as it is read: of a body that
/// nobody reads the client is not asked for any.
#[derive(Debug)]
pub struct RequestBody(State<Origin>);

/// Where a body is.
#[derive(Debug)]
enum State<S> {
    /// More may come, of which `limits.body` allows so many bytes.
    Open(S, u64),
    /// All of it has been read, or there was none; with what is behind it.
    Ended(Option<Box<Fields>>),
    /// There was none, and that was said.
    Empty,
    /// It will never be whole.
    Failed(Reason),
}

/// Where a body comes from.
#[derive(Debug)]
enum Origin {
    /// From the client.
    Upload(Rc<Exchange>),
    /// A layer has made it. Made only where a layer does so: a gateway without one has none of its code.
    Layered(Box<dyn Layer>),
}

/// What a body is read from.
trait Source {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>>;

    /// How many bytes are still to come, if that is known.
    fn left(&self) -> Option<u64>;

    /// The fields behind it, at its end.
    fn take_trailers(&mut self) -> Option<Box<Fields>>;

    /// It will never be whole.
    fn failed(&mut self, reason: Reason);
}

impl RequestBody {
    /// No body.
    pub const fn empty() -> Self {
        Self(State::Ended(None))
    }

    /// What comes of the exchange's upload, if anything does.
    pub(crate) fn of(exchange: &Rc<Exchange>, limit: Option<u64>) -> Self {
        if !exchange.upload().is_there() {
            return if exchange.upload().is_empty() { Self(State::Empty) } else { Self::empty() };
        }
        exchange.upload().set_read(true);
        let mut body = Self(State::Open(Origin::Upload(exchange.clone()), u64::MAX));
        body.limit(limit);
        body
    }

    fn layered(layer: impl Layer + 'static) -> Self {
        Self(State::Open(Origin::Layered(Box::new(layer)), u64::MAX))
    }

    /// The body that a filter makes of it, which is sent in chunks: how long it will be is not known. Where there is none, none is made.
    /// `limits.body` holds for what the client sends, not for what the filter hands out.
    #[must_use]
    pub fn filtered(self, filter: impl Filter + 'static) -> Self {
        if self.is_end() { self } else { Self::layered(Filtered::new(self, filter)) }
    }

    /// Keeps the first `most` bytes while they are sent, so that an idempotent request (GET, HEAD, OPTIONS, PUT, DELETE) can be sent to
    /// another backend when the first one closes the connection over it: as often and for such causes as the upstream's `retries` say. A
    /// longer body is sent once. What is kept is let go when the response begins.
    #[must_use]
    pub fn replayable(self, most: usize) -> Self {
        let is_longer = self.length().is_some_and(|length| length > most as u64);
        if self.is_end() || is_longer { self } else { Self::layered(Replayed::new(self, most)) }
    }

    /// Reads all of it that has not been read yet. A client that waits to be asked for it (`Expect: 100-continue`) is asked now. Trailers
    /// are dropped. To have it sent on, put it back: `RequestBody::from(bytes)`; its length is announced anew.
    ///
    /// It is polled with the request, and wakes nobody: await it in the layer, not in a task of its own, nor where only who was woken is
    /// polled (`FuturesUnordered`).
    ///
    /// # Errors
    ///
    /// It is longer than `most` bytes or than `limits.body` (413), breaks off (400; 499 if the client has left), or pauses for
    /// longer than `timeouts.body` (408). From then on the body says the same to whoever reads it.
    pub async fn collect(&mut self, most: usize) -> Result<Bytes, Error> {
        if self.length().is_some_and(|length| length > most as u64) {
            return Err(self.fail(Reason::BodyTooLarge).into());
        }
        let (mut first, mut all) = (Bytes::new(), Vec::new());
        while let Some(data) = poll_fn(|cx| self.poll_in_time(cx)).await {
            let data = data?;
            if first.len() + all.len() + data.len() > most {
                return Err(self.fail(Reason::BodyTooLarge).into());
            }
            // Most are whole in one piece.
            if first.is_empty() && all.is_empty() {
                first = data;
                continue;
            }
            all.extend_from_slice(&std::mem::take(&mut first));
            all.extend_from_slice(&data);
        }
        Ok(if all.is_empty() { first } else { all.into() })
    }

    /// The next data, for whoever waits for nothing else.
    fn poll_in_time(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let next = self.poll_data(cx);
        if next.is_pending()
            && let Some(late) = self.exchange().and_then(|exchange| exchange.clock().expired())
        {
            return Poll::Ready(Some(Err(self.fail(late))));
        }
        next
    }

    /// Whether there is nothing more to be read: it was read to its end, or there was none.
    pub fn is_end(&self) -> bool {
        matches!(self.0, State::Ended(_) | State::Empty)
    }

    /// Whether it was said to have no bytes, which is more than to say nothing of it (RFC 9110 section 8.6).
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.0, State::Empty)
    }

    /// How many bytes are still to come, if that is known.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            State::Open(source, _) => source.left(),
            State::Ended(_) | State::Empty => Some(0),
            State::Failed(_) => None,
        }
    }

    /// The next data; `None` at the end. What has failed says so to whoever asks again.
    pub(crate) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.0.poll(cx)
    }

    /// The fields behind it, at its end.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        if let State::Ended(trailers) = &mut self.0 { trailers.take() } else { None }
    }

    /// What may be read of it from now on, in bytes.
    pub(crate) fn limit(&mut self, limit: Option<u64>) {
        if let State::Open(_, allowed) = &mut self.0 {
            *allowed = limit.unwrap_or(u64::MAX);
        }
    }

    /// The same body from its beginning, if all that has been read of it was kept. What is read from now on is kept as long as this
    /// one is there.
    pub(crate) fn again(&self) -> Option<Self> {
        match &self.0 {
            State::Open(Origin::Layered(layer), allowed) => {
                Some(Self(State::Open(Origin::Layered(layer.again()?), *allowed)))
            }
            State::Open(Origin::Upload(_), _) | State::Ended(_) | State::Empty | State::Failed(_) => None,
        }
    }

    /// Whose upload has still to be read for it.
    pub(crate) fn exchange(&self) -> Option<Rc<Exchange>> {
        match &self.0 {
            State::Open(Origin::Upload(exchange), _) => Some(exchange.clone()),
            State::Open(Origin::Layered(layer), _) => layer.exchange(),
            State::Ended(_) | State::Empty | State::Failed(_) => None,
        }
    }

    /// It will never be whole, for this reason.
    fn fail(&mut self, reason: Reason) -> Reason {
        if let State::Open(source, _) = &mut self.0 {
            source.failed(reason);
        }
        self.0 = State::Failed(reason);
        reason
    }

    fn has_failed(&self) -> bool {
        matches!(self.0, State::Failed(_))
    }
}

impl From<Bytes> for RequestBody {
    /// A body that is here already, of a length that is announced, be it 0. It can be sent again like a [`RequestBody::replayable`] one.
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self(State::Empty) } else { Self::layered(bytes) }
    }
}

impl<S: Source> State<S> {
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let (source, allowed) = match self {
            Self::Open(source, allowed) => (source, allowed),
            Self::Ended(_) | Self::Empty => return Poll::Ready(None),
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
                    *self = Self::Ended(source.take_trailers());
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
        if let State::Open(Origin::Upload(exchange), _) = &self.0 {
            exchange.upload().set_read(false);
        }
    }
}

impl Source for Origin {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match self {
            Self::Upload(exchange) => exchange.upload().poll_data(),
            Self::Layered(layer) => layer.poll_data(cx),
        }
    }

    fn left(&self) -> Option<u64> {
        match self {
            Self::Upload(exchange) => exchange.upload().left(),
            Self::Layered(layer) => layer.left(),
        }
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        match self {
            Self::Upload(exchange) => exchange.upload().take_trailers(),
            Self::Layered(layer) => layer.take_trailers(),
        }
    }

    fn failed(&mut self, reason: Reason) {
        match self {
            Self::Upload(exchange) => exchange.upload().refuse(reason),
            Self::Layered(layer) => layer.failed(reason),
        }
    }
}

#[cfg(test)]
mod tests;
