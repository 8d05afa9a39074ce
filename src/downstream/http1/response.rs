//! The head of a response: how its body ends, and what is written (RFC 9112 sections 4 and 6).

use http::{Method, StatusCode};

use crate::exchange::Response;
use crate::fields::{Classes, Known};
use crate::http1::encode::field;
use crate::http1::{Framing, Version};

/// What is said of the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Persistence {
    /// It ends with this response.
    pub(super) is_last: bool,
    /// Of the request: HTTP/1.0 has to be told that it goes on.
    pub(super) version: Version,
    /// It is HTTP no more, but this.
    pub(super) switches_to: Option<&'static str>,
}

/// How the end of a response's body is marked. The body's own size decides, never a field.
pub(super) fn framing(response: &Response, method: &Method, version: Version) -> Framing {
    if *method == Method::HEAD || is_bodiless(response.status) {
        return Framing::Nothing;
    }
    match (response.body.length(), version) {
        (Some(length), _) => Framing::Length(length),
        (None, Version::Http11) => Framing::Chunked,
        // HTTP/1.0 has no chunks: a body without a length ends with the connection.
        (None, Version::Http10) => Framing::UntilClose,
    }
}

/// RFC 9112 section 6.3.
fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Appends a head.
pub(super) fn encode(
    buffer: &mut Vec<u8>,
    response: &Response,
    framing: Framing,
    method: &Method,
    persistence: Persistence,
    date: &[u8; 29],
) {
    let status = response.status;
    match &response.phrase {
        // As almost every answer begins.
        None if status == StatusCode::OK => buffer.extend_from_slice(b"HTTP/1.1 200 OK\r\n"),
        phrase => status_line(buffer, status, phrase.as_deref()),
    }
    response.fields.lines(OWN, |piece| buffer.extend_from_slice(piece));
    // An interim response need not have one (RFC 9110 section 6.6.1).
    if !response.fields.has(Known::Date) && persistence.switches_to.is_none() {
        field(buffer, "date", date);
    }
    let length = |buffer: &mut Vec<u8>, length: u64| {
        field(buffer, "content-length", itoa::Buffer::new().format(length).as_bytes());
    };
    match framing {
        Framing::Length(exact) => length(buffer, exact),
        Framing::Chunked => field(buffer, "transfer-encoding", b"chunked"),
        Framing::UntilClose => {}
        // What a GET would have got (RFC 9110 section 8.6); of these statuses only 304 may say it.
        Framing::Nothing if is_bodiless(status) && status != StatusCode::NOT_MODIFIED => {}
        Framing::Nothing => {
            let to_get = || response.body.length().filter(|exact| *method == Method::HEAD && *exact > 0);
            if let Some(exact) = response.body.absent().or_else(to_get) {
                length(buffer, exact);
            }
        }
    }
    if let Some(token) = persistence.switches_to {
        field(buffer, "connection", b"Upgrade");
        field(buffer, "upgrade", token.as_bytes());
    } else {
        // What is required is said of this connection (RFC 9110 section 7.8).
        if status == StatusCode::UPGRADE_REQUIRED && response.fields.has(Known::Upgrade) {
            field(buffer, "connection", b"Upgrade");
        }
        if persistence.is_last {
            field(buffer, "connection", b"close");
        } else if persistence.version == Version::Http10 {
            field(buffer, "connection", b"keep-alive");
        }
    }
    buffer.extend_from_slice(b"\r\n");
}

fn status_line(buffer: &mut Vec<u8>, status: StatusCode, phrase: Option<&[u8]>) {
    buffer.extend_from_slice(b"HTTP/1.1 ");
    buffer.extend_from_slice(status.as_str().as_bytes());
    buffer.extend_from_slice(b" ");
    // It may be empty, but for the space (RFC 9112 section 4).
    let usual = || status.canonical_reason().unwrap_or_default().as_bytes();
    buffer.extend_from_slice(phrase.unwrap_or_else(usual));
    buffer.extend_from_slice(b"\r\n");
}

/// Framing and connection are this codec's own to say, whatever the fields say.
const OWN: Classes = Classes::FRAMING.and(Classes::one(Known::KeepAlive));
