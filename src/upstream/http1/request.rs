//! Writing a request: its head in one piece, its body as it comes, with back-pressure.

use std::io::IoSlice;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body::Body;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use crate::forward::{PathEdit, TemplatePiece};
use crate::service::RequestBody;

/// What a request head is made of. All fields are written, but for those that are this codec's own to say.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a http::Uri,
    pub(crate) path: &'a PathEdit,
    pub(crate) headers: &'a HeaderMap,
    /// Stands in for the `Host` of the fields.
    pub(crate) host: Option<&'a HeaderValue>,
}

/// How the end of a request body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// A request on its way out.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Bytes that go first: the head, small data, chunk sizes.
    buffer: BytesMut,
    /// Data too large to be copied.
    data: Bytes,
    /// What follows the data.
    tail: &'static [u8],
    body: Option<RequestBody>,
    chunked: bool,
    broken: bool,
}

/// Data up to this size is copied behind what is buffered: one buffer is one plain `send`.
const COPY: usize = 8 * 1024;

impl Outgoing {
    /// Encodes a head, and takes the body that will follow it.
    pub(crate) fn start(&mut self, head: &Head<'_>, body: Option<RequestBody>) {
        let framing = framing(head, body.as_ref());
        self.chunked = framing == Framing::Chunked;
        self.encode(head, framing, body.as_ref());
        self.body = body;
    }

    fn encode(&mut self, head: &Head<'_>, framing: Framing, body: Option<&RequestBody>) {
        let buffer = &mut self.buffer;
        buffer.reserve(1024);
        buffer.extend_from_slice(head.method.as_str().as_bytes());
        buffer.extend_from_slice(b" ");
        write_target(head, buffer);
        buffer.extend_from_slice(b" HTTP/1.1\r\n");
        if let Some(host) = head.host {
            field(buffer, "host", host.as_bytes());
        }
        for (name, value) in head.headers {
            if !(is_framing(name) || *name == header::HOST && head.host.is_some()) {
                field(buffer, name.as_str(), value.as_bytes());
            }
        }
        match framing {
            Framing::None => {}
            Framing::Length => {
                let length = body.and_then(|body| body.size_hint().exact()).unwrap_or(0);
                field(buffer, "content-length", itoa::Buffer::new().format(length).as_bytes());
            }
            Framing::Chunked => field(buffer, "transfer-encoding", b"chunked"),
        }
        buffer.extend_from_slice(b"\r\n");
    }

    /// Sends what can be sent; ready when the whole request is out.
    pub(crate) fn poll_send(
        &mut self,
        stream: &mut TcpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendFailure>> {
        while !self.broken {
            ready!(self.poll_write(stream, cx)).map_err(SendFailure::Backend)?;
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(())) };
            match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    let last = body.is_end_stream();
                    if last {
                        self.body = None;
                    }
                    self.queue(data, last);
                }
                Some(Err(_)) => return Poll::Ready(Err(SendFailure::Client)),
                None => {
                    self.body = None;
                    self.queue(Bytes::new(), true);
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Whether all of the request is out.
    pub(crate) fn is_done(&self) -> bool {
        !self.broken
            && self.body.is_none()
            && self.buffer.is_empty()
            && self.data.is_empty()
            && self.tail.is_empty()
    }

    /// The rest of a request that the backend does not take. It is never done, so its connection is never used again.
    pub(crate) fn broken() -> Self {
        Self { broken: true, ..Self::default() }
    }

    /// Gives up on a request of which nothing was sent, and gives its body back.
    pub(crate) fn take_back(&mut self) -> Option<RequestBody> {
        self.buffer.clear();
        self.body.take()
    }

    fn queue(&mut self, data: Bytes, last: bool) {
        if self.chunked {
            if !data.is_empty() {
                self.buffer.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
            }
            self.tail = match (data.is_empty(), last) {
                (false, false) => b"\r\n",
                (false, true) => b"\r\n0\r\n\r\n",
                (true, true) => b"0\r\n\r\n",
                (true, false) => b"",
            };
        }
        if data.len() <= COPY {
            self.buffer.extend_from_slice(&data);
            self.buffer.extend_from_slice(std::mem::take(&mut self.tail));
        } else {
            self.data = data;
        }
    }

    fn poll_write(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while !(self.buffer.is_empty() && self.data.is_empty() && self.tail.is_empty()) {
            let mut stream = Pin::new(&mut *stream);
            let mut written = if self.data.is_empty() && self.tail.is_empty() {
                ready!(stream.as_mut().poll_write(cx, &self.buffer))?
            } else {
                let slices = [IoSlice::new(&self.buffer), IoSlice::new(&self.data), IoSlice::new(self.tail)];
                ready!(stream.as_mut().poll_write_vectored(cx, &slices))?
            };
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            for part in [&mut self.buffer as &mut dyn Buf, &mut self.data, &mut self.tail] {
                let taken = part.remaining().min(written);
                part.advance(taken);
                written -= taken;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Why a request could not be sent.
#[derive(Debug)]
pub(crate) enum SendFailure {
    /// The backend does not take it; it may have answered all the same.
    Backend(std::io::Error),
    /// The client did not send it; the connection knows why.
    Client,
}

/// Framing is written anew, whatever the fields say: a second word on it could make two messages of one.
#[inline]
fn is_framing(name: &HeaderName) -> bool {
    *name == header::CONTENT_LENGTH || *name == header::TRANSFER_ENCODING || *name == header::CONNECTION
}

/// The body's own size decides, never a header: what is announced is what is sent (RFC 9112 section 6).
fn framing(head: &Head<'_>, body: Option<&RequestBody>) -> Framing {
    match body {
        Some(body) if body.size_hint().exact().is_some() => Framing::Length,
        Some(_) => Framing::Chunked,
        // `Content-Length: 0` says something where the method lets one expect a body.
        None if head.headers.contains_key(header::CONTENT_LENGTH) => Framing::Length,
        None => Framing::None,
    }
}

fn write_target(head: &Head<'_>, buffer: &mut BytesMut) {
    let path = head.uri.path();
    match *head.path {
        PathEdit::Keep => {
            if let Some(target) = head.uri.path_and_query() {
                buffer.extend_from_slice(target.as_str().as_bytes());
            }
            return;
        }
        PathEdit::Strip(length) => {
            let rest = path.get(length..).unwrap_or_default();
            if !rest.starts_with('/') {
                buffer.extend_from_slice(b"/");
            }
            buffer.extend_from_slice(rest.as_bytes());
        }
        PathEdit::Rewrite(pieces) => {
            TemplatePiece::render(pieces, path, |text| buffer.extend_from_slice(text.as_bytes()))
        }
    }
    if let Some(query) = head.uri.query() {
        buffer.extend_from_slice(b"?");
        buffer.extend_from_slice(query.as_bytes());
    }
}

/// Appends a header line.
#[inline]
fn field(buffer: &mut BytesMut, name: &str, value: &[u8]) {
    buffer.extend_from_slice(name.as_bytes());
    buffer.extend_from_slice(b": ");
    buffer.extend_from_slice(value);
    buffer.extend_from_slice(b"\r\n");
}
