//! Writing the head of a request, in one piece.

use http::Method;

use super::outgoing::Outgoing;
use crate::exchange::RequestBody;
use crate::fields::{Classes, Known};
use crate::http1::Framing;
use crate::http1::encode::field;
use crate::upgrade::Asked;
use crate::upstream::Outbound;

impl Outgoing {
    /// Encodes a head, and takes the body that will follow it.
    pub(crate) fn start(&mut self, head: &Outbound<'_>, body: Option<RequestBody>) {
        self.encode(head, body.as_ref());
        self.begin(body);
    }

    fn encode(&mut self, head: &Outbound<'_>, body: Option<&RequestBody>) {
        let buffer = self.buffer();
        buffer.reserve(1024);
        match *head.method {
            // What most requests are.
            Method::GET => buffer.extend_from_slice(b"GET "),
            ref method => {
                buffer.extend_from_slice(method.as_str().as_bytes());
                buffer.extend_from_slice(b" ");
            }
        }
        (head.target)(buffer);
        buffer.extend_from_slice(b" HTTP/1.1\r\n");
        let host = |buffer: &mut Vec<u8>| {
            if let Some(host) = head.host {
                field(buffer, "host", host);
            }
        };
        if !head.keeps_host {
            host(buffer);
        }
        // Framing is written anew, whatever the fields say: a second word on it could make two messages of one.
        let except = match head.keeps_host {
            true => Classes::FRAMING,
            false => Classes::FRAMING.and(Classes::one(Known::Host)),
        };
        head.fields.lines(except, |piece| buffer.extend_from_slice(piece));
        // HTTP/1.0 knows requests without Host; what goes out is HTTP/1.1, which does not (RFC 9112 section 3.2).
        if head.keeps_host && !head.fields.has(Known::Host) {
            host(buffer);
        }
        if let Some(introduction) = head.introduction {
            introduction.write(buffer);
        }
        if head.expects_consent {
            field(buffer, "expect", b"100-continue");
        }
        if let Some(Asked { token, .. }) = head.upgrade {
            field(buffer, "connection", b"Upgrade");
            field(buffer, "upgrade", token.as_bytes());
        } else if head.takes_trailers {
            // RFC 9110 section 10.1.4.
            buffer.extend_from_slice(b"te: trailers\r\nconnection: te\r\n");
        }
        match framing(body, head.says_empty) {
            Framing::Nothing | Framing::UntilClose => {}
            Framing::Length(length) => {
                field(buffer, "content-length", itoa::Buffer::new().format(length).as_bytes());
            }
            Framing::Chunked => field(buffer, "transfer-encoding", b"chunked"),
        }
        buffer.extend_from_slice(b"\r\n");
    }
}

/// The body's own size decides, never a header: what is announced is what is sent (RFC 9112 section 6).
fn framing(body: Option<&RequestBody>, says_empty: bool) -> Framing {
    match body {
        Some(body) => body.length().map_or(Framing::Chunked, Framing::Length),
        // `Content-Length: 0` says something where the method lets one expect a body.
        None if says_empty => Framing::Length(0),
        None => Framing::Nothing,
    }
}
