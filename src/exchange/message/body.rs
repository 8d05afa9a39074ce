//! The body of a response: nothing, all of it, or what is still to come of a backend, through whatever layers have put around it.

use std::fmt;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;

use super::filter::Filter;
use super::filtered::{Filtered, Source};
use super::watched::Watched;
use crate::error::Reason;
use crate::fields::Fields;
use crate::tunnel::Tunnel;
use crate::upstream::Streaming;

/// The body of a response. One of one's own is [`Body::empty`], or `Body::from(bytes)`.
#[derive(Debug)]
pub struct Body(Kind);

/// What it is.
#[derive(Debug)]
enum Kind {
    /// Nothing.
    Empty,
    /// Nothing, and what would be here is so many bytes long: that of an answer to HEAD, or of a 304 (RFC 9110 section 8.6).
    Absent(u64),
    /// All of it is here.
    Full(Bytes),
    /// It streams from a backend.
    Streaming(Box<Streaming>),
    /// A layer makes it of another. Made only where a layer does so: a gateway without one has none of its code.
    Layered(Box<dyn Layer>),
    /// There is none: the connection switches to another protocol (101).
    Tunnel(Box<dyn Tunnel>),
}

/// A body that is made of another.
trait Layer: fmt::Debug {
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
    /// No body.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// None here, and what would be here is so long.
    pub(crate) const fn absent_of(length: u64) -> Self {
        Self(Kind::Absent(length))
    }

    /// What streams from a backend.
    pub(crate) const fn streaming(streaming: Box<Streaming>) -> Self {
        Self(Kind::Streaming(streaming))
    }

    /// A connection to a backend that has switched.
    pub(crate) const fn tunnel(tunnel: Box<dyn Tunnel>) -> Self {
        Self(Kind::Tunnel(tunnel))
    }

    /// The body that a filter makes of it. How long that will be is not known, so nothing is announced of it.
    ///
    /// No filter runs where there is no body: on the answer to HEAD, on 204 and 304. Fields that speak of the bytes (`ETag`,
    /// `Content-Digest`, `Accept-Ranges`) are the layer's to change; `Content-Length` it need not look at.
    /// Nor has a tunnel one: what goes through it is nobody's message.
    #[must_use]
    pub fn filtered(self, filter: impl Filter + 'static) -> Self {
        match self.0 {
            Kind::Tunnel(_) => self,
            _ => Self(Kind::Layered(Box::new(Filtered::new(self, filter)))),
        }
    }

    /// Whether some of it is still to come from a backend.
    pub(crate) fn is_streaming(&self) -> bool {
        match &self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Full(_) | Kind::Tunnel(_) => false,
            Kind::Streaming(_) => true,
            Kind::Layered(layered) => layered.is_streaming(),
        }
    }

    /// The protocol that the connection switches to.
    pub(super) fn token(&self) -> Option<&'static str> {
        if let Kind::Tunnel(tunnel) = &self.0 { Some(tunnel.token()) } else { None }
    }

    /// The tunnel that it stands for.
    pub(super) fn take_tunnel(&mut self) -> Option<Box<dyn Tunnel>> {
        match std::mem::replace(&mut self.0, Kind::Empty) {
            Kind::Tunnel(tunnel) => Some(tunnel),
            other => {
                self.0 = other;
                None
            }
        }
    }

    /// How long what is not here would be, if that was announced.
    pub(crate) fn absent(&self) -> Option<u64> {
        if let Kind::Absent(length) = self.0 { Some(length) } else { None }
    }

    /// How many bytes are still to come, if that is known.
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Tunnel(_) => Some(0),
            Kind::Full(bytes) => Some(bytes.len() as u64),
            Kind::Streaming(streaming) => streaming.length(),
            Kind::Layered(_) => None,
        }
    }

    /// The next data; `None` at the end. What has failed says so to whoever asks again.
    pub(crate) fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match &mut self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Tunnel(_) => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready(Some(Ok(bytes)))
            }
            Kind::Streaming(streaming) => streaming.poll_data(cx),
            Kind::Layered(layered) => layered.poll_data(cx),
        }
    }

    /// Sends on what has come of the request that it answers, when nobody asks for more of it.
    pub(crate) fn send_request_on(&mut self, cx: &mut TaskContext<'_>) {
        match &mut self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Full(_) | Kind::Tunnel(_) => {}
            Kind::Streaming(streaming) => streaming.send_request_on(cx),
            Kind::Layered(layered) => layered.send_request_on(cx),
        }
    }

    /// The fields behind it, at its end.
    pub(crate) fn take_trailers(&mut self) -> Option<Box<Fields>> {
        match &mut self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Full(_) | Kind::Tunnel(_) => None,
            Kind::Streaming(streaming) => streaming.take_trailers(),
            Kind::Layered(layered) => layered.take_trailers(),
        }
    }

    /// Lets go of it: nobody wants it. A connection to a backend stays in use if that costs nothing.
    pub(crate) fn forgo(self) {
        match self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Full(_) | Kind::Tunnel(_) => {}
            Kind::Streaming(streaming) => streaming.forgo(),
            Kind::Layered(layered) => layered.forgo(),
        }
    }

    /// Tells how it ended, if it streams; else it has ended already, and well. Of a tunnel that holds, too: the backend has answered,
    /// and what becomes of the tunnel may be anybody's doing, in hours.
    pub(crate) fn watch(&mut self, watched: Watched) {
        match &mut self.0 {
            Kind::Empty | Kind::Absent(_) | Kind::Full(_) | Kind::Tunnel(_) => watched.tell(Reason::Ok),
            Kind::Streaming(streaming) => streaming.watch(watched),
            Kind::Layered(layered) => layered.watch(watched),
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
    /// All of it, of a length that is announced.
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Kind::Empty } else { Kind::Full(bytes) })
    }
}
