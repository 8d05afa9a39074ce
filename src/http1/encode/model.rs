//! A model of the encoder, for tests and the fuzzer: any steps, over a connection that takes any number of bytes. What is
//! called sent is one complete message, and nothing but messages and the beginning of one is ever on the wire.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::{Encoder, Fields, Framing, State};
use crate::http1::naive::{self, Reading};

/// What is done to an encoder.
#[derive(Clone, Debug)]
pub(in crate::http1) enum Step {
    /// A head of so many bytes, and what body it announces.
    Begin(Framing, usize),
    /// An interim response of so many bytes.
    Interim(usize),
    Data(usize),
    /// The end, with so many trailers.
    End(usize),
    BreakOff,
    /// The connection takes at most so many bytes.
    Take(usize),
    /// The memory is asked for.
    TakeBuffer,
    /// Another connection has the encoder from now on.
    Renew,
}

/// A message, as far as its bytes were accepted.
#[derive(Debug)]
struct Message {
    framing: Framing,
    head: usize,
    body: Vec<u8>,
    trailers: usize,
    whole: bool,
}

/// What ought to be.
#[derive(Debug, Default)]
struct Model {
    wire: Vec<u8>,
    counted: u64,
    messages: Vec<Message>,
    /// Text of interim responses that waits for a head.
    interim: usize,
    broken: bool,
}

/// How much of the messages is on the wire.
#[derive(Debug, PartialEq, Eq)]
struct Arrived {
    complete: usize,
    body: u64,
}

/// Body bytes that look like framing.
const FILLER: &[u8] = b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n5;a\r\n";

pub(in crate::http1) fn check(steps: impl IntoIterator<Item = Step>) {
    let (mut encoder, mut model) = (Encoder::default(), Model::default());
    for step in steps {
        model.step(&mut encoder, &step);
        model.compare(&encoder);
    }
    // Over a sound connection a whole message is sent in the end, and nothing else is.
    model.step(&mut encoder, &Step::Take(usize::MAX));
    model.compare(&encoder);
    assert!(encoder.is_empty());
    let whole = model.messages.iter().all(|message| message.whole);
    assert_eq!(encoder.is_done(), whole && !model.broken);
}

impl Model {
    fn step(&mut self, encoder: &mut Encoder, step: &Step) {
        match *step {
            Step::Begin(framing, head) => {
                let may = self.is_free();
                if head > 0 {
                    encoder.buffer().extend(std::iter::repeat_n(b'H', head));
                }
                encoder.begin(framing);
                self.broken |= !may;
                if may {
                    let whole = matches!(framing, Framing::Nothing | Framing::Length(0));
                    let head = head + std::mem::take(&mut self.interim);
                    self.messages.push(Message { framing, head, body: Vec::new(), trailers: 0, whole });
                }
            }
            Step::Interim(length) => {
                let may = self.is_free();
                encoder.buffer().extend(std::iter::repeat_n(b'H', length));
                self.broken |= !may;
                self.interim += if may { length } else { 0 };
            }
            Step::Data(length) => {
                let mut data = FILLER.repeat(length / FILLER.len() + 1);
                data.truncate(length);
                let accepted = self.accepts(length);
                assert_eq!(encoder.data(Bytes::from(data.clone())).is_ok(), accepted);
                self.broken |= !accepted;
                if let Some(message) = self.messages.last_mut().filter(|_| accepted) {
                    message.body.extend_from_slice(&data);
                    message.whole |= message.framing == Framing::Length(message.body.len() as u64);
                }
            }
            Step::End(trailers) => {
                let mut fields = Fields::default();
                for _ in 0..trailers {
                    fields.append(&HeaderName::from_static("x-sum"), &HeaderValue::from_static("1"));
                }
                let accepted = self.may_end();
                assert_eq!(encoder.end(Some(&fields).filter(|_| trailers > 0)).is_ok(), accepted);
                self.broken |= !accepted;
                if let Some(message) = self.messages.last_mut().filter(|message| accepted && !message.whole) {
                    message.whole = true;
                    message.trailers = trailers;
                }
            }
            Step::BreakOff => {
                encoder.break_off();
                self.broken = true;
            }
            Step::Take(most) => {
                let slices = encoder.slices();
                assert!(slices.windows(2).all(|pair| !pair[0].is_empty() || pair[1].is_empty()));
                let waits = slices.map(|slice| slice.to_vec()).concat();
                let taken = most.min(waits.len());
                self.wire.extend_from_slice(&waits[..taken]);
                self.counted += encoder.advance(taken);
            }
            Step::Renew => {
                encoder.renew();
                *self = Self::default();
            }
            Step::TakeBuffer => {
                let mut memory = encoder.take_buffer();
                assert!(memory.is_empty());
                // Whatever is done with it.
                memory.extend_from_slice(FILLER);
            }
        }
    }

