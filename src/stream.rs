//! A connection to a peer, be it a client or a backend: a socket, or what a layer makes of one.
//!
//! Sockets are by far the most, so theirs is the code on the path of a request, behind one look at which it is. A layer is behind a
//! trait, and made by its door alone: a gateway without one has none of its code.

mod layer;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

pub(crate) use self::layer::Layer;
pub(crate) use self::socket::{Socket, UNSENT};

/// A stream of any kind.
#[derive(Debug)]
pub struct Stream(Carrier);

/// What carries it.
#[derive(Debug)]
enum Carrier {
    Socket(Socket),
    Layered(Box<dyn Layer>),
}

use Carrier::Layered;

/// What layers do is kept out of the way of sockets.
#[cold]
#[inline(never)]
fn seldom<R>(step: impl FnOnce() -> R) -> R {
    step()
}

/// How a peer has ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It sends no more, and may still listen.
    Finished,
    /// It is gone.
    Reset,
}

impl Stream {
    /// As [`Socket::tcp`].
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self(Carrier::Socket(Socket::tcp(stream)))
    }

    /// As [`Socket::unix`].
    pub(crate) fn unix(stream: UnixStream) -> io::Result<Self> {
        Socket::unix(stream).map(|socket| Self(Carrier::Socket(socket)))
    }

    /// What a layer makes of a socket.
    #[cfg_attr(not(test), allow(dead_code, reason = "what has a layer is a feature of the library"))]
    pub(crate) fn layered(layer: Box<dyn Layer>) -> Self {
        Self(Layered(layer))
    }

    /// The socket, if there is nothing in front of it.
    #[cfg_attr(not(test), allow(dead_code, reason = "what has a layer is a feature of the library"))]
    pub(crate) fn into_socket(self) -> Option<Socket> {
        match self.0 {
            Carrier::Socket(socket) => Some(socket),
            Layered(_) => None,
        }
    }

    /// Its address here; a socket of this machine has none.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        match &self.0 {
            Carrier::Socket(socket) => socket.local_address(),
            Layered(layer) => layer.socket().local_address(),
        }
    }

    /// What has come, which stays where it is. Waits for something; 0 if nothing will come any more.
    pub(crate) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.0 {
            Carrier::Socket(socket) => socket.peek(buffer).await,
            // What is in the socket is no business of who reads here.
            Layered(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// The same for a task that waits for other things, too. What has been seen before is ready again.
    #[cfg(feature = "http2")]
    pub(crate) fn poll_peek(
        &self,
        buffer: &mut ReadBuf<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match &self.0 {
            Carrier::Socket(socket) => socket.poll_peek(buffer, cx),
            Layered(_) => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }

    /// Whether nothing has come as far as is known, be it the end. It costs one look, and nobody is woken for it.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        match &self.0 {
            Carrier::Socket(socket) => socket.is_quiet(),
            Layered(layer) => seldom(|| layer.is_quiet()),
        }
    }

    /// The same, but where something may have come it is looked at, and gone if it was something. Who decides by it whether a connection
    /// is good asks this: a look that waits is refused to a task which has used up its budget, as if nothing had come.
    #[inline]
    pub(crate) fn is_silent(&mut self) -> bool {
        match &mut self.0 {
            Carrier::Socket(socket) => socket.is_quiet() || !socket.has_come(),
            Layered(layer) => seldom(|| layer.is_quiet() || layer::is_silent(&mut **layer)),
        }
    }

    /// Ready when something may have come, be it the end.
    #[inline]
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.0 {
            Carrier::Socket(socket) => socket.poll_read_ready(cx),
            Layered(layer) => seldom(|| layer.poll_read_ready(cx)),
        }
    }

    /// Ready when its peer has ended the connection, whatever has come in front of that, which is still read.
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        match &mut self.0 {
            Carrier::Socket(socket) => socket.poll_ended(cx),
            Layered(layer) => seldom(|| layer.socket_mut().poll_ended(cx)),
        }
    }

    /// Reads what has come behind what is in `block`, at most so many bytes; their number, 0 at the end. An end that a layer knows to
    /// be none is an error.
    #[inline]
    pub(crate) fn poll_read_into(
        &mut self,
        block: &mut BytesMut,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Carrier::Socket(socket) => socket.poll_read_into(block, most, cx),
            Layered(layer) => seldom(|| layer.poll_read_into(block, most, cx)),
        }
    }

    /// Whether its peer has closed it or said something, as the kernel knows now: one system call. What the runtime knows is as old
    /// as its last look at all sockets.
    pub(crate) fn has_come(&self) -> bool {
        match &self.0 {
            Carrier::Socket(socket) => socket.has_come(),
            Layered(layer) => seldom(|| layer.has_come()),
        }
    }

    /// Whether its peer has reset it, as the kernel knows, although nobody reads or writes: one system call. It is told once.
    pub(crate) fn has_failed(&self) -> bool {
        match &self.0 {
            Carrier::Socket(socket) => socket.has_failed(),
            Layered(layer) => seldom(|| layer.socket().has_failed()),
        }
    }

    /// Has it reset its connection when it is dropped. A socket of this machine cannot: its end is the same whatever it stands for.
    pub(crate) fn reset_at_end(&mut self) {
        match &mut self.0 {
            Carrier::Socket(socket) => socket.reset_at_end(),
            Layered(layer) => seldom(|| layer.reset_at_end()),
        }
    }
}

