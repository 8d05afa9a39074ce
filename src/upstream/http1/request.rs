//! Writing the head of a request, in one piece.

use castgate_contract::template;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use http_body::Body;

use super::outgoing::Outgoing;
use crate::forward::PathEdit;
use crate::http1::encode::field;
use crate::message::RequestBody;

/// What a request head is made of. All fields are written, but for those that are this codec's own to say.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a http::Uri,
    pub(crate) path: &'a PathEdit,
    pub(crate) headers: &'a HeaderMap,
    /// Further fields.
    pub(crate) added: [Option<(&'static str, &'a [u8])>; 4],
    /// The `Host` of the fields goes on, if there is one.
    pub(crate) keeps_host: bool,
    /// The backend is asked whether it wants the body.
    pub(crate) expects_consent: bool,
    /// The client takes trailers, so they are asked for.
    pub(crate) takes_trailers: bool,
    /// What it is else.
    pub(crate) host: Option<&'a [u8]>,
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
        let (mut has_host, mut has_length) = (!head.keeps_host, false);
        if has_host {
            host(buffer);
        }
        for (name, value) in head.headers {
            if *name == header::HOST {
                if !head.keeps_host {
                    continue;
                }
                has_host = true;
            } else if is_framing(name) {
                has_length |= *name == header::CONTENT_LENGTH;
                continue;
            }
            field(buffer, name.as_str(), value.as_bytes());
        }
        // HTTP/1.0 knows requests without Host; what goes out is HTTP/1.1, which does not (RFC 9112 section 3.2).
        if !has_host {
            host(buffer);
        }
        for (name, value) in head.added.iter().flatten() {
            field(buffer, name, value);
        }
        if head.expects_consent {
            field(buffer, "expect", b"100-continue");
        }
        if head.takes_trailers {
            // RFC 9110 section 10.1.4.
            buffer.extend_from_slice(b"te: trailers\r\nconnection: te\r\n");
        }
        match framing(body, has_length) {
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

/// Framing is written anew, whatever the fields say: a second word on it could make two messages of one.
#[inline]
fn is_framing(name: &HeaderName) -> bool {
    *name == header::CONTENT_LENGTH || *name == header::TRANSFER_ENCODING || *name == header::CONNECTION
}

/// The body's own size decides, never a header: what is announced is what is sent (RFC 9112 section 6).
fn framing(body: Option<&RequestBody>, has_length: bool) -> Framing {
    match body {
        Some(body) if body.size_hint().exact().is_some() => Framing::Length,
        Some(_) => Framing::Chunked,
        // `Content-Length: 0` says something where the method lets one expect a body.
        None if has_length => Framing::Length,
        None => Framing::None,
    }
}

fn write_target(head: &Head<'_>, buffer: &mut Vec<u8>) {
    let path = head.uri.path();
    match *head.path {
        PathEdit::Keep => {
            if let Some(target) = head.uri.path_and_query() {
                buffer.extend_from_slice(target.as_str().as_bytes());
            }
            return;
        }
        PathEdit::Prefix(ref prefix) => {
            prefix.of(path).iter().for_each(|part| buffer.extend_from_slice(part.as_bytes()));
        }
        PathEdit::Rewrite(pieces) => {
            let host = || head.headers.get(header::HOST).map_or(&b""[..], HeaderValue::as_bytes);
            template::render(pieces, path, host, |text| buffer.extend_from_slice(text.as_bytes()))
        }
    }
    if let Some(query) = head.uri.query() {
        buffer.extend_from_slice(b"?");
        buffer.extend_from_slice(query.as_bytes());
    }
}
