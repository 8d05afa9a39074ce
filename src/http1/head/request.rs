//! Reading the head of a request, strictly: every rule of RFC 9112 that says how it must be written is kept, and nothing
//! is mended.

use std::ops::Range;

use bytes::{Buf, Bytes};
use http::Method;

use super::line::{Part, Spoken, target_end, token_end, version};
use super::said::{Coding, Length, Said};
use super::section::{LineEnd, Wrong, section};
use crate::error::Reason;
use crate::fields::Fields;
use crate::http1::{Framing, Version};

/// Bytes of a method.
const METHOD: usize = 64;

/// Empty lines in front of a request that are passed over (RFC 9112 section 2.2).
const EMPTY_LINES: usize = 2;

/// How much a request's head may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of all of it, with the empty line at its end.
    pub(crate) bytes: usize,
    /// Field lines.
    pub(crate) fields: usize,
    /// Bytes of the target.
    pub(crate) target: usize,
}

/// What a request's head says.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) method: Method,
    /// Where in the head it is.
    target: Range<usize>,
    pub(crate) version: Version,
    /// All of them; also those that the framing was taken from.
    pub(crate) fields: Fields,
    pub(crate) framing: Framing,
    /// The client means to send another request.
    pub(crate) keeps_alive: bool,
    /// It waits to be told that its body is wanted (RFC 9110 section 10.1.1).
    pub(crate) awaits_consent: bool,
    /// It takes fields behind the response's body (RFC 9110 section 10.1.4).
    pub(crate) takes_trailers: bool,
    /// Bytes of the head.
    #[cfg_attr(not(any(test, fuzzing)), expect(dead_code, reason = "only tests compare it"))]
    pub(crate) length: usize,
}

impl RequestHead {
    /// The target as it came: any bytes but controls, space and `#`.
    pub(crate) fn target(&self) -> Bytes {
        self.fields.block().slice(self.target.clone())
    }
}

/// A head that is not read, and need not be read further.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) reason: Reason,
    /// More exactly, for the operational log.
    pub(crate) why: &'static str,
    /// Method and target, as far as they could be read, for the access log.
    pub(crate) line: Option<(Method, Bytes)>,
}

