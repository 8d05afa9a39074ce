//! The socket side of a client connection: what is read of it and not used, how an answer's bytes get out and are counted, and
//! whether its client is still there.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use super::awaited::Awaited;
use super::flight::{Flight, Work};
use crate::error::Reason;
use crate::exchange::Delivery;
use crate::input::Input;
use crate::stream::{Ended, Stream};
use crate::worker::Worker;

/// What is read of a client at a time: what a client that sends more than one request pins.
const CLIENT_AHEAD: usize = 16 * 1024;

/// Asks a client for the body that it has announced.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A client's socket, and what has come of it.
pub(super) struct Wire {
    stream: Stream,
    worker: Rc<Worker>,
    /// What was read and not used.
    pub(super) input: Input,
    awaited: Awaited,
}

impl Wire {
    pub(super) fn new(stream: Stream, worker: Rc<Worker>) -> Self {
        Self { stream, worker, input: Input::default(), awaited: Awaited::default() }
    }

    /// Gives the reader of the request's body more of it; ready when it should look again.
    pub(super) fn poll_upload<F>(&mut self, flight: &mut Flight<F>, cx: &mut Context<'_>) -> Poll<()> {
        if flight.exchange.upload().is_on_demand() {
            flight.exchange.upload().demanded();
            // Within an answer there is no place for it. The body may come all the same.
            if !self.input.has_some() && matches!(flight.place.work, Work::Serving) {
                flight.place.output.buffer().extend_from_slice(CONTINUE);
                let _ = self.poll_write(flight, cx);
            }
        }
        loop {
            if flight.decode(self.input.rest()) {
                return Poll::Ready(());
            }
            let Poll::Ready(read) = self.poll_read(cx) else {
                flight.exchange.clock().body_awaited();
                return Poll::Pending;
            };
            let upload = flight.exchange.upload();
            match read {
                Ok(count) if count > 0 => {}
                // Whoever says half a body and then no more may still listen; whoever says nothing of it has left.
                Ok(_) if upload.received() > 0 => upload.fail(Reason::BadRequest),
                Ok(_) | Err(_) => upload.fail(Reason::ClientClosed),
            }
        }
    }

    /// Whether the client has closed the connection over its answer. What it sends meanwhile is the beginning of its next request, of
    /// which no more is read than fits; that the connection ends is seen behind that, too. Behind a body it may be the end of a client
    /// that has said all and stays to listen, unless it is a reset.
    pub(super) fn client_has_gone<F>(&mut self, flight: &Flight<F>, cx: &mut Context<'_>) -> bool {
        let upload = flight.exchange.upload();
        if upload.failure() == Some(Reason::ClientClosed) {
            return true;
        }
        let is_coming = upload.is_coming() && !upload.is_on_demand();
        if is_coming || self.input.has_some() {
            return self.has_ended(is_coming, cx);
        }
        if self.awaited.is_still(&self.stream) {
            return false;
        }
        let look = self.stream.poll_read_ready(cx);
        self.awaited.looked(look.is_ready());
        match look {
            Poll::Pending => false,
            Poll::Ready(Err(_)) => true,
            Poll::Ready(Ok(())) => match self.poll_read(cx) {
                Poll::Pending => false,
                Poll::Ready(Ok(0) | Err(_)) => true,
                // Its body, which is taken although nobody has asked for it.
                Poll::Ready(Ok(_)) if upload.is_withheld() && matches!(flight.place.work, Work::Serving) => {
                    false
                }
                Poll::Ready(Ok(_)) => self.has_ended(false, cx),
            },
        }
    }

    /// Whether the client has ended the connection behind what it has sent, or reset it if it is that of a body.
    fn has_ended(&mut self, of_body: bool, cx: &mut Context<'_>) -> bool {
        self.awaited.forget();
        match self.stream.poll_ended(cx) {
            Poll::Pending => false,
            Poll::Ready(ended) => !of_body || ended == Ended::Reset,
        }
    }

    /// Reads some of what has come; all that was read before has been used. 0 at the end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.awaited.is_still(&self.stream) {
            self.input.let_go();
            return Poll::Pending;
        }
        let mut block = self.worker.read_block();
        let stream = &mut self.stream;
        let read = self.input.poll_read(&mut block, |block| stream.poll_read_into(block, CLIENT_AHEAD, cx));
        self.awaited.looked(read.is_ready());
        read
    }

    /// Writes what waits; ready when nothing does.
    pub(super) fn poll_write<F>(
        &mut self,
        flight: &mut Flight<F>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let clock = flight.exchange.clock();
        while !flight.place.output.is_empty() {
            let slices = flight.place.output.slices();
            let stream = Pin::new(&mut self.stream);
            let written = match &slices {
                [one, more, _] if more.is_empty() => stream.poll_write(cx, one),
                slices => stream.poll_write_vectored(cx, slices),
            };
            match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => {
                    let taken = flight.place.output.advance(count);
                    clock.response_taken();
                    if let Work::Delivery(Delivery { account: Some(account), .. }) = &mut flight.place.work {
                        account.took(taken);
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    clock.response_stuck();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The socket, for what is no HTTP any more.
    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Says that nothing more comes.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).ok();
        Poll::Ready(())
    }

    /// Where the end of the connection would be taken for the end of a body that is not whole it is a reset: nobody may take a
    /// truncated response for a whole one.
    pub(super) fn reset_at_end(&mut self) {
        self.stream.reset_at_end();
    }
}
