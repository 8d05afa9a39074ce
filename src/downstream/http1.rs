//! The driver of an HTTP/1 client connection: one task reads requests, has them answered one after the other, and writes the
//! answers (RFC 9112). The codec knows no socket and this knows no message: it moves bytes between the two, and is the only one
//! here with a timer.

mod awaited;
mod delivering;
mod flight;
mod response;
mod tunnelling;
mod wire;

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use tokio::task::coop;

use self::delivering::MOST_UNWANTED_TIME;
pub(super) use self::flight::Service;
use self::flight::{Flight, To};
use self::tunnelling::Tunnelling;
use self::wire::Wire;
use super::alarm::Alarm;
use super::gate::Arrival;
use super::session::{Doing, Session};
use crate::error::Reason;
use crate::exchange::{Delivery, Exchange, TimedOut, Uploaded};
use crate::http1::body::Decoder;
use crate::http1::head::{self, Refused};
use crate::http1::{Framing, Version};
use crate::stream::Stream;
use crate::worker::Worker;

/// After its deadline a request has this long to answer the client before the connection is cut.
const GRACE: Duration = Duration::from_secs(5);

/// Serves a connection until it ends.
pub(super) async fn serve<S, F>(stream: Stream, session: Rc<Session>, service: Rc<Service<S, F>>)
where
    S: Fn(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    let worker = session.peer().worker().clone();
    let mut alarm = Alarm::new(worker.timers(), session.deadline());
    let wire = Wire::new(stream, worker.clone());
    let mut driver = Driver { wire, worker, session, service, state: State::Awaiting };
    poll_fn(|cx| driver.poll(&mut alarm, cx)).await;
}

