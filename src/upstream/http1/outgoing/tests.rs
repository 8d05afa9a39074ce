//! A model: bodies that do anything, over connections that do anything. What is called sent is one complete message.

use std::collections::VecDeque;
use std::task::Waker;

use http::{HeaderValue, header};
use proptest::prelude::*;

use super::*;
use crate::http1::body::{Decoder, Event as Piece};

/// About what is copied behind a head.
const COPY: usize = 8 * 1024;

/// What a body does when it is polled.
#[derive(Clone, Debug)]
enum Event {
    Data(usize),
    Pending,
    Fail(Reason),
    End,
}

/// A body that does what it is told, and what no body should: it goes on after an end and after an error.
#[derive(Debug)]
struct Script {
    events: VecDeque<Event>,
    /// What it announces, which need not be true.
    length: Option<u64>,
    /// It has fields behind it.
    has_trailers: bool,
}

impl Following for Script {
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match self.events.pop_front() {
            Some(Event::Data(length)) => Poll::Ready(Some(Ok(filler(length)))),
            Some(Event::Pending) => Poll::Pending,
            Some(Event::Fail(reason)) => Poll::Ready(Some(Err(reason))),
            Some(Event::End) | None => Poll::Ready(None),
        }
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        let mut trailers = Fields::default();
        trailers.append(&header::ETAG, &HeaderValue::from_static("1"));
        self.has_trailers.then(|| Box::new(trailers))
    }
}

fn filler(length: usize) -> Bytes {
    Bytes::from(vec![b'x'; length])
}

/// A connection that takes so much each time, nothing for now (0), and breaks when the list is at its end.
struct Wire {
    takes: VecDeque<usize>,
    endless: bool,
    written: Vec<u8>,
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let taken = match self.takes.pop_front() {
            Some(0) => return Poll::Pending,
            Some(most) => most.min(data.len()),
            None if self.endless => data.len(),
            None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        };
        self.written.extend_from_slice(&data[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const HEAD: &[u8] = b"POST / HTTP/1.1\r\n\r\n";

/// What the backend makes of the bytes: how long the body is, whether it has trailers, and how much came behind it, if the message is
/// complete.
fn received(wire: &[u8], length: Option<u64>) -> Option<(usize, bool, usize)> {
    let mut input = Bytes::copy_from_slice(wire.strip_prefix(HEAD)?);
    let mut decoder = Decoder::request(length.map_or(Framing::Chunked, Framing::Length));
    let (mut body, mut has_trailers) = (0, false);
    loop {
        match decoder.next(&mut input).expect("broken framing on the wire") {
            Piece::Data(data) => body += data.len(),
            Piece::End => return Some((body, has_trailers, input.len())),
            Piece::More => return None,
            Piece::Trailers(fields) => has_trailers = fields.get("etag") == Some(b"1"),
        }
    }
}

/// The body that the events are, if they are a whole one.
fn whole(events: &[Event], length: Option<u64>) -> Option<usize> {
    let mut body = 0;
    for event in events {
        if length == Some(body as u64) {
            return Some(body);
        }
        match event {
            Event::Data(more) => body += more,
            Event::Fail(_) => return None,
            Event::End => break,
            Event::Pending => {}
        }
    }
    length.is_none_or(|length| length == body as u64).then_some(body)
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0usize..40).prop_map(Event::Data),
        1 => (COPY - 1..3 * COPY).prop_map(Event::Data),
        1 => Just(Event::Pending),
        1 => prop_oneof![Just(Reason::BadRequest), Just(Reason::BodyTooLarge), Just(Reason::ClientClosed)]
            .prop_map(Event::Fail),
        1 => Just(Event::End),
    ]
}

/// The length that the data adds up to, another one, or none.
fn announced(events: &[Event], kind: u8, other: u64) -> Option<u64> {
    let sum =
        events.iter().map(|event| if let Event::Data(length) = event { *length as u64 } else { 0 }).sum();
    match kind {
        0 => Some(sum),
        1 => Some(other),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_called_sent_is_one_complete_message(
        events in prop::collection::vec(event(), 0..6),
        kind in 0u8..3,
        other in 0u64..60,
        has_trailers in any::<bool>(),
        takes in prop::collection::vec(0usize..100, 0..8),
        endless in prop::bool::weighted(0.8),
    ) {
        let length = announced(&events, kind, other);
        let expected = whole(&events, length);
        let mut outgoing = Outgoing::default();
        outgoing.buffer().extend_from_slice(HEAD);
        outgoing.begin(Some(Script { events: events.into(), length, has_trailers }));
        let mut wire = Wire { takes: takes.into(), endless, written: Vec::new() };
        let mut cx = Context::from_waker(Waker::noop());
        let (mut failed, mut failures) = (false, 0);
        // Whoever polls again, after a failure too, must not complete what was not complete.
        for _ in 0..40 {
            match outgoing.poll_send(&mut wire, &mut cx) {
                Poll::Ready(Ok(())) => {
                    prop_assert!(!failed, "sent after a failure");
                    prop_assert!(outgoing.is_done());
                }
                Poll::Ready(Err(_)) => {
                    failures += 1;
                    failed = true;
                }
                Poll::Pending => prop_assert!(!outgoing.is_done()),
            }
        }
        let received = received(&wire.written, length);
        prop_assert!(failures <= 1, "one failure was told {failures} times");
        if outgoing.is_done() {
            prop_assert!(!failed);
            prop_assert!(expected.is_some(), "called sent, and the body was not whole");
            // Only chunks have something behind them.
            prop_assert_eq!(received, expected.map(|body| (body, has_trailers && length.is_none(), 0)));
        }
        if expected.is_none() {
            prop_assert_eq!(received, None, "completed on the wire");
        }
        if expected.is_some() && endless {
            prop_assert!(outgoing.is_done(), "a whole body over a sound connection");
        }
    }

    #[test]
    fn what_is_taken_back_is_whole_and_leaves_nothing(length in prop::option::of(1u64..60)) {
        let mut outgoing = Outgoing::default();
        outgoing.buffer().extend_from_slice(HEAD);
        let events = VecDeque::from([Event::Data(length.unwrap_or(7) as usize)]);
        outgoing.begin(Some(Script { events, length, has_trailers: false }));
        prop_assert!(!outgoing.is_done());
        let body = outgoing.take_back().unwrap();
        prop_assert!(outgoing.is_done() && outgoing.buffer().is_empty());
        outgoing.buffer().extend_from_slice(HEAD);
        outgoing.begin(Some(body));
        let mut wire = Wire { takes: VecDeque::new(), endless: true, written: Vec::new() };
        let mut cx = Context::from_waker(Waker::noop());
        prop_assert!(matches!(outgoing.poll_send(&mut wire, &mut cx), Poll::Ready(Ok(()))));
        prop_assert_eq!(received(&wire.written, length), Some((length.unwrap_or(7) as usize, false, 0)));
    }
}

#[test]
fn a_request_without_a_body_is_sent_with_its_head() {
    let mut outgoing: Outgoing<Script> = Outgoing::default();
    assert!(outgoing.is_done());
    outgoing.buffer().extend_from_slice(HEAD);
    outgoing.begin(None);
    assert!(!outgoing.is_done());
    let mut wire = Wire { takes: [3, 0].into(), endless: true, written: Vec::new() };
    let mut cx = Context::from_waker(Waker::noop());
    assert!(outgoing.poll_send(&mut wire, &mut cx).is_pending() && !outgoing.is_done());
    assert!(outgoing.poll_send(&mut wire, &mut cx).is_ready() && outgoing.is_done());
    assert_eq!(wire.written, HEAD);
}
