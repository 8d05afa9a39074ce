//! Field lines up to the empty line, of a head or of trailers. `httparse` knows what may stand in a name and in a value;
//! the line ends, which it takes as they come, are judged here.

use httparse::{EMPTY_HEADER, Error, Header, Status};

use crate::fields::{Fields, Known, Line};

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
    /// It breaks the grammar, or has two meanings.
    Malformed(&'static str),
    /// It has more lines than are allowed, or a name of more than 65,535 bytes.
    TooMany,
}

/// Reads the section that begins at `start` of `bytes`, at most `most` lines, into `fields`, whose places count from the
/// start of `bytes`; the place behind the empty line, or `None` if more is needed. `judge` sees every field once.
#[inline]
pub(crate) fn section(
    bytes: &[u8],
    start: usize,
    most: usize,
    ends: LineEnd,
    fields: &mut Fields,
    mut judge: impl FnMut(Known, &[u8]) -> Result<(), &'static str>,
) -> Result<Option<usize>, Wrong> {
    let (mut at, mut left) = (start, most);
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
            if ends == LineEnd::Strict && line.name > start && bytes[line.name - 2] != b'\r' {
                return Err(BARE);
            }
            let known = fields.note(&line, header.name.as_bytes()).ok_or(Wrong::TooMany)?;
            judge(known, header.value).map_err(Wrong::Malformed)?;
            at = line.value + line.value_length;
        }
        if let Some(end) = end {
            let last = &bytes[start..end];
            let is_strict = last.ends_with(b"\r\n\r\n") || last == b"\r\n";
            return if is_strict || ends == LineEnd::Lenient { Ok(Some(end)) } else { Err(BARE) };
        }
        left -= BATCH;
        // Behind the last line of the batch, which is known to have an end.
        at += 1 + bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or_default();
    }
}

const BARE: Wrong = Wrong::Malformed("a line ends without CR");

/// Where a line is in the bytes that it was found in.
#[inline]
fn place(bytes: &[u8], header: &Header<'_>) -> Line {
    let begin = bytes.as_ptr().addr();
    let (name, value) = (header.name.as_ptr().addr() - begin, header.value.as_ptr().addr() - begin);
    let end = value + header.value.len();
    let is_plain = value == name + header.name.len() + 2
        && bytes[value - 1] == b' '
        && bytes.get(end..end + 2) == Some(b"\r\n");
    Line { name, name_length: header.name.len(), value, value_length: header.value.len(), is_plain }
}

fn why(error: Error) -> &'static str {
    match error {
        Error::HeaderName => "a field name is not a token, or no colon follows it",
        Error::HeaderValue => "a field value has a control character, or CR without LF",
        _ => "the fields do not end in an empty line",
    }
}
