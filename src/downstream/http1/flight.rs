//! An exchange in flight: what of a connection exists only while a request is answered. What can be used again is kept by the
//! worker and not by the connection, so that an idle one is small.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::Method;

use crate::downstream::gate::{Arrival, Head, Target};
use crate::error::Reason;
use crate::exchange::{Delivery, Exchange, Interim, Peer};
use crate::fields::Classes;
use crate::http1::body::{Decoder, Event};
use crate::http1::encode::Encoder;
use crate::http1::head::RequestHead;
use crate::http1::{Framing, Malformed, Version};

/// Bytes of interim responses that wait for a client; more are not sent.
const MOST_INTERIM_BYTES: usize = 32 * 1024;
/// Places and exchanges that a worker keeps for reuse.
const SPARE: usize = 256;

/// Who answers what has come, and the memory for it.
pub(in crate::downstream) struct Service<S, F> {
    answer: S,
    #[allow(
        clippy::vec_box,
        reason = "in and out of flights by the box: what is moved otherwise is all of it"
    )]
    places: RefCell<Vec<Box<Place<F>>>>,
    /// Those that nobody else has.
    exchanges: RefCell<Vec<Rc<Exchange>>>,
}

impl<S, F> Service<S, F>
where
    S: Fn(Rc<Exchange>, Arrival) -> F,
    F: Future<Output = Option<Delivery>>,
{
    pub(in crate::downstream) fn new(answer: S) -> Rc<Self> {
        Rc::new(Self { answer, places: RefCell::default(), exchanges: RefCell::default() })
    }

    /// The exchange of a request that has come from this peer.
    pub(super) fn exchange(&self, peer: &Rc<Peer>) -> Rc<Exchange> {
        let mut spare = self.exchanges.borrow_mut().pop();
        match spare.as_mut().and_then(Rc::get_mut) {
            Some(exchange) => exchange.come_from(peer),
            // It is somebody else's still.
            None => spare = None,
        }
        spare.unwrap_or_else(|| Rc::new(Exchange::new(peer.clone(), Instant::now())))
    }

    /// Begins to answer. Compiled into its caller: an arrival is large, and would be moved once more.
    #[inline(always)]
    pub(super) fn start(
        &self,
        exchange: Rc<Exchange>,
        decoder: Decoder,
        to: To,
        arrival: Arrival,
    ) -> Flight<F> {
        let mut place = self.places.borrow_mut().pop().unwrap_or_default();
        place.stack.set(Some((self.answer)(exchange.clone(), arrival)));
        (place.decoder, place.to) = (decoder, to);
        (place.unwanted, place.ends_body) = (0, false);
        Flight { exchange, place }
    }

    /// Drops what an exchange still has, and keeps what can be used again.
    pub(super) fn put_back(&self, flight: Flight<F>) {
        let Flight { exchange, mut place } = flight;
        place.stack.set(None);
        place.work = Work::Serving;
        let mut exchanges = self.exchanges.borrow_mut();
        // What nobody has read of a request would pin the block that it came in.
        let is_free = Rc::strong_count(&exchange) == 1 && exchange.holds_nothing();
        if exchanges.len() < SPARE && is_free {
            exchanges.push(exchange);
        }
        let mut places = self.places.borrow_mut();
        if place.output.renew() && places.len() < SPARE {
            places.push(place);
        }
    }
}

/// One exchange while it is in flight.
pub(super) struct Flight<F> {
    pub(super) exchange: Rc<Exchange>,
    pub(super) place: Box<Place<F>>,
}

/// All that an exchange in flight has memory for. It is used again for another one.
pub(super) struct Place<F> {
    /// The stack at work, until it has answered.
    stack: Pin<Box<Option<F>>>,
    pub(super) work: Work,
    pub(super) output: Encoder,
    /// Of the request's body.
    pub(super) decoder: Decoder,
    /// Bytes of it that were read for nobody.
    pub(super) unwanted: u64,
    pub(super) to: To,
    /// The end of the connection is the end of the response's body: it must not come by accident.
    pub(super) ends_body: bool,
}

/// What is answered.
pub(super) struct To {
    pub(super) method: Method,
    pub(super) version: Version,
}

impl<F> Default for Place<F> {
    fn default() -> Self {
        Self {
            stack: Box::pin(None),
            work: Work::Serving,
            output: Encoder::default(),
            decoder: Decoder::request(Framing::Nothing),
            unwanted: 0,
            to: To { method: Method::GET, version: Version::Http11 },
            ends_body: false,
        }
    }
}

/// What is done about a request.
#[allow(
    clippy::large_enum_variant,
    reason = "a place is boxed as a whole, and a delivery moves into it once"
)]
pub(super) enum Work {
    /// The stack answers it.
    Serving,
    /// It has.
    Delivery(Delivery),
}

impl<F: Future<Output = Option<Delivery>>> Place<F> {
    /// Has the stack answer; whether there is a delivery then, or nobody to be answered.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(stack) = self.stack.as_mut().as_pin_mut() else { return Poll::Ready(false) };
        // It is large: from where it is made it moves to where it stays.
        match stack.poll(cx) {
            Poll::Ready(Some(delivery)) => self.work = Work::Delivery(delivery),
            Poll::Ready(None) => return Poll::Ready(false),
            Poll::Pending => return Poll::Pending,
        }
        self.stack.set(None);
        Poll::Ready(true)
    }
}

