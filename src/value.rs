//! Values of the request: text with what is known only while a request is served, as in `"{client.ip} {header.x-tenant}"`.
//!
//! What a client controls never leaves the place it is put into: whoever takes a value says what may stand there, and all
//! else is escaped. A value of which a part is absent is absent itself.

mod kept;
mod target;

use std::convert::Infallible;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;
use std::sync::OnceLock;

use bytes::{BufMut, Bytes, BytesMut};
use castgate_contract::redirect::Scheme;
use castgate_contract::{cookie, host, path, query, segment};
use http::{HeaderName, HeaderValue, header};

use crate::asked;
use crate::exchange::{Context, Request};
use crate::fields::Known;
use crate::late::{Late, Origin, Piece, Problems};

pub use self::target::RequestTarget;

/// Text parts of which are the request's.
#[derive(Debug)]
pub struct RequestText {
    parts: &'static [RequestPart],
    bound: OnceLock<Box<[Part]>>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug)]
pub enum RequestPart {
    /// Known at build or at start.
    Late(Piece),
    /// The client's address, after the rules of `server.trusted_proxies`.
    ClientIp,
    /// `http` or `https`: what a trusted proxy says, else `http`.
    Scheme,
    /// The name in `Host`, in lower case, without port.
    Host,
    /// The port in `Host`, or else that of the scheme.
    Port,
    /// The method.
    Method,
    /// The path in its canonical form, without the query.
    Path,
    /// The request's id.
    Id,
    /// The first parameter of the query of this decoded name.
    Query(&'static str),
    /// The first cookie of this name.
    Cookie(&'static str),
    /// The first line of the field of this lower-case name, as [`Context::first`] sees it.
    Header(&'static str),
    /// A segment of the path, by its number.
    Segment(u8),
    /// All segments of the path from this number on, without a slash in front.
    Rest(u8),
    /// The label in front of the name in `Host`, in lower case.
    Label,
}

/// As a request is served.
#[derive(Debug)]
enum Part {
    Text(Box<str>),
    Header(HeaderName),
    Request(RequestPart),
}

/// What is escaped of a value in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// Nothing.
    Nothing,
    /// What ends a string of JSON (RFC 8259, section 7), or is no text.
    Json,
    /// What ends text or an attribute in quotes of HTML or XML.
    Markup,
}

/// A part of a value, and how it is written where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bit<'a> {
    /// Of the config.
    Text(&'a str),
    /// As it is.
    Plain(&'a [u8]),
    /// A client's address.
    Address(IpAddr),
    /// Segments of a canonical path: percent-encoded, without a slash in front.
    Segments(&'a str),
    /// A whole canonical path.
    Path(&'a str),
    /// Of a query, encoded as forms write it.
    Form(&'a str),
}

/// A part of the value is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Absent;

impl RequestText {
    /// Of these parts, in order.
    pub const fn new(parts: &'static [RequestPart]) -> Self {
        Self { parts, bound: OnceLock::new() }
    }

    /// Reads what comes at start.
    pub(crate) fn bind(&self, origin: Origin, problems: &mut Problems) {
        let mut bound = Vec::new();
        for part in self.parts {
            bound.push(match part {
                RequestPart::Late(piece) => {
                    let late = Late::new(std::slice::from_ref(piece));
                    let Some(text) = problems.resolve(origin, &late) else { return };
                    Part::Text(text.into())
                }
                other => Part::of(*other),
            });
        }
        // A second bind finds the same.
        drop(self.bound.set(bound.into()));
    }

    /// What nobody has bound has nothing that comes at start: it is made when it is first asked for, once.
    fn bound(&self) -> &[Part] {
        self.bound.get_or_init(|| self.parts.iter().copied().map(Part::of).collect())
    }

    /// Whether what is the config's of it may stand in a field.
    pub(crate) fn fits_field(&self) -> bool {
        self.bound().iter().all(|part| match part {
            Part::Text(text) => HeaderValue::from_str(text).is_ok(),
            Part::Header(_) | Part::Request(_) => true,
        })
    }

    /// Passes on the value, part by part.
    pub(crate) fn each(
        &self,
        request: &Request,
        cx: &Context<'_>,
        mut output: impl FnMut(Bit<'_>),
    ) -> Result<(), Absent> {
        self.bound().iter().try_for_each(|part| part.output(request, cx, &mut output))
    }

    /// The body of a response; what is absent of it is empty. Its bytes share a block, as those of [`RequestText::field`].
    pub(crate) fn body(&self, request: &Request, cx: &Context<'_>, escape: Escape) -> Bytes {
        let made = cx.worker().made(|text| {
            for part in self.bound() {
                let written = part.output(request, cx, &mut |bit| match bit {
                    Bit::Text(part) => text.extend_from_slice(part.as_bytes()),
                    Bit::Plain(part) => escape.put(text, part),
                    // Memory does not refuse to be written to.
                    Bit::Address(address) => drop(write!(text, "{address}")),
                    Bit::Segments(part) | Bit::Path(part) | Bit::Form(part) => {
                        escape.put(text, part.as_bytes())
                    }
                });
                written.unwrap_or(());
            }
            Ok::<(), Infallible>(())
        });
        made.unwrap_or_else(|never| match never {})
    }

    /// A hash of what the value stands for: `%40` is `@`, and segments count without their parameters, so that nobody
    /// has another by writing the same in another way. Of an IPv6 client it is that of its /64. All requests that lack a part of the
    /// value have the same.
    pub(crate) fn hash(&self, request: &Request, cx: &Context<'_>, hasher: &impl BuildHasher) -> u64 {
        let mut state = hasher.build_hasher();
        // With their lengths behind them: `a` and `bc` are not `ab` and `c`.
        let bytes = |state: &mut dyn Hasher, bytes: &[u8]| {
            state.write(bytes);
            state.write_usize(bytes.len());
        };
        let spelled = |state: &mut dyn Hasher, spelled: &mut dyn Iterator<Item = u8>| {
            let mut length = 0;
            spelled.for_each(|byte| {
                state.write_u8(byte);
                length += 1;
            });
            state.write_usize(length);
        };
        let whole = self.each(request, cx, |bit| match bit {
            Bit::Text(part) => bytes(&mut state, part.as_bytes()),
            Bit::Plain(part) => bytes(&mut state, part),
            Bit::Address(IpAddr::V4(address)) => state.write_u32(address.into()),
            Bit::Address(IpAddr::V6(address)) => state.write_u64((u128::from(address) >> 64) as u64),
            Bit::Segments(part) | Bit::Path(part) => part
                .split('/')
                .for_each(|segment| spelled(&mut state, &mut path::decoded(path::bare(segment)))),
            Bit::Form(part) => spelled(&mut state, &mut query::decoded(part)),
        });
        whole.map_or_else(|Absent| hasher.hash_one(()), |()| state.finish())
    }

    /// The value of a header field; `None` if it is absent. Its bytes share a block with those of many other requests, so that most
    /// cost no allocation.
    ///
    /// What was percent-encoded where it comes from stays so. What a field cannot hold (controls) is percent-encoded.
    pub(crate) fn field(&self, request: &Request, cx: &Context<'_>) -> Option<HeaderValue> {
        if let [Part::Header(name)] = self.bound() {
            return cx.first(request, name).map(|value| cx.worker().header_value(value));
        }
        let bytes = cx.worker().made(|text| {
            self.each(request, cx, |bit| match bit {
                Bit::Text(part) => text.extend_from_slice(part.as_bytes()),
                Bit::Plain(part) => escape(text, part, |byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)),
                // Memory does not refuse to be written to.
                Bit::Address(address) => drop(write!(text, "{address}")),
                Bit::Segments(part) | Bit::Path(part) | Bit::Form(part) => {
                    escape(text, part.as_bytes(), |byte| matches!(byte, b'!'..=b'~'));
                }
            })
        });
        HeaderValue::from_maybe_shared(bytes.ok()?).ok()
    }
}

impl RequestPart {
    fn output(
        self,
        request: &Request,
        cx: &Context<'_>,
        output: &mut impl FnMut(Bit<'_>),
    ) -> Result<(), Absent> {
        let path = request.target.path();
        match self {
            // Neither is left when a text is bound.
            Self::Late(_) | Self::Header(_) => return Err(Absent),
            Self::ClientIp => output(Bit::Address(cx.client_ip().ok_or(Absent)?)),
            Self::Scheme => output(Bit::Plain(asked::scheme(request, cx).as_str().as_bytes())),
            Self::Host => {
                let (name, _) = host(request).ok_or(Absent)?;
                // The gate takes no longer ones.
                let mut buffer = [0; 256];
                let buffer = buffer.get_mut(..name.len()).ok_or(Absent)?;
                buffer.copy_from_slice(name);
                buffer.make_ascii_lowercase();
                output(Bit::Plain(buffer));
            }
            Self::Port => {
                let port = host(request).map_or(&b""[..], |(_, port)| port);
                let of_scheme = if asked::scheme(request, cx) == Scheme::Https { b"443" } else { &b"80"[..] };
                output(Bit::Plain(if port.is_empty() { of_scheme } else { port }));
            }
            Self::Method => output(Bit::Plain(request.method.as_str().as_bytes())),
            Self::Path => output(Bit::Path(path)),
            Self::Id => output(Bit::Plain(cx.request_id().ok_or(Absent)?.as_bytes())),
            Self::Query(name) => {
                output(Bit::Form(
                    query::first(request.target.query().unwrap_or_default(), name).ok_or(Absent)?,
                ));
            }
            Self::Cookie(name) => output(Bit::Plain(cookie(request, cx, name).ok_or(Absent)?)),
            Self::Segment(number) => output(Bit::Segments(&path[segment::nth(path, usize::from(number))])),
            Self::Label => {
                let mut buffer = [0; host::MAX_LABEL];
                let (name, _) = host(request).ok_or(Absent)?;
                output(Bit::Plain(host::label(name, &mut buffer).ok_or(Absent)?.as_bytes()));
            }
            Self::Rest(number) => {
                output(Bit::Segments(&path[segment::nth(path, usize::from(number)).start..]))
            }
        }
        Ok(())
    }
}

impl Part {
    fn output(
        &self,
        request: &Request,
        cx: &Context<'_>,
        output: &mut impl FnMut(Bit<'_>),
    ) -> Result<(), Absent> {
        match self {
            Self::Text(text) => output(Bit::Text(text)),
            Self::Header(name) => output(Bit::Plain(cx.first(request, name).ok_or(Absent)?)),
            Self::Request(part) => part.output(request, cx, output)?,
        }
        Ok(())
    }

    fn of(part: RequestPart) -> Self {
        match part {
            RequestPart::Late(Piece::Literal(text)) => Self::Text(text.into()),
            RequestPart::Header(name) => Self::Header(HeaderName::from_static(name)),
            other => Self::Request(other),
        }
    }
}

/// The name and the port of `Host`; either may be empty.
fn host(request: &Request) -> Option<(&[u8], &[u8])> {
    let host = request.fields.first(Known::Host)?;
    let bare = match host.iter().rposition(|&byte| byte == b':') {
        Some(colon) if !host.ends_with(b"]") => colon,
        _ => host.len(),
    };
    Some((host::name(host), host.get(bare + 1..).unwrap_or_default()))
}

/// The value of the first cookie of this name.
fn cookie<'r>(request: &'r Request, cx: &'r Context<'_>, name: &str) -> Option<&'r [u8]> {
    cx.received(request, &header::COOKIE).find_map(|line| cookie::first(line, name))
}

/// Percent-encodes what may not stand.
fn escape(output: &mut BytesMut, bytes: &[u8], may_stand: impl Fn(u8) -> bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if may_stand(byte) {
            output.put_u8(byte);
        } else {
            output.put_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

impl Escape {
    fn put(self, output: &mut BytesMut, bytes: &[u8]) {
        match self {
            Self::Nothing => output.put_slice(bytes),
            Self::Json => {
                for char in String::from_utf8_lossy(bytes).chars() {
                    match char {
                        '"' | '\\' => output.put_slice(&[b'\\', char as u8]),
                        '\0'..='\x1f' | '\x7f' => drop(write!(output, "\\u{:04x}", u32::from(char))),
                        // Memory does not refuse to be written to.
                        other => drop(output.write_char(other)),
                    }
                }
            }
            Self::Markup => {
                for &byte in bytes {
                    match byte {
                        b'&' => output.put_slice(b"&amp;"),
                        b'<' => output.put_slice(b"&lt;"),
                        b'>' => output.put_slice(b"&gt;"),
                        b'"' => output.put_slice(b"&quot;"),
                        b'\'' => output.put_slice(b"&#39;"),
                        other => output.put_u8(other),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped(escape: Escape, bytes: &[u8]) -> Vec<u8> {
        let mut output = BytesMut::new();
        escape.put(&mut output, bytes);
        output.to_vec()
    }

    #[test]
    fn markup_is_text() {
        let made = escaped(Escape::Markup, b"<a href='x' b=\"y\">&amp;");
        assert_eq!(made, b"&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;amp;");
        assert_eq!(escaped(Escape::Nothing, b"<\xff"), b"<\xff");
    }

    proptest! {
        #[test]
        fn any_text_is_itself_as_json(text in any::<String>()) {
            let mut json = vec![b'"'];
            json.extend(escaped(Escape::Json, text.as_bytes()));
            json.push(b'"');
            prop_assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
        }

        #[test]
        fn any_bytes_are_a_field_without_ends_of_lines(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut output = BytesMut::new();
            escape(&mut output, &bytes, |byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..));
            prop_assert!(HeaderValue::from_bytes(&output).is_ok());
        }
    }
}
