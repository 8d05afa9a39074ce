use std::cell::Cell;
use std::collections::VecDeque;
use std::task::Waker;

use proptest::prelude::*;

use super::super::Frames;
use super::*;

/// A source that does what it is told, and what no source should: it goes on after an end and after an error.
struct Script {
    events: VecDeque<Option<Result<u8, Reason>>>,
    left: Option<u64>,
    told: Cell<Option<Reason>>,
}

impl Source for Script {
    fn poll_data(&mut self, _: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let Some(event) = self.events.pop_front() else { return Poll::Ready(None) };
        Poll::Ready(event.map(|event| {
            event.map(|length| {
                self.left = self.left.map(|left| left.saturating_sub(length.into()));
                Bytes::from(vec![b'x'; length.into()])
            })
        }))
    }

    fn left(&self) -> Option<u64> {
        self.left
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        None
    }

    fn failed(&mut self, reason: Reason) {
        assert_eq!(self.told.replace(Some(reason)), None);
    }
}

fn event() -> impl Strategy<Value = Option<Result<u8, Reason>>> {
    prop_oneof![
        6 => any::<u8>().prop_map(|length| Some(Ok(length % 40))),
        1 => Just(Some(Err(Reason::BadRequest))),
        1 => Just(Some(Err(Reason::ClientClosed))),
        1 => Just(None),
    ]
}

proptest! {
    /// Whatever comes: a body ends once, only if nothing is missing and nothing was too much, and says the same
    /// to whoever asks again.
    #[test]
    fn an_end_is_an_end_and_a_failure_stays_one(
        events in prop::collection::vec(event(), 0..8),
        left in prop::option::of(0u64..200),
        limit in 0u64..200,
    ) {
        let (mut come, mut broken) = (0, false);
        for event in &events {
            match event {
                Some(Ok(length)) => come += u64::from(*length),
                Some(Err(_)) => broken = true,
                None => {}
            }
            if broken || event.is_none() || left.is_some_and(|left| come >= left) {
                break;
            }
        }
        let whole = !broken && come <= limit && left.is_none_or(|left| come >= left);
        let mut body = State::Open(Script { events: events.into(), left, told: Cell::new(None) }, limit);
        let mut task = TaskContext::from_waker(Waker::noop());
        let mut read = 0;
        let mut verdict = None;
        for _ in 0..20 {
            let Poll::Ready(next) = body.poll(&mut task) else { unreachable!() };
            match next {
                Some(Ok(data)) => {
                    prop_assert_eq!(verdict, None, "data after the end");
                    read += data.len() as u64;
                }
                other => {
                    let says = other.map(|failure| failure.unwrap_err());
                    prop_assert!(verdict.is_none_or(|before| before == says), "{verdict:?}, then {says:?}");
                    verdict = Some(says);
                }
            }
        }
        prop_assert_eq!(verdict == Some(None), whole);
        prop_assert!(!whole || read == come);
        prop_assert!(read <= limit);
    }
}

/// A body of which this is still to come, that waits before each piece, and fails at the end of the script if it is to.
#[derive(Debug)]
struct Pieces {
    pieces: VecDeque<Vec<u8>>,
    waits: bool,
    failure: Option<Reason>,
    told: Rc<Cell<Option<Reason>>>,
    has_length: bool,
}

impl Pieces {
    fn new(pieces: &[&[u8]]) -> Self {
        let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
        Self { pieces, waits: false, failure: None, told: Rc::default(), has_length: true }
    }
}

impl Layer for Pieces {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match (self.pieces.pop_front(), self.failure) {
            (Some(piece), _) => Poll::Ready(Some(Ok(piece.into()))),
            (None, Some(reason)) => Poll::Ready(Some(Err(reason))),
            (None, None) => Poll::Ready(None),
        }
    }

    fn left(&self) -> Option<u64> {
        let left = self.pieces.iter().map(Vec::len).sum::<usize>() as u64;
        self.has_length.then_some(left + u64::from(self.failure.is_some()))
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        if self.has_length {
            return None;
        }
        let mut fields = Fields::default();
        fields.append(&http::header::ETAG, &http::HeaderValue::from_static("\"a\""));
        Some(Box::new(fields))
    }

    fn failed(&mut self, reason: Reason) {
        self.told.set(Some(reason));
    }

    fn exchange(&self) -> Option<Rc<Exchange>> {
        None
    }

    fn again(&self) -> Option<Box<dyn Layer>> {
        None
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut task = TaskContext::from_waker(Waker::noop());
    (0..1000)
        .find_map(|_| match future.as_mut().poll(&mut task) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        })
        .expect("it waits for nothing else")
}

/// Reads the next piece.
fn next(body: &mut RequestBody) -> Option<Result<Bytes, Reason>> {
    now(poll_fn(|cx| body.poll_data(cx)))
}

/// Reads on for so many pieces, or to the end.
fn read(body: &mut RequestBody, pieces: usize) -> Vec<u8> {
    (0..pieces).map_while(|_| next(body)).flat_map(|data| data.unwrap()).collect()
}