/// Why a head is refused.
type Fault = (Reason, &'static str);

const TOO_LARGE: Fault = (Reason::HeadersTooLarge, "the head is too large");
const BARE: Fault = (Reason::BadRequest, "the request line ends without CRLF");

/// What the start line says. Places count from its first byte.
struct Line {
    method: Method,
    target: Range<usize>,
    version: Version,
    end: usize,
}

/// A whole head, by its places.
struct Found {
    line: Line,
    said: Said,
    framing: Framing,
    /// In front of it.
    skipped: usize,
    length: usize,
}

/// Takes a whole head off `input`; `None` if more is needed, and then all stays where it is. The fields are read into
/// `spare`, whose memory goes with the head.
pub(crate) fn request(
    input: &mut Bytes,
    limits: &Limits,
    spare: &mut Fields,
) -> Result<Option<RequestHead>, Refused> {
    match find(input, limits, spare) {
        Ok(Some(found)) => Ok(Some(take(input, found, spare))),
        Ok(None) => Ok(None),
        Err(fault) => Err(refuse(input, limits, spare, fault)),
    }
}

/// Method and target, as far as they have come and can be read.
#[cold]
pub(super) fn line_so_far(bytes: &[u8], limits: &Limits) -> Option<(Method, Bytes)> {
    let bytes = &bytes[empty_lines(bytes)..];
    let end = token_end(bytes).filter(|end| *end <= METHOD && bytes[*end] == b' ')?;
    let (method, rest) = (Method::from_bytes(&bytes[..end]).ok()?, &bytes[end + 1..]);
    let target = &rest[..target_end(rest).unwrap_or(rest.len()).min(limits.target)];
    Some((method, Bytes::copy_from_slice(target)))
}

#[cold]
fn refuse(bytes: &[u8], limits: &Limits, spare: &mut Fields, (reason, why): Fault) -> Refused {
    spare.clear();
    Refused { reason, why, line: line_so_far(bytes, limits) }
}

fn find(bytes: &[u8], limits: &Limits, fields: &mut Fields) -> Result<Option<Found>, Fault> {
    let skipped = empty_lines(bytes);
    let bytes = &bytes[skipped..];
    if bytes == b"\r" && skipped < 2 * EMPTY_LINES {
        return Ok(None);
    }
    // What is beyond the limit is not looked at, so that the same is said of it whether it has come or not.
    let window = &bytes[..bytes.len().min(limits.bytes)];
    let mut said = Said::default();
    if let Some(line) = line(window, limits)? {
        let see = |known, value: &[u8]| said.note(known, value);
        let end = section(window, line.end, limits.fields, LineEnd::Strict, fields, see);
        let end = end.map_err(|wrong| match wrong {
            Wrong::Malformed(why) => (Reason::BadRequest, why),
            Wrong::TooMany => (Reason::HeadersTooLarge, "the head has too many fields"),
        });
        if let Some(length) = end? {
            let framing = framing(&said, line.version)?;
            return Ok(Some(Found { line, said, framing, skipped, length }));
        }
        fields.clear();
    }
    if window.len() == limits.bytes { Err(TOO_LARGE) } else { Ok(None) }
}

/// Bytes of the empty lines in front of a request.
#[inline]
fn empty_lines(bytes: &[u8]) -> usize {
    let mut skipped = 0;
    while skipped < 2 * EMPTY_LINES && bytes[skipped..].starts_with(b"\r\n") {
        skipped += 2;
    }
    skipped
}

fn line(bytes: &[u8], limits: &Limits) -> Result<Option<Line>, Fault> {
    let Some((method, start)) = method(bytes)? else { return Ok(None) };
    let rest = &bytes[start..];
    // With one byte more than may be it is known to be too long.
    let Some(length) = target_end(&rest[..rest.len().min(limits.target.saturating_add(1))]) else {
        return match rest.len() > limits.target {
            true => Err((Reason::UriTooLong, "the request target is too long")),
            false => Ok(None),
        };
    };
    let (target, behind) = (start..start + length, &rest[length..]);
    // As almost every line ends.
    const USUAL: &[u8] = b" HTTP/1.1\r\n";
    if behind.starts_with(USUAL) && length > 0 {
        let end = target.end + USUAL.len();
        return Ok(Some(Line { method, target, version: Version::Http11, end }));
    }
    match rest[length] {
        b' ' if length > 0 => {}
        b' ' => return Err((Reason::BadRequest, "the request has no target")),
        b'\r' | b'\n' => return Err((Reason::BadRequest, "the request line has no version")),
        b'#' => return Err((Reason::BadRequest, "the request target has a fragment")),
        _ => return Err((Reason::BadRequest, "the request target has a control character")),
    }
    let rest = &rest[length + 1..];
    match version(rest) {
        Part::Whole(spoken, length) => {
            match &rest[length..] {
                [b'\r', b'\n', ..] => {}
                [] | [b'\r'] => return Ok(None),
                _ => return Err(BARE),
            }
            let end = target.end + 1 + length + 2;
            match spoken {
                Spoken::Http1(version) => Ok(Some(Line { method, target, version, end })),
                Spoken::Other => Err((Reason::VersionNotSupported, "the version is not 1.x")),
            }
        }
        Part::Begun => Ok(None),
        Part::Wrong => Err((Reason::BadRequest, "the request line does not end in a version")),
    }
}

/// The method, and where the target begins.
#[inline]
fn method(bytes: &[u8]) -> Result<Option<(Method, usize)>, Fault> {
    if bytes.starts_with(b"GET ") {
        return Ok(Some((Method::GET, 4)));
    }
    if bytes.starts_with(b"POST ") {
        return Ok(Some((Method::POST, 5)));
    }
    match token_end(&bytes[..bytes.len().min(METHOD + 1)]) {
        Some(end) if bytes[end] == b' ' => match Method::from_bytes(&bytes[..end]) {
            Ok(method) => Ok(Some((method, end + 1))),
            Err(_) => Err((Reason::BadRequest, "the request has no method")),
        },
        Some(_) => Err((Reason::BadRequest, "the method is not a token")),
        None if bytes.len() > METHOD => Err((Reason::NotImplemented, "the method is too long")),
        None => Ok(None),
    }
}

fn take(input: &mut Bytes, found: Found, spare: &mut Fields) -> RequestHead {
    let Found { line, said, framing, skipped, length } = found;
    input.advance(skipped);
    let head = input.split_to(length);
    let has_body = !matches!(framing, Framing::Nothing | Framing::Length(0));
    let mut fields = std::mem::take(spare);
    fields.settle(head);
    RequestHead {
        method: line.method,
        target: line.target,
        version: line.version,
        fields,
        framing,
        keeps_alive: said.keeps_alive(line.version),
        takes_trailers: said.takes_trailers && line.version == Version::Http11,
        awaits_consent: said.expects_consent && has_body && line.version == Version::Http11,
        length,
    }
}

/// RFC 9112 section 6.3, with nothing left to choose.
fn framing(said: &Said, version: Version) -> Result<Framing, Fault> {
    match (said.coding, said.length) {
        (Coding::None, Length::None) => Ok(Framing::Nothing),
        (Coding::None, Length::Bytes(bytes)) => Ok(Framing::Length(bytes)),
        (_, Length::Wrong(why)) => Err((Reason::BadRequest, why)),
        _ if version == Version::Http10 => Err((Reason::BadRequest, "Transfer-Encoding in HTTP/1.0")),
        (_, Length::Bytes(_)) => Err((Reason::BadRequest, "Transfer-Encoding and Content-Length")),
        (Coding::Chunked, Length::None) => Ok(Framing::Chunked),
        (Coding::Unknown, Length::None) => Err((Reason::NotImplemented, "a transfer coding beside chunked")),
        (Coding::Endless, Length::None) => {
            Err((Reason::BadRequest, "a transfer coding that does not end in chunked"))
        }
    }
}
