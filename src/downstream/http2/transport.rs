//! The socket of an HTTP/2 connection, as the `h2` crate reads and writes it: what goes by is watched for floods, and for a client that
//! takes nothing.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::{Allowance, Frame, Frames};
use crate::downstream::protocol::PREFACE;
use crate::stream::Stream;

/// What the connection's driver is told by its socket.
#[derive(Debug, Default)]
pub(super) struct Watch {
    flooded: Cell<bool>,
    stuck: Cell<Option<Instant>>,
}

impl Watch {
    /// Whether its client sends too many frames that bring nothing.
    pub(super) fn is_flooded(&self) -> bool {
        self.flooded.get()
    }

    /// Since when it takes nothing of what waits for it.
    pub(super) fn stuck_since(&self) -> Option<Instant> {
        self.stuck.get()
    }
}

/// A client's socket.
#[derive(Debug)]
pub(super) struct Transport {
    stream: Stream,
    coming: Frames,
    going: Frames,
    allowance: Allowance,
    watch: Rc<Watch>,
}

impl Transport {
    pub(super) fn new(stream: Stream, idle_frames: u32, watch: Rc<Watch>) -> Self {
        Self {
            stream,
            coming: Frames::behind(PREFACE.len()),
            going: Frames::default(),
            allowance: Allowance::new(idle_frames),
            watch,
        }
    }

    fn wrote(
        &mut self,
        written: Poll<io::Result<usize>>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Pending if self.watch.stuck.get().is_none() => self.watch.stuck.set(Some(Instant::now())),
            Poll::Pending | Poll::Ready(Err(_)) => {}
            Poll::Ready(Ok(count)) => {
                self.watch.stuck.set(None);
                let mut left = *count;
                for slice in slices {
                    let taken = left.min(slice.len());
                    self.going.pass(&slice[..taken], |frame| {
                        if frame == Frame::Useful {
                            self.allowance.make_up();
                        }
                    });
                    left -= taken;
                }
            }
        }
        written
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.watch.is_flooded() {
            // No more of it is looked at: the driver says so, and ends it.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        let (allowance, mut within) = (&mut this.allowance, true);
        this.coming.pass(&buffer.filled()[before..], |frame| match frame {
            Frame::Useful => allowance.make_up(),
            Frame::Idle => within &= allowance.take(),
        });
        this.watch.flooded.set(!within);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.wrote(written, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.wrote(written, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
