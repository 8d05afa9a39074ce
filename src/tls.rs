//! TLS over a socket, for either side: a layer of which everything that goes in and comes out is plain.
//!
//! What is written counts as taken when the socket has all of what became of it, so nothing waits here that nobody knows of. An end
//! that the peer has not said is an error, and whoever is cut off here is told of no end either.

use std::fmt;
use std::io::{self, BufRead as _, IoSlice, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::BytesMut;
use rustls::server::ServerConnectionData;
use rustls::{ConnectionCommon, ServerConnection, SideData};
use tokio::io::AsyncWrite as _;

use crate::stream::{Layer, Socket};

/// What is read of a socket at a time: a record of any length.
const PIECE: usize = 17 * 1024;

/// One side of a connection, as rustls has it.
pub(crate) trait Side {
    /// What only this side has.
    type Data: SideData;

    /// What both have.
    fn common(&self) -> &ConnectionCommon<Self::Data>;

    /// The same.
    fn common_mut(&mut self) -> &mut ConnectionCommon<Self::Data>;
}

impl Side for ServerConnection {
    type Data = ServerConnectionData;

    fn common(&self) -> &ConnectionCommon<ServerConnectionData> {
        self
    }

    fn common_mut(&mut self) -> &mut ConnectionCommon<ServerConnectionData> {
        self
    }
}

/// A connection over its socket.
pub(crate) struct Secured<S: Side> {
    socket: Socket,
    side: S,
    /// What has come and does not fit into what waits to be read.
    ahead: Vec<u8>,
    /// Bytes that wait to be read.
    unread: usize,
    /// What the bytes that wait for the socket were made of, while nobody has been told that they were taken.
    owed: usize,
    heard: Heard,
    end: End,
}

/// What the peer has said of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// It is over, in due form or not; what has come before may not be read yet.
    TheEnd,
    /// What cannot be read. Nothing is behind it.
    Nonsense,
}

/// How this side ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// In due form, as long as nothing else is said.
    Due,
    /// The peer has been told, or is about to be.
    Said,
    /// By a reset.
    Reset,
}

impl<S: Side> fmt::Debug for Secured<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secured").field("socket", &self.socket).finish_non_exhaustive()
    }
}

