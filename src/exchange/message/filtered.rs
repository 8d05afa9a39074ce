//! A body behind a filter, of a request or of a response. What has ended stays ended and what has failed stays failed; an error, be it
//! the body's or the filter's, never becomes an end.

use std::fmt;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;

use super::filter::{Filter, Frames};
use crate::error::Reason;
use crate::fields::Fields;

/// What is filtered.
pub(super) trait Source {
    /// The next data; `None` at the end.
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>>;

    /// The fields behind it, at its end.
    fn take_trailers(&mut self) -> Option<Box<Fields>>;
}

/// A body behind a filter.
pub(super) struct Filtered<S, F> {
    /// What the filter has handed out.
    out: Frames,
    state: State<S, F>,
}

/// Where it is, but for what was handed out already.
enum State<S, F> {
    Flowing(S, F),
    Ended,
    Failed(Reason),
}

impl<S: Source, F: Filter> Filtered<S, F> {
    pub(super) fn new(source: S, filter: F) -> Self {
        Self { out: Frames::default(), state: State::Flowing(source, filter) }
    }

    /// The body, while the filter waits for more of it; else how that ended.
    pub(super) fn source(&self) -> Result<&S, Reason> {
        match &self.state {
            State::Flowing(source, _) => Ok(source),
            State::Ended => Err(Reason::Ok),
            State::Failed(reason) => Err(*reason),
        }
    }

    /// The same to be told something.
    pub(super) fn source_mut(&mut self) -> Result<&mut S, Reason> {
        match &mut self.state {
            State::Flowing(source, _) => Ok(source),
            State::Ended => Err(Reason::Ok),
            State::Failed(reason) => Err(*reason),
        }
    }

    /// The body itself.
    pub(super) fn into_source(self) -> Option<S> {
        match self.state {
            State::Flowing(source, _) => Some(source),
            State::Ended | State::Failed(_) => None,
        }
    }

    /// The next data that the filter hands out; `None` at its end.
    pub(super) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        loop {
            if let Some(data) = self.out.take_data() {
                return Poll::Ready(Some(Ok(data)));
            }
            let (source, filter) = match &mut self.state {
                State::Flowing(source, filter) => (source, filter),
                State::Ended => return Poll::Ready(None),
                State::Failed(reason) => return Poll::Ready(Some(Err(*reason))),
            };
            let (done, waits, ends) = match source.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) if data.is_empty() => continue,
                Poll::Ready(Some(Ok(data))) => (filter.data(data, &mut self.out), false, false),
                Poll::Ready(Some(Err(reason))) => (Err(reason), false, false),
                Poll::Ready(None) => {
                    let trailers = source.take_trailers().map(|trailers| *trailers);
                    (filter.end(trailers, &mut self.out), false, true)
                }
                Poll::Pending => (filter.pause(&mut self.out), true, false),
            };
            match done {
                Ok(()) if ends => self.state = State::Ended,
                Ok(()) if waits && !self.out.has_data() => return Poll::Pending,
                Ok(()) => {}
                Err(reason) => {
                    self.out = Frames::default();
                    self.state = State::Failed(reason);
                }
            }
        }
    }

    /// The fields behind it, at its end.
    pub(super) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        if matches!(self.state, State::Ended) { self.out.take_trailers() } else { None }
    }
}

impl<S: fmt::Debug, F> fmt::Debug for Filtered<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Filtered");
        shown.field("filter", &std::any::type_name::<F>()).field("out", &self.out);
        match &self.state {
            State::Flowing(source, _) => shown.field("source", source),
            State::Ended => shown.field("source", &"ended"),
            State::Failed(reason) => shown.field("source", reason),
        };
        shown.finish()
    }
}

#[cfg(test)]
mod tests;
