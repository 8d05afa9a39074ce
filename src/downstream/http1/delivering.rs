//! From the answer to the end of its exchange: the request's rest is settled, the answer is announced and sent, and the connection
//! waits for the next request or lingers.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::flight::{Flight, Gathered, Work};
use super::tunnelling::Tunnelling;
use super::{Driver, Next, State, response};
use crate::downstream::gate::Arrival;
use crate::error::Reason;
use crate::exchange::{Body, Delivery, Exchange};
use crate::http1::Framing;

/// Of a request body that nobody wants no more than this is read away for the sake of the connection,
const MOST_UNWANTED: u64 = 64 * 1024;
/// nor is it waited for any longer (RFC 9112 section 9.3).
pub(super) const MOST_UNWANTED_TIME: Duration = Duration::from_secs(2);
/// Behind its last answer a connection reads, and drops what it reads, until its client closes it, or nothing has come for this long.
/// Whatever a client sends into one that is closed, a kernel answers with a reset, which would destroy what is still on its way to
/// that client (RFC 9112 section 9.6; nginx's `lingering_timeout`, with `lingering_close always`),
const LINGER: Duration = Duration::from_secs(5);
/// and for no longer than this (nginx's `lingering_time`).
const MOST_LINGER: Duration = Duration::from_secs(30);

