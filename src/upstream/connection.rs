//! One connection to a backend, driven by the task that uses it.
//!
//! hyper's client connection is a future that somebody must poll. Usually that is a task of its own, which costs two
//! wake-ups and two trips through the scheduler for each exchange. Here the exchange polls it in place, so a request
//! and its response are one task. hyper's internal channels then wake only a no-op: whoever polls the connection looks
//! at them right after.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Backend, Members};
use crate::context::Record;
use crate::error::Reason;
use crate::server::Client;
use crate::service::{BodyError, RequestBody};

/// A connection to a backend.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: http1::SendRequest<RequestBody>,
    driver: http1::Connection<TokioIo<TcpStream>, RequestBody>,
    /// The driver has ended and must not be polled again.
    ended: bool,
    backend: &'static Backend,
    members: &'static Members,
    /// Whether this connection has served an exchange before.
    used: bool,
    idle_since: Instant,
    /// The backend's count of requests in flight includes this connection's.
    counted: bool,
}

/// Why an exchange failed before there was a response head.
#[derive(Debug)]
pub(crate) enum SendError {
    /// Not a byte of the request was sent; here it is again.
    NotSent(Box<http::Request<RequestBody>>),
    /// The backend closed or reset the connection before a byte of its answer.
    Closed,
    /// The exchange failed for this reason.
    Failed(Reason),
}

impl Connection {
    /// Connects to the first of the backend's addresses that answers.
    pub(crate) async fn open(
        backend: &'static Backend,
        members: &'static Members,
    ) -> Result<Box<Self>, Reason> {
        let connecting = async {
            let addresses = backend.addresses().await?;
            let stream = TcpStream::connect(&addresses[..]).await?;
            stream.set_nodelay(true)?;
            Ok::<_, std::io::Error>(stream)
        };
        let stream = match tokio::time::timeout(members.timeouts.connect, connecting).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(upstream = members.name, backend = backend.url(), %error, "cannot connect");
                // A shortage of our own (files, ports) says nothing of the backend.
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::ConnectionReset
                ) {
                    Self::report_failure(backend, members);
                }
                return Err(Reason::ConnectError);
            }
            Err(_) => {
                Self::report_failure(backend, members);
                return Err(Reason::ConnectTimeout);
            }
        };
        // One small write a request is cheaper than a vectored one (docs/benchmarks.md).
        let handshake = http1::Builder::new().writev(false).handshake(TokioIo::new(stream)).await;
        let (sender, driver) = handshake.map_err(|_| Reason::ConnectError)?;
        backend.connected();
        let idle_since = Instant::now();
        Ok(Box::new(Self {
            sender,
            driver,
            ended: false,
            backend,
            members,
            used: false,
            idle_since,
            counted: false,
        }))
    }

    fn report_failure(backend: &'static Backend, members: &'static Members) {
        if let Some(check) = &members.health_check {
            backend.connect_failed(check.unhealthy_after);
        }
    }

    pub(crate) fn backend(&self) -> &'static Backend {
        self.backend
    }

    pub(crate) fn max_idle(&self) -> usize {
        self.members.keepalive.max_idle
    }

    pub(crate) fn idle_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.idle_since)
    }

    pub(crate) fn was_used(&self) -> bool {
        self.used
    }

    /// Counts the connection's request in flight until it is returned to the pool or dropped.
    pub(crate) fn count_in_flight(&mut self) {
        self.backend.in_flight().fetch_add(1, Ordering::Relaxed);
        self.counted = true;
    }

    /// Looks whether the backend has closed the connection. Costs no system call unless something has arrived.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.drive(&mut TaskContext::from_waker(Waker::noop()));
        !self.ended && self.sender.is_ready()
    }

    fn drive(&mut self, cx: &mut TaskContext<'_>) {
        if !self.ended {
            self.ended = Pin::new(&mut self.driver).poll(cx).is_ready();
        }
    }

    /// Sends a request and waits for the response head, until the client's deadline.
    pub(crate) async fn send(
        &mut self,
        request: http::Request<RequestBody>,
        client: &Client,
    ) -> Result<http::Response<Incoming>, SendError> {
        let mut response = pin!(self.sender.try_send_request(request));
        let (driver, ended) = (&mut self.driver, &mut self.ended);
        let mut drive = |cx: &mut TaskContext<'_>| {
            if !*ended {
                *ended = Pin::new(&mut *driver).poll(cx).is_ready();
            }
            match response.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
                Poll::Ready(response) => Poll::Ready(Some(response)),
                Poll::Pending if *ended || client.is_expired() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        };
        let mut waiting = false;
        let sent = poll_fn(|cx| {
            // A wake-up usually brings the whole answer. Then no waker of this task stays behind in a connection that
            // goes back to the pool, where the next request would wake it for nothing.
            if waiting && let ready @ Poll::Ready(_) = drive(&mut TaskContext::from_waker(Waker::noop())) {
                return ready;
            }
            waiting = true;
            drive(cx)
        })
        .await;
        match sent {
            Some(Ok(response)) => Ok(response),
            Some(Err(mut failure)) => {
                if let Some(request) = failure.take_message() {
                    return Err(SendError::NotSent(Box::new(request)));
                }
                if let Some(reason) = client.body_failure() {
                    return Err(SendError::Failed(reason));
                }
                let error = failure.into_error();
                tracing::debug!(backend = self.backend.url(), %error, "exchange failed");
                Err(if error.is_parse() {
                    SendError::Failed(Reason::UpstreamProtocol)
                } else {
                    SendError::Closed
                })
            }
            None if self.ended => Err(SendError::Closed),
            None => Err(SendError::Failed(client.lateness())),
        }
    }

    /// Takes in what of the body has arrived together with the head; most bodies are whole by then, and need no
    /// streaming, no second wake-up and no allocation.
    pub(crate) fn start_body(
        mut self: Box<Self>,
        mut incoming: Incoming,
        client: &Client,
    ) -> Result<Started, Reason> {
        if incoming.is_end_stream() {
            self.release(client);
            return Ok(Started::Whole(Bytes::new()));
        }
        let mut first = None;
        let mut second = None;
        if let Poll::Ready(frame) = poll_quietly(&mut incoming) {
            first = match frame {
                Some(Ok(frame)) => frame.into_data().ok(),
                Some(Err(_)) => return Err(Reason::UpstreamReset),
                None => Some(Bytes::new()),
            };
            if !incoming.is_end_stream() {
                // The end of a chunked body is a frame of its own.
                self.drive(&mut TaskContext::from_waker(Waker::noop()));
                second = match poll_quietly(&mut incoming) {
                    Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
                    Poll::Ready(Some(Err(_))) => return Err(Reason::UpstreamReset),
                    Poll::Ready(None) => {
                        self.release(client);
                        return Ok(Started::Whole(first.unwrap_or_default()));
                    }
                    Poll::Pending => None,
                };
            }
            if incoming.is_end_stream() && second.is_none() {
                self.release(client);
                return Ok(Started::Whole(first.unwrap_or_default()));
            }
        }
        let (timeout, connection) = (self.members.timeouts.response, Some(self));
        Ok(Started::Streaming(Box::new(Streaming {
            connection,
            incoming,
            buffered: [first, second],
            timeout,
            record: None,
        })))
    }

    /// Ends the exchange: the connection goes back to the pool if it can serve another.
    pub(crate) fn release(mut self: Box<Self>, client: &Client) {
        self.uncount();
        if self.sender.is_ready() || self.is_alive() {
            self.used = true;
            self.idle_since = client.coarse_now();
            client.worker().pool().put(self);
        }
    }

    fn uncount(&mut self) {
        if std::mem::take(&mut self.counted) {
            self.backend.in_flight().fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.uncount();
    }
}

