//! What may be between a socket and whoever reads and writes: it makes something else of the bytes, both ways.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::BytesMut;
use tokio::io::ReadBuf;
use tokio::task::coop;

use super::Socket;

/// Room for a piece of what comes, as long as a layer makes them.
const PIECE: usize = 17 * 1024;

/// A layer over a socket of its own. Each step means what it means of a socket (see [`super::Stream`]), for what comes out of the layer.
pub(crate) trait Layer: fmt::Debug {
    /// What is below it.
    fn socket(&self) -> &Socket;

    /// The same.
    fn socket_mut(&mut self) -> &mut Socket;

    /// Whether neither it nor the socket has anything, as far as is known.
    fn is_quiet(&self) -> bool;

    /// Ready when something may have come.
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads. 0 is the end as the peer has said it; if the connection just ends, that is an error: somebody may have cut it.
    fn poll_read_into(
        &mut self,
        block: &mut BytesMut,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>>;

    /// Whether something has come, or the end, as the kernel knows.
    fn has_come(&self) -> bool;

    /// Writes. What it says to have taken the socket has taken, whatever the layer has made of it. While it is pending, the same bytes
    /// are written again.
    fn poll_write(&mut self, slices: &[IoSlice<'_>], cx: &mut Context<'_>) -> Poll<io::Result<usize>>;

    /// Says that nothing more comes.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// From now on its end is a reset, and not one in due form.
    fn reset_at_end(&mut self);
}

/// Reads into memory that is no block.
pub(super) fn poll_read(
    layer: &mut dyn Layer,
    buffer: &mut ReadBuf<'_>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    // Mostly nothing has come, and then no memory is needed.
    ready!(layer.poll_read_ready(cx))?;
    let mut block = BytesMut::with_capacity(PIECE);
    ready!(layer.poll_read_into(&mut block, buffer.remaining(), cx))?;
    buffer.put_slice(&block);
    Poll::Ready(Ok(()))
}

/// Whether nothing comes out of it. What has come in the socket may have been for the layer alone, which only reading shows. Nobody is
/// woken, and no budget is asked.
pub(super) fn is_silent(layer: &mut dyn Layer) -> bool {
    let mut block = BytesMut::with_capacity(PIECE);
    let read = coop::unconstrained(poll_fn(|cx| layer.poll_read_into(&mut block, 1, cx)));
    pin!(read).poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::pin::Pin;

    use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

    use super::*;
    use crate::stream::{Ended, Stream};

    /// Turns every bit around. What it has turned of a write waits in front of the socket; its end is an exclamation mark.
    #[derive(Debug)]
    struct Turning {
        socket: Socket,
        waiting: Vec<u8>,
        /// How much was taken for it.
        taken: usize,
        has_ended: bool,
    }

    const END: u8 = !b'!';

    impl Turning {
        fn over(stream: Stream) -> Stream {
            let socket = stream.into_socket().unwrap();
            Stream::layered(Box::new(Self { socket, waiting: Vec::new(), taken: 0, has_ended: false }))
        }

        fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            while !self.waiting.is_empty() {
                let count = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.waiting))?;
                self.waiting.drain(..count);
            }
            Poll::Ready(Ok(()))
        }
    }

    impl Layer for Turning {
        fn socket(&self) -> &Socket {
            &self.socket
        }
        fn socket_mut(&mut self) -> &mut Socket {
            &mut self.socket
        }
        fn is_quiet(&self) -> bool {
            self.socket.is_quiet()
        }
        fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            self.socket.poll_read_ready(cx)
        }
        fn poll_read_into(
            &mut self,
            block: &mut BytesMut,
            most: usize,
            cx: &mut Context<'_>,
        ) -> Poll<io::Result<usize>> {
            let start = block.len();
            let mut count = ready!(self.socket.poll_read_into(block, most, cx))?;
            self.has_ended |= block.last() == Some(&END) && count > 0;
            if self.has_ended && count > 0 {
                block.truncate(block.len() - 1);
                count -= 1;
            }
            block[start..].iter_mut().for_each(|byte| *byte = !*byte);
            let is_cut = count == 0 && !self.has_ended;
            Poll::Ready(if is_cut { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) })
        }
        fn has_come(&self) -> bool {
            self.socket.has_come()
        }
        fn poll_write(&mut self, slices: &[IoSlice<'_>], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
            if self.taken == 0 {
                self.waiting = slices.iter().flat_map(|slice| slice.iter()).map(|byte| !byte).collect();
                self.taken = self.waiting.len();
            }
            ready!(self.poll_out(cx))?;
            Poll::Ready(Ok(std::mem::take(&mut self.taken)))
        }
        fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            ready!(self.poll_out(cx))?;
            self.waiting.push(END);
            ready!(self.poll_out(cx))?;
            Pin::new(&mut self.socket).poll_shutdown(cx)
        }
        fn reset_at_end(&mut self) {
            self.socket.reset_at_end();
        }
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    fn pair() -> (Stream, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Turning::over(Stream::unix(ours).unwrap()), theirs)
    }

    fn turned(text: &[u8]) -> Vec<u8> {
        text.iter().map(|byte| !byte).collect()
    }

    #[test]
    fn what_is_read_and_written_goes_through_it() {
        run(async {
            let (mut ours, mut theirs) = pair();
            assert!(ours.peek(&mut [0; 1]).await.is_err(), "what is below is nobody's business");
            assert!(ours.is_quiet() && !ours.has_come());
            theirs.write_all(&turned(b"one, two")).unwrap();
            let mut first = [0; 4];
            ours.read_exact(&mut first).await.unwrap();
            let mut rest = BytesMut::with_capacity(64);
            assert_eq!(poll_fn(|cx| ours.poll_read_into(&mut rest, 64, cx)).await.unwrap(), 4);
            assert_eq!((&first[..], &rest[..]), (&b"one,"[..], &b" two"[..]));
            assert!(ours.poll_read_ready(&mut Context::from_waker(Waker::noop())).is_pending());

            ours.write_all(b"three").await.unwrap();
            let slices = [IoSlice::new(b", "), IoSlice::new(b"four")];
            assert_eq!(ours.write_vectored(&slices).await.unwrap(), 6);
            ours.shutdown().await.unwrap();
            let mut come = Vec::new();
            theirs.read_to_end(&mut come).unwrap();
            assert_eq!(turned(&come), b"three, four!");

            theirs.write_all(&[END]).unwrap();
            assert_eq!(ours.read(&mut first).await.unwrap(), 0, "an end that was said");
            drop(theirs);
            assert_eq!(poll_fn(|cx| ours.poll_ended(cx)).await, Ended::Reset);
        });
    }

    #[test]
    fn what_has_come_is_what_comes_out_of_it() {
        run(async {
            let (mut ours, mut theirs) = pair();
            assert!(ours.is_silent());
            theirs.write_all(&turned(b"x")).unwrap();
            poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
            assert!(!ours.is_silent());
            // That was all of it, although the socket is still thought to have more.
            assert!(!ours.is_quiet() && ours.is_silent());
        });
    }

    #[test]
    fn a_write_is_taken_when_the_socket_has_it_and_an_end_that_nobody_has_said_is_none() {
        run(async {
            let (mut ours, mut theirs) = pair();
            let much = vec![b'x'; 1 << 20];
            let mut noop = Context::from_waker(Waker::noop());
            assert!(Pin::new(&mut ours).poll_write(&mut noop, &much).is_pending());
            let reading = std::thread::spawn(move || {
                let mut come = vec![0; 1 << 20];
                theirs.read_exact(&mut come).unwrap();
                assert!(come.iter().all(|byte| *byte == !b'x'));
            });
            assert_eq!(ours.write(&much).await.unwrap(), much.len());
            reading.join().unwrap();
            let cut = ours.read(&mut [0; 1]).await.unwrap_err();
            assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        });
    }
}
