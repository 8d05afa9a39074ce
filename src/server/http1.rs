//! The driver of an HTTP/1 client connection: one task reads requests, has them answered one after the other, and writes the
//! answers (RFC 9112). The codec knows no socket and this knows no message: it moves bytes between the two, and is the only one
//! here with a timer.

mod flight;
mod response;

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use tokio::io::AsyncWrite;

pub(super) use self::flight::Service;
use self::flight::{Flight, Gathered, Work};
use super::alarm::Alarm;
use super::gate::Arrival;
use super::session::{Doing, Session};
use super::worker::Worker;
use crate::error::Reason;
use crate::exchange::{Delivery, Exchange, TimedOut, Uploaded};
use crate::http1::body::Decoder;
use crate::http1::head::{self, Refused};
use crate::http1::{Framing, Version};
use crate::input::Input;
use crate::message::Body;
use crate::stream::Stream;

/// After its deadline a request has this long to answer the client before the connection is cut.
const GRACE: Duration = Duration::from_secs(5);
/// Of a request body that nobody wants no more than this is read away for the sake of the connection,
const MOST_UNWANTED: u64 = 64 * 1024;
/// nor is it waited for any longer (RFC 9112 section 9.3).
const PATIENCE: Duration = Duration::from_secs(2);
/// When a connection closes over something that its client still sends, that is read and dropped until nothing has come for this
/// long, so that the kernel does not answer it with a reset that would destroy our response (RFC 9112 section 9.6; nginx's
/// `lingering_timeout`),
const LINGER: Duration = Duration::from_secs(5);
/// and for no longer than this (nginx's `lingering_time`).
const MOST_LINGER: Duration = Duration::from_secs(30);
/// What is read of a client at a time: what a client that sends more than one request pins.
const READ_AHEAD: usize = 16 * 1024;

/// Asks a client for the body that it has announced.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Serves a connection until it ends.
pub(super) async fn serve<S, F>(stream: Stream, session: Rc<Session>, service: Rc<Service<S, F>>)
where
    S: Fn(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    let sleep = pin!(tokio::time::sleep_until(session.deadline().into()));
    let mut alarm = Alarm::new(sleep);
    let worker = session.exchange().worker().clone();
    let mut driver =
        Driver { stream, input: Input::default(), worker, session, service, state: State::Awaiting };
    poll_fn(|cx| driver.poll(&mut alarm, cx)).await;
}

struct Driver<S, F> {
    stream: Stream,
    input: Input,
    worker: Rc<Worker>,
    session: Rc<Session>,
    service: Rc<Service<S, F>>,
    state: State<F>,
}

/// What a connection is at.
enum State<F> {
    /// A request is awaited.
    Awaiting,
    /// The stack works on one.
    Serving(Box<Flight<F>>),
    /// It has answered before the request was whole, and the rest of that is read away.
    Settling(Box<Flight<F>>, Instant),
    /// The answer is written.
    Sending(Box<Flight<F>>),
    /// Everything is written, and what the client still sends is read away until then.
    Lingering(Instant),
    Over,
}

/// What comes of a step.
enum Next {
    /// The state has changed.
    Step,
    /// The connection has ended.
    Over,
}

