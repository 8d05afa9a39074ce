//! One connection to a backend, driven by the task that uses it: a request and its response are one task, so an
//! exchange costs one wake-up, and no channel stands between the two sides.

mod open;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::task::coop;

use super::http1::{self, Outgoing, SendFailure};
use super::streaming::Streaming;
use super::trailers::Trailers;
use super::{Backend, Cluster, InFlight, Outbound, Owner};
use crate::error::Reason;
use crate::exchange::{Body, Exchange, RequestBody, Response};
use crate::http1::Malformed;
use crate::http1::body::{Decoder, Event};
use crate::input::Input;
use crate::stream::Stream;
use crate::tunnel::Switched;
use crate::upgrade::Asked;
use crate::worker::File;

/// What is read of a body at a time: what a slow client pins of it.
const BODY_AHEAD: usize = 24 * 1024;

/// What a backend does is known here later; so much is left for it, of the time that it keeps a connection.
const MARGIN: Duration = Duration::from_secs(1);

/// A connection to a backend.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    /// Where it goes; `None` for a unix socket.
    address: Option<SocketAddr>,
    /// Of its backend's addresses, when its own was last seen among them.
    generation: u32,
    outgoing: Outgoing,
    input: Input,
    backend: &'static Backend,
    cluster: &'static Cluster,
    /// The backend will take another request after this one.
    keep_alive: bool,
    /// It has served an exchange before.
    used: bool,
    idle_since: Instant,
    /// Unused for so long it is not used again.
    most_idle: Duration,
    /// The exchange in which this comes is its last.
    expires: Option<Instant>,
    in_flight: Option<InFlight>,
    file: File,
    /// The only one who may use it, if there is one.
    owner: Option<Owner>,
}

/// Why an exchange failed before there was a response head.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The connection had been closed before a byte was sent; the body was not touched.
    NotSent(Option<RequestBody>),
    /// The backend closed or reset the connection before a byte of its answer.
    Closed,
    /// The exchange failed for this reason.
    Failed(Reason),
}