    /// Whether another message may begin.
    fn is_free(&self) -> bool {
        !self.broken && self.arrived().complete == self.messages.len()
    }

    fn accepts(&self, length: usize) -> bool {
        if self.broken || length == 0 {
            return !self.broken;
        }
        // What is complete on the wire is over, but that a body until the close is so only shows then.
        self.messages.last().is_some_and(|message| {
            !message.whole
                && match message.framing {
                    Framing::Nothing => false,
                    Framing::Length(most) => (message.body.len() + length) as u64 <= most,
                    Framing::Chunked | Framing::UntilClose => true,
                }
        })
    }

    fn may_end(&self) -> bool {
        !self.broken
            && self
                .messages
                .last()
                .is_some_and(|message| message.whole || !matches!(message.framing, Framing::Length(_)))
    }

    /// Reads the wire as the peer does.
    fn arrived(&self) -> Arrived {
        let (mut rest, mut arrived) = (&self.wire[..], Arrived { complete: 0, body: 0 });
        for message in &self.messages {
            let head = message.head.min(rest.len());
            assert!(rest[..head].iter().all(|&byte| byte == b'H'), "no head where one belongs");
            rest = &rest[head..];
            if head < message.head {
                return arrived;
            }
            let (data, taken, complete) = match message.framing {
                Framing::Chunked => match naive::chunked(rest, false) {
                    Reading::Whole(body, taken) => {
                        let sum = ("x-sum".to_owned(), b"1".to_vec());
                        assert_eq!(body.trailers, vec![sum; message.trailers]);
                        (body.data, taken, true)
                    }
                    Reading::Part(body) => (body.data, rest.len(), false),
                    Reading::Bad => panic!("broken framing on the wire"),
                },
                Framing::Nothing => (Vec::new(), 0, true),
                Framing::Length(length) => {
                    let there = rest.len().min(length as usize);
                    (rest[..there].to_vec(), there, there as u64 == length)
                }
                Framing::UntilClose => {
                    let there = rest.len().min(message.body.len());
                    (rest[..there].to_vec(), there, message.whole && there == message.body.len())
                }
            };
            assert!(message.body.starts_with(&data), "other data than was given");
            assert!(!complete || message.whole && data.len() == message.body.len(), "completed on the wire");
            arrived.body += data.len() as u64;
            rest = &rest[taken..];
            if !complete {
                break;
            }
            arrived.complete += 1;
        }
        assert!(rest.iter().all(|&byte| byte == b'H'), "something behind a message");
        arrived
    }

    fn compare(&self, encoder: &Encoder) {
        let arrived = self.arrived();
        assert_eq!(self.counted, arrived.body, "not the body that was taken");
        let waiting: usize = encoder.slices().iter().map(|slice| slice.len()).sum();
        let waits = waiting > 0;
        assert_eq!(encoder.is_empty(), !waits);
        // Text without a head is nobody's message.
        let is_known = matches!(encoder.state, State::Sending(_));
        assert_eq!(encoder.runs.total(), if is_known { waiting } else { 0 });
        if self.broken {
            assert!(!waits && !encoder.is_done() && !encoder.is_whole());
            return;
        }
        let whole = self.messages.last().is_none_or(|message| message.whole);
        assert_eq!(encoder.is_whole(), whole && !self.messages.is_empty());
        if !encoder.is_done() {
            assert!(waits || !whole, "all is sent, and it does not say so");
        } else {
            assert!(!waits && arrived.complete == self.messages.len(), "called sent, and it is not");
        }
    }
}
