//! A request's body from its stream to its reader: it is asked for when the reader asks, and the client's window opens again when the
//! reader has taken what came, not before.

use std::task::{Context, Poll};

use bytes::Bytes;
use h2::RecvStream;

use crate::error::Reason;
use crate::exchange::Exchange;
use crate::fields::Fields;

/// The receiving half of a stream.
#[derive(Debug)]
pub(super) struct Incoming {
    stream: RecvStream,
    /// Bytes that are the reader's, and still count in the client's window.
    held: usize,
}

impl Incoming {
    pub(super) fn new(stream: RecvStream) -> Self {
        Self { stream, held: 0 }
    }

    /// Gives the reader more of it; ready when it should look again.
    pub(super) fn poll(&mut self, exchange: &Exchange, cx: &mut Context<'_>) -> Poll<()> {
        let upload = exchange.upload();
        if upload.failure().is_some() {
            return Poll::Ready(());
        }
        // Who asks for more has taken what there was.
        if upload.is_wanted() && self.held > 0 {
            let _ = self.stream.flow_control().release_capacity(std::mem::take(&mut self.held));
        }
        let mut is_given = false;
        while !upload.is_full() {
            match self.next(cx) {
                Poll::Ready(Next::Data(data)) => {
                    is_given |= !data.is_empty();
                    self.held += data.len();
                    if !data.is_empty() {
                        upload.fill(data);
                    }
                    if self.stream.is_end_stream() {
                        upload.end();
                        break;
                    }
                }
                Poll::Ready(Next::End(trailers)) => {
                    trailers.into_iter().for_each(|fields| upload.trail(fields));
                    upload.end();
                    break;
                }
                // What came before it is read first; the stream says it again.
                Poll::Ready(Next::Failed(_)) if is_given => break,
                Poll::Ready(Next::Failed(reason)) => {
                    upload.fail(reason);
                    return Poll::Ready(());
                }
                Poll::Pending if is_given => break,
                Poll::Pending => {
                    exchange.clock().body_awaited();
                    return Poll::Pending;
                }
            }
        }
        exchange.clock().request_moved();
        Poll::Ready(())
    }

    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let failed = |error: h2::Error| {
            tracing::debug!(%error, "request body broke off");
            // What the codec itself finds wrong is the client's mistake, and all else its leaving.
            Next::Failed(if error.is_library() { Reason::BadRequest } else { Reason::ClientClosed })
        };
        match self.stream.poll_data(cx) {
            Poll::Ready(Some(Ok(data))) => Poll::Ready(Next::Data(data)),
            Poll::Ready(Some(Err(error))) => Poll::Ready(failed(error)),
            Poll::Ready(None) => self.stream.poll_trailers(cx).map(|trailers| match trailers {
                Ok(trailers) => Next::End(trailers.map(|map| Fields::from(&map))),
                Err(error) => failed(error),
            }),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// What is next of a body.
enum Next {
    Data(Bytes),
    /// With the fields behind it.
    End(Option<Fields>),
    Failed(Reason),
}
