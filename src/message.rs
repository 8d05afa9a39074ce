//! What passes through the gateway, by whichever protocol it came: requests, responses, their bodies. Fields are lists in the order and
//! the case in which they came; what a body's framing is stands in none of them, but in the body.

mod request_body;
mod watched;

use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, StatusCode, Version};

use crate::error::Reason;
use crate::fields::Fields;
use crate::upstream::Streaming;
pub(crate) use watched::{Observe, Watched};

pub(crate) use request_body::RequestBody;

/// A request on its way through the gateway. Its body has not been read yet.
///
/// A layer looks at its fields, and changes them, by name:
///
/// ```
/// use castgate::Request;
/// use http::{HeaderName, HeaderValue};
///
/// static ZONE: HeaderName = HeaderName::from_static("x-zone");
///
/// fn zone(request: &mut Request) {
///     if request.fields.get("X-Tenant") == Some(b"one") {
///         request.fields.insert(&ZONE, &HeaderValue::from_static("west"));
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, in its canonical form, and the query: what is matched is what is logged and what is forwarded.
    pub target: PathAndQuery,
    /// The version that the client speaks; of what could not be read it is 0.9.
    pub version: Version,
    /// The fields, but for those that end at this hop (RFC 9110 section 7.6.1).
    pub fields: Fields,
    /// The body.
    pub body: RequestBody,
}

/// A response on its way to the client.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The fields. Whatever they say of the length and of the connection is not sent.
    pub fields: Fields,
    /// The body.
    pub body: Body,
    /// What a backend calls a status that is not registered; of others everybody knows it.
    pub(crate) phrase: Option<Box<[u8]>>,
}

impl Response {
    /// A response without fields.
    pub fn new(status: StatusCode, body: impl Into<Body>) -> Self {
        Self { status, fields: Fields::default(), body: body.into(), phrase: None }
    }
}

/// The body of a response.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// Nothing, and what would be here is so many bytes long: that of an answer to HEAD, or of a 304 (RFC 9110 section 8.6).
    Announced(u64),
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
            Self::Empty | Self::Announced(_) => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Streaming(streaming) => streaming.length(),
        }
    }

    /// The next data; `None` at the end. What has failed says so to whoever asks again.
    pub(crate) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match self {
            Self::Empty | Self::Announced(_) => Poll::Ready(None),
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
            Self::Empty | Self::Announced(_) | Self::Full(_) => None,
        }
    }

    /// Tells how it ended, if it streams; else it has ended already, and well.
    pub(crate) fn watch(&mut self, watched: Watched) {
        match self {
            Self::Streaming(streaming) => streaming.watch(watched),
            Self::Empty | Self::Announced(_) | Self::Full(_) => watched.tell(Reason::Ok),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }
}