impl<S, F> Driver<S, F>
where
    S: Fn(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    /// Reads the rest of the request's body away if that is soon done, or lets the answer say that the connection closes: a client that
    /// is not told would send its next request into a connection that is gone (RFC 9112 sections 9.3 and 9.6, RFC 9110 section
    /// 10.1.1).
    pub(super) fn settle(&mut self, mut flight: Flight<F>, by: Instant, cx: &mut Context<'_>) -> Poll<Next> {
        let exchange = flight.exchange.clone();
        let upload = exchange.upload();
        while upload.is_coming() && !exchange.is_last() {
            // Whether a streamed answer takes its request in is not known when its head is sent, and what was never asked for
            // would have to be.
            let is_not_ours = upload.is_read() || upload.is_on_demand() || upload.failure().is_some();
            let is_much = |left| left > MOST_UNWANTED;
            if is_not_ours
                || is_much(flight.place.unwanted)
                || flight.place.decoder.remaining().is_some_and(|left| is_much(left + flight.place.unwanted))
                || exchange.clock().expired().is_some()
            {
                exchange.close_after();
                break;
            }
            match flight.discard(self.wire.input.rest()) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(_) => {
                    exchange.close_after();
                    break;
                }
            }
            match self.wire.poll_read(cx) {
                Poll::Ready(Ok(0) | Err(_)) => exchange.close_after(),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => return self.stay(State::Settling(flight, by)),
            }
        }
        // Whoever is done with it finds that nobody else has it.
        drop(exchange);
        self.announce(&mut flight);
        self.send(flight, cx)
    }

    /// Encodes the head of the answer.
    fn announce(&mut self, flight: &mut Flight<F>) {
        let Work::Delivery(delivery) = &mut flight.place.work else { return };
        let exchange = &flight.exchange;
        let framing = response::framing(&delivery.response, &flight.place.to.method, flight.place.to.version);
        if framing == Framing::UntilClose {
            exchange.close_after();
            flight.place.ends_body = true;
        }
        let switches_to = delivery.response.switches_to();
        let persistence = response::Persistence {
            is_last: exchange.is_last(),
            version: flight.place.to.version,
            switches_to,
        };
        let date = self.worker.date(exchange.clock().now());
        response::encode(
            flight.place.output.buffer(),
            &delivery.response,
            framing,
            &flight.place.to.method,
            persistence,
            &date,
        );
        flight.place.output.begin(framing);
        self.worker.keep_fields(std::mem::take(&mut delivery.response.fields));
        if framing == Framing::Nothing && switches_to.is_none() {
            delivery.response.body = Body::empty();
        }
        if exchange.upload().is_withheld() {
            // The backend has said something else. What comes of the body goes on all the same: it may wait for that.
            exchange.consent();
        }
        exchange.clock().response_moved();
        if let Some(account) = &mut delivery.account
            && delivery.response.body.is_streaming()
        {
            account.detach();
        }
    }

    /// Writes the answer as fast as its client takes it.
    pub(super) fn send(&mut self, mut flight: Flight<F>, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            let gathered = flight.gather(cx);
            match self.wire.poll_write(&mut flight, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => {
                    self.drop_flight(State::Sending(flight));
                    return Poll::Ready(Next::Over);
                }
                Poll::Pending => {
                    // It may read nothing before it has sent all: its request goes on whatever becomes of the answer.
                    flight.send_request_on(cx);
                    while flight.exchange.upload().is_wanted()
                        && self.wire.poll_upload(&mut flight, cx).is_ready()
                    {
                        flight.send_request_on(cx);
                    }
                    return self.stay(State::Sending(flight));
                }
            }
            match gathered {
                // What had come before is out.
                Gathered::Failed(reason) => return self.break_off(flight, reason),
                _ if flight.place.output.is_done() => return self.finish(flight),
                Gathered::Some => {}
                Gathered::Nothing => {
                    if flight.exchange.upload().is_wanted() {
                        if self.wire.poll_upload(&mut flight, cx).is_ready() {
                            continue;
                        }
                    } else if self.wire.client_has_gone(&flight, cx) {
                        self.drop_flight(State::Sending(flight));
                        return Poll::Ready(Next::Over);
                    }
                    return self.stay(State::Sending(flight));
                }
            }
        }
    }

    /// The answer will never be whole, and its client is to see that (RFC 9112 section 8).
    fn break_off(&mut self, mut flight: Flight<F>, reason: Reason) -> Poll<Next> {
        if let Work::Delivery(Delivery { account: Some(account), .. }) = &mut flight.place.work {
            account.broke_off(reason);
        }
        if flight.place.ends_body {
            self.drop_flight(State::Sending(flight));
            return Poll::Ready(Next::Over);
        }
        flight.exchange.close_after();
        self.finish(flight)
    }

    /// Everything is written.
    fn finish(&mut self, mut flight: Flight<F>) -> Poll<Next> {
        if let Some(tunnelling) = Tunnelling::take(&mut flight, &mut self.wire.input) {
            self.service.put_back(flight);
            return self.enter(State::Tunnelling(tunnelling));
        }
        let now = flight.exchange.clock().now();
        if let Work::Delivery(Delivery { account: Some(account), .. }) = &mut flight.place.work {
            account.delivered();
        }
        let next = if flight.exchange.is_last() {
            self.session.linger(now, now + LINGER);
            self.enter(State::Ending(now + MOST_LINGER))
        } else {
            // That is the state already: what a step takes leaves it so.
            self.session.await_request(now);
            Poll::Ready(Next::Step)
        };
        // Now the session has no hold on its exchange any more.
        self.service.put_back(flight);
        next
    }

    /// Moves what goes both ways in a tunnel. However it ends, the connection does.
    pub(super) fn tunnel(&mut self, mut tunnelling: Box<Tunnelling>, cx: &mut Context<'_>) -> Poll<Next> {
        let Poll::Ready(reason) = tunnelling.poll(self.wire.stream(), cx) else {
            return self.stay(State::Tunnelling(tunnelling));
        };
        if reason != Reason::Ok {
            self.wire.reset_at_end();
        }
        Poll::Ready(Next::Over)
    }

    /// Says once that nothing more comes, so that a client which reads to the end sees one although the connection still reads.
    pub(super) fn say_end(&mut self, most: Instant, cx: &mut Context<'_>) -> Poll<Next> {
        match self.wire.poll_shutdown(cx) {
            Poll::Ready(()) => self.enter(State::Lingering(most)),
            Poll::Pending => self.stay(State::Ending(most)),
        }
    }

    /// Reads away what the client still sends, until it ends or its time is over.
    pub(super) fn linger(&mut self, most: Instant, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            self.wire.input.forget();
            match self.wire.poll_read(cx) {
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
}