#[test]
fn what_is_collected_is_the_whole_body_or_nothing() {
    for has_length in [true, false] {
        for pieces in [&[][..], &[&b"abc"[..]], &[b"ab", b"c", b"defg"]] {
            let whole = pieces.concat();
            let body = || RequestBody::layered(Pieces { has_length, ..Pieces::new(pieces) });
            let mut collected = body();
            assert_eq!(now(collected.collect(whole.len())).unwrap(), whole);
            assert!(collected.is_end());
            assert_eq!(now(collected.collect(0)).unwrap(), "", "nothing is left");
            if whole.is_empty() {
                continue;
            }
            let mut longer = body();
            let error = now(longer.collect(whole.len() - 1)).unwrap_err();
            assert_eq!(error.reason(), Reason::BodyTooLarge);
            assert_eq!(next(&mut longer), Some(Err(Reason::BodyTooLarge)), "it is no whole body from now on");
            assert_eq!(longer.length(), None);
        }
    }
}

#[test]
fn what_breaks_off_is_not_collected() {
    let pieces = Pieces { failure: Some(Reason::ClientClosed), ..Pieces::new(&[b"abc"]) };
    let mut body = RequestBody::layered(pieces);
    assert_eq!(now(body.collect(100)).unwrap_err().reason(), Reason::ClientClosed);
    assert_eq!(now(body.collect(100)).unwrap_err().reason(), Reason::ClientClosed);
}

#[test]
fn of_an_announced_length_beyond_the_limit_nothing_is_read() {
    let pieces = Pieces::new(&[b"abc"]);
    let told = pieces.told.clone();
    let mut body = RequestBody::layered(pieces);
    assert_eq!(now(body.collect(2)).unwrap_err().reason(), Reason::BodyTooLarge);
    assert_eq!(told.get(), Some(Reason::BodyTooLarge));
}

#[test]
fn a_body_that_is_here_has_its_length_and_can_be_read_again() {
    let mut body = RequestBody::from(Bytes::from_static(b"abc"));
    assert_eq!((body.length(), body.is_end()), (Some(3), false));
    let mut again = body.again().unwrap();
    assert_eq!(read(&mut body, 9), b"abc");
    assert!(body.is_end() && again.again().is_some());
    assert_eq!(read(&mut again, 9), b"abc");
    assert!(RequestBody::from(Bytes::new()).is_end(), "no data is no body");
}

proptest! {
    /// However far each reading comes before it is given up: the next one is the whole body, as long as that is not too long.
    #[test]
    fn a_kept_body_can_be_read_again_and_again(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..6),
        readings in prop::collection::vec(0usize..8, 1..4),
        most in 0usize..200,
        has_length: bool,
    ) {
        let whole = pieces.concat();
        let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let source = RequestBody::layered(Pieces { has_length, ..Pieces::new(&slices) });
        let body = source.replayable(most);
        let spare = body.again();
        if has_length {
            prop_assert_eq!(spare.is_some(), whole.len() <= most);
        }
        let Some(spare) = spare else { return Ok(()) };
        let (mut reading, mut come) = (body, 0);
        for pieces_read in readings {
            if has_length {
                prop_assert_eq!(reading.length(), Some(whole.len() as u64));
            }
            let read = read(&mut reading, pieces_read);
            prop_assert!(whole.starts_with(&read));
            come = come.max(read.len());
            match spare.again() {
                Some(again) => reading = again,
                None => {
                    prop_assert!(come > most, "{come} bytes are no more than {most}");
                    break;
                }
            }
            prop_assert!(come <= most);
        }
        let rest = read(&mut reading, 99);
        prop_assert!(whole.ends_with(&rest));
        prop_assert_eq!(reading.take_trailers().is_some(), !has_length);
        if come <= most {
            prop_assert_eq!(rest, whole);
        }
    }
}

#[test]
fn a_body_that_nobody_would_read_again_is_not_kept() {
    let mut body = RequestBody::layered(Pieces { has_length: false, ..Pieces::new(&[b"ab", b"cd", b"ef"]) })
        .replayable(100);
    let spare = body.again().unwrap();
    assert_eq!(read(&mut body, 1), b"ab");
    drop(spare);
    assert!(body.again().is_some(), "so far it is kept");
    assert_eq!(read(&mut body, 1), b"cd");
    assert!(body.again().is_none(), "and now it is not");
    assert_eq!(read(&mut body, 9), b"ef");
}

#[test]
fn a_body_that_has_failed_is_not_read_again() {
    let pieces = Pieces { failure: Some(Reason::ClientClosed), ..Pieces::new(&[b"ab"]) };
    let mut body = RequestBody::layered(pieces).replayable(100);
    let spare = body.again().unwrap();
    assert_eq!(read(&mut body, 1), b"ab");
    assert_eq!(next(&mut body), Some(Err(Reason::ClientClosed)));
    assert!(spare.again().is_none());
}

#[test]
fn where_there_is_no_body_a_layer_makes_none() {
    struct Adds;
    impl Filter for Adds {
        fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
            out.data(data);
            out.data(&b"+"[..]);
            Ok(())
        }
    }
    assert!(RequestBody::empty().filtered(Adds).is_end());
    assert!(RequestBody::empty().replayable(9).is_end());
    let mut body = RequestBody::from(Bytes::from_static(b"a")).filtered(Adds).filtered(Adds).replayable(9);
    let mut again = body.again().unwrap();
    assert_eq!(body.length(), None);
    assert_eq!(read(&mut body, 9), b"a+++");
    assert_eq!(read(&mut again, 9), b"a+++");
    assert!(RequestBody::from(Bytes::from_static(b"a")).filtered(Adds).again().is_none());
}
