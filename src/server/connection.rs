//! One client connection: hyper's HTTP/1 server, a timer, and the gate as its service.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::alarm::Alarm;
use super::client::{Client, TimedOut};
use super::entrance::Seat;
use super::gate;
use super::worker::Worker;
use crate::app::App;
use crate::error::Reason;
use crate::stream::Stream;

/// After its deadline a request has this long to answer the client before the connection is cut.
const GRACE: Duration = Duration::from_secs(5);
/// When a connection closes with a request body unread, what still arrives is read and dropped for this long, so that
/// the kernel does not answer it with a reset that would destroy our response (RFC 9112 section 9.6; nginx's
/// `lingering_close`).
const LINGER: Duration = Duration::from_secs(2);
/// What is read ahead of a client's response at the least: hyper's smallest buffer is half of it.
const BUFFER: usize = 16 * 1024;
/// Nobody asks the admin's connections for a route.
const NO_LISTENER: usize = usize::MAX;
/// hyper's own default; asking for it explicitly would move the fields to the heap.
const DEFAULT_HEADERS: usize = 100;

/// Serves a connection of a gateway listener until it ends. A drain waits for it from now on, not from its first turn.
pub(super) fn spawn<A: App>(
    (app, listener): (&'static A, usize),
    stream: Stream,
    peer: Option<SocketAddr>,
    seat: Seat,
    worker: &Rc<Worker>,
) {
    let client = Rc::new(Client::new(worker.clone(), listener, peer));
    let enlisted = worker.enlist(&client);
    tokio::task::spawn_local(async move {
        let (_seat, _enlisted) = (seat, enlisted);
        if let Err(reason) = drive(app, stream, &client, false).await {
            gate::refuse(app, &client, reason).await;
        }
    });
}

/// Serves a connection of an admin listener. It is not counted, not limited, and no drain waits for it: whoever wants
/// to see the gateway drain must be able to ask.
pub(super) async fn serve_admin<A: App>(
    app: &'static A,
    stream: Stream,
    peer: Option<SocketAddr>,
    worker: Rc<Worker>,
) {
    let client = Rc::new(Client::new(worker, NO_LISTENER, peer));
    if let Err(reason) = drive(app, stream, &client, true).await {
        tracing::debug!(reason = reason.as_str(), "bad request on the admin listener");
    }
}

async fn drive<A: App>(
    app: &'static A,
    stream: Stream,
    client: &Rc<Client>,
    admin: bool,
) -> Result<(), Reason> {
    let limits = &client.worker().settings().limits;
    let mut builder = http1::Builder::new();
    // One flat buffer is cheaper to send than a vector of two; the gateway keeps time itself, one timer a connection.
    builder.writev(false).header_read_timeout(None).max_header_size(limits.header_bytes);
    // The one bound of what hyper holds for a client, both ways; a head has to fit into it.
    builder.max_buf_size(limits.header_bytes.max(BUFFER));
    if limits.headers != DEFAULT_HEADERS {
        builder.max_headers(limits.headers);
    }
    let service = service_fn(|request| async move {
        if admin {
            Ok(gate::admit_admin(client, request).await)
        } else {
            gate::admit(app, client, request).await
        }
    });
    let io = TokioIo::new(Heard { stream, client: client.clone(), end_seen: None });
    let mut connection = pin!(builder.serve_connection(io, service));
    let sleep = pin!(tokio::time::sleep_until(client.deadline().into()));
    let mut alarm = Alarm::new(sleep);
    let mut closing = false;
    poll_fn(|cx| {
        client.resume();
        client.remember(cx.waker());
        loop {
            if let Poll::Ready(result) = connection.as_mut().poll(cx) {
                return Poll::Ready(
                    result.map_err(|error| blame(&error)).or_else(|reason| reason.map_or(Ok(()), Err)),
                );
            }
            client.notice_partial_head();
            if client.is_closing() {
                // What had arrived has been read by now. Asked earlier, hyper would close over an unread request.
                if client.is_serving() && !std::mem::replace(&mut closing, true) {
                    connection.as_mut().graceful_shutdown();
                }
                client.hasten();
            }
            let now = ready!(alarm.poll(client.deadline(), cx));
            match client.time_out(now, GRACE) {
                TimedOut::Told => {}
                TimedOut::Over => return Poll::Ready(Ok(())),
                TimedOut::Head => return Poll::Ready(Err(Reason::RequestTimeout)),
            }
        }
    })
    .await
}

/// Whose fault a connection's end was; `None` if nobody needs to hear of it.
fn blame(error: &hyper::Error) -> Option<Reason> {
    if error.is_parse_too_large() {
        // hyper has one kind for both; its text tells them apart.
        return Some(if error.to_string().contains("URI") {
            Reason::UriTooLong
        } else {
            Reason::HeadersTooLarge
        });
    }
    if error.is_parse() {
        return Some(Reason::BadRequest);
    }
    tracing::debug!(%error, "client connection ended");
    None
}

/// The client's socket, noting when bytes arrive, and whether bytes are taken.
struct Heard {
    stream: Stream,
    client: Rc<Client>,
    /// The exchange during which the end of what the client sends was seen.
    end_seen: Option<u32>,
}

impl Drop for Heard {
    /// A connection that was not shut down in due form has been cut. Where its end would be taken for the end of a body,
    /// it is reset: nobody may take a truncated response for a whole one.
    fn drop(&mut self) {
        if self.client.ends_body() {
            self.stream.reset_at_end();
        }
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let poll = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.client.hear();
        } else if matches!(poll, Poll::Ready(Ok(())))
            && !self.client.is_serving()
            && self.end_seen != Some(self.client.exchanges())
        {
            // hyper would end the connection over a request that it has read and nobody has been asked to serve: the end
            // is told when the exchange that was in front of it has begun.
            self.end_seen = Some(self.client.exchanges());
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        poll
    }
}

impl AsyncWrite for Heard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        match poll {
            Poll::Ready(_) => self.client.response_taken(),
            Poll::Pending => self.client.response_stuck(),
        }
        poll
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper has sent everything by now.
        self.client.set_ends_body(false);
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        if !self.client.body_is_unread() {
            return Poll::Ready(Ok(()));
        }
        self.client.linger(LINGER);
        let mut scratch = [std::mem::MaybeUninit::uninit(); 4096];
        while self.client.late().is_none() {
            let mut discarded = ReadBuf::uninit(&mut scratch);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut discarded))?;
            if discarded.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}
