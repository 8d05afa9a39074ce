//! The concrete request, response and bodies that pass through the gateway.

mod request_body;
mod watched;

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::error::Reason;
use crate::upstream::Streaming;
pub(crate) use watched::{Observe, Watched};

pub(crate) use request_body::RequestBody;

/// A request on its way through the gateway: canonical path, body not read yet.
pub type Request = http::Request<RequestBody>;

/// A response on its way to the client.
pub type Response = http::Response<Body>;

/// What a body failed with; hyper wants an error type, the reason itself is in the log.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// All of it is here.
    Full(Bytes),
    /// It streams from a backend, and carries the exchange's record to its end.
    Streaming(Box<Streaming>),
}

impl Body {
    /// Whether some of it is still to come from a backend.
    pub(crate) fn is_streaming(&self) -> bool {
        matches!(self, Self::Streaming(_))
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

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Streaming(streaming) => streaming.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(_) => false,
            Self::Streaming(streaming) => streaming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streaming(streaming) => streaming.size_hint(),
        }
    }
}
