//! By which version of HTTP a client begins, where a listener speaks both: HTTP/2 is known by its first bytes (RFC 9113 section 3.3).

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, ready};

use tokio::io::ReadBuf;

use super::alarm::Alarm;
use super::connection::Hold;
use super::gate::Arrival;
use super::http1::{self, Service};
use super::http2;
use super::session::Session;
use crate::app::App;
use crate::exchange::{Delivery, Exchange, Peer};
use crate::stream::Stream;

/// What every HTTP/2 connection begins with (section 3.4).
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Whether somebody may come by HTTP/2 where this one comes in.
pub(super) fn may_be_http2(peer: &Peer) -> bool {
    let listeners = peer.worker().settings().listeners;
    listeners.get(peer.listener()).is_some_and(|listener| listener.protocols.have_http2())
}

/// Serves a connection of whom that is not known yet, until it ends.
pub(super) async fn serve<A, S, F>(
    app: &'static A,
    mut stream: Stream,
    session: Rc<Session>,
    service: Rc<Service<S, F>>,
    hold: Hold,
) where
    A: App,
    S: Fn(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    if begins_with_http2(&mut stream, &session).await {
        // A connection that has many streams is large, and others are not to be.
        return Box::pin(http2::serve(app, stream, session, Rc::new(hold))).await;
    }
    let _hold = hold;
    http1::serve(stream, session, service).await;
}

/// Whether a client begins with HTTP/2. What has come is looked at and stays where it is; nothing is waited for but the rest of what may
/// become the preface. Whoever does not get there in time, or leaves, is HTTP/1's to answer.
async fn begins_with_http2(stream: &mut Stream, session: &Session) -> bool {
    let mut alarm = Alarm::new(session.peer().worker().timers(), session.deadline());
    poll_fn(|cx| {
        session.remember(cx.waker());
        let mut seen = [0; PREFACE.len()];
        let mut buffer = ReadBuf::new(&mut seen);
        if let Poll::Ready(looked) = stream.poll_peek(&mut buffer, cx) {
            let seen = buffer.filled();
            if looked.is_err() || seen.is_empty() || !PREFACE.starts_with(seen) {
                return Poll::Ready(false);
            }
            if seen.len() == PREFACE.len() {
                return Poll::Ready(true);
            }
            session.await_head();
            // More of it wakes this task, and an end behind it is one.
            if stream.poll_ended(cx).is_ready() {
                return Poll::Ready(false);
            }
        }
        session.hasten();
        ready!(alarm.poll(session.deadline(), cx));
        Poll::Ready(false)
    })
    .await
}
