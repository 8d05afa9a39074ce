//! Tunnels over sockets: what ends, what is reset, what is held back, and what the clock makes of it.

use std::future::poll_fn;
use std::io;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::flow::READ_AHEAD;
use super::*;
use crate::exchange::TimedOut;
use crate::route::RouteSettings;
use crate::settings::Timeouts;

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
        let backend = Switched { stream, early: Bytes::from_static(early), in_flight: None, file: None };
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
            let mut flows = [rig.tunnel.up.clone(), rig.tunnel.down.clone()];
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

static TIMEOUTS: Timeouts = {
    let minute = Duration::from_secs(60);
    Timeouts {
        handshake: minute,
        header_read: minute,
        body: minute,
        write: minute,
        idle: minute,
        connection: None,
    }
};
static ROUTE: RouteSettings = RouteSettings::waiting(Duration::from_secs(60));

/// The clock of a tunnel that was opened just now.
fn clock() -> Clock {
    let now = Instant::now();
    let clock = Clock::new(&TIMEOUTS, now);
    clock.begin(now, &ROUTE);
    clock.begin_tunnel();
    clock
}

/// The timer has found the deadline passed, as it does at that moment.
fn pass(clock: &Clock) {
    assert_eq!(clock.time_out(clock.deadline(), Duration::from_secs(5)), TimedOut::Told);
}

#[test]
fn what_comes_just_in_time_is_not_late() {
    run(async {
        for from in [Side::Client, Side::Backend] {
            let (mut rig, mut browser, mut server) = Rig::new(b"").await;
            let clock = clock();
            let look = |rig: &mut Rig, cx: &mut Context<'_>| {
                rig.tunnel.poll_in_time(&mut rig.client, &clock, &mut rig.block, cx).1
            };
            assert!(poll_fn(|cx| Poll::Ready(look(&mut rig, cx).is_pending())).await);
            let (source, reader) =
                if from == Side::Client { (&mut browser, &mut server) } else { (&mut server, &mut browser) };
            source.write_all(b"x").await.unwrap();
            let ours = if from == Side::Client { &rig.client } else { &rig.tunnel.backend };
            poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
            // It is there, and the timer has been quicker.
            pass(&clock);
            let late = clock.deadline();
            assert!(poll_fn(|cx| Poll::Ready(look(&mut rig, cx).is_pending())).await);
            reader.read_exact(&mut [0]).await.unwrap();
            assert!(clock.expired().is_none() && clock.deadline() > late);
            // Nothing has come since.
            pass(&clock);
            assert_eq!(poll_fn(|cx| look(&mut rig, cx)).await, Reason::TunnelIdle);
        }
    });
}

#[test]
fn what_still_comes_does_not_outlive_the_gateway() {
    run(async {
        let (mut rig, mut browser, mut server) = Rig::new(b"").await;
        let clock = clock();
        browser.write_all(b"x").await.unwrap();
        poll_fn(|cx| rig.client.poll_read_ready(cx)).await.unwrap();
        clock.expire(Reason::Shutdown, clock.now());
        let cut = poll_fn(|cx| rig.tunnel.poll_in_time(&mut rig.client, &clock, &mut rig.block, cx).1).await;
        assert_eq!(cut, Reason::Shutdown);
        server.read_exact(&mut [0]).await.unwrap();
    });
}
