//! One request of an HTTP/2 connection, from its head to the end of its answer: a task of its own, with its own exchange, account and
//! alarm. Whatever ends it ends nothing else.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason as Code, RecvStream, SendStream};
use http::{Method, Request};

use super::request::{self, Came, Terms};
use super::upload::Incoming;
use super::{Shared, response};
use crate::downstream::alarm::Alarm;
use crate::downstream::gate::Arrival;
use crate::downstream::streams::Stream as Listed;
use crate::error::Reason;
use crate::exchange::{Account, Body, Delivery, Exchange, TimedOut};

/// After its deadline a request has this long to answer the client before it is cut.
const GRACE: Duration = Duration::from_secs(5);

/// How a stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its answer is whole, or will never be, and its client was told.
    Answered,
    /// Its client has given it up, or the connection has ended.
    Left,
}

/// Answers a request.
pub(super) async fn serve<S, F>(
    (request, respond): (Request<RecvStream>, SendResponse<Bytes>),
    listed: Rc<Listed>,
    shared: &Shared,
    answer: S,
) -> Ended
where
    S: FnOnce(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    let exchange = listed.exchange.clone();
    let (head, body) = request.into_parts();
    let settings = exchange.worker().settings();
    let terms =
        Terms { most_fields: settings.limits.headers, any_scheme: exchange.peer().is_trusted_proxy() };
    let Came { arrival, method, uploaded, takes_trailers } = request::read(head, body.is_end_stream(), terms);
    exchange.begin(uploaded, false);
    if takes_trailers {
        exchange.set_takes_trailers();
    }
    let mut stack = pin!(Some(answer(exchange.clone(), arrival)));
    let mut alarm = Alarm::new(exchange.worker().timers(), exchange.clock().deadline());
    let mut stream =
        Stream { exchange, method, incoming: Incoming::new(body), outgoing: Outgoing::Awaited(respond) };
    poll_fn(|cx| {
        listed.remember(cx.waker());
        stream.exchange.clock().resume();
        loop {
            if let Poll::Ready(ended) = stream.step(stack.as_mut(), shared, cx) {
                // What is in flight goes with it.
                stack.set(None);
                return Poll::Ready(ended);
            }
            let now = ready!(alarm.poll(stream.exchange.clock().deadline(), cx));
            match stream.exchange.clock().time_out(now, GRACE) {
                TimedOut::Told => {}
                TimedOut::Consent => stream.exchange.consent(),
                TimedOut::Over => {
                    stack.set(None);
                    stream.outgoing.reset(Code::CANCEL);
                    return Poll::Ready(Ended::Answered);
                }
            }
        }
    })
    .await
}

struct Stream {
    exchange: Rc<Exchange>,
    method: Method,
    incoming: Incoming,
    outgoing: Outgoing,
}

/// What goes to the client.
#[allow(clippy::large_enum_variant, reason = "it is a part of the stream's task, and moves once")]
enum Outgoing {
    /// The stack works on it.
    Awaited(SendResponse<Bytes>),
    /// Its head has been sent.
    Begun(Answer),
}

struct Answer {
    stream: SendStream<Bytes>,
    body: Body,
    /// Of the body, for want of room.
    held: Bytes,
    account: Option<Account>,
}

impl Outgoing {
    fn reset(&mut self, code: Code) {
        match self {
            Self::Awaited(respond) => respond.send_reset(code),
            Self::Begun(answer) => answer.stream.send_reset(code),
        }
    }
}

impl Stream {
    fn step<F>(
        &mut self,
        mut stack: Pin<&mut Option<F>>,
        shared: &Shared,
        cx: &mut Context<'_>,
    ) -> Poll<Ended>
    where
        F: Future<Output = Option<Delivery>>,
    {
        if let Some(working) = stack.as_mut().as_pin_mut() {
            let answered = ready!(self.serve(working, cx));
            // Its lease and all else that it had are free before the answer is written.
            stack.set(None);
            let Some(delivery) = answered else { return Poll::Ready(Ended::Left) };
            shared.answered(&self.exchange);
            if let Some(ended) = self.announce(delivery) {
                return Poll::Ready(ended);
            }
        }
        self.send(cx)
    }

