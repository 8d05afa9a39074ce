//! What start lines are made of. Everything here looks at bytes that may be the beginning of a line only: what is wrong
//! is found at its first byte, whether the rest has come or not.

use crate::http1::Version;
use crate::words::{controls_or_below, equal, find};

/// A part of a line, as far as it has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<T> {
    /// It is there, and so much is behind it.
    Whole(T, usize),
    /// So far it may be one.
    Begun,
    /// It is none.
    Wrong,
}

/// What the digits of a version say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Http1(Version),
    /// Another protocol with the same grammar.
    Other,
}

/// `HTTP/` digit `.` digit (RFC 9112 section 2.3).
#[inline]
pub(super) fn version(bytes: &[u8]) -> Part<Spoken> {
    match bytes.first_chunk() {
        Some(b"HTTP/1.1") => Part::Whole(Spoken::Http1(Version::Http11), 8),
        _ => uncommon_version(bytes),
    }
}

fn uncommon_version(bytes: &[u8]) -> Part<Spoken> {
    let fits = |(byte, model): (&u8, &u8)| if *model == b'0' { byte.is_ascii_digit() } else { byte == model };
    if !bytes.iter().zip(b"HTTP/0.0").all(fits) {
        return Part::Wrong;
    }
    match bytes {
        [_, _, _, _, _, b'1', _, b'0', ..] => Part::Whole(Spoken::Http1(Version::Http10), 8),
        [_, _, _, _, _, b'1', _, _, ..] => Part::Whole(Spoken::Http1(Version::Http11), 8),
        [_, _, _, _, _, _, _, _, ..] => Part::Whole(Spoken::Other, 8),
        _ => Part::Begun,
    }
}

/// The place of the first byte that cannot stand in a request's target, as space and line ends cannot: what is neither
/// visible nor beyond ASCII, and `#`, behind which nothing is sent (RFC 9112 section 3.2).
#[inline]
pub(super) fn target_end(bytes: &[u8]) -> Option<usize> {
    find(bytes, |word| controls_or_below(word, b'!') | equal(word, b'#'))
}

/// The place of the first byte that cannot stand in a token (RFC 9110 section 5.6.2).
#[inline]
pub(super) fn token_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| !IS_TOKEN[usize::from(*byte)])
}

static IS_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};
