//! The one trait of the request path, and the concrete request, response and bodies that pass through it.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use crate::context::Context;
use crate::error::Error;
use crate::server::Client;
use crate::upstream::Streaming;

/// A request on its way through the gateway: canonical path, body not read yet.
pub type Request = http::Request<RequestBody>;

/// A response on its way to the client.
pub type Response = http::Response<Body>;

/// A layer of a stack, or its end. Stacks are types: nothing is boxed, and what no route names costs nothing.
pub trait Service: Sync + 'static {
    /// Serves one request. An error becomes a response in exactly one place, [`Error::into_response`].
    fn serve(&self, request: Request, cx: &mut Context<'_>) -> impl Future<Output = Result<Response, Error>>;
}

/// What a body failed with; hyper wants an error type, the reason itself is in the log.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request, counted against `limits.body` while it streams.
#[derive(Debug)]
pub struct RequestBody {
    incoming: Option<(Incoming, Rc<Client>)>,
    remaining: u64,
}

impl RequestBody {
    /// No body.
    pub const fn empty() -> Self {
        Self { incoming: None, remaining: 0 }
    }

    pub(crate) fn new(incoming: Incoming, client: &Rc<Client>, limit: u64) -> Self {
        let incoming = (!incoming.is_end_stream()).then(|| {
            client.body_promised();
            (incoming, client.clone())
        });
        Self { incoming, remaining: limit }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Self { incoming: Some((incoming, client)), remaining } = &mut *self else {
            return Poll::Ready(None);
        };
        match Pin::new(&mut *incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                // Request trailers are dropped: none may reach a backend as if they were checked (RFC 9110 6.5.1).
                let Ok(data) = frame.into_data() else {
                    client.body_ended();
                    return Poll::Ready(None);
                };
                client.body_received(data.len() as u64);
                match remaining.checked_sub(data.len() as u64) {
                    Some(left) => {
                        *remaining = left;
                        if incoming.is_end_stream() {
                            client.body_ended();
                        }
                        Poll::Ready(Some(Ok(Frame::data(data))))
                    }
                    None => {
                        client.body_failed(crate::error::Reason::BodyTooLarge);
                        Poll::Ready(Some(Err("the request body is larger than limits.body".into())))
                    }
                }
            }
            Poll::Ready(Some(Err(error))) => {
                client.body_failed(if error.is_parse() || error.is_user() {
                    crate::error::Reason::BadRequest
                } else {
                    crate::error::Reason::ClientClosed
                });
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                client.body_ended();
                Poll::Ready(None)
            }
            Poll::Pending => {
                client.body_awaited();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(|(incoming, _)| incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), |(incoming, _)| incoming.size_hint())
    }
}

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