impl AsyncRead for Stream {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Carrier::Socket(socket) => Pin::new(socket).poll_read(cx, buffer),
            Layered(layer) => seldom(|| layer::poll_read(&mut **layer, buffer, cx)),
        }
    }
}

/// Who is told that a write has to wait begins the next one with the same bytes: a layer may have made something of them already.
impl AsyncWrite for Stream {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Carrier::Socket(socket) => Pin::new(socket).poll_write(cx, bytes),
            Layered(layer) => seldom(|| layer.poll_write(&[io::IoSlice::new(bytes)], cx)),
        }
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Carrier::Socket(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Layered(layer) => seldom(|| layer.poll_write(slices, cx)),
        }
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        true
    }

    /// What was taken is out: no carrier keeps anything back.
    #[inline]
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Carrier::Socket(socket) => Pin::new(socket).poll_shutdown(cx),
            Layered(layer) => seldom(|| layer.poll_shutdown(cx)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Write;
    use std::pin::pin;

    use tokio::io::AsyncReadExt;
    use tokio::task::coop;

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    fn pair() -> (Stream, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Stream::unix(ours).unwrap(), theirs)
    }

    #[test]
    fn a_task_that_has_used_up_its_budget_sees_what_has_come() {
        for farewell in [&b""[..], b"unasked"] {
            run(async {
                let (mut ours, mut theirs) = pair();
                assert!(ours.is_silent());
                theirs.write_all(farewell).unwrap();
                drop(theirs);
                poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
                let mut turns = 0;
                poll_fn(|cx| {
                    turns += 1;
                    if turns == 2 {
                        return Poll::Ready(());
                    }
                    while coop::has_budget_remaining() {
                        let _ = pin!(coop::consume_budget()).poll(cx);
                    }
                    assert!(ours.poll_read_ready(cx).is_pending(), "it is refused a look");
                    assert!(!ours.is_silent());
                    Poll::Pending
                })
                .await;
            });
        }
    }

    #[test]
    fn what_is_only_supposed_to_have_come_is_nothing() {
        run(async {
            let (mut ours, mut theirs) = pair();
            theirs.write_all(b"all").unwrap();
            // It fills what there is room for, so that nobody has seen that there is no more.
            ours.read_exact(&mut [0; 3]).await.unwrap();
            assert!(!ours.is_quiet() && ours.is_silent());
        });
    }
}