impl<S, F> Driver<S, F>
where
    S: Fn(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    fn poll(&mut self, alarm: &mut Alarm<'_>, cx: &mut Context<'_>) -> Poll<()> {
        self.session.resume();
        self.session.remember(cx.waker());
        loop {
            match self.step(cx) {
                Poll::Ready(Next::Step) => continue,
                Poll::Ready(Next::Over) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if self.session.is_closing() {
                self.session.hasten();
            }
            let now = ready!(alarm.poll(self.deadline(), cx));
            self.time_out(now);
        }
    }

    fn step(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Awaiting => {
                self.state = State::Awaiting;
                self.await_request(cx)
            }
            State::Serving(flight) => self.serve(flight, cx),
            State::Settling(flight, by) => self.settle(flight, by, cx),
            State::Sending(flight) => self.send(flight, cx),
            State::Lingering(by) => self.linger(by, cx),
            State::Over => Poll::Ready(Next::Over),
        }
    }

    fn enter(&mut self, state: State<F>) -> Poll<Next> {
        self.state = state;
        Poll::Ready(Next::Step)
    }

    /// Nothing more can be done now.
    fn stay(&mut self, state: State<F>) -> Poll<Next> {
        self.state = state;
        Poll::Pending
    }

    fn deadline(&self) -> Instant {
        match &self.state {
            State::Serving(flight) | State::Sending(flight) => flight.exchange.clock().deadline(),
            State::Settling(flight, by) => flight.exchange.clock().deadline().min(*by),
            State::Awaiting | State::Lingering(_) | State::Over => self.session.deadline(),
        }
    }

    /// The deadline of the present state has passed.
    fn time_out(&mut self, now: Instant) {
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            // Some of a head has come, and somebody may wait for an answer.
            State::Awaiting if self.session.doing() == Doing::Head => {
                let line = self.input.line(&self.limits());
                return self.refuse(Reason::RequestTimeout, line);
            }
            State::Settling(flight, by) if now >= by => {
                flight.exchange.close_after();
                State::Settling(flight, by)
            }
            state @ (State::Serving(_) | State::Settling(..) | State::Sending(_)) => {
                match state.exchange().map(|exchange| exchange.clock().time_out(now, GRACE)) {
                    Some(TimedOut::Told) => state,
                    Some(TimedOut::Consent) => {
                        if let Some(exchange) = state.exchange() {
                            exchange.consent();
                        }
                        state
                    }
                    _ => {
                        self.drop_flight(state);
                        State::Over
                    }
                }
            }
            State::Awaiting | State::Lingering(_) | State::Over => State::Over,
        };
    }

    /// Waits for a head, and begins with its exchange.
    fn await_request(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            if self.input.has_some() {
                let mut spare = self.worker.spare_fields();
                let taken = self.input.take_request(&self.limits(), &mut spare);
                if !matches!(taken, Ok(Some(_))) {
                    self.worker.keep_fields(spare);
                }
                match taken {
                    Ok(Some(head)) => {
                        self.begin(head);
                        return Poll::Ready(Next::Step);
                    }
                    Ok(None) if self.input.has_head() => self.session.await_head(),
                    // Empty lines ahead of a request are no part of it.
                    Ok(None) => {}
                    Err(Refused { reason, why, line }) => {
                        tracing::debug!(why, "request head refused");
                        self.refuse(reason, line);
                        return Poll::Ready(Next::Step);
                    }
                }
            }
            match ready!(self.poll_read(READ_AHEAD, cx)) {
                Ok(0) | Err(_) => return Poll::Ready(Next::Over),
                Ok(_) => {}
            }
        }
    }

    fn limits(&self) -> head::Limits {
        let limits = &self.worker.settings().limits;
        head::Limits { bytes: limits.header_bytes, fields: limits.headers, target: limits.uri }
    }

    fn begin(&mut self, head: head::RequestHead) {
        let exchange = self.session.next_exchange();
        let method = head.method.clone();
        let uploaded = match head.framing {
            Framing::Length(0) | Framing::Nothing | Framing::UntilClose => Uploaded::Nothing,
            framing => {
                let length = if let Framing::Length(length) = framing { Some(length) } else { None };
                if head.awaits_consent { Uploaded::OnDemand(length) } else { Uploaded::Body(length) }
            }
        };
        exchange.begin(uploaded, !head.keeps_alive);
        let takes =
            |te: &[u8]| te.split(|&b| b == b',').any(|t| t.trim_ascii().eq_ignore_ascii_case(b"trailers"));
        if head.version == Version::Http11 && head.fields.get_all("te").any(takes) {
            exchange.set_takes_trailers();
        }
        let decoder = Decoder::request(head.framing);
        let version = head.version;
        let line = (method.clone(), head.target.clone());
        let arrival = match flight::request(head, &self.worker) {
            Ok(request) => Arrival::Request(request),
            Err(reason) => {
                exchange.close_after();
                Arrival::Refused(reason, Some(line))
            }
        };
        self.start(exchange, decoder, method, version, arrival);
    }

    /// What has come is no request: it is answered all the same, and the connection ends.
    fn refuse(&mut self, reason: Reason, line: Option<(Method, Bytes)>) {
        self.input.forget();
        let exchange = self.session.next_exchange();
        exchange.begin(Uploaded::Nothing, true);
        let decoder = Decoder::request(Framing::Nothing);
        // To HEAD this is no body either.
        let method = line.as_ref().map_or(Method::GET, |(method, _)| method.clone());
        self.start(exchange, decoder, method, Version::Http11, Arrival::Refused(reason, line));
    }

    fn start(
        &mut self,
        exchange: Rc<Exchange>,
        decoder: Decoder,
        method: Method,
        version: Version,
        arrival: Arrival,
    ) {
        let is_refused = matches!(arrival, Arrival::Refused(..));
        let work = self.service.start(exchange.clone(), arrival);
        let output = self.service.output();
        let mut flight = Flight {
            exchange,
            work,
            output,
            decoder,
            unwanted: 0,
            method,
            version,
            is_refused,
            ends_body: false,
        };
        // What came with the head is there when it is first asked for.
        if flight.exchange.upload().is_coming() && !flight.exchange.upload().is_on_demand() {
            let _ = flight.decode(self.input.rest());
        }
        self.state = State::Serving(Box::new(flight));
    }

    /// The stack works, is given of the request's body as much as it asks for, and is dropped if its client goes.
    fn serve(&mut self, mut flight: Box<Flight<F>>, cx: &mut Context<'_>) -> Poll<Next> {
        // What has become of the request goes before what has become of its answer.
        if flight.exchange.upload().is_wanted() {
            let _ = self.poll_upload(&mut flight, cx);
        }
        loop {
            if let Poll::Ready(delivery) = flight.work.poll(cx) {
                let Some(delivery) = delivery else {
                    self.drop_flight(State::Serving(flight));
                    return Poll::Ready(Next::Over);
                };
                if self.session.is_closing() {
                    flight.exchange.close_after();
                }
                flight.inform();
                flight.work.deliver(delivery, &*self.service);
                flight.unwanted = flight.exchange.upload().unread();
                let by = flight.exchange.clock().now() + PATIENCE;
                return self.enter(State::Settling(flight, by));
            }
            if flight.exchange.upload().is_wanted() {
                if self.poll_upload(&mut flight, cx).is_ready() {
                    continue;
                }
            } else if self.client_has_gone(&flight, cx) {
                self.drop_flight(State::Serving(flight));
                return Poll::Ready(Next::Over);
            }
            flight.inform();
            // An interim response may not have gone out at once.
            let _ = self.poll_write(&mut flight, cx);
            return self.stay(State::Serving(flight));
        }
    }

    /// Reads the rest of the request's body away if that is soon done, or lets the answer say that the connection closes: a client that
    /// is not told would send its next request into a connection that is gone (RFC 9112 sections 9.3 and 9.6, RFC 9110 section
    /// 10.1.1).
    fn settle(&mut self, mut flight: Box<Flight<F>>, by: Instant, cx: &mut Context<'_>) -> Poll<Next> {
        let exchange = flight.exchange.clone();
        let upload = exchange.upload();
        while upload.is_coming() && !exchange.is_last() {
            // Whether a streamed answer takes its request in is not known when its head is sent, and what was never asked for
            // would have to be.
            let is_not_ours = upload.is_read() || upload.is_on_demand() || upload.failure().is_some();
            let is_much = |left| left > MOST_UNWANTED;
            if is_not_ours
                || is_much(flight.unwanted)
                || flight.decoder.remaining().is_some_and(|left| is_much(left + flight.unwanted))
                || exchange.clock().expired().is_some()
            {
                exchange.close_after();
                break;
            }
            match flight.discard(self.input.rest()) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(_) => {
                    exchange.close_after();
                    break;
                }
            }
            match self.poll_read(READ_AHEAD, cx) {
                Poll::Ready(Ok(0) | Err(_)) => exchange.close_after(),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return self.stay(State::Settling(flight, by)),
            }
        }
        self.announce(&mut flight);
        self.enter(State::Sending(flight))
    }

    /// Encodes the head of the answer.
    fn announce(&mut self, flight: &mut Flight<F>) {
        let Work::Delivery(delivery) = &mut flight.work else { return };
        let exchange = &flight.exchange;
        let framing = response::framing(&delivery.response, &flight.method, flight.version);
        if framing == Framing::UntilClose {
            exchange.close_after();
            flight.ends_body = true;
        }
        let persistence = response::Persistence { is_last: exchange.is_last(), version: flight.version };
        let date = self.worker.date(exchange.clock().now());
        response::encode(
            flight.output.buffer(),
            &delivery.response,
            framing,
            &flight.method,
            persistence,
            &date,
        );
        flight.output.begin(framing);
        self.worker.keep_headers(std::mem::take(delivery.response.headers_mut()));
        if framing == Framing::Nothing {
            *delivery.response.body_mut() = Body::Empty;
        }
        exchange.clock().response_moved();
        if let Some(account) = &mut delivery.account
            && delivery.response.body().is_streaming()
        {
            account.detach();
        }
    }

    /// Writes the answer as fast as its client takes it.
    fn send(&mut self, mut flight: Box<Flight<F>>, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            let gathered = flight.gather(cx);
            match self.poll_write(&mut flight, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.drop_flight(State::Sending(flight));
                    return Poll::Ready(Next::Over);
                }
                Poll::Pending => {
                    // It may read nothing before it has sent all: its request goes on whatever becomes of the answer.
                    flight.send_request_on(cx);
                    while flight.exchange.upload().is_wanted() && self.poll_upload(&mut flight, cx).is_ready()
                    {
                        flight.send_request_on(cx);
                    }
                    return self.stay(State::Sending(flight));
                }
            }
            match gathered {
                // What had come before is out.
                Gathered::Failed(reason) => return self.break_off(flight, reason),
                _ if flight.output.is_done() => return self.finish(flight),
                Gathered::Some => {}
                Gathered::Nothing => {
                    if flight.exchange.upload().is_wanted() {
                        if self.poll_upload(&mut flight, cx).is_ready() {
                            continue;
                        }
                    } else if self.client_has_gone(&flight, cx) {
                        self.drop_flight(State::Sending(flight));
                        return Poll::Ready(Next::Over);
                    }
                    return self.stay(State::Sending(flight));
                }
            }
        }
    }

    /// The answer will never be whole, and its client is to see that (RFC 9112 section 8).
    fn break_off(&mut self, mut flight: Box<Flight<F>>, reason: Reason) -> Poll<Next> {
        if let Work::Delivery(Delivery { account: Some(account), .. }) = &mut flight.work {
            account.end(reason);
        }
        if flight.ends_body {
            self.drop_flight(State::Sending(flight));
            return Poll::Ready(Next::Over);
        }
        flight.exchange.close_after();
        self.finish(flight)
    }

    /// Everything is written.
    fn finish(&mut self, mut flight: Box<Flight<F>>) -> Poll<Next> {
        let now = flight.exchange.clock().now();
        if let Work::Delivery(Delivery { account: Some(account), .. }) = &mut flight.work {
            account.delivered();
        }
        let is_last = flight.exchange.is_last();
        let is_unread = flight.exchange.upload().is_coming() || self.input.has_some() || flight.is_refused;
        self.service.put_back(*flight);
        if !is_last {
            self.session.await_request(now);
            return self.enter(State::Awaiting);
        }
        if !is_unread {
            return Poll::Ready(Next::Over);
        }
        let most = now + MOST_LINGER;
        self.session.linger(now, most.min(now + LINGER));
        self.enter(State::Lingering(most))
    }

    fn linger(&mut self, most: Instant, cx: &mut Context<'_>) -> Poll<Next> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).ok();
        loop {
            self.input.forget();
            match self.poll_read(READ_AHEAD, cx) {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Next::Over),
                Poll::Ready(Ok(_)) => {
                    let now = Instant::now();
                    if now >= most {
                        return Poll::Ready(Next::Over);
                    }
                    self.session.linger(now, most.min(now + LINGER));
                }
                Poll::Pending => return self.stay(State::Lingering(most)),
            }
        }
    }

    /// Gives the reader of the request's body more of it; ready when it should look again.
    fn poll_upload(&mut self, flight: &mut Flight<F>, cx: &mut Context<'_>) -> Poll<()> {
        if flight.exchange.upload().is_on_demand() {
            flight.exchange.upload().demanded();
            // Within an answer there is no place for it, nor for the body: whoever answers now does without.
            if !self.input.has_some() && matches!(flight.work, Work::Serving(_)) {
                flight.output.buffer().extend_from_slice(CONTINUE);
                let _ = self.poll_write(flight, cx);
            }
        }
        loop {
            if flight.decode(self.input.rest()) {
                return Poll::Ready(());
            }
            let Poll::Ready(read) = self.poll_read(READ_AHEAD, cx) else {
                flight.exchange.clock().body_awaited();
                return Poll::Pending;
            };
            let upload = flight.exchange.upload();
            match read {
                Ok(count) if count > 0 => {}
                // Whoever says half a body and then no more may still listen; whoever says nothing of it has left.
                Ok(_) if upload.received() > 0 => upload.fail(Reason::BadRequest),
                Ok(_) | Err(_) => upload.fail(Reason::ClientClosed),
            }
        }
    }

    /// Whether the client has closed the connection over its answer. What it sends meanwhile is the beginning of its next request, of
    /// which no more is read than fits.
    fn client_has_gone(&mut self, flight: &Flight<F>, cx: &mut Context<'_>) -> bool {
        let upload = flight.exchange.upload();
        if upload.failure() == Some(Reason::ClientClosed) {
            return true;
        }
        if upload.is_coming() && !upload.is_on_demand() || self.input.has_some() {
            return false;
        }
        match self.stream.poll_read_ready(cx) {
            Poll::Pending => false,
            Poll::Ready(Err(_)) => true,
            Poll::Ready(Ok(())) => {
                matches!(self.poll_read(READ_AHEAD, cx), Poll::Ready(Ok(0) | Err(_)))
            }
        }
    }

    fn poll_read(&mut self, most: usize, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut block = self.worker.read_block();
        self.input.poll_read(&mut self.stream, &mut block, most, cx)
    }

    /// Writes what waits; ready when nothing does.
    fn poll_write(&mut self, flight: &mut Flight<F>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let clock = flight.exchange.clock();
        while !flight.output.is_empty() {
            let slices = flight.output.slices();
            let stream = Pin::new(&mut self.stream);
            let written = match &slices {
                [one, more, _] if more.is_empty() => stream.poll_write(cx, one),
                slices => stream.poll_write_vectored(cx, slices),
            };
            match written {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => {
                    let taken = flight.output.advance(count);
                    clock.response_taken();
                    if let Work::Delivery(Delivery { account: Some(account), .. }) = &mut flight.work {
                        account.took(taken);
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    clock.response_stuck();
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Its client has gone, or nobody waits for it any longer: what is in flight is dropped, and its account says why. Where the
    /// end of the connection would be taken for the end of the body it is a reset: nobody may take a truncated response for a whole one.
    fn drop_flight(&mut self, state: State<F>) {
        if let State::Sending(flight) = &state
            && flight.would_look_whole()
        {
            self.stream.reset_at_end();
        }
        if let Some(flight) = state.into_flight() {
            self.service.put_back(*flight);
        }
    }
}

impl<S, F> Drop for Driver<S, F> {
    /// The gateway stops, or somebody has panicked.
    fn drop(&mut self) {
        if let State::Sending(flight) = &self.state
            && flight.would_look_whole()
        {
            self.stream.reset_at_end();
        }
    }
}

impl<F> State<F> {
    fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Serving(flight) | Self::Settling(flight, _) | Self::Sending(flight) => {
                Some(&flight.exchange)
            }
            Self::Awaiting | Self::Lingering(_) | Self::Over => None,
        }
    }

    fn into_flight(self) -> Option<Box<Flight<F>>> {
        match self {
            Self::Serving(flight) | Self::Settling(flight, _) | Self::Sending(flight) => Some(flight),
            Self::Awaiting | Self::Lingering(_) | Self::Over => None,
        }
    }
}
