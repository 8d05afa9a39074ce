//! Field lines up to the empty line, of a head or of trailers: `field-name ":" OWS field-value OWS` and CRLF each (RFC
//! 9112 section 5). What may stand in a name and in a value is what `httparse` lets pass, which tests hold it to.

use super::line::token_end;
use super::scan::{colon, control, value_end};
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
    let (mut rest, mut left, fields) = (&bytes[start..], most, fields.noted());
    loop {
        let at = bytes.len() - rest.len();
        if let [] | [b'\r' | b'\n', ..] = rest {
            return empty_line(rest, ends).map(|length| length.map(|length| at + length));
        }
        let Some(colon) = colon(rest) else {
            return if token_end(rest).is_none() { Ok(None) } else { Err(NAME) };
        };
        let (name, behind) = rest.split_at(colon);
        let known = match Known::listed(name).or_else(|| Known::unlisted(name)) {
            Some(known) => known,
            None if name.is_empty() || token_end(name).is_some() => return Err(NAME),
            None => Known::Ambiguous,
        };
        let (rest_of_line, is_plain) = match plain(behind) {
            Some(rest_of_line) => (rest_of_line, true),
            None => match odd(behind, ends)? {
                Some(rest_of_line) => (rest_of_line, false),
                None => return Ok(None),
            },
        };
        let RestOfLine { value_start, value, next } = rest_of_line;
        let line = Line { name, value, name_place: at, value_place: at + colon + value_start, is_plain };
        if left == 0 || !fields.note(&line, known) {
            return Err(Wrong::TooMany);
        }
        left -= 1;
        see(known, value);
        rest = next;
    }
}

/// What is behind the name of a line, from its colon on.
struct RestOfLine<'a> {
    value_start: usize,
    value: &'a [u8],
    /// What is behind the line.
    next: &'a [u8],
}

/// Of a line that is written as almost all are: a space, a value without a tabulator and without blanks around it, CRLF.
#[inline(always)]
fn plain(behind: &[u8]) -> Option<RestOfLine<'_>> {
    let [b':', b' ', text @ ..] = behind else { return None };
    let (value, [b'\r', b'\n', next @ ..]) = text.split_at(control(text)?) else { return None };
    let has_blanks = matches!(value, [b' ', ..] | [.., b' ']);
    (!has_blanks).then_some(RestOfLine { value_start: 2, value, next })
}

/// Of any other line; `None` if more is needed.
#[cold]
fn odd(behind: &[u8], ends: LineEnd) -> Result<Option<RestOfLine<'_>>, Wrong> {
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let value_start = 1 + behind.iter().skip(1).take_while(is_blank).count();
    let text = &behind[value_start..];
    let Some(length) = value_end(text) else { return Ok(None) };
    let (mut value, end) = text.split_at(length);
    let next = match end {
        [b'\r', b'\n', next @ ..] => next,
        [b'\r'] => return Ok(None),
        [b'\n', next @ ..] if ends == LineEnd::Lenient => next,
        [b'\n', ..] => return Err(BARE),
        _ => return Err(VALUE),
    };
    while let [before @ .., b' ' | b'\t'] = value {
        value = before;
    }
    Ok(Some(RestOfLine { value_start, value, next }))
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
