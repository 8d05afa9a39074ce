//! A socket of TCP, or of this machine.
//!
//! Reading, writing and shutting down are the same system calls for both; the kernel knows which it is. So both are held as one, and
//! whoever uses no socket of this machine pays for none: not even a branch on the path of a request.

use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use bytes::{BufMut as _, BytesMut};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;

use super::Ended;

/// Bytes that the kernel takes for a peer which has not been sent what came before: beyond them a socket is not
/// writable. So what a socket takes is what its peer takes, give or take this much, and not what fits into a send buffer
/// of megabytes.
pub(crate) const UNSENT: u32 = 64 * 1024;

/// A socket of either kind.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: TcpStream,
    /// Something may have come of which the runtime knows no more.
    is_held: bool,
}

impl Socket {
    /// Of TCP; it sends at once what is written. What it holds beyond what is sent (`TCP_NOTSENT_LOWAT`, tcp(7)) is up to
    /// who opened it: accepted ones have it from their listener.
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        // A failure here means that the peer is gone already; reading will say so.
        let _ = stream.set_nodelay(true);
        Self { socket: stream, is_held: false }
    }

    /// Of a socket of this machine, which must not block.
    pub(crate) fn unix(stream: UnixStream) -> io::Result<Self> {
        SockRef::from(&stream).set_send_buffer_size(UNSENT as usize)?;
        let socket = TcpStream::from_std(OwnedFd::from(stream).into())?;
        Ok(Self { socket, is_held: false })
    }

    /// Its address here; a socket of this machine has none.
    pub(crate) fn local_address(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    /// What has come, which stays where it is. Waits for something; 0 if nothing will come any more.
    pub(crate) async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.peek(buffer).await
    }

    /// The same for a task that waits for other things, too. What has been seen before is ready again.
    #[cfg(feature = "http2")]
    pub(crate) fn poll_peek(
        &self,
        buffer: &mut ReadBuf<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_peek(cx, buffer)
    }

    /// Whether the runtime knows of nothing that has come, be it the end. It costs one look, and nobody is woken for it.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        !self.is_held && self.socket.try_io(Interest::READABLE, || Ok(())).is_err()
    }

    /// Ready when something has come, be it the end.
    #[inline]
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_held { Poll::Ready(Ok(())) } else { self.socket.poll_read_ready(cx) }
    }

    /// Ready when its peer has ended it, whatever has come in front of that, which stays where it is. No system call: the kernel says
    /// so with all else that it tells of a socket (`EPOLLRDHUP`, epoll_ctl(2)).
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        loop {
            if ready!(self.socket.poll_read_ready(cx)).is_err() {
                return Poll::Ready(Ended::Reset);
            }
            let known = pin!(self.socket.ready(Interest::READABLE | Interest::WRITABLE));
            match known.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(known)) if known.is_write_closed() => return Poll::Ready(Ended::Reset),
                Poll::Ready(Ok(known)) if known.is_read_closed() => return Poll::Ready(Ended::Finished),
                Poll::Ready(Err(_)) => return Poll::Ready(Ended::Reset),
                Poll::Ready(Ok(_)) | Poll::Pending => {}
            }
            // The runtime tells of what comes next only if it has forgotten what is there.
            self.is_held = true;
            self.forget(Interest::READABLE);
        }
    }

    /// Has the runtime forget what it knows, until the kernel tells it anew.
    fn forget(&self, known: Interest) {
        let _ = self.socket.try_io(known, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
    }

    /// Reads what has come behind what is in `block`, at most so many bytes; their number, 0 at the end.
    pub(crate) fn poll_read_into(
        &mut self,
        block: &mut BytesMut,
        most: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut room = (&mut *block).limit(most);
        if self.is_held {
            return pin!(self.read_buf(&mut room)).poll(cx);
        }
        loop {
            // Who reads on and on has the others run in between.
            let budget = ready!(coop::poll_proceed(cx));
            let most = room.chunk_mut().len();
            match self.socket.try_read_buf(&mut room) {
                Ok(count) => {
                    budget.made_progress();
                    // Less than there is room for is all.
                    if (1..most).contains(&count) {
                        self.forget(Interest::READABLE);
                    }
                    return Poll::Ready(Ok(count));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            drop(budget);
            ready!(self.socket.poll_read_ready(cx))?;
        }
    }

    /// Reads what the runtime was made to forget, if there is anything.
    #[cold]
    fn read_held(&mut self, buffer: &mut ReadBuf<'_>) -> Option<io::Result<()>> {
        let room = buffer.initialize_unfilled();
        let most = room.len();
        match (&*SockRef::from(&self.socket)).read(room) {
            Ok(count) => {
                // Less than there is room for is all.
                self.is_held = count == most;
                buffer.advance(count);
                Some(Ok(()))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_held = false;
                None
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// Whether its peer has closed it or said something, as the kernel knows now: one system call. What the runtime knows is as old
    /// as its last look at all sockets.
    pub(crate) fn has_come(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        let seen = SockRef::from(&self.socket).peek(&mut byte);
        !matches!(seen, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Whether its peer has reset it, as the kernel knows, although nobody reads or writes: one system call. It is told once.
    pub(crate) fn has_failed(&self) -> bool {
        !matches!(self.socket.take_error(), Ok(None))
    }

    /// Has it reset its connection when it is dropped. A socket of this machine cannot: its end is the same whatever it stands for.
    pub(crate) fn reset_at_end(&self) {
        // One that is gone already is as good.
        let _ = self.socket.set_zero_linger();
    }
}

impl AsyncRead for Socket {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_held
            && let Some(read) = self.read_held(buffer)
        {
            return Poll::Ready(read);
        }
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    /// Mostly there is room, and then nobody need be woken. Such a write costs nothing of tokio's cooperative budget, which is
    /// for what goes on and on: whoever does that reads, too.
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.socket.try_write(bytes) {
            Ok(count) => {
                // What took less than it was given is full.
                if count < bytes.len() {
                    self.forget(Interest::WRITABLE);
                }
                Poll::Ready(Ok(count))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Pin::new(&mut self.socket).poll_write(cx, bytes)
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::net::Shutdown;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    fn pair() -> (Socket, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Socket::unix(ours).unwrap(), theirs)
    }

    async fn read(ours: &mut Socket, most: usize, block: &mut BytesMut) -> usize {
        block.reserve(most);
        poll_fn(|cx| ours.poll_read_into(block, most, cx)).await.unwrap()
    }

    #[test]
    fn no_more_is_read_than_was_asked_for_and_none_of_it_is_lost() {
        run(async {
            let (mut ours, mut theirs) = pair();
            io::Write::write_all(&mut theirs, b"three").unwrap();
            let mut all = BytesMut::new();
            // The second fills what there is room for: only the third can find that it was all.
            assert_eq!([read(&mut ours, 3, &mut all).await, read(&mut ours, 2, &mut all).await], [3, 2]);
            {
                let mut next = pin!(read(&mut ours, 8, &mut all));
                assert!(poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await);
                io::Write::write_all(&mut theirs, b"x").unwrap();
                assert_eq!(next.await, 1);
            }
            drop(theirs);
            assert_eq!(read(&mut ours, 8, &mut all).await, 0);
            assert_eq!(all, "threex");
        });
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
                let mut look = |ours: &mut Socket| {
                    Pin::new(ours).poll_read(&mut cx, &mut ReadBuf::new(&mut byte)).is_ready()
                };
                ours.socket.writable().await.unwrap();
                assert!(!look(&mut ours) && !ours.has_come());
                io::Write::write_all(&mut theirs, farewell).unwrap();
                drop(theirs);
                assert!(!look(&mut ours), "nobody has asked the kernel");
                assert!(ours.has_come());
            }
        });
    }

    #[test]
    fn an_end_is_seen_behind_what_was_not_read_and_nothing_is_lost_of_that() {
        for (farewell, room) in [(4, 4096), (4096, 4096), (5000, 4096), (20_000, 300)] {
            run(async {
                let (mut ours, mut theirs) = pair();
                let sent: Vec<u8> = (0..farewell).map(|place| place as u8).collect();
                let unread = &sent[..farewell / 2];
                io::Write::write_all(&mut theirs, unread).unwrap();
                poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
                let mut noop = Context::from_waker(Waker::noop());
                assert!(
                    ours.poll_ended(&mut noop).is_pending() && ours.poll_read_ready(&mut noop).is_ready()
                );
                let rest = sent[farewell / 2..].to_vec();
                let ended = tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    io::Write::write_all(&mut theirs, &rest).unwrap();
                    theirs.shutdown(Shutdown::Write).unwrap();
                    theirs
                });
                assert_eq!(poll_fn(|cx| ours.poll_ended(cx)).await, Ended::Finished);
                let mut all = BytesMut::new();
                while read(&mut ours, room, &mut all).await > 0 {}
                assert!(all == sent, "{} of {farewell}", all.len());
                drop(ended.await);
                while poll_fn(|cx| ours.poll_ended(cx)).await != Ended::Reset {
                    tokio::task::yield_now().await;
                }
            });
        }
    }

    #[test]
    fn what_comes_behind_what_was_held_is_waited_for() {
        run(async {
            let (mut ours, mut theirs) = pair();
            io::Write::write_all(&mut theirs, b"one").unwrap();
            poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
            assert!(ours.poll_ended(&mut Context::from_waker(Waker::noop())).is_pending());
            let mut all = BytesMut::new();
            assert_eq!(read(&mut ours, 16, &mut all).await, 3);
            let writing = tokio::spawn(async move {
                io::Write::write_all(&mut theirs, b"two!").unwrap();
                theirs
            });
            assert_eq!(read(&mut ours, 16, &mut all).await, 4);
            assert_eq!(all, "onetwo!");
            drop(writing.await);
        });
    }

    #[test]
    fn it_takes_about_as_much_as_its_peer() {
        run(async {
            let (mut ours, mut theirs) = pair();
            let block = [0; 4096];
            ours.socket.writable().await.unwrap();
            let mut taken = 0;
            while let Ok(written) = ours.socket.try_write(&block) {
                taken += written;
            }
            assert!((1..=4 * UNSENT as usize).contains(&taken), "{taken}");
            // What was full goes on when there is room.
            io::Read::read_exact(&mut theirs, &mut vec![0; taken]).unwrap();
            assert!(ours.write(&block).await.unwrap() > 0);
        });
    }
}