impl Connection {
    pub(crate) fn backend(&self) -> &'static Backend {
        self.backend
    }

    /// Where it goes; `None` for a unix socket.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Whether its address is still one of its backend's: a name that has moved takes its traffic along.
    #[inline]
    pub(super) fn is_at_home(&mut self) -> bool {
        let (address, generation) = (self.address, &mut self.generation);
        self.backend.addresses().is_some_and(|known| known.still_has(address, generation))
    }

    /// The only one who may use it, if there is one.
    #[inline]
    pub(super) fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    pub(crate) fn max_idle(&self) -> usize {
        self.cluster.keepalive.max_idle
    }

    pub(crate) fn idle_since(&self) -> Instant {
        self.idle_since
    }

    pub(crate) fn idle_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.idle_since)
    }

    /// Whether it has not been unused for too long.
    #[inline]
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.idle_since.checked_add(self.most_idle).is_none_or(|over| now < over)
    }

    /// Whether it may serve another exchange that begins `now`, for all its age.
    #[inline]
    pub(super) fn is_young(&self, now: Instant) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    pub(crate) fn was_used(&self) -> bool {
        self.used
    }

    /// Keeps the request counted as in flight until the connection is back in the pool, or gone.
    pub(crate) fn keep_in_flight(&mut self, in_flight: Option<InFlight>) {
        self.in_flight = in_flight;
    }

    /// Whether an unused connection is still open. Costs no system call unless something has arrived, and
    /// whatever that is, nobody asked for it: the connection is not used again (RFC 9112 section 9.2).
    #[inline]
    pub(super) fn is_silent(&mut self) -> bool {
        self.stream.is_silent()
    }

    /// Whether a kept connection is seen to have been closed when the kernel is asked. That is for a request which may not be sent
    /// twice: between the last look of the runtime and now there are all the other requests of this round.
    pub(crate) fn has_ended(&self) -> bool {
        self.used && self.stream.has_come()
    }

    /// Sends a request and waits for the response head, until the exchange's deadline. If its body is not streaming, all of it is here,
    /// and the connection is back in the pool.
    pub(crate) async fn exchange(
        mut self: Box<Self>,
        head: &Outbound<'_>,
        body: Option<RequestBody>,
        exchange: &Rc<Exchange>,
    ) -> Result<Response, SendError> {
        self.outgoing.lend(exchange.worker().spare_text());
        self.outgoing.start(head, body);
        let mut started = false;
        let mut answer = poll_fn(|cx| {
            if !std::mem::replace(&mut started, true) {
                // A closed connection shows here, before anything is sent. The look also leaves the task's waker where
                // the answer will arrive, so that nothing need be read for in vain after sending.
                let is_awaited = self.stream.poll_read_ready(cx).is_pending();
                // Who has used up its budget was refused it, and runs again.
                let has_looked = is_awaited && coop::has_budget_remaining();
                if !has_looked && !self.is_silent() {
                    let unsent = self.outgoing.take_back();
                    // A new connection that closes at once is a fault of the backend; trying on could go on for ever.
                    let error = if self.used { SendError::NotSent(unsent) } else { SendError::Closed };
                    return Poll::Ready(Err(error));
                }
                self.send_on(cx).map_err(SendError::Failed)?;
                if self.outgoing.is_done() && is_awaited {
                    return Poll::Pending;
                }
            }
            self.poll_head(exchange, (head.method, head.upgrade), cx)
        })
        .await?;
        self.keep_alive = answer.keep_alive;
        if let Some(said) = answer.keeps_for {
            // Its end may be on its way before that is over.
            let good = (said / 2).max(said.saturating_sub(MARGIN));
            self.most_idle = good.min(self.cluster.keepalive.idle);
        }
        let body = match head.upgrade {
            Some(asked) if answer.status == StatusCode::SWITCHING_PROTOCOLS => self.switch(asked, exchange),
            _ => self.start_body(&mut answer, exchange),
        };
        let body = body.map_err(SendError::Failed)?;
        let http1::FinalHead { status, phrase, fields, .. } = answer;
        Ok(Response { status, fields, body, phrase })
    }

    /// Sends on while there is something to send. What the client fails to send is why the request fails; what the
    /// backend does not take it may have answered all the same (RFC 9112 section 9.5). Either way the request is broken
    /// off, and nothing more is sent on this connection.
    fn send_on(&mut self, cx: &mut TaskContext<'_>) -> Result<(), Reason> {
        if self.outgoing.is_done() {
            return Ok(());
        }
        match self.outgoing.poll_send(&mut self.stream, cx) {
            Poll::Ready(Err(SendFailure::Client(reason))) => Err(reason),
            Poll::Ready(Err(SendFailure::Backend(error))) => {
                tracing::debug!(backend = self.backend.url(), %error, "the backend takes no more of the request");
                Ok(())
            }
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    /// The same behind the head of an answer, which is good whatever comes of the request. A backend that waits for more of that before it
    /// goes on is told that none will come (RFC 9112 section 8).
    pub(super) fn send_early_answered(&mut self, cx: &mut TaskContext<'_>) {
        if let Err(reason) = self.send_on(cx) {
            tracing::debug!(reason = reason.as_str(), "a request that was answered early is broken off");
            // It is done at once, or the backend has gone.
            let _ = pin!(self.stream.shutdown()).poll(cx);
        }
    }

    /// Sends on while there is something to send, and reads until there is a whole head.
    fn poll_head(
        &mut self,
        exchange: &Rc<Exchange>,
        asked: (&Method, Option<Asked>),
        cx: &mut TaskContext<'_>,
    ) -> Poll<Result<http1::FinalHead, SendError>> {
        self.send_on(cx).map_err(SendError::Failed)?;
        loop {
            match self.poll_read(usize::MAX, exchange, cx) {
                Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) if !self.input.has_begun() => {
                    return Poll::Ready(Err(SendError::Closed));
                }
                Poll::Ready(Ok(0)) | Poll::Ready(Err(_)) => {
                    return Poll::Ready(Err(SendError::Failed(Reason::UpstreamReset)));
                }
                Poll::Ready(Ok(_)) => match self.parse_head(asked, exchange) {
                    Ok(Some(head)) => return Poll::Ready(Ok(head)),
                    // It may have been the consent to the body.
                    Ok(None) => self.send_on(cx).map_err(SendError::Failed)?,
                    Err(malformed) => {
                        let (backend, why) = (self.backend.url(), malformed.reason());
                        tracing::debug!(backend, why, "the backend's answer is malformed");
                        return Poll::Ready(Err(SendError::Failed(Reason::UpstreamProtocol)));
                    }
                },
                Poll::Pending => {
                    let late = exchange.clock().expired().map(|reason| Err(SendError::Failed(reason)));
                    return late.map_or(Poll::Pending, Poll::Ready);
                }
            }
        }
    }

    fn parse_head(
        &mut self,
        asked: (&Method, Option<Asked>),
        exchange: &Exchange,
    ) -> Result<Option<http1::FinalHead>, Malformed> {
        let worker = exchange.worker();
        let mut spare = worker.spare_fields();
        let inform = |status, fields| exchange.inform(status, fields);
        let parsed = http1::parse_head(&mut self.input, asked, &mut spare, inform)?;
        if parsed.is_none() {
            worker.keep_fields(spare);
        }
        Ok(parsed)
    }

    /// Reads what has arrived, at most so many bytes; their number, 0 at the end.
    fn poll_read(
        &mut self,
        most: usize,
        exchange: &Rc<Exchange>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<std::io::Result<usize>> {
        let mut block = exchange.worker().read_block();
        let stream = &mut self.stream;
        self.input.poll_read(&mut block, |block| stream.poll_read_into(block, most, cx))
    }

    /// The backend has switched, and the connection is no more of this room: it goes back to no pool. Before all of the request is out
    /// nobody may switch: what is left of it would be taken for the other protocol.
    #[cold]
    fn switch(mut self: Box<Self>, asked: Asked, exchange: &Exchange) -> Result<Body, Reason> {
        if !self.outgoing.is_done() {
            let backend = self.backend.url();
            tracing::debug!(
                backend,
                "the backend switches protocols before it has been sent the whole request"
            );
            return Err(Reason::UpstreamProtocol);
        }
        exchange.worker().keep_text(self.outgoing.take_memory());
        let early = std::mem::take(self.input.rest());
        let Self { stream, in_flight, file, .. } = *self;
        Ok(Body::tunnel(
            asked.tunnels.open(asked.token, Switched { stream, early, in_flight, file: Some(file) }),
        ))
    }

    /// Takes in what of the body has arrived together with the head. Most bodies are whole by then, and need no
    /// streaming, no second wake-up and no allocation.
    fn start_body(
        mut self: Box<Self>,
        head: &mut http1::FinalHead,
        exchange: &Rc<Exchange>,
    ) -> Result<Body, Reason> {
        let mut decoder = Decoder::response(head.framing);
        let (mut early, mut come) = ([Bytes::new(), Bytes::new()], 0);
        // Almost no body has any.
        let mut trailers = None::<Trailers>;
        while come < early.len() {
            match decoder.next(self.input.rest()).map_err(|_| Reason::UpstreamProtocol)? {
                Event::Data(data) => {
                    early[come] = data;
                    come += 1;
                }
                Event::End if !trailers.as_ref().is_some_and(Trailers::is_some) => {
                    self.release(exchange);
                    let [first, _] = early;
                    return Ok(match head.announced {
                        Some(length) if first.is_empty() => Body::absent_of(length),
                        _ => Body::from(first),
                    });
                }
                Event::Trailers(fields) => {
                    let trailers = trailers.get_or_insert_with(|| Trailers::without(head.nominated.take()));
                    trailers.come(fields, exchange);
                }
                Event::End | Event::More => break,
            }
        }
        let trailers = trailers.unwrap_or_else(|| Trailers::without(head.nominated.take()));
        Ok(Body::streaming(Box::new(Streaming::new(
            self,
            decoder,
            early,
            trailers,
            head.status.as_u16(),
            exchange.clone(),
        ))))
    }

    /// The next data of a body, for as long as the decoder wants some; goes on sending the request meanwhile.
    pub(super) fn poll_body(
        &mut self,
        decoder: &mut Decoder,
        trailers: &mut Trailers,
        exchange: &Rc<Exchange>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Result<Option<Bytes>, Reason>> {
        self.send_early_answered(cx);
        loop {
            match decoder.next(self.input.rest()) {
                Ok(Event::Data(data)) => return Poll::Ready(Ok(Some(data))),
                Ok(Event::End) => return Poll::Ready(Ok(None)),
                Ok(Event::Trailers(fields)) => {
                    trailers.come(fields, exchange);
                    continue;
                }
                Ok(Event::More) => {}
                Err(_) => return Poll::Ready(Err(Reason::UpstreamProtocol)),
            }
            match ready!(self.poll_read(BODY_AHEAD, exchange, cx)) {
                Ok(0) if decoder.may_end_here() => return Poll::Ready(Ok(None)),
                Ok(0) | Err(_) => return Poll::Ready(Err(Reason::UpstreamReset)),
                Ok(_) => {}
            }
        }
    }

    /// Ends the exchange: the connection goes back to the pool if it can serve another. What the backend has sent
    /// beyond its response would be taken for the next one (RFC 9112 section 6.3).
    pub(super) fn release(mut self: Box<Self>, exchange: &Rc<Exchange>) {
        self.in_flight = None;
        exchange.worker().keep_text(self.outgoing.take_memory());
        if self.keep_alive && self.input.end() && self.outgoing.is_done() {
            self.used = true;
            self.idle_since = exchange.clock().now();
            exchange.worker().pool().put(self);
        }
    }
}