/// What there was of a response's body.
pub(super) enum Gathered {
    Some,
    /// Nothing yet.
    Nothing,
    /// It will never be whole.
    Failed(Reason),
}

impl<F> Flight<F> {
    /// Encodes the interim responses that have come, for a client that knows them (RFC 9110 section 15.2). One that takes nothing
    /// is not sent more.
    #[inline]
    pub(super) fn inform(&mut self) {
        if self.exchange.has_interim() {
            self.encode_interim();
        }
    }

    #[cold]
    fn encode_interim(&mut self) {
        while let Some(Interim { status, fields }) = self.exchange.next_interim() {
            let buffer = self.place.output.buffer();
            if self.place.to.version == Version::Http10 || buffer.len() > MOST_INTERIM_BYTES {
                continue;
            }
            buffer.extend_from_slice(b"HTTP/1.1 ");
            buffer.extend_from_slice(status.as_str().as_bytes());
            buffer.push(b' ');
            buffer.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
            buffer.extend_from_slice(b"\r\n");
            fields.lines(Classes::NONE, |piece| buffer.extend_from_slice(piece));
            buffer.extend_from_slice(b"\r\n");
        }
    }

    /// Encodes what there is of the response's body, as far as it should be sent in one go.
    pub(super) fn gather(&mut self, cx: &mut Context<'_>) -> Gathered {
        let Work::Delivery(delivery) = &mut self.place.work else {
            return Gathered::Failed(Reason::Internal);
        };
        let (body, output) = (&mut delivery.response.body, &mut self.place.output);
        let defect = |malformed: Malformed| {
            tracing::error!(why = malformed.reason(), "a response is not what was announced of it");
            Reason::Internal
        };
        while !output.is_whole() && output.has_room() {
            let encoded = match body.poll_data(cx) {
                Poll::Ready(Some(Ok(data))) => output.data(data).map_err(defect),
                Poll::Ready(None) => {
                    let trailers = body.take_trailers().filter(|_| self.exchange.takes_trailers());
                    output.end(trailers.as_deref()).map_err(defect)
                }
                Poll::Ready(Some(Err(reason))) => Err(reason),
                Poll::Pending => return Gathered::Nothing,
            };
            if let Err(reason) = encoded {
                return Gathered::Failed(reason);
            }
        }
        Gathered::Some
    }

    /// Sends on what has come of the request's body, when nobody asks for the response's.
    pub(super) fn send_request_on(&mut self, cx: &mut Context<'_>) {
        if let Work::Delivery(delivery) = &mut self.place.work {
            delivery.response.body.send_request_on(cx);
        }
    }

    /// Whether a client would take what it has got so far for all of the response, if its connection ended now.
    pub(super) fn would_look_whole(&self) -> bool {
        self.place.ends_body && !self.place.output.is_done()
    }

    /// Gives of the request's body to its reader what has come, so that one write can take all of it; false if more input is needed.
    pub(super) fn decode(&mut self, input: &mut Bytes) -> bool {
        let upload = self.exchange.upload();
        if upload.failure().is_some() {
            return true;
        }
        let mut is_given = false;
        loop {
            match self.place.decoder.next(input) {
                Ok(Event::Data(data)) => {
                    upload.fill(data);
                    if self.place.decoder.remaining() == Some(0) {
                        upload.end();
                    } else if !upload.is_full() {
                        is_given = true;
                        continue;
                    }
                }
                Ok(Event::Trailers(fields)) => {
                    upload.trail(fields);
                    continue;
                }
                Ok(Event::End) => upload.end(),
                Ok(Event::More) if !is_given => return false,
                // What came before it is read first; the decoder says it again.
                Err(_) if is_given => {}
                Ok(Event::More) => {}
                Err(malformed) => {
                    tracing::debug!(why = malformed.reason(), "request body refused");
                    upload.fail(Reason::BadRequest);
                    return true;
                }
            }
            self.exchange.clock().request_moved();
            return true;
        }
    }

    /// Passes over the next of a request body that nobody reads; false if more input is needed.
    pub(super) fn discard(&mut self, input: &mut Bytes) -> Result<bool, Malformed> {
        let upload = self.exchange.upload();
        match self.place.decoder.next(input)? {
            Event::Data(data) => {
                self.place.unwanted += data.len() as u64;
                upload.discarded(data.len() as u64);
                if self.place.decoder.remaining() == Some(0) {
                    upload.end();
                }
            }
            Event::Trailers(_) => {}
            Event::End => upload.end(),
            Event::More => return Ok(false),
        }
        Ok(true)
    }
}

/// A head as the gate takes it, or its first line if it has no target.
#[inline(always)]
pub(super) fn arrival(head: RequestHead) -> Arrival {
    match Target::read(head.target()) {
        Some(target) => {
            let RequestHead { method, version, fields, .. } = head;
            let version = match version {
                Version::Http10 => http::Version::HTTP_10,
                Version::Http11 => http::Version::HTTP_11,
            };
            Arrival::Request(Head { method, target, version, fields })
        }
        None => Arrival::Refused(Reason::BadRequest, Some((head.method.clone(), head.target()))),
    }
}
