//! Bodies of requests that a layer has made: of a filter, or of bytes that are here.

use std::fmt;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;

use super::super::filter::Filter;
use super::super::filtered::{self, Filtered};
use super::RequestBody;
use crate::error::Reason;
use crate::exchange::Exchange;
use crate::fields::Fields;

/// A body that a layer has made.
pub(super) trait Layer: fmt::Debug {
    /// The next data; `None` at the end.
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>>;

    /// How many bytes are still to come, if that is known.
    fn left(&self) -> Option<u64>;

    /// The fields behind it, at its end.
    fn take_trailers(&mut self) -> Option<Box<Fields>>;

    /// Nobody reads on, for this reason.
    fn failed(&mut self, reason: Reason);

    /// [`RequestBody::exchange`]
    fn exchange(&self) -> Option<Rc<Exchange>>;

    /// [`RequestBody::again`]
    fn again(&self) -> Option<Box<dyn Layer>>;
}

impl filtered::Source for RequestBody {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.poll_data(cx)
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.take_trailers()
    }
}

impl<F: Filter + 'static> Layer for Filtered<RequestBody, F> {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.poll_data(cx)
    }

    fn left(&self) -> Option<u64> {
        None
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.take_trailers()
    }

    fn failed(&mut self, reason: Reason) {
        if let Ok(body) = self.source_mut() {
            body.fail(reason);
        }
    }

    fn exchange(&self) -> Option<Rc<Exchange>> {
        self.source().ok()?.exchange()
    }

    /// Only the filter knows what it has made of what it was given.
    fn again(&self) -> Option<Box<dyn Layer>> {
        None
    }
}

/// What is here already, in one piece.
impl Layer for Bytes {
    fn poll_data(&mut self, _: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let bytes = std::mem::take(self);
        Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
    }

    fn left(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        None
    }

    fn failed(&mut self, _: Reason) {}

    fn exchange(&self) -> Option<Rc<Exchange>> {
        None
    }

    fn again(&self) -> Option<Box<dyn Layer>> {
        Some(Box::new(self.clone()))
    }
}
