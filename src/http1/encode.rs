//! Encoding a message, a request or a response: what waits to be taken, how much of the body is still to come, and whether
//! all of it is on the wire. Only a message that is all there is ever called sent.

mod runs;

use std::io::IoSlice;

use bytes::{Buf, Bytes};

use self::runs::Runs;
use super::{Framing, Malformed};
use crate::fields::{Classes, Fields};

/// Data up to this size is copied behind what waits: one buffer is one plain `send`, and a slow reader of little data
/// keeps no block.
const COPY: usize = 8 * 1024;
/// Pieces of a body that may wait, be they ever so small.
const PIECES: usize = 32;
/// Bytes that are worth keeping between messages: room for the end of a chunk, and for the last one.
const KEPT: usize = 64;

/// More memory than this is not kept for another message.
const RENEWED: usize = 32 * 1024;

/// A message on its way out.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    /// What goes first: the head, small data, chunk sizes.
    front: Vec<u8>,
    /// How much of `front` was taken.
    taken: usize,
    /// Data too large to be copied.
    data: Bytes,
    /// What goes behind that data.
    back: Vec<u8>,
    /// What of all this is body.
    runs: Runs,
    state: State,
}

/// How far a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// There is none.
    #[default]
    Idle,
    /// This is still to be encoded, or what is encoded still to be taken.
    Sending(Left),
    /// All of it was taken.
    Sent,
    /// It will never be whole, and nothing leaves any more.
    Broken,
}

/// What of a message is still to be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// So many bytes of its body.
    Bytes(u64),
    /// Chunks, and the last one.
    Chunks,
    /// Whatever comes before the connection is closed.
    UntilClose,
}