    /// The stack works, and is given of the request's body as much as it asks for; nothing if its client has gone.
    fn serve<F>(&mut self, mut stack: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Option<Delivery>>
    where
        F: Future<Output = Option<Delivery>>,
    {
        let exchange = self.exchange.clone();
        let upload = exchange.upload();
        loop {
            // What has become of the request goes before what has become of its answer.
            if upload.is_wanted() {
                self.ask();
                let _ = self.incoming.poll(&exchange, cx);
            }
            if let Poll::Ready(delivery) = stack.as_mut().poll(cx) {
                self.inform();
                return Poll::Ready(delivery);
            }
            if upload.is_wanted() {
                self.ask();
                if self.incoming.poll(&exchange, cx).is_ready() {
                    continue;
                }
            } else if self.is_left(cx) {
                return Poll::Ready(None);
            } else if upload.is_withheld() && self.incoming.poll(&exchange, cx).is_ready() {
                // It comes without being asked for.
                exchange.consent();
                continue;
            }
            self.inform();
            return Poll::Pending;
        }
    }

    /// Whether its client has given it up, or is gone.
    fn is_left(&mut self, cx: &mut Context<'_>) -> bool {
        match &mut self.outgoing {
            Outgoing::Awaited(respond) => respond.poll_reset(cx).is_ready(),
            Outgoing::Begun(answer) => answer.stream.poll_reset(cx).is_ready(),
        }
    }

    /// Asks the client for the body that it waits to be asked for.
    fn ask(&mut self) {
        if !self.exchange.upload().is_on_demand() {
            return;
        }
        self.exchange.upload().demanded();
        if let Outgoing::Awaited(respond) = &mut self.outgoing {
            let mut response = http::Response::new(());
            *response.status_mut() = http::StatusCode::CONTINUE;
            // A client that is gone is noticed by whoever reads its body.
            let _ = respond.send_informational(response);
        }
    }

    /// Sends the interim responses that have come (RFC 9110 section 15.2).
    fn inform(&mut self) {
        while let Some(interim) = self.exchange.next_interim() {
            if let Outgoing::Awaited(respond) = &mut self.outgoing {
                let _ = respond.send_informational(response::interim(&interim));
            }
        }
    }

    /// Sends the head of the answer, and all of it if it has no body.
    fn announce(&mut self, delivery: Delivery) -> Option<Ended> {
        let Delivery { mut response, mut account } = delivery;
        let Outgoing::Awaited(respond) = &mut self.outgoing else { return Some(Ended::Left) };
        let clock = self.exchange.clock();
        let head = response::head(&response, &self.method, &self.exchange.worker().date(clock.now()));
        self.exchange.worker().keep_fields(std::mem::take(&mut response.fields));
        if response::is_bodiless(response.status, &self.method) {
            response.body = Body::empty();
        }
        let is_whole = !response.body.is_streaming() && response.body.length() == Some(0);
        let Ok(stream) = respond.send_response(head, is_whole) else { return Some(Ended::Left) };
        clock.response_moved();
        if let Some(account) = &mut account {
            account.took(0);
            if is_whole {
                account.delivered();
            } else if response.body.is_streaming() {
                account.detach();
            }
        }
        if self.exchange.upload().is_withheld() {
            // The backend has said something else. What comes of the body goes on all the same: it may wait for that.
            self.exchange.consent();
        }
        self.outgoing = Outgoing::Begun(Answer { stream, body: response.body, held: Bytes::new(), account });
        is_whole.then_some(Ended::Answered)
    }

    /// Sends the answer's body as fast as its client makes room for it. What of the request has not come by its end is not waited for:
    /// dropping the stream says so, without an error (RFC 9113 section 8.1).
    fn send(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        let exchange = self.exchange.clone();
        let upload = exchange.upload();
        loop {
            let Outgoing::Begun(answer) = &mut self.outgoing else { return Poll::Ready(Ended::Left) };
            match answer.send_held(&exchange, cx) {
                Poll::Ready(Ok(Sent::Whole)) => return Poll::Ready(answer.delivered()),
                Poll::Ready(Ok(Sent::Some)) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Ended::Left),
                Poll::Pending => {
                    // It may read nothing before it has sent all: its request goes on whatever becomes of the answer.
                    answer.body.send_request_on(cx);
                    while upload.is_wanted() && self.incoming.poll(&exchange, cx).is_ready() {
                        answer.body.send_request_on(cx);
                    }
                    return Poll::Pending;
                }
            }
            match answer.body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => answer.held = data,
                Poll::Ready(None) => {
                    let trailers = answer.body.take_trailers().filter(|_| exchange.takes_trailers());
                    let sent = match trailers {
                        Some(fields) => answer.stream.send_trailers(response::trailers(&fields)),
                        None => answer.stream.send_data(Bytes::new(), true),
                    };
                    return Poll::Ready(if sent.is_ok() { answer.delivered() } else { Ended::Left });
                }
                // It will never be whole, and its client is to see that.
                Poll::Ready(Some(Err(reason))) => return Poll::Ready(answer.broke_off(reason)),
                Poll::Pending => {
                    if upload.is_wanted() {
                        if self.incoming.poll(&exchange, cx).is_ready() {
                            continue;
                        }
                    } else if answer.stream.poll_reset(cx).is_ready() {
                        return Poll::Ready(Ended::Left);
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

/// What was sent of what was held.
enum Sent {
    Some,
    /// And nothing comes behind it.
    Whole,
}

impl Answer {
    /// Sends what is held, as far as the client's windows allow; ready when nothing is held any more.
    fn send_held(&mut self, exchange: &Exchange, cx: &mut Context<'_>) -> Poll<Result<Sent, h2::Error>> {
        while !self.held.is_empty() {
            let Poll::Ready(room) = self.poll_room(cx) else {
                exchange.clock().response_stuck();
                return Poll::Pending;
            };
            let piece = self.held.split_to(room?.min(self.held.len()));
            let (count, is_last) =
                (piece.len() as u64, self.held.is_empty() && self.body.length() == Some(0));
            self.stream.send_data(piece, is_last)?;
            exchange.clock().response_taken();
            if let Some(account) = &mut self.account {
                account.took(count);
            }
            if is_last {
                return Poll::Ready(Ok(Sent::Whole));
            }
        }
        Poll::Ready(Ok(Sent::Some))
    }

    /// The bytes that there is room for.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, h2::Error>> {
        self.stream.reserve_capacity(self.held.len());
        loop {
            let room = self.stream.capacity();
            if room > 0 {
                return Poll::Ready(Ok(room));
            }
            match ready!(self.stream.poll_capacity(cx)) {
                Some(room) => drop(room?),
                None => return Poll::Ready(Err(Code::CANCEL.into())),
            }
        }
    }

    fn delivered(&mut self) -> Ended {
        self.account.iter_mut().for_each(Account::delivered);
        Ended::Answered
    }

    fn broke_off(&mut self, reason: Reason) -> Ended {
        self.account.iter_mut().for_each(|account| account.broke_off(reason));
        self.stream.send_reset(Code::INTERNAL_ERROR);
        Ended::Answered
    }
}
