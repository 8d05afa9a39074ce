//! The concrete request, response and bodies that pass through the gateway.

mod request_body;
mod watched;

use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;

use crate::error::Reason;
use crate::fields::Fields;
use crate::upstream::Streaming;
pub(crate) use watched::{Observe, Watched};

pub(crate) use request_body::RequestBody;

/// A request on its way through the gateway: canonical path, body not read yet.
pub type Request = http::Request<RequestBody>;

/// A response on its way to the client.
pub type Response = http::Response<Body>;

/// The body of a response.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// All of it is here.
    Full(Bytes),
    /// It streams from a backend.
    Streaming(Box<Streaming>),
}

impl Body {
    /// Whether some of it is still to come from a backend.
    pub(crate) fn is_streaming(&self) -> bool {
        matches!(self, Self::Streaming(_))
    }

    /// How many bytes are still to come, if that is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Streaming(streaming) => streaming.length(),
        }
    }

    /// The next data; `None` at the end. What has failed says so to whoever asks again.
    pub(crate) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Self::Streaming(streaming) => streaming.poll_data(cx),
        }
    }

    /// Sends on what has come of the request that it answers, when nobody asks for more of it.
    pub(crate) fn send_request_on(&mut self, cx: &mut TaskContext<'_>) {
        if let Self::Streaming(streaming) = self {
            streaming.send_request_on(cx);
        }
    }

    /// The fields behind it, at its end.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        match self {
            Self::Streaming(streaming) => streaming.take_trailers(),
            Self::Empty | Self::Full(_) => None,
        }
    }

    /// Tells how it ended, if it streams; else it has ended already, and well.
    pub(crate) fn watch(&mut self, watched: Watched) {
        match self {
            Self::Streaming(streaming) => streaming.watch(watched),
            Self::Empty | Self::Full(_) => watched.tell(Reason::Ok),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }
}
