//! Field lines up to the empty line, of a head or of trailers. `httparse` knows what may stand in a name and in a value;
//! the line ends, which it takes as they come, are judged here.

use httparse::{EMPTY_HEADER, Error, Header, Status};

use crate::fields::{BLOCK, Fields, Known, Line};

/// As many lines are parsed at a time: almost every head has fewer, and room for more would have to be cleared each time.
const BATCH: usize = 16;

/// What may end a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// Nothing but CRLF.
    Strict,
    /// A bare LF, too (RFC 9112 section 2.2).
    Lenient,
}

/// Why a section cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It breaks the grammar.
    Malformed(&'static str),
    /// It has more lines than are allowed, or a name of more than 65,535 bytes.
    TooMany,
}

/// Reads the section that begins at `start` of `bytes`, at most `most` lines, into `fields`, whose places count from the
/// start of `bytes`; the place behind the empty line, or `None` if more is needed. `see` is shown every field once.
#[inline]
pub(crate) fn section(
    bytes: &[u8],
    start: usize,
    most: usize,
    ends: LineEnd,
    fields: &mut Fields,
    mut see: impl FnMut(Known, &[u8]),
) -> Result<Option<usize>, Wrong> {
    let bytes = &bytes[..bytes.len().min(BLOCK)];
    let (mut at, mut left, mut is_bare) = (start, most, false);
    loop {
        let mut batch = [EMPTY_HEADER; BATCH];
        let size = BATCH.min(left);
        let (lines, end) = match httparse::parse_headers(&bytes[at..], &mut batch[..size]) {
            Ok(Status::Complete((length, lines))) => (lines.len(), Some(at + length)),
            Ok(Status::Partial) => return Ok(None),
            // All places are taken.
            Err(Error::TooManyHeaders) if left > BATCH => (BATCH, None),
            Err(Error::TooManyHeaders) => return Err(Wrong::TooMany),
            Err(error) => return Err(Wrong::Malformed(why(error))),
        };
        for header in &batch[..lines] {
            let line = place(bytes, header);
            // A line ends where the next begins.
            is_bare |= line.name_place > start && bytes[line.name_place - 2] != b'\r';
            see(fields.note(&line).ok_or(Wrong::TooMany)?, line.value);
            at = line.value_place + line.value.len();
        }
        if let Some(end) = end {
            let last = &bytes[start..end];
            is_bare |= !last.ends_with(b"\r\n\r\n") && last != b"\r\n";
            let is_wrong = is_bare && ends == LineEnd::Strict;
            return if is_wrong { Err(Wrong::Malformed("a line ends without CR")) } else { Ok(Some(end)) };
        }
        left -= BATCH;
        // Behind the last line of the batch, which is known to have an end.
        at += 1 + bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or_default();
    }
}

/// Where a line is in the bytes that it was found in.
#[inline]
fn place<'a>(bytes: &[u8], header: &Header<'a>) -> Line<'a> {
    let (name, value, begin) = (header.name.as_bytes(), header.value, bytes.as_ptr().addr());
    let (name_place, value_place) = (name.as_ptr().addr() - begin, value.as_ptr().addr() - begin);
    let end = value_place + value.len();
    let is_plain = value_place == name_place + name.len() + 2
        && bytes[value_place - 1] == b' '
        && bytes[end..].starts_with(b"\r\n");
    Line { name, value, name_place, value_place, is_plain }
}

fn why(error: Error) -> &'static str {
    match error {
        Error::HeaderName => "a field name is not a token, or no colon follows it",
        Error::HeaderValue => "a field value has a control character, or CR without LF",
        _ => "the fields do not end in an empty line",
    }
}
