//! A tunnel between a client and a backend: two flows, and one end for both. An end of one direction is passed on, and the
//! other lives on; whatever breaks or is cut ends both, and by a reset: nobody may take it for an end.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::flow::{Broken, Flow, READ_AHEAD};
use super::{Client, Switched, Tunnel};
use crate::error::Reason;
use crate::exchange::Clock;
use crate::stream::Stream;
use crate::upstream::InFlight;
use crate::worker::File;

/// How often a side from which nothing is read is asked whether it is still there: a reset shows when something is read or written,
/// and neither may happen.
const LOOK: Duration = Duration::from_millis(500);

/// A tunnel.
#[derive(Debug)]
pub(super) struct TwoWay {
    token: &'static str,
    backend: Stream,
    /// From the client to the backend.
    up: Flow,
    /// From the backend to the client.
    down: Flow,
    look_again: Option<Instant>,
    has_ended: bool,
    _in_flight: Option<InFlight>,
    _file: Option<File>,
}

/// Which side is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Backend,
}

/// What has moved at the client's end, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Carried {
    /// From there.
    brought: u64,
    /// Into its socket.
    taken: u64,
}

impl TwoWay {
    pub(super) fn new(token: &'static str, backend: Switched) -> Self {
        let Switched { stream, early, in_flight, file } = backend;
        Self {
            token,
            backend: stream,
            up: Flow::default(),
            down: Flow::beginning_with(&early),
            look_again: None,
            has_ended: false,
            _in_flight: in_flight,
            _file: file,
        }
    }

    /// Moves what can be moved, both ways; ready when both sides have ended, or one is gone.
    fn poll_flows(
        &mut self,
        client: &mut Stream,
        block: &mut BytesMut,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Side>> {
        // First what the backend has said: it may have been its last word.
        let down = self.down.poll(&mut self.backend, client, block, cx);
        let up = self.up.poll(client, &mut self.backend, block, cx);
        let gone = |poll: &Poll<Result<(), Broken>>, source, reader| match poll {
            Poll::Ready(Err(Broken::Source)) => Some(source),
            Poll::Ready(Err(Broken::Reader)) => Some(reader),
            _ => None,
        };
        let gone = gone(&down, Side::Backend, Side::Client).or(gone(&up, Side::Client, Side::Backend));
        match gone.or_else(|| self.unseen(client)) {
            Some(side) => Poll::Ready(Err(side)),
            None if self.up.has_ended() && self.down.has_ended() => {
                self.has_ended = true;
                Poll::Ready(Ok(()))
            }
            None => Poll::Pending,
        }
    }

    /// The same as long as the clock allows: what moves keeps it going, and what comes just in time is not late.
    fn poll_in_time(
        &mut self,
        client: &mut Stream,
        clock: &Clock,
        block: &mut BytesMut,
        cx: &mut Context<'_>,
    ) -> (Carried, Poll<Reason>) {
        let outcome = self.poll_flows(client, block, cx);
        let (up, down) = (self.up.take_moved(), self.down.take_moved());
        if up.read + up.written + down.read + down.written > 0 {
            clock.tunnel_moved();
        }
        if down.written > 0 {
            clock.response_taken();
        }
        if self.down.is_stuck() {
            clock.response_stuck();
        }
        self.look_again = self.has_unread_side().then(|| clock.now() + LOOK);
        let ended = match outcome {
            Poll::Ready(Ok(())) => Poll::Ready(Reason::Ok),
            Poll::Ready(Err(Side::Client)) => Poll::Ready(Reason::ClientClosed),
            Poll::Ready(Err(Side::Backend)) => Poll::Ready(Reason::UpstreamReset),
            Poll::Pending => clock.expired().map_or(Poll::Pending, Poll::Ready),
        };
        (Carried { brought: up.read, taken: down.written }, ended)
    }

    /// Whether a side may be gone without anybody reading that.
    fn has_unread_side(&self) -> bool {
        [&self.up, &self.down].iter().any(|flow| flow.is_stuck() || flow.has_ended())
    }

    /// Which side is gone, of those from which nothing is read.
    fn unseen(&self, client: &Stream) -> Option<Side> {
        let is_unread = |flow: &Flow| flow.is_stuck() || flow.has_ended();
        if is_unread(&self.up) && client.has_failed() {
            return Some(Side::Client);
        }
        (is_unread(&self.down) && self.backend.has_failed()).then_some(Side::Backend)
    }
}

impl Tunnel for TwoWay {
    fn token(&self) -> &'static str {
        self.token
    }

    fn begin(&mut self, early: &[u8]) {
        self.up.put_first(early);
    }

    fn poll(&mut self, client: Client<'_>, cx: &mut Context<'_>) -> Poll<Reason> {
        let Client { stream, exchange, account } = client;
        let (carried, ended) = {
            let mut block = exchange.worker().read_block_of(READ_AHEAD);
            self.poll_in_time(stream, exchange.clock(), &mut block, cx)
        };
        account.tunnelled(carried.brought, carried.taken);
        ended
    }

    fn look_again(&self) -> Option<Instant> {
        self.look_again
    }
}

impl Drop for TwoWay {
    fn drop(&mut self) {
        if !self.has_ended {
            self.backend.reset_at_end();
        }
    }
}

#[cfg(test)]
mod tests;
