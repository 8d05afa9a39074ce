//! The driver of an HTTP/2 client connection (RFC 9113): the `h2` crate reads and writes frames in one task, and each request is a task of
//! its own, so that a slow one slows no other. Priorities are ignored, and nothing is pushed.

mod frames;
mod request;
mod response;
mod stream;
mod transport;
mod upload;

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::server::{Builder, Connection};
use h2::{Reason as Code, RecvStream, server::SendResponse};
use http::Request;

use self::stream::Ended;
use self::transport::{Transport, Watch};
use super::alarm::Alarm;
use super::connection::Hold;
use super::gate;
use super::session::Session;
use super::streams::Streams;
use crate::app::App;
use crate::exchange::Exchange;
use crate::settings::Settings;
use crate::stream::Stream;

/// A client whose connection ends has this long to take in that it does.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// As good as never: while requests are under way their own deadlines count.
const LONG: Duration = Duration::from_secs(3600);

/// What a connection and its streams know of each other.
struct Shared {
    session: Rc<Session>,
    streams: Rc<Streams>,
    /// It takes no further requests, because of its age or of a drain.
    retires: Cell<bool>,
    /// How many more streams its client may give up.
    resets_left: Cell<u32>,
    most_resets: u32,
}

impl Shared {
    /// A request is about to be answered.
    fn answered(&self, exchange: &Exchange) {
        let is_last = exchange.worker().is_draining() || exchange.peer().is_too_old(exchange.clock().now());
        if is_last && !self.retires.replace(true) {
            self.session.wake();
        }
    }

    /// Whoever gives up what he has asked for has us work for nothing; whoever lets as much end is no flood (CVE-2023-44487).
    fn ended(&self, ended: Ended) {
        let left = self.resets_left.get();
        self.resets_left.set(match ended {
            Ended::Answered => (left + 1).min(self.most_resets),
            Ended::Left => left.saturating_sub(1),
        });
        if self.resets_left.get() == 0 {
            self.session.wake();
        }
    }
}

/// Serves a connection until it ends. `hold` is what it holds as long as it, or any of its streams, is there.
pub(super) async fn serve<A: App>(app: &'static A, stream: Stream, session: Rc<Session>, hold: Rc<Hold>) {
    let settings = session.peer().worker().settings();
    let watch = Rc::new(Watch::default());
    let transport = Transport::new(stream, settings.http2.idle_frames, watch.clone());
    let mut alarm = Alarm::new(session.peer().worker().timers(), session.deadline());
    let mut handshake = pin!(builder(settings).handshake(transport));
    let connection = poll_fn(|cx| {
        session.remember(cx.waker());
        if let Poll::Ready(connection) = handshake.as_mut().poll(cx) {
            return Poll::Ready(connection.ok());
        }
        session.hasten();
        ready!(alarm.poll(session.deadline(), cx));
        Poll::Ready(None)
    });
    let Some(connection) = connection.await else { return };
    let streams = Rc::new(Streams::default());
    session.carry(streams.clone());
    let most_resets = settings.http2.resets;
    let shared = Rc::new(Shared {
        session,
        streams,
        retires: Cell::new(false),
        resets_left: Cell::new(most_resets),
        most_resets,
    });
    let mut driver = Driver { app, connection, watch, shared, hold, stage: Stage::Open };
    poll_fn(|cx| driver.poll(&mut alarm, cx)).await;
}

/// Every limit that the crate has is set: its defaults are for those who know their peers.
fn builder(settings: &Settings) -> Builder {
    let (limits, http2) = (&settings.limits, &settings.http2);
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(http2.streams)
        .initial_window_size(http2.stream_window)
        // With less, streams that nobody reads would stop all others.
        .initial_connection_window_size(http2.stream_window.saturating_mul(http2.streams))
        .max_header_list_size(size(limits.header_bytes))
        .header_table_size(http2.header_table)
        .max_frame_size(http2.frame)
        .max_send_buffer_size(http2.send_buffer)
        .max_local_error_reset_streams(Some(http2.resets as usize))
        .max_pending_accept_reset_streams(http2.early_resets as usize)
        .max_concurrent_reset_streams(http2.streams as usize);
    builder
}

