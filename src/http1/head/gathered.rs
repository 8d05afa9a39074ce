//! A head that comes in pieces, in a buffer of its own size: it pins no block that it was read into. Its end is searched
//! once. Until that has come it is parsed when a line has ended, so that a broken one is answered at once, and when there is
//! twice as much as the last time. The work for lines has a bound, so that all of it is linear in the head's length.

use bytes::{Bytes, BytesMut};
use http::Method;

use super::request::{Limits, Refused, RequestHead, line_so_far, request};
use super::response::{HEAD_BYTES, ResponseHead, response};
use crate::fields::Fields;
use crate::http1::Malformed;

/// So many bytes are parsed again for lines that end, beside as many as have come: enough for a head of some lines, one by one.
const AHEAD: u32 = 16 * 1024;

/// What has come of a head that is not whole.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    bytes: BytesMut,
    /// The length at which it is parsed again. Every idle connection has room for these two.
    parse_at: u32,
    /// How many bytes were parsed because a line had ended.
    parsed: u32,
}

impl Gathered {
    /// Nothing has come of a head.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Nothing has come but empty lines, which are no part of a head.
    pub(crate) fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }

    /// Bytes of a head that have come.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    fn length(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    /// Method and target of the request that has come in part, as far as they have, for the log of one that does not go on.
    pub(crate) fn line(&self, limits: &Limits) -> Option<(Method, Bytes)> {
        line_so_far(&self.bytes, limits)
    }

    /// Takes a whole head off what was gathered and `input`, as [`request`] does; of `input` nothing but the head is taken.
    /// If more is needed all of it is.
    pub(crate) fn request(
        &mut self,
        input: &mut Bytes,
        limits: &Limits,
        spare: &mut Fields,
    ) -> Result<Option<RequestHead>, Refused> {
        self.parse(input, limits.bytes, |bytes| request(bytes, limits, spare))
    }

    /// The same of a response.
    pub(crate) fn response(
        &mut self,
        input: &mut Bytes,
        to: &Method,
        spare: &mut Fields,
    ) -> Result<Option<ResponseHead>, Malformed> {
        self.parse(input, HEAD_BYTES, |bytes| response(bytes, to, spare))
    }

    #[inline]
    fn parse<T, E>(
        &mut self,
        input: &mut Bytes,
        most: usize,
        mut parse: impl FnMut(&mut Bytes) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        if !self.bytes.is_empty() {
            return self.go_on(input, most, parse);
        }
        let parsed = parse(input);
        if let Ok(None) = parsed {
            self.bytes = BytesMut::from(&std::mem::take(input)[..]);
            (self.parse_at, self.parsed) = (self.length().saturating_mul(2), 0);
        }
        parsed
    }

    /// Adds what came to what was there.
    fn go_on<T, E>(
        &mut self,
        input: &mut Bytes,
        most: usize,
        mut parse: impl FnMut(&mut Bytes) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        while !input.is_empty() {
            // What an empty line in front of the head looks like, too; then it goes on behind it.
            let end = self.end_in(input);
            let piece = input.split_to(end.unwrap_or(input.len()));
            self.bytes.extend_from_slice(&piece);
            let length = self.length();
            if end.is_none() && length < self.parse_at && self.bytes.len() < most {
                if self.parsed > length.saturating_add(AHEAD) || !piece.contains(&b'\n') {
                    continue;
                }
                self.parsed = self.parsed.saturating_add(length);
            }
            let mut bytes = std::mem::take(&mut self.bytes).freeze();
            let head = parse(&mut bytes)?;
            if head.is_some() {
                debug_assert!(bytes.is_empty(), "a head ends at its empty line");
                return Ok(head);
            }
            // Nobody else has it, so that nothing is copied.
            self.bytes = bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
            self.parse_at = self.length().saturating_mul(2);
        }
        Ok(None)
    }

    /// Where in `input` the head may end: behind the first LF that follows a line's end, maybe a CR between them.
    fn end_in(&self, input: &[u8]) -> Option<usize> {
        let before = &self.bytes[self.bytes.len().saturating_sub(2)..];
        let (mut window, head) = ([0; 4], &input[..input.len().min(2)]);
        // The end may lie across what was there and what has come.
        let across = before.len() + head.len();
        window[..before.len()].copy_from_slice(before);
        window[before.len()..across].copy_from_slice(head);
        let is_end =
            |end: usize, bytes: &[u8]| bytes[..end].ends_with(b"\n\n") || bytes[..end].ends_with(b"\n\r\n");
        if let Some(end) = (before.len() + 1..=across).find(|end| is_end(*end, &window)) {
            return Some(end - before.len());
        }
        let mut at = 0;
        while let Some(next) = input[at..].iter().position(|byte| *byte == b'\n') {
            at += next + 1;
            if is_end(at, input) {
                return Some(at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
