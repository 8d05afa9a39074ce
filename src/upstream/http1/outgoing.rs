//! A request on its way out, with its body as that comes. Only a request that is all there is sent; what breaks on the way stays
//! broken: the codec sees to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;

use crate::error::Reason;
use crate::exchange::RequestBody;
use crate::fields::Fields;
use crate::http1::Framing;
use crate::http1::encode::Encoder;

/// What follows a head.
pub(crate) trait Following {
    /// How many bytes are still to come, if that is known.
    fn length(&self) -> Option<u64>;

    /// The next data; `None` at the end.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Reason>>>;

    /// The fields behind it, at its end.
    fn take_trailers(&mut self) -> Option<Box<Fields>>;
}

/// A request on its way out.
#[derive(Debug)]
pub(crate) struct Outgoing<B = RequestBody> {
    encoder: Encoder,
    body: Option<B>,
}

/// Why a request was broken off.
#[derive(Debug)]
pub(crate) enum SendFailure {
    /// The backend does not take it; it may have answered all the same.
    Backend(io::Error),
    /// The client did not send it, or not as it must be.
    Client(Reason),
}

impl<B> Default for Outgoing<B> {
    fn default() -> Self {
        Self { encoder: Encoder::default(), body: None }
    }
}

impl<B> Outgoing<B> {
    /// Where a head is encoded.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        self.encoder.buffer()
    }

    /// Whether the backend waits for nothing more: only then can it take another request.
    pub(crate) fn is_done(&self) -> bool {
        self.encoder.is_done()
    }

    /// Gives up on a request of which nothing was sent, and gives its body back.
    pub(crate) fn take_back(&mut self) -> Option<B> {
        self.encoder.renew();
        self.body.take()
    }

    /// The memory that heads are encoded in, for whoever encodes the next one; this has [`Self::lend`] then.
    pub(crate) fn take_memory(&mut self) -> Vec<u8> {
        self.encoder.take_buffer()
    }

    /// Memory to encode a head in.
    pub(crate) fn lend(&mut self, memory: Vec<u8>) {
        *self.encoder.buffer() = memory;
    }

    /// Nothing more is sent from now on.
    fn break_off(&mut self) {
        self.encoder.break_off();
        self.body = None;
    }
}

impl<B: Following> Outgoing<B> {
    /// A head has been encoded, and this body will follow it.
    pub(super) fn begin(&mut self, body: Option<B>) {
        self.encoder.begin(match &body {
            None => Framing::Nothing,
            Some(body) => body.length().map_or(Framing::Chunked, Framing::Length),
        });
        self.body = body;
    }

    /// Sends what can be sent; ready when the whole request is out, or the first time that it cannot be.
    pub(crate) fn poll_send<W: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendFailure>> {
        loop {
            let gathered = self.gather(cx);
            // At once: a body that was asked again might call its failure an end.
            if let Poll::Ready(Err(reason)) = gathered {
                self.break_off();
                return Poll::Ready(Err(SendFailure::Client(reason)));
            }
            if let Err(error) = ready!(self.poll_write(stream, cx)) {
                self.break_off();
                return Poll::Ready(Err(SendFailure::Backend(error)));
            }
            if self.encoder.is_done() {
                self.body = None;
                return Poll::Ready(Ok(()));
            }
            _ = ready!(gathered);
        }
    }

    /// Encodes what there is of the body, as far as it should be sent in one go. What is announced is what is sent: less or more is
    /// no end.
    fn gather(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        while !self.encoder.is_whole() && self.encoder.has_room() {
            // A request that was broken off has none any more, and there is nothing to be waited for.
            let Some(body) = &mut self.body else { return Poll::Pending };
            let encoded = match ready!(body.poll_data(cx)) {
                Some(Ok(data)) => self.encoder.data(data),
                None => self.encoder.end(body.take_trailers().as_deref()),
                Some(Err(reason)) => return Poll::Ready(Err(reason)),
            };
            if encoded.is_err() {
                return Poll::Ready(Err(Reason::BadRequest));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write<W: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.encoder.is_empty() {
            let slices = self.encoder.slices();
            let stream = Pin::new(&mut *stream);
            let written = match &slices {
                [one, more, _] if more.is_empty() => ready!(stream.poll_write(cx, one))?,
                slices => ready!(stream.poll_write_vectored(cx, slices))?,
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.encoder.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl Following for RequestBody {
    fn length(&self) -> Option<u64> {
        self.length()
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.poll_data(cx)
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.take_trailers()
    }
}

#[cfg(test)]
mod tests;
