//! Any body, cut anywhere, behind one filter or two, held against what they would make of all of it at once.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

use http::{HeaderValue, header};
use proptest::prelude::*;

use super::*;

/// What a source does next.
#[derive(Clone, Debug)]
enum Event {
    Data(Vec<u8>),
    /// Nothing yet, whoever asks twice.
    Pending,
    Still,
    Fail,
}

/// Does what it is told and ends then; goes on after an error, as no source should.
struct Script {
    events: VecDeque<Event>,
    trailers: Option<Box<Fields>>,
}

impl Source for Script {
    fn poll_data(&mut self, _: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        match self.events.pop_front() {
            Some(Event::Data(data)) => Poll::Ready(Some(Ok(data.into()))),
            Some(Event::Pending) => {
                self.events.push_front(Event::Still);
                Poll::Pending
            }
            Some(Event::Still) => Poll::Pending,
            Some(Event::Fail) => Poll::Ready(Some(Err(Reason::UpstreamReset))),
            None => Poll::Ready(None),
        }
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.trailers.take()
    }
}

impl<S: Source, F: Filter> Source for Filtered<S, F> {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.poll_data(cx)
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.take_trailers()
    }
}

/// Says every byte twice, holds them until there are five or more, and hands them out one by one; fails at `!`, ends with a dot.
#[derive(Default)]
struct Twice {
    held: Vec<u8>,
    calls_after_the_last: Rc<Cell<u32>>,
    is_over: bool,
}

const REFUSED: Reason = Reason::BadRequest;

impl Twice {
    fn called(&mut self) {
        if self.is_over {
            self.calls_after_the_last.set(self.calls_after_the_last.get() + 1);
        }
    }

    fn flush(&mut self, out: &mut Frames) {
        for byte in std::mem::take(&mut self.held) {
            out.data(vec![byte, byte]);
            out.data(Bytes::new());
        }
    }
}

impl Filter for Twice {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        self.called();
        assert!(!data.is_empty());
        for &byte in &data {
            if byte == b'!' {
                // What it has handed out in the same call is dropped with it.
                self.flush(out);
                self.is_over = true;
                return Err(REFUSED);
            }
            self.held.push(byte);
        }
        if self.held.len() >= 5 {
            self.flush(out);
        }
        Ok(())
    }

    fn end(&mut self, trailers: Option<Fields>, out: &mut Frames) -> Result<(), Reason> {
        self.called();
        self.is_over = true;
        self.flush(out);
        out.data(&b"."[..]);
        if let Some(trailers) = trailers {
            out.trailers(trailers);
        }
        Ok(())
    }

    fn pause(&mut self, out: &mut Frames) -> Result<(), Reason> {
        self.called();
        self.flush(out);
        Ok(())
    }
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => prop::collection::vec(prop::sample::select(b"abcdefghij!".to_vec()), 0..4).prop_map(Event::Data),
        6 => prop::collection::vec(prop::sample::select(b"abcdefghij".to_vec()), 0..9).prop_map(Event::Data),
        3 => Just(Event::Pending),
        1 => Just(Event::Fail),
    ]
}

fn twice(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|&byte| [byte, byte]).collect()
}

/// Reads a body to what it says last, which it has to say again and again; `waits` is told how much has come out where it waits.
fn read(body: &mut impl Source, mut waits: impl FnMut(usize)) -> (Vec<u8>, Result<(), Reason>) {
    let mut task = TaskContext::from_waker(Waker::noop());
    let mut read = Vec::new();
    let verdict = loop {
        match body.poll_data(&mut task) {
            Poll::Ready(Some(Ok(data))) => {
                assert!(!data.is_empty(), "a chunk without data would be the last one");
                read.extend_from_slice(&data);
            }
            Poll::Ready(Some(Err(reason))) => break Err(reason),
            Poll::Ready(None) => break Ok(()),
            Poll::Pending => waits(read.len()),
        }
    };
    for _ in 0..3 {
        let again = body.poll_data(&mut task).map_ok(|data| data.len());
        assert_eq!(again, Poll::Ready(verdict.err().map(Err)));
    }
    (read, verdict)
}

fn trailers() -> Option<Box<Fields>> {
    let mut fields = Fields::default();
    fields.append(&header::ETAG, &HeaderValue::from_static("\"a\""));
    Some(Box::new(fields))
}