/// How far the end of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is not near.
    Open,
    /// The client has been told to open no more streams; those that are on their way are still served.
    GoingAway,
    /// It is told that nothing more is done, and has until then to take that in.
    Gone(Instant),
}

struct Driver<A: 'static> {
    app: &'static A,
    connection: Connection<Transport, Bytes>,
    watch: Rc<Watch>,
    shared: Rc<Shared>,
    hold: Rc<Hold>,
    stage: Stage,
}

impl<A: App> Driver<A> {
    fn poll(&mut self, alarm: &mut Alarm, cx: &mut Context<'_>) -> Poll<()> {
        self.shared.session.remember(cx.waker());
        loop {
            match self.connection.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    self.begin(request, respond);
                    continue;
                }
                Poll::Ready(Some(Err(error))) => {
                    tracing::debug!(%error, "HTTP/2 connection ended");
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if let Some(code) = self.why_calm_down() {
                self.end(code);
                continue;
            }
            let session = &self.shared.session;
            if self.stage == Stage::Open && (session.is_closing() || self.shared.retires.get()) {
                self.stage = Stage::GoingAway;
                self.connection.graceful_shutdown();
                continue;
            }
            session.hasten();
            let now = ready!(alarm.poll(self.deadline(), cx));
            match self.stage {
                Stage::Gone(until) if now >= until => return Poll::Ready(()),
                Stage::Gone(_) => {}
                // Nothing is under way, or nothing that its client would take.
                Stage::Open | Stage::GoingAway => self.end(Code::NO_ERROR),
            }
        }
    }

    fn begin(&self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        let (app, shared, hold) = (self.app, self.shared.clone(), self.hold.clone());
        let exchange = Rc::new(Exchange::new(shared.session.peer().clone(), Instant::now()));
        let listed = Open { listed: shared.streams.begin(exchange), shared };
        listed.shared.session.stream_began();
        tokio::task::spawn_local(async move {
            // Not before all of it has ended: no drain may take it for gone.
            let _hold = hold;
            let answer = |exchange, arrival| gate::answer(app, exchange, arrival);
            let ended =
                stream::serve((request, respond), listed.listed.clone(), &listed.shared, answer).await;
            listed.shared.ended(ended);
        });
    }

    /// Why its client is to be sent away, if it is.
    fn why_calm_down(&self) -> Option<Code> {
        let is_flooded = self.watch.is_flooded() || self.shared.resets_left.get() == 0;
        (is_flooded && !matches!(self.stage, Stage::Gone(_))).then_some(Code::ENHANCE_YOUR_CALM)
    }

    fn end(&mut self, code: Code) {
        self.stage = Stage::Gone(Instant::now() + LAST_WORDS);
        self.connection.abrupt_shutdown(code);
    }

    /// When the connection ends by itself.
    fn deadline(&self) -> Instant {
        if let Stage::Gone(until) = self.stage {
            return until;
        }
        let session = &self.shared.session;
        let write = session.peer().worker().settings().timeouts.write;
        let stuck = self.watch.stuck_since().map(|since| since + write);
        // What an answer's stream has left behind is still on its way to the socket.
        let is_idle = session.is_idle() && !self.connection.has_streams();
        let idle = if is_idle { session.deadline() } else { Instant::now() + LONG };
        stuck.map_or(idle, |stuck| stuck.min(idle))
    }
}

/// A stream that is open. However it ends, it is known then, so also when its task panics.
struct Open {
    listed: Rc<super::streams::Stream>,
    shared: Rc<Shared>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.shared.streams.end(&self.listed) {
            self.shared.session.streams_ended();
        }
    }
}
