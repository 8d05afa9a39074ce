//! One direction of a tunnel. What comes is written at once; what its reader does not take is all that is kept, in memory of its
//! own size, and nothing more is read until it has gone. The end of one side is passed on as soon as all before it is.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// What is read at a time: what a reader that stops pins.
pub(super) const READ_AHEAD: usize = 16 * 1024;
/// How often is read in one go. A source that never pauses would have all that the runtime lets a task do at a time, and the other
/// direction nothing.
const TURN: u32 = 16;

/// One direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    /// What the reader has not taken yet.
    waiting: Bytes,
    state: State,
    moved: Moved,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Its source has ended; its reader has not been told.
    Ending,
    Ended,
}

/// How many bytes have moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    /// Out of the source.
    pub(super) read: u64,
    /// Into the reader's socket.
    pub(super) written: u64,
}

/// Which end is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Source,
    Reader,
}

impl Flow {
    /// One with something that has come already.
    pub(super) fn beginning_with(early: &[u8]) -> Self {
        Self { waiting: Bytes::copy_from_slice(early), ..Self::default() }
    }

    /// Something goes ahead of all that comes. It was read by somebody else.
    pub(super) fn put_first(&mut self, early: &[u8]) {
        self.moved.read += early.len() as u64;
        self.waiting = Bytes::copy_from_slice(early);
    }

    /// Whether its reader has to take something before anything more is read.
    pub(super) fn is_stuck(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// What has moved since this was last asked.
    pub(super) fn take_moved(&mut self) -> Moved {
        std::mem::take(&mut self.moved)
    }

    /// Moves what can be moved in a turn, by way of `block`; ready at the end, when the reader has been told of it. If there is more,
    /// the task is woken for its next turn.
    pub(super) fn poll<S, R>(
        &mut self,
        source: &mut S,
        reader: &mut R,
        block: &mut BytesMut,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>>
    where
        S: AsyncRead + Unpin,
        R: AsyncWrite + Unpin,
    {
        let mut turn = TURN;
        loop {
            while self.is_stuck() {
                let taken = ready!(write(reader, &self.waiting, cx))?;
                self.moved.written += taken as u64;
                self.waiting.advance(taken);
            }
            // An empty one holds no memory.
            self.waiting = Bytes::new();
            match self.state {
                State::Open if turn == 0 => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                State::Open => {
                    turn -= 1;
                    block.clear();
                    let come = pin!(source.read_buf(&mut (&mut *block).limit(READ_AHEAD))).poll(cx);
                    match ready!(come) {
                        Ok(0) => self.state = State::Ending,
                        Ok(count) => {
                            self.moved.read += count as u64;
                            let passed = self.pass(reader, block, cx);
                            block.clear();
                            passed?;
                        }
                        Err(_) => return Poll::Ready(Err(Broken::Source)),
                    }
                }
                State::Ending => match ready!(Pin::new(&mut *reader).poll_shutdown(cx)) {
                    Ok(()) => self.state = State::Ended,
                    Err(_) => return Poll::Ready(Err(Broken::Reader)),
                },
                State::Ended => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Writes what has come, and keeps what is not taken.
    fn pass<R: AsyncWrite + Unpin>(
        &mut self,
        reader: &mut R,
        mut come: &[u8],
        cx: &mut Context<'_>,
    ) -> Result<(), Broken> {
        while !come.is_empty() {
            match write(reader, come, cx) {
                Poll::Ready(taken) => {
                    let taken = taken?;
                    self.moved.written += taken as u64;
                    come = &come[taken..];
                }
                Poll::Pending => {
                    self.waiting = Bytes::copy_from_slice(come);
                    break;
                }
            }
        }
        Ok(())
    }
}

fn write<R: AsyncWrite + Unpin>(
    reader: &mut R,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Poll<Result<usize, Broken>> {
    Poll::Ready(match ready!(Pin::new(reader).poll_write(cx, bytes)) {
        Ok(0) | Err(_) => Err(Broken::Reader),
        Ok(taken) => Ok(taken),
    })
}

#[cfg(test)]
mod tests;
