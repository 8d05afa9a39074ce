//! A connection to a peer, be it a client or a backend: a stream of TCP, or of a socket of this machine.
//!
//! Reading, writing and shutting down are the same system calls for both; the kernel knows which it is. So both are held as one, and
//! whoever uses no socket of this machine pays for none: not even a branch on the path of a request.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Bytes that the kernel takes for a peer which has not been sent what came before: beyond them a socket is not
/// writable. So what a socket takes is what its peer takes, give or take this much, and not what fits into a send buffer
/// of megabytes.
pub(crate) const UNSENT: u32 = 64 * 1024;

/// A stream of either kind.
#[derive(Debug)]
pub struct Stream(TcpStream);

impl Stream {
    /// Of TCP; it sends at once what is written. What it holds beyond what is sent (`TCP_NOTSENT_LOWAT`, tcp(7)) is up to
    /// who opened it: accepted ones have it from their listener.
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        // A failure here means that the peer is gone already; reading will say so.
        let _ = stream.set_nodelay(true);
        Self(stream)
    }

    /// Of a socket of this machine, which must not block.
    pub(crate) fn unix(stream: UnixStream) -> io::Result<Self> {
        SockRef::from(&stream).set_send_buffer_size(UNSENT as usize)?;
        TcpStream::from_std(OwnedFd::from(stream).into()).map(Self)
    }

    /// What has come, which stays where it is. Waits for something; 0 if nothing will come any more.
    pub(crate) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.peek(buffer).await
    }

    /// Ready when something has come, be it the end.
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_read_ready(cx)
    }

    /// Whether its peer has closed it or said something, as the kernel knows now: one system call. What the runtime knows is as old
    /// as its last look at all sockets.
    pub(crate) fn has_come(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        let seen = SockRef::from(&self.0).peek(&mut byte);
        !matches!(seen, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Has it reset its connection when it is dropped. A socket of this machine cannot: its end is the same whatever it stands for.
    pub(crate) fn reset_at_end(&self) {
        // One that is gone already is as good.
        let _ = self.0.set_zero_linger();
    }
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Shutdown;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    fn pair() -> (Stream, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Stream::unix(ours).unwrap(), theirs)
    }

    #[test]
    fn a_socket_of_this_machine_is_read_written_and_shut_down() {
        run(async {
            let (mut ours, mut theirs) = pair();
            let slices = [io::IoSlice::new(b"one, "), io::IoSlice::new(b"two")];
            assert_eq!(ours.write_vectored(&slices).await.unwrap(), 8);
            ours.shutdown().await.unwrap();
            let mut text = String::new();
            io::Read::read_to_string(&mut theirs, &mut text).unwrap();
            assert_eq!(text, "one, two");
            // Its end is one in due form, also if it was to be a reset.
            io::Write::write_all(&mut theirs, b"three").unwrap();
            theirs.shutdown(Shutdown::Write).unwrap();
            text.clear();
            ours.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "three");
            ours.reset_at_end();
            drop(ours);
            assert_eq!(io::Read::read(&mut theirs, &mut [0; 1]).unwrap(), 0);
        });
    }

    #[test]
    fn an_end_that_the_runtime_has_not_seen_is_found() {
        run(async {
            for farewell in [&b""[..], b"unasked"] {
                let (mut ours, mut theirs) = pair();
                let mut cx = Context::from_waker(std::task::Waker::noop());
                let mut byte = [0];
                let mut look = |ours: &mut Stream| {
                    Pin::new(ours).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_ready()
                };
                ours.0.writable().await.unwrap();
                assert!(!look(&mut ours) && !ours.has_come());
                io::Write::write_all(&mut theirs, farewell).unwrap();
                drop(theirs);
                assert!(!look(&mut ours), "nobody has asked the kernel");
                assert!(ours.has_come());
            }
        });
    }

    #[test]
    fn it_takes_about_as_much_as_its_peer() {
        run(async {
            let (mut ours, mut theirs) = pair();
            let block = [0; 4096];
            ours.0.writable().await.unwrap();
            let mut taken = 0;
            while let Ok(written) = ours.0.try_write(&block) {
                taken += written;
            }
            assert!((1..=4 * UNSENT as usize).contains(&taken), "{taken}");
            // What was full goes on when there is room.
            io::Read::read_exact(&mut theirs, &mut vec![0; taken]).unwrap();
            assert!(ours.write(&block).await.unwrap() > 0);
        });
    }
}
