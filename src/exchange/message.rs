//! What passes through the gateway, by whichever protocol it came: requests, responses, their bodies. Fields are lists in the order and
//! the case in which they came; what a body's framing is stands in none of them, but in the body.

mod filter;
mod filtered;
mod request_body;
mod watched;

use std::fmt;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Method, StatusCode, Version};

use crate::error::Reason;
use crate::fields::Fields;
use crate::tunnel::Tunnel;
use crate::upstream::Streaming;

use filtered::{Filtered, Source};
pub(crate) use watched::{Observe, Watched};

pub use filter::{Filter, Frames};
pub use request_body::RequestBody;

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

    /// Whether the connection is a tunnel behind it: a backend has switched, and no layer has made another answer of that.
    pub(crate) fn is_switch(&self) -> bool {
        self.status == StatusCode::SWITCHING_PROTOCOLS && self.body.is_tunnel()
    }
}

/// The body of a response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Body {
    /// Nothing.
    Empty,
    /// Nothing, and what would be here is so many bytes long: that of an answer to HEAD, or of a 304 (RFC 9110 section 8.6).
    Announced(u64),
    /// All of it is here.
    Full(Bytes),
    /// It streams from a backend.
    Streaming(Box<Streaming>),
    /// A layer makes it of another. Made only where a layer does so: a gateway without one has none of its code.
    #[expect(private_interfaces, reason = "nobody else matches on it")]
    Layered(Box<dyn Layer>),
    /// There is none: the connection switches to another protocol (101).
    Tunnel(Box<dyn Tunnel>),
}

/// A body that is made of another.
pub(crate) trait Layer: fmt::Debug {
    /// [`Body::poll_data`]
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>>;
    /// [`Body::take_trailers`]
    fn take_trailers(&mut self) -> Option<Box<Fields>>;
    /// [`Body::is_streaming`]
    fn is_streaming(&self) -> bool;
    /// [`Body::send_request_on`]
    fn send_request_on(&mut self, cx: &mut TaskContext<'_>);
    /// [`Body::watch`]
    fn watch(&mut self, watched: Watched);
    /// [`Body::forgo`]
    fn forgo(self: Box<Self>);
}

impl Body {
    /// The body that a filter makes of it. How long that will be is not known, so nothing is announced of it.
    ///
    /// No filter runs where there is no body: on the answer to HEAD, on 204 and 304. Fields that speak of the bytes (`ETag`,
    /// `Content-Digest`, `Accept-Ranges`) are the layer's to change; `Content-Length` it need not look at.
    /// Nor has a tunnel one: what goes through it is nobody's message.
    #[must_use]
    pub fn filtered(self, filter: impl Filter + 'static) -> Self {
        if self.is_tunnel() { self } else { Self::Layered(Box::new(Filtered::new(self, filter))) }
    }

    /// Whether some of it is still to come from a backend.
    pub(crate) fn is_streaming(&self) -> bool {
        match self {
            Self::Empty | Self::Announced(_) | Self::Full(_) | Self::Tunnel(_) => false,
            Self::Streaming(_) => true,
            Self::Layered(layered) => layered.is_streaming(),
        }
    }

    /// Whether it stands for a tunnel.
    fn is_tunnel(&self) -> bool {
        matches!(self, Self::Tunnel(_))
    }

    /// How many bytes are still to come, if that is known.
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty | Self::Announced(_) | Self::Tunnel(_) => Some(0),
            Self::Full(bytes) => Some(bytes.len() as u64),
            Self::Streaming(streaming) => streaming.length(),
            Self::Layered(_) => None,
        }
    }

    /// The next data; `None` at the end. What has failed says so to whoever asks again.
    pub(crate) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match self {
            Self::Empty | Self::Announced(_) | Self::Tunnel(_) => Poll::Ready(None),
            Self::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Self::Streaming(streaming) => streaming.poll_data(cx),
            Self::Layered(layered) => layered.poll_data(cx),
        }
    }

    /// Sends on what has come of the request that it answers, when nobody asks for more of it.
    pub(crate) fn send_request_on(&mut self, cx: &mut TaskContext<'_>) {
        match self {
            Self::Empty | Self::Announced(_) | Self::Full(_) | Self::Tunnel(_) => {}
            Self::Streaming(streaming) => streaming.send_request_on(cx),
            Self::Layered(layered) => layered.send_request_on(cx),
        }
    }

    /// The fields behind it, at its end.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        match self {
            Self::Empty | Self::Announced(_) | Self::Full(_) | Self::Tunnel(_) => None,
            Self::Streaming(streaming) => streaming.take_trailers(),
            Self::Layered(layered) => layered.take_trailers(),
        }
    }

    /// Lets go of it: nobody wants it. A connection to a backend stays in use if that costs nothing.
    pub(crate) fn forgo(self) {
        match self {
            Self::Empty | Self::Announced(_) | Self::Full(_) | Self::Tunnel(_) => {}
            Self::Streaming(streaming) => streaming.forgo(),
            Self::Layered(layered) => layered.forgo(),
        }
    }

    /// Tells how it ended, if it streams; else it has ended already, and well. Of a tunnel that holds, too: the backend has answered,
    /// and what becomes of the tunnel may be anybody's doing, in hours.
    pub(crate) fn watch(&mut self, watched: Watched) {
        match self {
            Self::Empty | Self::Announced(_) | Self::Full(_) | Self::Tunnel(_) => watched.tell(Reason::Ok),
            Self::Streaming(streaming) => streaming.watch(watched),
            Self::Layered(layered) => layered.watch(watched),
        }
    }
}

impl Source for Body {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.poll_data(cx)
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.take_trailers()
    }
}

impl<F: Filter> Layer for Filtered<Body, F> {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.poll_data(cx)
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.take_trailers()
    }

    fn is_streaming(&self) -> bool {
        self.source().is_ok_and(Body::is_streaming)
    }

    fn send_request_on(&mut self, cx: &mut TaskContext<'_>) {
        if let Ok(body) = self.source_mut() {
            body.send_request_on(cx);
        }
    }

    fn watch(&mut self, watched: Watched) {
        match self.source_mut() {
            Ok(body) => body.watch(watched),
            Err(ended) => watched.tell(ended),
        }
    }

    fn forgo(self: Box<Self>) {
        if let Some(body) = self.into_source() {
            body.forgo();
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Full(bytes) }
    }
}
