//! Reading the head of a response. A bare LF may end its lines; else it is read as strictly as a request.

use std::ops::Range;

use bytes::{Buf, Bytes};
use http::{Method, StatusCode};

use super::line::{Part, Spoken, version};
use super::said::{Coding, Length, Said};
use super::section::{LineEnd, Wrong, section};
use crate::fields::{Fields, Known};
use crate::http1::{Framing, Malformed, Version};

/// Fields of a response head; more is malformed.
const FIELDS: usize = 128;
/// Bytes of a response head; more is malformed.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

const NO_RESPONSE: Malformed = Malformed("not an HTTP response");
const TOO_LARGE: Malformed = Malformed("head too large");

/// What a response's head says.
#[derive(Debug)]
pub(crate) struct ResponseHead {
    pub(crate) version: Version,
    /// 100 to 599.
    pub(crate) status: StatusCode,
    /// Where in the head the phrase is.
    reason: Range<usize>,
    /// All of them but a Content-Length where no content can be (RFC 9110 section 8.6).
    pub(crate) fields: Fields,
    pub(crate) framing: Framing,
    /// What would be the length of a body that is not there (RFC 9110 section 8.6).
    pub(crate) announced: Option<u64>,
    /// The backend will take another request.
    pub(crate) keeps_alive: bool,
}

impl ResponseHead {
    /// The phrase as it came: no control but the tabulator. Often it is empty.
    pub(crate) fn reason(&self) -> &[u8] {
        &self.fields.block()[self.reason.clone()]
    }
}

/// What the start line says. Places count from its first byte.
struct Line {
    version: Version,
    status: StatusCode,
    reason: Range<usize>,
    end: usize,
}

/// Takes a whole head, final or interim, off `input`, which answers a request of method `to`; `None` if more is needed.
/// Empty lines in front of it are dropped. The fields are read into `spare`, whose memory goes with the head.
pub(crate) fn response(
    input: &mut Bytes,
    to: &Method,
    spare: &mut Fields,
) -> Result<Option<ResponseHead>, Malformed> {
    input.advance(empty_lines(input));
    if *input == b"\r"[..] {
        return Ok(None);
    }
    let window = &input[..input.len().min(HEAD_BYTES)];
    let mut said = Said::default();
    let found = match line(window)? {
        Some(line) => {
            let see = |known, value: &[u8]| said.note(known, value);
            let end = section(window, line.end, FIELDS, LineEnd::Lenient, spare, see);
            let end = end.map_err(|wrong| match wrong {
                Wrong::Malformed(why) => Malformed(why),
                Wrong::TooMany => Malformed("too many header fields"),
            });
            end?.map(|end| (line, end))
        }
        None => None,
    };
    let Some((line, end)) = found else {
        spare.clear();
        return if window.len() == HEAD_BYTES { Err(TOO_LARGE) } else { Ok(None) };
    };
    take(input, &line, end, &said, to, spare).map(Some)
}

/// Bytes of the empty lines in front of a response.
fn empty_lines(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &bytes[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            _ => return at,
        }
    }
}

fn line(bytes: &[u8]) -> Result<Option<Line>, Malformed> {
    // What most responses begin with.
    const USUAL: &[u8; 17] = b"HTTP/1.1 200 OK\r\n";
    if bytes.first_chunk() == Some(USUAL) {
        return Ok(Some(Line { version: Version::Http11, status: StatusCode::OK, reason: 13..15, end: 17 }));
    }
    let (version, rest) = match version(bytes) {
        Part::Whole(Spoken::Http1(version), length) => (version, &bytes[length..]),
        Part::Begun => return Ok(None),
        Part::Whole(Spoken::Other, _) | Part::Wrong => return Err(NO_RESPONSE),
    };
    let is_status =
        |(byte, model): (&u8, &u8)| if *model == b'0' { byte.is_ascii_digit() } else { byte == model };
    if !rest.iter().zip(b" 000").all(is_status) {
        return Err(NO_RESPONSE);
    }
    let [_, hundreds, tens, ones, phrase @ ..] = rest else { return Ok(None) };
    let status =
        [hundreds, tens, ones].into_iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'));
    let status = StatusCode::from_u16(status).ok().filter(|status| status.as_u16() < 600);
    let status = status.ok_or(Malformed("status out of range"))?;
    let start = bytes.len() - phrase.len();
    // Some leave the space out with the phrase.
    let start = match phrase {
        [] => return Ok(None),
        [b' ', ..] => start + 1,
        [b'\r' | b'\n', ..] => start,
        _ => return Err(NO_RESPONSE),
    };
    let is_end = |byte: &u8| *byte < b' ' && *byte != b'\t' || *byte == 0x7f;
    let Some(length) = bytes[start..].iter().position(is_end) else { return Ok(None) };
    let reason = start..start + length;
    let end = match &bytes[reason.end..] {
        [b'\r', b'\n', ..] => reason.end + 2,
        [b'\n', ..] => reason.end + 1,
        [b'\r'] => return Ok(None),
        _ => return Err(NO_RESPONSE),
    };
    Ok(Some(Line { version, status, reason, end }))
}

fn take(
    input: &mut Bytes,
    line: &Line,
    length: usize,
    said: &Said,
    to: &Method,
    spare: &mut Fields,
) -> Result<ResponseHead, Malformed> {
    let &Line { version, status, .. } = line;
    let framing = framing(said, version, status, to)?;
    let head = input.split_to(length);
    let mut fields = std::mem::take(spare);
    fields.settle(head);
    // Nor has a response without content a length, not even as an answer to HEAD.
    let has_no_length = status.is_informational() || status == StatusCode::NO_CONTENT;
    if said.length != Length::None && has_no_length {
        fields.retain(|field| field.known() != Known::ContentLength);
    }
    let announced = match said.length {
        Length::Bytes(length) if framing == Framing::Nothing && !has_no_length => Some(length),
        _ => None,
    };
    let keeps_alive = said.keeps_alive(version) && framing != Framing::UntilClose;
    let reason = line.reason.clone();
    Ok(ResponseHead { version, status, reason, fields, framing, announced, keeps_alive })
}

/// RFC 9112 section 6.3.
fn framing(said: &Said, version: Version, status: StatusCode, to: &Method) -> Result<Framing, Malformed> {
    match (said.coding, said.length) {
        (_, Length::Wrong(why)) => return Err(Malformed(why)),
        (Coding::Unknown | Coding::Endless, _) => {
            return Err(Malformed("a transfer coding other than chunked"));
        }
        (Coding::Chunked, Length::Bytes(_)) => return Err(Malformed("Transfer-Encoding and Content-Length")),
        (Coding::Chunked, _) if version == Version::Http10 => {
            return Err(Malformed("Transfer-Encoding in HTTP/1.0"));
        }
        _ => {}
    }
    let has_none = status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || *to == Method::HEAD
        || *to == Method::CONNECT && status.is_success();
    Ok(match (said.coding, said.length) {
        _ if has_none => Framing::Nothing,
        (Coding::Chunked, _) => Framing::Chunked,
        (Coding::None, Length::Bytes(bytes)) => Framing::Length(bytes),
        _ => Framing::UntilClose,
    })
}
