//! Writing the head of a request, in one piece.

use castgate_contract::template;
use http::Method;
use http::uri::PathAndQuery;
use http_body::Body;

use super::outgoing::Outgoing;
use crate::fields::{Fields, Known};
use crate::forward::PathEdit;
use crate::http1::encode::field;
use crate::introduction::Introduction;
use crate::message::RequestBody;
use crate::upgrade::Asked;

/// What a request head is made of. All fields are written, but for those that are this codec's own to say.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    pub(crate) target: &'a PathAndQuery,
    pub(crate) path: &'a PathEdit,
    pub(crate) fields: &'a Fields,
    /// What the gateway says of the client, if it is not in the fields.
    pub(crate) introduction: Option<&'a Introduction>,
    /// The `Host` of the fields goes on, if there is one.
    pub(crate) keeps_host: bool,
    /// The backend is asked whether it wants the body.
    pub(crate) expects_consent: bool,
    /// The client takes trailers, so they are asked for.
    pub(crate) takes_trailers: bool,
    /// What the backend is asked to switch to.
    pub(crate) upgrade: Option<Asked>,
    /// What it is else.
    pub(crate) host: Option<&'a [u8]>,
    /// There is no body, and that is said.
    pub(crate) says_empty: bool,
}

/// How the end of a request body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

impl Outgoing {
    /// Encodes a head, and takes the body that will follow it.
    pub(crate) fn start(&mut self, head: &Head<'_>, body: Option<RequestBody>) {
        self.encode(head, body.as_ref());
        self.begin(body);
    }

    fn encode(&mut self, head: &Head<'_>, body: Option<&RequestBody>) {
        let buffer = self.buffer();
        buffer.reserve(1024);
        buffer.extend_from_slice(head.method.as_str().as_bytes());
        buffer.extend_from_slice(b" ");
        write_target(head, buffer);
        buffer.extend_from_slice(b" HTTP/1.1\r\n");
        let host = |buffer: &mut Vec<u8>| {
            if let Some(host) = head.host {
                field(buffer, "host", host);
            }
        };
        let mut has_host = !head.keeps_host;
        if has_host {
            host(buffer);
        }
        let goes_on = |known: Known| {
            let is_host = known == Known::Host;
            has_host |= is_host;
            // Framing is written anew, whatever the fields say: a second word on it could make two messages of one.
            if is_host { head.keeps_host } else { !known.is_framing() }
        };
        head.fields.lines(goes_on, |piece| buffer.extend_from_slice(piece));
        // HTTP/1.0 knows requests without Host; what goes out is HTTP/1.1, which does not (RFC 9112 section 3.2).
        if !has_host {
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
            Framing::None => {}
            Framing::Length => {
                let length = body.and_then(|body| body.size_hint().exact()).unwrap_or(0);
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
        Some(body) if body.size_hint().exact().is_some() => Framing::Length,
        Some(_) => Framing::Chunked,
        // `Content-Length: 0` says something where the method lets one expect a body.
        None if says_empty => Framing::Length,
        None => Framing::None,
    }
}

fn write_target(head: &Head<'_>, buffer: &mut Vec<u8>) {
    let path = head.target.path();
    match *head.path {
        PathEdit::Keep => {
            buffer.extend_from_slice(head.target.as_str().as_bytes());
            return;
        }
        PathEdit::Prefix(ref prefix) => {
            prefix.of(path).iter().for_each(|part| buffer.extend_from_slice(part.as_bytes()));
        }
        PathEdit::Rewrite(pieces) => {
            let host = || head.fields.first(Known::Host).unwrap_or_default();
            template::render(pieces, path, host, |text| buffer.extend_from_slice(text.as_bytes()))
        }
    }
    if let Some(query) = head.target.query() {
        buffer.extend_from_slice(b"?");
        buffer.extend_from_slice(query.as_bytes());
    }
}
