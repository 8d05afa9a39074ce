use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::flow::{Broken, Flow, READ_AHEAD};
use super::two_way::{Side, TwoWay};
use super::*;

/// A reader and a source that do what they are told.
struct Script {
    /// What comes of each read: so many bytes, or nothing yet. Then the end.
    reads: Vec<Option<usize>>,
    text: Vec<u8>,
    /// How much is taken of each write. Then everything.
    writes: Vec<usize>,
    taken: Vec<u8>,
    is_shut: bool,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A read of nothing would be the end.
        let most = match self.reads.pop() {
            Some(Some(most)) => most.max(1),
            Some(None) => return Poll::Pending,
            None => usize::MAX,
        };
        let most = most.min(self.text.len()).min(buffer.remaining());
        buffer.put_slice(&self.text[..most]);
        self.text.drain(..most);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        assert!(!self.is_shut, "written behind the end");
        match self.writes.pop() {
            Some(0) => Poll::Pending,
            Some(most) => {
                let most = most.min(bytes.len());
                self.taken.extend_from_slice(&bytes[..most]);
                Poll::Ready(Ok(most))
            }
            None => {
                self.taken.extend_from_slice(bytes);
                Poll::Ready(Ok(bytes.len()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_shut = true;
        Poll::Ready(Ok(()))
    }
}

proptest! {
    /// However it is read and however it is taken: all of it arrives, in its order and once, the end behind it; and what waits is never
    /// more than one read.
    #[test]
    fn what_comes_arrives(
        early in prop::collection::vec(any::<u8>(), 0..40),
        text in prop::collection::vec(any::<u8>(), 0..3 * READ_AHEAD),
        reads in prop::collection::vec(prop::option::of(0..2 * READ_AHEAD), 0..12),
        writes in prop::collection::vec(0..READ_AHEAD, 0..24),
    ) {
        let script = |text, reads, writes| Script { reads, text, writes, taken: Vec::new(), is_shut: false };
        let most_polls = reads.len() + writes.len() + 1;
        let mut source = script(text.clone(), reads, Vec::new());
        let mut reader = script(Vec::new(), Vec::new(), writes);
        let (mut flow, mut block) = (Flow::beginning_with(&early), BytesMut::with_capacity(4 * READ_AHEAD));
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut polls = 0;
        while flow.poll(&mut source, &mut reader, &mut block, &mut cx).is_pending() {
            polls += 1;
            prop_assert!(polls <= most_polls, "it never ends");
            prop_assert!(block.is_empty(), "something stays in the block of all");
            let behind = early.len() + text.len() - source.text.len() - reader.taken.len();
            prop_assert!(behind <= early.len().max(READ_AHEAD) && flow.is_stuck() == (behind > 0));
        }
        prop_assert!(reader.is_shut && flow.has_ended());
        prop_assert_eq!(&reader.taken, &[early.clone(), text.clone()].concat());
        let moved = flow.take_moved();
        prop_assert_eq!((moved.read, moved.written), (text.len() as u64, reader.taken.len() as u64));
    }
}

#[test]
fn a_reader_that_takes_nothing_any_more_is_gone() {
    struct Full;
    impl AsyncWrite for Full {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(0))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let mut block = BytesMut::with_capacity(READ_AHEAD);
    let mut flow = Flow::beginning_with(b"early");
    let broken = flow.poll(&mut &b""[..], &mut Full, &mut block, &mut cx);
    assert_eq!(broken, Poll::Ready(Err(Broken::Reader)));
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limit = Duration::from_secs(20);
    runtime.block_on(async { tokio::time::timeout(limit, test).await.expect("the test hangs") });
}

/// One of ours and the other end of it.
async fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (theirs, ours) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    (Stream::tcp(ours.unwrap().0), theirs.unwrap())
}

/// A tunnel under way.
struct Rig {
    client: Stream,
    tunnel: TwoWay,
    block: BytesMut,
}

impl Rig {
    /// With the two other ends.
    async fn new(early: &'static [u8]) -> (Self, TcpStream, TcpStream) {
        let ((client, browser), (stream, server)) = (pair().await, pair().await);
        let backend = Switched { stream, early: Bytes::from_static(early), in_flight: None };
        let tunnel = TwoWay::new("websocket", backend);
        (Self { client, tunnel, block: BytesMut::with_capacity(4 * READ_AHEAD) }, browser, server)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Side>> {
        self.tunnel.poll_flows(&mut self.client, &mut self.block, cx)
    }

    /// As the driver of a connection does: until it ends, and what is not whole ends by a reset.
    async fn drive(mut self) -> Result<(), Side> {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        let ended = poll_fn(|cx| {
            while tick.poll_tick(cx).is_ready() {}
            self.poll(cx)
        })
        .await;
        if ended.is_err() {
            self.client.reset_at_end();
        }
        ended
    }
}

async fn is_reset(mut stream: TcpStream) -> bool {
    let mut rest = Vec::new();
    matches!(stream.read_to_end(&mut rest).await, Err(error) if error.kind() == io::ErrorKind::ConnectionReset)
}

#[test]
fn an_end_is_passed_on_and_the_other_direction_lives_on() {
    run(async {
        for is_client_first in [true, false] {
            let (mut rig, mut browser, mut server) = Rig::new(b"hello, ").await;
            rig.tunnel.begin(b"early, ");
            let others = async move {
                browser.write_all(b"to the server").await.unwrap();
                server.write_all(b"to the browser").await.unwrap();
                let mut text = vec![0; 20];
                server.read_exact(&mut text).await.unwrap();
                assert_eq!(text, b"early, to the server");
                text.resize(21, 0);
                browser.read_exact(&mut text).await.unwrap();
                assert_eq!(text, b"hello, to the browser");
                let (mut one, mut other) =
                    if is_client_first { (browser, server) } else { (server, browser) };
                one.shutdown().await.unwrap();
                assert_eq!(other.read(&mut text).await.unwrap(), 0);
                // Only one side has ended.
                for _ in 0..3 {
                    other.write_all(b"still here").await.unwrap();
                    one.read_exact(&mut text[..10]).await.unwrap();
                    assert_eq!(&text[..10], b"still here");
                }
                other.shutdown().await.unwrap();
                assert_eq!(one.read(&mut text).await.unwrap(), 0);
            };
            let (ended, ()) = tokio::join!(rig.drive(), others);
            assert_eq!(ended, Ok(()));
        }
    });
}

#[test]
fn a_reset_is_passed_on_as_one() {
    run(async {
        for side in [Side::Client, Side::Backend] {
            for is_half_closed in [false, true] {
                let (rig, mut browser, mut server) = Rig::new(b"").await;
                let others = async move {
                    browser.write_all(b"x").await.unwrap();
                    server.read_exact(&mut [0]).await.unwrap();
                    let (mut one, other) =
                        if side == Side::Client { (browser, server) } else { (server, browser) };
                    if is_half_closed {
                        // Nothing is read from it any more.
                        one.shutdown().await.unwrap();
                        other.readable().await.unwrap();
                    }
                    one.set_zero_linger().unwrap();
                    drop(one);
                    let was_reset = tokio::time::timeout(Duration::from_secs(1), is_reset(other)).await;
                    (was_reset.expect("later than within a second"), is_half_closed)
                };
                let (ended, (was_reset, is_half_closed)) = tokio::join!(rig.drive(), others);
                assert_eq!(ended, Err(side));
                // Whoever has read the end knows no more of it.
                assert!(was_reset || is_half_closed);
            }
        }
    });
}

#[test]
fn a_reader_that_stops_holds_its_source_back_and_its_reset_is_seen() {
    run(async {
        for side in [Side::Client, Side::Backend] {
            let (mut rig, browser, server) = Rig::new(b"").await;
            // The one does not read what the other floods it with.
            let (reader, source) = if side == Side::Client { (server, browser) } else { (browser, server) };
            let block = vec![7; 64 * 1024];
            let mut sent = 0;
            let mut idle = 0;
            while idle < 20 {
                match source.try_write(&block) {
                    Ok(count) => (sent, idle) = (sent + count, 0),
                    Err(_) => idle += 1,
                }
                poll_fn(|cx| {
                    assert!(rig.poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let mut flows = [rig.tunnel.flows().0.clone(), rig.tunnel.flows().1.clone()];
            let moved = flows.iter_mut().map(|flow| flow.take_moved()).find(|moved| moved.read > 0).unwrap();
            assert!(rig.tunnel.has_unread_side() && moved.read < sent as u64);
            assert!((1..=READ_AHEAD as u64).contains(&(moved.read - moved.written)), "{moved:?}");
            // Nothing is read of the source, which goes all the same.
            source.set_zero_linger().unwrap();
            drop(source);
            let ended = tokio::time::timeout(Duration::from_secs(1), rig.drive()).await;
            assert_eq!(ended.expect("later than within a second"), Err(side));
            drop(reader);
        }
    });
}

#[test]
fn what_is_cut_is_no_end() {
    run(async {
        let (rig, browser, server) = Rig::new(b"").await;
        let Rig { client, tunnel, .. } = rig;
        drop(tunnel);
        assert!(is_reset(server).await);
        drop((client, browser));
    });
}

#[test]
fn megabytes_go_through_whole_both_ways_at_once() {
    run(async {
        let (rig, browser, server) = Rig::new(b"").await;
        let text = |of: u8| -> Vec<u8> { (0..3_000_000_u32).map(|place| (place % 251) as u8 ^ of).collect() };
        async fn talk(stream: TcpStream, say: Vec<u8>, hear: Vec<u8>) {
            let (mut read, mut write) = stream.into_split();
            let saying = async {
                write.write_all(&say).await.unwrap();
                write.shutdown().await.unwrap();
            };
            let mut heard = Vec::new();
            let (_, count) = tokio::join!(saying, read.read_to_end(&mut heard));
            assert!(count.unwrap() == hear.len() && heard == hear);
        }
        let (ended, (), ()) =
            tokio::join!(rig.drive(), talk(browser, text(1), text(2)), talk(server, text(2), text(1)));
        assert_eq!(ended, Ok(()));
    });
}
