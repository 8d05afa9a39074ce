//! Header rules of a gateway for requests (RFC 9110 section 7.6): what ends at this hop, what is refused, what is
//! added. Nothing is removed from the client's map: what does not pass is not written.

use bytes::BytesMut;
use http::{HeaderMap, HeaderValue, Version, header};

use crate::context::Context;
use crate::error::{Error, Reason};
use crate::upstream::field;

/// Decides, while a request head is written, which of the client's fields go on, and what goes with them.
#[derive(Debug)]
pub(crate) struct FieldFilter {
    /// The client is a proxy whose word on where the request came from is believed.
    trusted: bool,
    /// Fields that `Connection` names, in lower case; almost always none.
    nominated: Vec<String>,
    forwarded_for: HeaderValue,
    proto: bool,
    host: Option<HeaderValue>,
    via: &'static [u8],
}

impl FieldFilter {
    /// Refuses requests whose `Connection` names an end-to-end field.
    pub(super) fn new(headers: &HeaderMap, version: Version, cx: &Context<'_>) -> Result<Self, Error> {
        let trusted = cx.client.is_trusted_proxy();
        let kept = |name: &str| trusted && headers.contains_key(name);
        Ok(Self {
            trusted,
            nominated: nominated(headers)?,
            forwarded_for: if kept("x-forwarded-for") {
                append_peer(headers, cx)?
            } else {
                cx.client.peer_value()
            },
            proto: !kept("x-forwarded-proto"),
            host: if kept("x-forwarded-host") { None } else { headers.get(header::HOST).cloned() },
            // RFC 9110 section 7.6.3 asks it of a gateway; the version is that of the request as it came.
            via: if version == Version::HTTP_10 { b"1.0 castgate" } else { b"1.1 castgate" },
        })
    }

    /// Whether a field of the client's, by its lower-case name, goes on to the backend.
    #[inline]
    pub(crate) fn passes(&self, name: &str) -> bool {
        match name {
            // Of this hop only (RFC 9110 section 7.6.1); the framing is written anew.
            "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "http2-settings"
            | "content-length" => false,
            // Ours to say.
            "x-forwarded-for" => false,
            // Who is not a trusted proxy has no say in where a request came from; we do not write these ourselves, so
            // a client's copy would be believed.
            "x-forwarded-proto" | "x-forwarded-host" | "forwarded" | "x-real-ip" | "x-forwarded-port"
            | "x-forwarded-prefix" | "x-forwarded-server" | "x-forwarded-uri" | "x-forwarded-scheme"
            | "x-forwarded-ssl" | "x-original-url" | "x-rewrite-url" => self.trusted,
            // hyper has answered 100-continue when the body is first asked for.
            "expect" => false,
            // A backend that folds `-` to `_` (CGI) would take an underscore's copy for the field that we wrote.
            _ => !name.contains('_') && !self.nominated.iter().any(|nominated| nominated == name),
        }
    }

    /// Writes the gateway's own fields.
    pub(crate) fn write_added(&self, buffer: &mut BytesMut) {
        field(buffer, "x-forwarded-for", self.forwarded_for.as_bytes());
        if self.proto {
            field(buffer, "x-forwarded-proto", b"http");
        }
        if let Some(host) = &self.host {
            field(buffer, "x-forwarded-host", host.as_bytes());
        }
        field(buffer, "via", self.via);
    }
}

/// A trusted peer's list, all lines in order, with the peer at its end.
fn append_peer(headers: &HeaderMap, cx: &Context<'_>) -> Result<HeaderValue, Error> {
    let mut list = Vec::new();
    for line in headers.get_all("x-forwarded-for") {
        list.extend_from_slice(line.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(cx.client.peer_value().as_bytes());
    HeaderValue::from_bytes(&list).map_err(|_| Reason::BadRequest.into())
}

/// What `Connection` names. It may name only fields that are the hop's own: whoever names an end-to-end field wants it
/// to vanish on the way.
fn nominated(headers: &HeaderMap) -> Result<Vec<String>, Error> {
    let mut nominated = Vec::new();
    let Some(first) = headers.get(header::CONNECTION) else { return Ok(nominated) };
    if is_usual(first.as_bytes()) && headers.get_all(header::CONNECTION).iter().nth(1).is_none() {
        return Ok(nominated);
    }
    for line in headers.get_all(header::CONNECTION) {
        let line = line.to_str().map_err(|_| Reason::BadRequest)?;
        for token in line.split(',').map(str::trim).filter(|token| !is_usual(token.as_bytes())) {
            let token = token.to_ascii_lowercase();
            if !may_be_nominated(&token) {
                return Err(Reason::BadRequest.into());
            }
            nominated.push(token);
        }
    }
    Ok(nominated)
}

/// What almost every `Connection` says; it names no field that would pass.
fn is_usual(token: &[u8]) -> bool {
    token.is_empty() || token.eq_ignore_ascii_case(b"keep-alive") || token.eq_ignore_ascii_case(b"close")
}

fn may_be_nominated(token: &str) -> bool {
    !matches!(
        token,
        "host"
            | "content-length"
            | "content-type"
            | "authorization"
            | "cookie"
            | "forwarded"
            | "via"
            | "x-real-ip"
            | "x-request-id"
            | "x-api-key"
    ) && !token.starts_with("x-forwarded-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(trusted: bool, connection: &str) -> Result<FieldFilter, Reason> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, connection.parse().unwrap());
        Ok(FieldFilter {
            trusted,
            nominated: nominated(&headers).map_err(|error| error.reason())?,
            forwarded_for: HeaderValue::from_static("192.0.2.1"),
            proto: true,
            host: None,
            via: b"1.1 castgate",
        })
    }

    #[test]
    fn hop_by_hop_and_nominated_fields_stay_behind() {
        let filter = filter(false, "close, X-Hop").unwrap();
        for name in [
            "connection",
            "te",
            "upgrade",
            "transfer-encoding",
            "x-hop",
            "x_forwarded_for",
            "x-real-ip",
            "expect",
        ] {
            assert!(!filter.passes(name), "{name} passes");
        }
        for name in ["host", "accept", "authorization", "x-other", "via"] {
            assert!(filter.passes(name), "{name} does not pass");
        }
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_came_from() {
        for name in ["forwarded", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"] {
            assert!(filter(true, "").unwrap().passes(name) && !filter(false, "").unwrap().passes(name));
        }
        assert!(!filter(true, "").unwrap().passes("x-forwarded-for"));
    }

    #[test]
    fn end_to_end_fields_cannot_be_nominated_away() {
        for token in ["authorization", "x-forwarded-for", "X-Real-IP", "keep-alive, Host"] {
            assert_eq!(filter(false, token).err(), Some(Reason::BadRequest), "{token} was accepted");
        }
    }
}
