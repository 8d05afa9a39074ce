//! Field lines up to the empty line, of a head or of trailers: `field-name ":" OWS field-value OWS` and CRLF each (RFC
//! 9112 section 5). What may stand in a name and in a value is what `httparse` lets pass, which tests hold it to.

use super::line::token_end;
use super::scan::{colon, value_end};
use crate::fields::{BLOCK, Fields, Known, Line};

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

const NAME: Wrong = Wrong::Malformed("a field name is not a token, or no colon follows it");
const VALUE: Wrong = Wrong::Malformed("a field value has a control character, or CR without LF");
const BARE: Wrong = Wrong::Malformed("a line ends without CR");
const END: Wrong = Wrong::Malformed("CR without LF where a line begins");

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
    let (mut at, mut left) = (start, most);
    loop {
        let rest = &bytes[at..];
        if rest.first().is_none_or(|byte| matches!(byte, b'\r' | b'\n')) {
            return empty_line(rest, ends).map(|length| length.map(|length| at + length));
        }
        let Some(name_length) = colon(rest) else {
            return if token_end(rest).is_none() { Ok(None) } else { Err(NAME) };
        };
        let name = &rest[..name_length];
        let known = match Known::listed(name) {
            Some(known) => known,
            None if name.is_empty() || token_end(name).is_some() => return Err(NAME),
            None => Known::unlisted(name),
        };
        let mut value_start = name_length + 1;
        while let Some(b' ' | b'\t') = rest.get(value_start) {
            value_start += 1;
        }
        let Some(length) = value_end(&rest[value_start..]) else { return Ok(None) };
        let end = value_start + length;
        let (next, is_crlf) = match &rest[end..] {
            [b'\r', b'\n', ..] => (end + 2, true),
            [b'\r'] => return Ok(None),
            [b'\n', ..] if ends == LineEnd::Lenient => (end + 1, false),
            [b'\n', ..] => return Err(BARE),
            _ => return Err(VALUE),
        };
        let mut value = &rest[value_start..end];
        while let [before @ .., b' ' | b'\t'] = value {
            value = before;
        }
        let is_plain = is_crlf
            && value.len() == length
            && value_start == name_length + 2
            && rest[name_length + 1] == b' ';
        let line = Line { name, value, name_place: at, value_place: at + value_start, is_plain };
        if left == 0 || !fields.note(&line, known) {
            return Err(Wrong::TooMany);
        }
        left -= 1;
        see(known, value);
        at += next;
    }
}

/// The length of the empty line that the bytes begin with, if it is all there.
fn empty_line(bytes: &[u8], ends: LineEnd) -> Result<Option<usize>, Wrong> {
    match bytes {
        [b'\r', b'\n', ..] => Ok(Some(2)),
        [] | [b'\r'] => Ok(None),
        [b'\n', ..] if ends == LineEnd::Lenient => Ok(Some(1)),
        [b'\n', ..] => Err(BARE),
        _ => Err(END),
    }
}
