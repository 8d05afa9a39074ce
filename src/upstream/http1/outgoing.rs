//! A request on its way out: what has been encoded, how much of the body is still to come, and whether all of it is
//! on the wire. Only a request that is all there is sent; what breaks on the way stays broken.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body, Frame};
use tokio::io::AsyncWrite;

use crate::error::Reason;
use crate::message::RequestBody;

/// A request on its way out.
#[derive(Debug)]
pub(crate) struct Outgoing<B = RequestBody> {
    /// Bytes that go first: the head, small data, chunk sizes.
    pub(super) buffer: BytesMut,
    /// Data too large to be copied.
    data: Bytes,
    /// What follows the data.
    tail: &'static [u8],
    state: State<B>,
}

/// How far a request is.
#[derive(Debug)]
enum State<B> {
    /// There is none.
    Idle,
    /// This is left to be sent.
    Sending(Left<B>),
    /// The backend has all of it.
    Sent,
    /// The backend has a part of it, and will never have the rest.
    Broken,
}

/// What is left of a request.
#[derive(Debug)]
enum Left<B> {
    /// Only what is encoded already.
    Encoded,
    /// So many bytes of a body with a length.
    Bytes(u64, B),
    /// Chunks, and the last one.
    Chunks(B),
}

/// Why a request was broken off.
#[derive(Debug)]
pub(crate) enum SendFailure {
    /// The backend does not take it; it may have answered all the same.
    Backend(io::Error),
    /// The client did not send it, or not as it must be.
    Client(Reason),
}

/// Data up to this size is copied behind what is buffered: one buffer is one plain `send`.
const COPY: usize = 8 * 1024;

impl<B> Default for Outgoing<B> {
    fn default() -> Self {
        Self { buffer: BytesMut::new(), data: Bytes::new(), tail: b"", state: State::Idle }
    }
}

impl<B> Outgoing<B> {
    /// Whether the backend waits for nothing more: only then can it take another request.
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Idle | State::Sent)
    }

    /// Gives up on a request of which nothing was sent, and gives its body back.
    pub(crate) fn take_back(&mut self) -> Option<B> {
        self.forget();
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Sending(Left::Bytes(_, body) | Left::Chunks(body)) => Some(body),
            _ => None,
        }
    }

    /// Nothing more is sent from now on.
    fn break_off(&mut self) {
        self.forget();
        self.state = State::Broken;
    }

    fn forget(&mut self) {
        self.buffer.clear();
        self.data.clear();
        self.tail = b"";
    }
}

impl<B: Body<Data = Bytes, Error = Reason> + Unpin> Outgoing<B> {
    /// A head has been encoded, and this body will follow it.
    pub(super) fn begin(&mut self, body: Option<B>) {
        self.state = State::Sending(match body.map(|body| (body.size_hint().exact(), body)) {
            None | Some((Some(0), _)) => Left::Encoded,
            Some((Some(length), body)) => Left::Bytes(length, body),
            Some((None, body)) => Left::Chunks(body),
        });
    }

    /// Sends what can be sent; ready when the whole request is out, or the first time that it cannot be.
    pub(crate) fn poll_send<W: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendFailure>> {
        loop {
            if let Err(error) = ready!(self.poll_write(stream, cx)) {
                self.break_off();
                return Poll::Ready(Err(SendFailure::Backend(error)));
            }
            let frame = match &mut self.state {
                State::Sending(Left::Bytes(_, body) | Left::Chunks(body)) => {
                    ready!(Pin::new(body).poll_frame(cx))
                }
                State::Sending(Left::Encoded) => {
                    self.state = State::Sent;
                    return Poll::Ready(Ok(()));
                }
                State::Idle | State::Sent => return Poll::Ready(Ok(())),
                State::Broken => return Poll::Pending,
            };
            if let Err(reason) = frame.transpose().and_then(|frame| self.encode_frame(frame)) {
                self.break_off();
                return Poll::Ready(Err(SendFailure::Client(reason)));
            }
        }
    }

    /// Encodes the next of the body, or its end. What is announced is what is sent: less or more is no end.
    fn encode_frame(&mut self, frame: Option<Frame<Bytes>>) -> Result<(), Reason> {
        let State::Sending(left) = &mut self.state else { return Ok(()) };
        let data = match frame.map(Frame::into_data) {
            Some(Ok(data)) => Some(data),
            // Trailers go no further.
            Some(Err(_)) => return Ok(()),
            None => None,
        };
        let last = match (&mut *left, &data) {
            (Left::Encoded, _) => return Ok(()),
            (Left::Bytes(left, _), Some(data)) => {
                *left = left.checked_sub(data.len() as u64).ok_or(Reason::BadRequest)?;
                *left == 0
            }
            (Left::Bytes(..), None) => return Err(Reason::BadRequest),
            (Left::Chunks(body), Some(_)) => body.is_end_stream(),
            (Left::Chunks(_), None) => true,
        };
        let chunked = matches!(left, Left::Chunks(_));
        if last {
            *left = Left::Encoded;
        }
        self.queue(data.unwrap_or_default(), chunked, last);
        Ok(())
    }

    fn queue(&mut self, data: Bytes, chunked: bool, last: bool) {
        if chunked {
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

    fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !(self.buffer.is_empty() && self.data.is_empty() && self.tail.is_empty()) {
            let mut stream = Pin::new(&mut *stream);
            let mut written = if self.data.is_empty() && self.tail.is_empty() {
                ready!(stream.as_mut().poll_write(cx, &self.buffer))?
            } else {
                let slices = [IoSlice::new(&self.buffer), IoSlice::new(&self.data), IoSlice::new(self.tail)];
                ready!(stream.as_mut().poll_write_vectored(cx, &slices))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
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

#[cfg(test)]
mod tests;