/// The socket as rustls writes to it.
struct Out<'a, 'c>(&'a mut Socket, &'a mut Context<'c>);

impl io::Write for Out<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        at_once(Pin::new(&mut *self.0).poll_write(self.1, bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        at_once(match slices {
            [only] => Pin::new(&mut *self.0).poll_write(self.1, only),
            slices => Pin::new(&mut *self.0).poll_write_vectored(self.1, slices),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn at_once<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(done) => done,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}

impl<S: Side> Secured<S> {
    /// Nothing of the connection has been said or heard.
    pub(crate) fn new(socket: Socket, side: S) -> Self {
        let (heard, end) = (Heard::Nothing, End::Due);
        Self { socket, side, ahead: Vec::new(), unread: 0, owed: 0, heard, end }
    }

    pub(crate) fn side(&self) -> &S {
        &self.side
    }

    /// Shakes hands. All that this side has to say is out then; what the peer has said beyond is kept.
    pub(crate) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        loop {
            ready!(self.poll_out(cx)).map_err(|_| Failure::Ended)?;
            if !self.side.common().is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            // Who says nothing takes no memory for what he might say.
            ready!(self.socket.poll_read_ready(cx)).map_err(|_| Failure::Ended)?;
            let mut block = BytesMut::with_capacity(PIECE);
            if let Ok(0) | Err(_) = ready!(self.socket.poll_read_into(&mut block, PIECE, cx)) {
                return Poll::Ready(Err(Failure::Ended));
            }
            if let Err(error) = self.take_in(&block) {
                // The alert that says why; a peer that does not take it at once has to do without.
                let _ = self.poll_out(cx);
                return Poll::Ready(Err(Failure::Refused(error)));
            }
        }
    }

    /// Writes what waits for the socket; ready when nothing does.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.side.common().wants_write() {
            match self.side.common_mut().write_tls(&mut Out(&mut self.socket, cx)) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes in what has come of the socket; nothing at its end.
    fn take_in(&mut self, mut come: &[u8]) -> Result<(), rustls::Error> {
        loop {
            let is_end = come.is_empty();
            match self.side.common_mut().read_tls(&mut come) {
                Ok(0) if !is_end => come = &[],
                Ok(_) => {}
                // What waits to be read is read first.
                Err(_) => {
                    self.ahead = come.to_vec();
                    return Ok(());
                }
            }
            let state = self.side.common_mut().process_new_packets()?;
            self.unread = state.plaintext_bytes_to_read();
            if is_end || state.peer_has_closed() {
                self.heard = Heard::TheEnd;
            }
            if come.is_empty() {
                return Ok(());
            }
        }
    }

    /// The same, of an exchange under way.
    fn take_more(&mut self, come: &[u8], cx: &mut Context<'_>) -> io::Result<()> {
        self.take_in(come).map_err(|error| {
            self.heard = Heard::Nonsense;
            let _ = self.poll_out(cx);
            io::Error::new(io::ErrorKind::InvalidData, error)
        })
    }

    /// Reads what waits; `None` if nothing does, and more may come.
    fn take_out(&mut self, block: &mut BytesMut, most: usize) -> io::Result<Option<usize>> {
        let room = (block.capacity() - block.len()).clamp(1, most.max(1));
        let mut reader = self.side.common_mut().reader();
        let mut count = 0;
        while count < room {
            let chunk = match reader.fill_buf() {
                Ok([]) => break,
                Ok(chunk) => &chunk[..chunk.len().min(room - count)],
                Err(error) if count > 0 || error.kind() == io::ErrorKind::WouldBlock => {
                    self.unread -= count;
                    return Ok((count > 0).then_some(count));
                }
                Err(error) => return Err(error),
            };
            block.extend_from_slice(chunk);
            count += chunk.len();
            let taken = chunk.len();
            reader.consume(taken);
        }
        self.unread -= count;
        Ok(Some(count))
    }

    fn has_some(&self) -> bool {
        self.unread > 0 || !self.ahead.is_empty() || self.heard != Heard::Nothing
    }
}

/// Why two sides have not come to terms.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The connection has ended.
    Ended,
    /// One of the two refuses the other.
    Refused(rustls::Error),
}

impl<S: Side> Layer for Secured<S> {
    fn socket(&self) -> &Socket {
        &self.socket
    }

    fn socket_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }

    fn is_quiet(&self) -> bool {
        !self.has_some() && self.socket.is_quiet()
    }

    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.has_some() { Poll::Ready(Ok(())) } else { self.socket.poll_read_ready(cx) }
    }

    /// What is read of the socket is in `block` until it is taken in: no memory of its own is needed for it.
    fn poll_read_into(
        &mut self,
        block: &mut BytesMut,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.heard == Heard::Nonsense {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            if let Some(count) = self.take_out(block, most)? {
                return Poll::Ready(Ok(count));
            }
            if !self.ahead.is_empty() {
                let ahead = std::mem::take(&mut self.ahead);
                self.take_more(&ahead, cx)?;
                continue;
            }
            let start = block.len();
            ready!(self.socket.poll_read_into(block, PIECE, cx))?;
            let taken = self.take_more(&block[start..], cx);
            block.truncate(start);
            taken?;
        }
    }

    fn has_come(&self) -> bool {
        self.has_some() || self.socket.has_come()
    }

    fn poll_write(&mut self, slices: &[IoSlice<'_>], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(self.poll_out(cx))?;
        if self.owed == 0 {
            self.owed = self.side.common_mut().writer().write_vectored(slices)?;
            ready!(self.poll_out(cx))?;
        }
        let taken = std::mem::take(&mut self.owed);
        // Who writes something else than before would lose what was between.
        let offered = slices.iter().map(|slice| slice.len()).sum();
        Poll::Ready(if taken <= offered { Ok(taken) } else { Err(io::ErrorKind::InvalidInput.into()) })
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.end == End::Due {
            self.side.common_mut().send_close_notify();
            self.end = End::Said;
        }
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }

    fn reset_at_end(&mut self) {
        self.end = End::Reset;
        self.socket.reset_at_end();
    }
}

impl<S: Side> Drop for Secured<S> {
    /// Who has sent all that there was says so, if the socket takes it at once. To whom something is missing nothing is said.
    fn drop(&mut self) {
        let side = self.side.common_mut();
        if self.end == End::Due && !side.is_handshaking() && !side.wants_write() {
            side.send_close_notify();
            let _ = self.poll_out(&mut Context::from_waker(Waker::noop()));
        }
    }
}

#[cfg(test)]
mod tests;