proptest! {
    #[test]
    fn a_filter_is_told_all_of_a_body_once_and_nothing_is_lost_or_made_up(events in prop::collection::vec(event(), 0..12)) {
        // What has come until the source fails or the filter does.
        let (mut come, mut verdict, mut at_waits) = (Vec::new(), Ok(()), Vec::new());
        for event in &events {
            match event {
                Event::Data(data) if data.contains(&b'!') => verdict = Err(REFUSED),
                Event::Data(data) => come.extend_from_slice(data),
                Event::Fail => verdict = Err(Reason::UpstreamReset),
                Event::Pending | Event::Still => at_waits.push(come.len() * 2),
            }
            if verdict.is_err() {
                break;
            }
        }
        let calls_after_the_last = Rc::new(Cell::new(0));
        let filter = Twice { calls_after_the_last: calls_after_the_last.clone(), ..Twice::default() };
        let mut body = Filtered::new(Script { events: events.clone().into(), trailers: trailers() }, filter);
        let mut waited = Vec::new();
        let (out, said) = read(&mut body, |length| waited.push(length));
        prop_assert_eq!(said, verdict);
        waited.dedup();
        at_waits.dedup();
        prop_assert_eq!(waited, at_waits, "what is held is handed out where the source waits");
        prop_assert_eq!(calls_after_the_last.get(), 0);
        let mut wanted = twice(&come);
        match verdict {
            Ok(()) => {
                wanted.push(b'.');
                prop_assert_eq!(out, wanted);
                prop_assert!(body.take_trailers().is_some());
            }
            Err(_) => {
                prop_assert!(wanted.starts_with(&out));
                prop_assert!(body.take_trailers().is_none());
            }
        }
    }

    #[test]
    fn filters_nest(events in prop::collection::vec(event(), 0..12)) {
        let script = || Script { events: events.clone().into(), trailers: trailers() };
        let (once, verdict) = read(&mut Filtered::new(script(), Twice::default()), |_| {});
        let mut body = Filtered::new(Filtered::new(script(), Twice::default()), Twice::default());
        let (out, said) = read(&mut body, |_| {});
        prop_assert_eq!(said, verdict);
        let wanted = twice(&once);
        match verdict {
            Ok(()) => {
                prop_assert_eq!(&out[..out.len() - 1], wanted);
                prop_assert!(body.take_trailers().is_some());
            }
            Err(_) => prop_assert!(wanted.starts_with(&out)),
        }
    }
}

#[test]
fn what_may_not_stand_behind_a_body_is_not_handed_out() {
    let mut fields = Fields::default();
    fields.append(&header::CONTENT_LENGTH, &HeaderValue::from_static("5"));
    fields.append(&header::ETAG, &HeaderValue::from_static("\"a\""));
    let mut out = Frames::default();
    out.trailers(fields.clone());
    let left = out.take_trailers().unwrap();
    assert_eq!((left.len(), left.get("etag")), (1, Some(&b"\"a\""[..])));
    fields.remove("etag");
    out.trailers(fields);
    assert!(out.take_trailers().is_none(), "none at all");
}

/// Fails where it is told to.
struct Fails(&'static str);

impl Filter for Fails {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        out.data(data);
        if self.0 == "data" { Err(REFUSED) } else { Ok(()) }
    }

    fn end(&mut self, _: Option<Fields>, _: &mut Frames) -> Result<(), Reason> {
        if self.0 == "end" { Err(REFUSED) } else { Ok(()) }
    }

    fn pause(&mut self, _: &mut Frames) -> Result<(), Reason> {
        if self.0 == "pause" { Err(REFUSED) } else { Ok(()) }
    }
}

#[test]
fn a_filter_may_fail_in_any_call() {
    for (at, wanted) in [("data", ""), ("pause", "ab"), ("end", "ab"), ("nowhere", "ab")] {
        let events = [Event::Data(b"ab".into()), Event::Pending].into();
        let mut body = Filtered::new(Script { events, trailers: trailers() }, Fails(at));
        let (out, said) = read(&mut body, |_| {});
        assert_eq!(out, wanted.as_bytes(), "{at}");
        assert_eq!(said, if at == "nowhere" { Ok(()) } else { Err(REFUSED) }, "{at}");
        assert!(body.take_trailers().is_none(), "{at}: it keeps them");
    }
}