/// A response body at the moment its head is known.
#[derive(Debug)]
pub(crate) enum Started {
    /// All of it is here, and the connection is back in the pool.
    Whole(Bytes),
    /// It goes on.
    Streaming(Box<Streaming>),
}

/// A response body that arrives while it is being sent on. It is read only as fast as the client takes it, and ends
/// the exchange's record when it ends.
#[derive(Debug)]
pub struct Streaming {
    connection: Option<Box<Connection>>,
    incoming: Incoming,
    buffered: [Option<Bytes>; 2],
    /// Between two reads.
    timeout: Duration,
    record: Option<Record>,
}

impl Streaming {
    /// Gives the body the record that it is to end.
    pub(crate) fn carry(&mut self, record: Record) {
        record.client.extend(Instant::now() + self.timeout);
        self.record = Some(record);
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let buffered = self.buffered.iter_mut().find_map(Option::take);
        let frame = match buffered {
            Some(data) => Poll::Ready(Some(Ok(data))),
            None => self.poll_upstream(cx),
        };
        match frame {
            Poll::Ready(Some(Ok(data))) => {
                if let Some(record) = &mut self.record {
                    record.bytes_out += data.len() as u64;
                    record.client.extend(Instant::now() + self.timeout);
                }
                if self.is_complete() {
                    self.end(Reason::Ok);
                }
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Poll::Ready(Some(Err(reason))) => {
                self.connection = None;
                self.end(reason);
                // hyper closes the client's connection without a last chunk, so that the truncation shows.
                Poll::Ready(Some(Err(reason.as_str().into())))
            }
            Poll::Ready(None) => {
                self.end(Reason::Ok);
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// The next data; trailers are dropped (RFC 9110 section 6.5.1 lets an intermediary do so).
    fn poll_upstream(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
        let mut frame = poll_quietly(&mut self.incoming);
        if frame.is_pending() {
            connection.drive(cx);
            frame = poll_quietly(&mut self.incoming);
        }
        match frame {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(frame.into_data().ok().map(Ok)),
            Poll::Ready(Some(Err(_))) => Poll::Ready(Some(Err(Reason::UpstreamReset))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => match &self.record {
                Some(record) if record.client.is_expired() => Poll::Ready(Some(Err(Reason::UpstreamTimeout))),
                _ => Poll::Pending,
            },
        }
    }

    fn is_complete(&self) -> bool {
        self.buffered.iter().all(Option::is_none) && self.incoming.is_end_stream()
    }

    fn end(&mut self, reason: Reason) {
        if let Some(mut record) = self.record.take() {
            if let Some(connection) = self.connection.take() {
                connection.release(&record.client);
            }
            record.end(reason);
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.connection.is_none() && self.is_complete()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let buffered: usize = self.buffered.iter().flatten().map(Bytes::len).sum();
        match self.incoming.size_hint().exact() {
            Some(rest) => SizeHint::with_exact(rest + buffered as u64),
            None => SizeHint::new(),
        }
    }
}

/// Polls hyper's body channel without leaving a waker in it: the connection behind it is polled by the same task.
fn poll_quietly(incoming: &mut Incoming) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
    Pin::new(incoming).poll_frame(&mut TaskContext::from_waker(Waker::noop()))
}