impl Encoder {
    /// Where the text of a head goes, which [`begin`](Self::begin) then makes a message of; text without it is an interim
    /// response. Within a message there is no place for text: whoever asks for one breaks the message off.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if matches!(self.state, State::Sending(_)) {
            self.break_off();
        }
        if self.state == State::Broken {
            self.front.clear();
        }
        &mut self.front
    }

    /// The buffer ends with a whole head, and such a body follows it.
    pub(crate) fn begin(&mut self, framing: Framing) {
        if !matches!(self.state, State::Idle | State::Sent) {
            return self.break_off();
        }
        self.runs.text(self.front.len() - self.taken);
        self.state = State::Sending(match framing {
            Framing::Nothing | Framing::Length(0) => Left::Nothing,
            Framing::Length(length) => Left::Bytes(length),
            Framing::Chunked => Left::Chunks,
            Framing::UntilClose => Left::UntilClose,
        });
        self.settle();
    }

    /// Encodes some of the body. It takes any amount; [`has_room`](Self::has_room) says when to send first.
    ///
    /// # Errors
    ///
    /// It is more than was announced, or belongs to no message. Nothing of it leaves, nor of what waited.
    pub(crate) fn data(&mut self, data: Bytes) -> Result<(), Malformed> {
        // A chunk without data would be the last one.
        if data.is_empty() && self.state != State::Broken {
            return Ok(());
        }
        let State::Sending(left) = &mut self.state else {
            return Err(self.fail("data of no message"));
        };
        match left {
            Left::Bytes(most) => {
                let Some(rest) = most.checked_sub(data.len() as u64) else {
                    return Err(self.fail("more of a body than was announced"));
                };
                *left = if rest == 0 { Left::Nothing } else { Left::Bytes(rest) };
                self.queue(data);
            }
            Left::Chunks => {
                let (text, start) = size_line(data.len());
                if data.len() <= COPY {
                    self.last().reserve(text.len() + data.len() + 2);
                }
                self.text(&text[start..]);
                self.queue(data);
                self.text(b"\r\n");
            }
            Left::UntilClose => self.queue(data),
            Left::Nothing => return Err(self.fail("more of a body than was announced")),
        }
        Ok(())
    }

    /// Encodes the end of the body, in chunks with these trailers; elsewhere there is no place for them, and they go no
    /// further (RFC 9110 section 6.5.1). Saying it again changes nothing.
    ///
    /// # Errors
    ///
    /// It is less than was announced, or there is no message: it does not become an end.
    pub(crate) fn end(&mut self, trailers: Option<&Fields>) -> Result<(), Malformed> {
        match self.state {
            State::Sent | State::Sending(Left::Nothing) => return Ok(()),
            State::Sending(Left::UntilClose) => {}
            State::Sending(Left::Chunks) => self.last_chunk(trailers),
            State::Sending(Left::Bytes(_)) => return Err(self.fail("less of a body than was announced")),
            State::Idle | State::Broken => return Err(self.fail("the end of no message")),
        }
        self.state = State::Sending(Left::Nothing);
        self.settle();
        Ok(())
    }

    /// Gives the message up: nothing leaves any more, and it is never called sent.
    pub(crate) fn break_off(&mut self) {
        self.state = State::Broken;
        self.front.clear();
        self.taken = 0;
        self.data = Bytes::new();
        self.back.clear();
        self.runs.clear();
    }

    /// What waits to be taken, in order. The empty ones are last, so that one alone can go with a plain `send`.
    pub(crate) fn slices(&self) -> [IoSlice<'_>; 3] {
        let (front, data, back) = (&self.front[self.taken..], &self.data[..], &self.back[..]);
        let slices = match (front.is_empty(), data.is_empty()) {
            _ if self.state == State::Broken => [&b""[..]; 3],
            (false, _) => [front, data, back],
            (true, false) => [data, back, b""],
            (true, true) => [back, b"", b""],
        };
        slices.map(IoSlice::new)
    }

    /// So many bytes of the slices were taken. How many of them were of the body.
    pub(crate) fn advance(&mut self, count: usize) -> u64 {
        if self.state == State::Broken {
            return 0;
        }
        let front = count.min(self.front.len() - self.taken);
        self.taken += front;
        if self.taken == self.front.len() {
            self.front.clear();
            self.taken = 0;
            if !self.data.is_empty() {
                self.advance_data(count - front);
            }
        }
        self.settle();
        self.runs.take(count)
    }

    /// Nothing is in front of the data any more, and so many bytes of it, and of what is behind it, were taken.
    fn advance_data(&mut self, count: usize) {
        if count < self.data.len() {
            return self.data.advance(count);
        }
        let behind = (count - self.data.len()).min(self.back.len());
        // Whoever shares it may use it again.
        self.data = Bytes::new();
        self.front.extend_from_slice(&self.back[behind..]);
        self.back.clear();
    }

    /// The buffer's memory, for whoever writes next, which is lent again with `*encoder.buffer() = spare`. It is empty, and
    /// the encoder keeps next to nothing, so that a connection may wait with it; within a message it keeps all.
    pub(crate) fn take_buffer(&mut self) -> Vec<u8> {
        if !self.is_empty() || matches!(self.state, State::Sending(_)) {
            return Vec::new();
        }
        if self.back.capacity() > KEPT {
            self.back = Vec::new();
        }
        self.runs.forget();
        let mut buffer = std::mem::take(&mut self.front);
        // Behind a message that was broken off there may be text that never leaves.
        buffer.clear();
        buffer
    }

    /// Whether nothing waits to be taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.state == State::Broken || self.front.is_empty() && self.data.is_empty()
    }

    /// Whether more of the body should be encoded before what waits is sent.
    pub(crate) fn has_room(&self) -> bool {
        self.data.is_empty() && self.front.len() < COPY && self.runs.len() < PIECES
    }

    /// Whether nothing of the message is still to be encoded: whoever has its body need not be asked again.
    pub(crate) const fn is_whole(&self) -> bool {
        matches!(self.state, State::Sending(Left::Nothing) | State::Sent)
    }

    /// Whether every byte of one whole message was taken, or there is none: only then may another begin.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Idle | State::Sent) && self.is_empty()
    }

    /// Ready for another message, whatever became of the last one; false if its memory has grown beyond what is worth keeping.
    pub(crate) fn renew(&mut self) -> bool {
        self.break_off();
        self.runs.forget();
        self.state = State::Idle;
        self.front.capacity() + self.back.capacity() <= RENEWED
    }

    fn fail(&mut self, why: &'static str) -> Malformed {
        self.break_off();
        Malformed(why)
    }

    fn settle(&mut self) {
        if self.state == State::Sending(Left::Nothing) && self.is_empty() {
            self.state = State::Sent;
        }
    }

    /// What is behind everything that waits.
    #[inline]
    fn last(&mut self) -> &mut Vec<u8> {
        if self.data.is_empty() { &mut self.front } else { &mut self.back }
    }

    #[inline]
    fn text(&mut self, text: &[u8]) {
        self.last().extend_from_slice(text);
        self.runs.text(text.len());
    }

    #[inline]
    fn queue(&mut self, data: Bytes) {
        self.runs.body(data.len());
        if data.len() > COPY && self.data.is_empty() {
            self.data = data;
        } else {
            self.last().extend_from_slice(&data);
        }
    }

    fn last_chunk(&mut self, trailers: Option<&Fields>) {
        let last = self.last();
        let before = last.len();
        last.extend_from_slice(b"0\r\n");
        if let Some(trailers) = trailers {
            trailers.lines(Classes::NONE, |piece| last.extend_from_slice(piece));
        }
        last.extend_from_slice(b"\r\n");
        let length = last.len() - before;
        self.runs.text(length);
    }
}

/// Appends a field line to a head. In line, so that a name which is known is a store or two and no copy of some length.
#[inline(always)]
pub(crate) fn field(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(value);
    head.extend_from_slice(b"\r\n");
}

/// The line before a chunk of this size, which is not 0; it begins at the index.
fn size_line(size: usize) -> ([u8; 18], usize) {
    let (mut text, mut start, mut rest) = ([0; 18], 16, size);
    text[16..].copy_from_slice(b"\r\n");
    while rest != 0 {
        start -= 1;
        text[start] = b"0123456789abcdef"[rest & 15];
        rest >>= 4;
    }
    (text, start)
}

#[cfg(any(test, fuzzing))]
pub(super) mod model;
#[cfg(test)]
mod tests;
