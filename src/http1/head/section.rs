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
///
/// By itself: what its loop needs fits into the registers of a processor, and no more.
#[inline(never)]
pub(crate) fn section(
    bytes: &[u8],
    start: usize,
    most: usize,
    ends: LineEnd,
    fields: &mut Fields,
    mut see: impl FnMut(Known, &[u8]),
) -> Result<Option<usize>, Wrong> {
    let bytes = &bytes[..bytes.len().min(BLOCK)];
    let (mut rest, mut left, noted) = (&bytes[start..], most, fields.begin());
    loop {
        let at = bytes.len() - rest.len();
        let (line, is_plain) = match plain(rest) {
            Some(line) => (line, true),
            None => match odd(rest, ends)? {
                Odd::Line(line) => (line, false),
                Odd::End(length) => return Ok(Some(at + length)),
                Odd::Begun => return Ok(None),
            },
        };
        let LineRead { known, name, value_start, value, next } = line;
        let line = Line { name, value, name_place: at, value_place: at + value_start, is_plain };
        if left == 0 || !noted.note(&line, known) {
            return Err(Wrong::TooMany);
        }
        left -= 1;
        see(known, value);
        rest = next;
    }
}

/// A line, up to its end.
struct LineRead<'a> {
    known: Known,
    name: &'a [u8],
    value_start: usize,
    value: &'a [u8],
    /// What is behind it.
    next: &'a [u8],
}

/// A line that is written as almost all are: a name of letters, digits and hyphens, a colon and a space, a value without a tabulator
/// and without blanks around it, CRLF.
#[inline(always)]
fn plain(bytes: &[u8]) -> Option<LineRead<'_>> {
    // The empty line; what is behind it is not searched.
    if *bytes.first()? <= b'\r' {
        return None;
    }
    let (name, behind) = bytes.split_at_checked(colon(bytes)?)?;
    let known = Known::listed(name).or_else(|| Known::unlisted(name))?;
    let text = behind.strip_prefix(b": ")?;
    let (value, behind) = text.split_at_checked(control(text)?)?;
    let next = behind.strip_prefix(b"\r\n")?;
    let has_blanks = matches!(value, [b' ', ..] | [.., b' ']);
    (!has_blanks).then_some(LineRead { known, name, value_start: name.len() + 2, value, next })
}

/// What is no plain line.
enum Odd<'a> {
    Line(LineRead<'a>),
    /// The empty line, so long.
    End(usize),
    /// More is needed.
    Begun,
}

/// Reads anything but a plain line.
#[cold]
fn odd(bytes: &[u8], ends: LineEnd) -> Result<Odd<'_>, Wrong> {
    if let [] | [b'\r' | b'\n', ..] = bytes {
        return empty_line(bytes, ends).map(|length| length.map_or(Odd::Begun, Odd::End));
    }
    let Some(colon) = colon(bytes) else {
        return if token_end(bytes).is_none() { Ok(Odd::Begun) } else { Err(NAME) };
    };
    let (name, behind) = bytes.split_at(colon);
    if name.is_empty() || token_end(name).is_some() {
        return Err(NAME);
    }
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let value_start = 1 + behind.iter().skip(1).take_while(is_blank).count();
    let text = &behind[value_start..];
    let Some(length) = value_end(text) else { return Ok(Odd::Begun) };
    let (mut value, end) = text.split_at(length);
    let next = match end {
        [b'\r', b'\n', next @ ..] => next,
        [b'\r'] => return Ok(Odd::Begun),
        [b'\n', next @ ..] if ends == LineEnd::Lenient => next,
        [b'\n', ..] => return Err(BARE),
        _ => return Err(VALUE),
    };
    while let [before @ .., b' ' | b'\t'] = value {
        value = before;
    }
    let known = Known::of(name);
    Ok(Odd::Line(LineRead { known, name, value_start: colon + value_start, value, next }))
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