struct Driver<S, F> {
    wire: Wire,
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
    Serving(Flight<F>),
    /// It has answered before the request was whole, and the rest of that is read away.
    Settling(Flight<F>, Instant),
    /// The answer is written.
    Sending(Flight<F>),
    /// The connection has switched to another protocol.
    Tunnelling(Box<Tunnelling>),
    /// Everything is written, and the client is told that nothing more comes, before the connection lingers until then.
    Ending(Instant),
    /// What the client still sends is read away, until then.
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
    fn poll(&mut self, alarm: &mut Alarm, cx: &mut Context<'_>) -> Poll<()> {
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
        // Nothing is left behind that would have to be dropped.
        let flight = match std::mem::replace(&mut self.state, State::Awaiting) {
            State::Awaiting => match ready!(self.await_request(cx)) {
                Some(flight) => flight,
                None => return Poll::Ready(Next::Over),
            },
            State::Serving(flight) => flight,
            State::Settling(flight, by) => return self.settle(flight, by, cx),
            State::Sending(flight) => return self.send(flight, cx),
            State::Tunnelling(tunnelling) => return self.tunnel(tunnelling, cx),
            State::Ending(by) => return self.say_end(by, cx),
            State::Lingering(by) => return self.linger(by, cx),
            State::Over => return Poll::Ready(Next::Over),
        };
        self.serve(flight, cx)
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
            State::Tunnelling(tunnelling) => tunnelling.deadline(),
            State::Awaiting | State::Ending(_) | State::Lingering(_) | State::Over => self.session.deadline(),
        }
    }

    /// The deadline of the present state has passed.
    fn time_out(&mut self, now: Instant) {
        self.state = match std::mem::replace(&mut self.state, State::Over) {
            // Some of a head has come, and somebody may wait for an answer.
            State::Awaiting if matches!(self.session.doing(), Doing::Head(_)) => {
                let line = self.wire.input.line(&self.limits());
                self.state = State::Serving(self.refuse(Reason::RequestTimeout, line));
                return;
            }
            State::Settling(flight, by) if now >= by => {
                flight.exchange.close_after();
                State::Settling(flight, by)
            }
            State::Tunnelling(tunnelling) if !tunnelling.is_late(now) => State::Tunnelling(tunnelling),
            state @ (State::Serving(_) | State::Settling(..) | State::Sending(_) | State::Tunnelling(_)) => {
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
            State::Awaiting | State::Ending(_) | State::Lingering(_) | State::Over => State::Over,
        };
    }

    /// Waits for a head, and begins with its exchange; none if the connection ends before it.
    fn await_request(&mut self, cx: &mut Context<'_>) -> Poll<Option<Flight<F>>> {
        loop {
            if self.wire.input.has_some() {
                // Who has sent many requests ahead has others served in between.
                let budget = ready!(coop::poll_proceed(cx));
                let mut spare = self.worker.spare_fields();
                match self.wire.input.take_request(&self.limits(), &mut spare) {
                    Ok(Some(head)) => {
                        budget.made_progress();
                        return Poll::Ready(Some(self.begin(head)));
                    }
                    Ok(None) => {
                        self.worker.keep_fields(spare);
                        // Empty lines ahead of a request are no part of it.
                        if self.wire.input.has_head() {
                            self.session.await_head();
                        }
                    }
                    Err(Refused { reason, why, line }) => {
                        self.worker.keep_fields(spare);
                        tracing::debug!(why, "request head refused");
                        return Poll::Ready(Some(self.refuse(reason, line)));
                    }
                }
            }
            match ready!(self.wire.poll_read(cx)) {
                Ok(0) | Err(_) => return Poll::Ready(None),
                Ok(_) => {}
            }
        }
    }

    fn limits(&self) -> head::Limits {
        let limits = &self.worker.settings().limits;
        head::Limits { bytes: limits.header_bytes, fields: limits.headers, target: limits.uri }
    }

    #[inline(always)]
    fn next_exchange(&self) -> Rc<Exchange> {
        let exchange = self.service.exchange(self.session.peer());
        self.session.serve(exchange.clone());
        exchange
    }

    fn begin(&mut self, head: head::RequestHead) -> Flight<F> {
        let exchange = self.next_exchange();
        let method = head.method.clone();
        let uploaded = match head.framing {
            Framing::Nothing | Framing::UntilClose => Uploaded::Nothing,
            Framing::Length(0) => Uploaded::Empty,
            framing => {
                let length = if let Framing::Length(length) = framing { Some(length) } else { None };
                // Whoever has sent some of it already does not wait to be asked.
                let waits = head.awaits_consent && !self.wire.input.has_some();
                if waits { Uploaded::OnDemand(length) } else { Uploaded::Body(length) }
            }
        };
        exchange.begin(uploaded, !head.keeps_alive);
        if head.takes_trailers {
            exchange.set_takes_trailers();
        }
        let decoder = Decoder::request(head.framing);
        let version = head.version;
        let arrival = flight::arrival(head);
        if let Arrival::Refused(..) = arrival {
            exchange.close_after();
        }
        self.start(exchange, decoder, method, version, arrival)
    }

    /// What has come is no request: it is answered all the same, and the connection ends.
    #[cold]
    fn refuse(&mut self, reason: Reason, line: Option<(Method, Bytes)>) -> Flight<F> {
        self.wire.input.forget();
        let exchange = self.next_exchange();
        exchange.begin(Uploaded::Nothing, true);
        let decoder = Decoder::request(Framing::Nothing);
        // To HEAD this is no body either.
        let method = line.as_ref().map_or(Method::GET, |(method, _)| method.clone());
        self.start(exchange, decoder, method, Version::Http11, Arrival::Refused(reason, line))
    }

    /// Compiled into both that call it: an arrival is large, and would be moved once more.
    #[inline(always)]
    fn start(
        &mut self,
        exchange: Rc<Exchange>,
        decoder: Decoder,
        method: Method,
        version: Version,
        arrival: Arrival,
    ) -> Flight<F> {
        let to = To { method, version };
        let mut flight = self.service.start(exchange, decoder, to, arrival);
        // What came with the head is there when it is first asked for.
        if flight.exchange.upload().is_coming() && !flight.exchange.upload().is_on_demand() {
            let _ = flight.decode(self.wire.input.rest());
        }
        flight
    }

    /// The stack works, is given of the request's body as much as it asks for, and is dropped if its client goes.
    fn serve(&mut self, mut flight: Flight<F>, cx: &mut Context<'_>) -> Poll<Next> {
        // What has become of the request goes before what has become of its answer.
        if flight.exchange.upload().is_wanted() {
            let _ = self.wire.poll_upload(&mut flight, cx);
        }
        loop {
            if let Poll::Ready(is_answered) = flight.place.poll(cx) {
                if !is_answered {
                    self.drop_flight(State::Serving(flight));
                    return Poll::Ready(Next::Over);
                }
                if self.session.is_closing() {
                    flight.exchange.close_after();
                }
                flight.inform();
                flight.place.unwanted = flight.exchange.upload().unread();
                let by = flight.exchange.clock().now() + MOST_UNWANTED_TIME;
                return self.settle(flight, by, cx);
            }
            if flight.exchange.upload().is_wanted() {
                if self.wire.poll_upload(&mut flight, cx).is_ready() {
                    continue;
                }
            } else if self.wire.client_has_gone(&flight, cx) {
                self.drop_flight(State::Serving(flight));
                return Poll::Ready(Next::Over);
            } else if flight.exchange.upload().is_withheld() && self.wire.input.has_some() {
                // It comes without being asked for.
                flight.exchange.consent();
                continue;
            }
            flight.inform();
            // An interim response may not have gone out at once.
            let _ = self.wire.poll_write(&mut flight, cx);
            return self.stay(State::Serving(flight));
        }
    }

    /// Its client has gone, or nobody waits for it any longer: what is in flight is dropped, and its account says why. Where the
    /// end of the connection would be taken for the end of the body it is a reset: nobody may take a truncated response for a whole one.
    fn drop_flight(&mut self, state: State<F>) {
        if state.would_look_whole() {
            self.wire.reset_at_end();
        }
        if let Some(flight) = state.into_flight() {
            self.service.put_back(flight);
        }
    }
}

impl<S, F> Drop for Driver<S, F> {
    /// The gateway stops, or somebody has panicked.
    fn drop(&mut self) {
        if self.state.would_look_whole() {
            self.wire.reset_at_end();
        }
    }
}

impl<F> State<F> {
    fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Serving(flight) | Self::Settling(flight, _) | Self::Sending(flight) => {
                Some(&flight.exchange)
            }
            Self::Tunnelling(tunnelling) => Some(&tunnelling.exchange),
            Self::Awaiting | Self::Ending(_) | Self::Lingering(_) | Self::Over => None,
        }
    }

    fn into_flight(self) -> Option<Flight<F>> {
        match self {
            Self::Serving(flight) | Self::Settling(flight, _) | Self::Sending(flight) => Some(flight),
            Self::Awaiting | Self::Tunnelling(_) | Self::Ending(_) | Self::Lingering(_) | Self::Over => None,
        }
    }

    /// Whether the end of the connection, if it came now, would be taken for the end of what the client gets.
    fn would_look_whole(&self) -> bool {
        match self {
            Self::Sending(flight) => flight.would_look_whole(),
            Self::Tunnelling(_) => true,
            Self::Awaiting
            | Self::Serving(_)
            | Self::Settling(..)
            | Self::Ending(_)
            | Self::Lingering(_)
            | Self::Over => false,
        }
    }
}
