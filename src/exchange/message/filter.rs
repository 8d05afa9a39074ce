//! What a layer makes of a body that goes by: it is given data as they come and hands out what goes on. It is never polled and holds
//! nothing up: the body that it is a part of is read only as fast as its receiver takes it.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;

use crate::error::Reason;
use crate::fields::Fields;

/// A filter of a body: [`Body::filtered`](crate::Body::filtered), [`RequestBody::filtered`](crate::RequestBody::filtered).
///
/// Of all its calls the last is [`Filter::end`], or the first that fails. A body that breaks off has none: what was held back is dropped,
/// and whoever receives the message sees that it is not whole.
///
/// ```
/// use castgate::{Filter, Frames, Reason};
/// use castgate::bytes::Bytes;
///
/// struct UpperCase;
///
/// impl Filter for UpperCase {
///     fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
///         out.data(data.to_ascii_uppercase());
///         Ok(())
///     }
/// }
/// ```
///
/// # Errors
///
/// Any of its calls may fail: the message is broken off, and the reason is in the access log. Of a request it is also what the client is
/// answered, if there was no answer yet.
pub trait Filter {
    /// Some of the body, never empty. Where it is cut means nothing.
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason>;

    /// All of it has come, and these are the fields behind it. They go on only if they are handed out, as they are by default.
    fn end(&mut self, trailers: Option<Fields>, out: &mut Frames) -> Result<(), Reason> {
        if let Some(trailers) = trailers {
            out.trailers(trailers);
        }
        Ok(())
    }

    /// More of it has to be waited for, for nobody knows how long. A filter that gathers hands out here what it can: events of a
    /// stream are to arrive when they happen. It may be called again and again, also while there is nothing new.
    fn pause(&mut self, out: &mut Frames) -> Result<(), Reason> {
        let _ = out;
        Ok(())
    }
}

/// What a [`Filter`] hands out. One call may hand out any amount, nothing included; it is not called again before that was taken.
#[derive(Default)]
pub struct Frames {
    next: Bytes,
    /// What is behind it; almost always nothing.
    more: VecDeque<Bytes>,
    trailers: Option<Box<Fields>>,
}

impl Frames {
    /// Hands out data, behind those that were handed out before. No data is nothing.
    pub fn data(&mut self, data: impl Into<Bytes>) {
        let data = data.into();
        if self.next.is_empty() {
            self.next = data;
        } else if !data.is_empty() {
            self.more.push_back(data);
        }
    }

    /// Hands out the fields behind the body, in the place of any before; they leave with its end, towards a receiver that takes them. What
    /// may not stand there (RFC 9110 section 6.5.1) goes no further.
    pub fn trailers(&mut self, mut trailers: Fields) {
        trailers.retain(|field| field.known().may_be_trailer());
        self.trailers = (!trailers.is_empty()).then(|| Box::new(trailers));
    }

    pub(super) fn take_data(&mut self) -> Option<Bytes> {
        let next = self.more.pop_front().unwrap_or_default();
        Some(std::mem::replace(&mut self.next, next)).filter(|data| !data.is_empty())
    }

    pub(super) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.trailers.take()
    }

    pub(super) fn has_data(&self) -> bool {
        !self.next.is_empty()
    }
}

impl fmt::Debug for Frames {
    /// Without what is in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.next.len() + self.more.iter().map(Bytes::len).sum::<usize>();
        f.debug_struct("Frames").field("bytes", &bytes).field("trailers", &self.trailers).finish()
    }
}
