//! Header rules of a gateway (RFC 9110 section 7.6): what ends at this hop, what is refused, what is added.
//! One pass over the names finds what is there; only that is touched.

use http::{HeaderMap, HeaderName, HeaderValue, header, response};

use crate::context::Context;
use crate::error::{Error, Reason};
use crate::service::Request;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Fields that end at this hop beside those that `Connection` names (RFC 9110 section 7.6.1).
static HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
];

/// The field's place in `HOP_BY_HOP`.
#[inline]
fn hop_by_hop(name: &str) -> Option<usize> {
    Some(match name {
        "connection" => 0,
        "keep-alive" => 1,
        "proxy-connection" => 2,
        "proxy-authorization" => 3,
        "te" => 4,
        "trailer" => 5,
        "transfer-encoding" => 6,
        "upgrade" => 7,
        "http2-settings" => 8,
        _ => return None,
    })
}

/// Identity fields that this gateway does not write, so that a client's copy would be believed (docs/architecture.md).
fn claims_identity(name: &str) -> bool {
    matches!(
        name,
        "forwarded"
            | "x-real-ip"
            | "x-forwarded-port"
            | "x-forwarded-prefix"
            | "x-forwarded-server"
            | "x-forwarded-uri"
            | "x-forwarded-scheme"
            | "x-forwarded-ssl"
            | "x-original-url"
            | "x-rewrite-url"
    )
}

/// `Connection` may name only fields that are the hop's own. Whoever names an end-to-end field wants it to vanish.
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

/// Makes the client's request ours: hop-by-hop fields go, `X-Forwarded-*` come.
pub(super) fn prepare(request: &mut Request, cx: &Context<'_>) -> Result<(), Error> {
    let trusted = cx.client.is_trusted_proxy();
    let http_10 = request.version() == http::Version::HTTP_10;
    let headers = request.headers_mut();
    let mut doomed = Doomed::default();
    for name in headers.keys() {
        let text = name.as_str();
        if let Some(place) = hop_by_hop(text) {
            doomed.hop_by_hop |= 1 << place;
        } else if text.contains('_') || (!trusted && claims_identity(text)) {
            // Backends that fold `-` to `_` (CGI) would take an underscore's copy for the field that we wrote.
            doomed.others.push(name.clone());
        }
    }
    if doomed.hop_by_hop & 1 != 0 {
        drop_nominated(headers)?;
    }
    doomed.remove_from(headers);
    let forwarded_for = match headers.get(&X_FORWARDED_FOR) {
        Some(_) if trusted => append_peer(headers, cx)?,
        _ => cx.client.peer_value(),
    };
    headers.insert(&X_FORWARDED_FOR, forwarded_for);
    if !(trusted && headers.contains_key(&X_FORWARDED_PROTO)) {
        headers.insert(&X_FORWARDED_PROTO, HeaderValue::from_static("http"));
    }
    if !(trusted && headers.contains_key(&X_FORWARDED_HOST))
        && let Some(host) = headers.get(header::HOST).cloned()
    {
        headers.insert(&X_FORWARDED_HOST, host);
    }
    // RFC 9110 section 7.6.3 asks it of a gateway; the version is that of the request as it came.
    headers
        .append(header::VIA, HeaderValue::from_static(if http_10 { "1.0 castgate" } else { "1.1 castgate" }));
    *request.version_mut() = http::Version::HTTP_11;
    Ok(())
}

/// A trusted peer's list, all lines in order, with the peer at its end.
fn append_peer(headers: &HeaderMap, cx: &Context<'_>) -> Result<HeaderValue, Error> {
    let mut list = Vec::new();
    for line in headers.get_all(&X_FORWARDED_FOR) {
        list.extend_from_slice(line.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(cx.client.peer_value().as_bytes());
    HeaderValue::from_bytes(&list).map_err(|_| Reason::BadRequest.into())
}

/// Removes what `Connection` names; an attempt to make an end-to-end field vanish is refused.
fn drop_nominated(headers: &mut HeaderMap) -> Result<(), Error> {
    let mut nominated = Doomed::default();
    for line in headers.get_all(header::CONNECTION) {
        for token in line.to_str().map_err(|_| Reason::BadRequest)?.split(',').map(str::trim) {
            // The usual tokens name no field that is not removed anyway.
            if token.is_empty()
                || token.eq_ignore_ascii_case("keep-alive")
                || token.eq_ignore_ascii_case("close")
            {
                continue;
            }
            let token = token.to_ascii_lowercase();
            if !may_be_nominated(&token) {
                return Err(Reason::BadRequest.into());
            }
            nominated.others.push(HeaderName::from_bytes(token.as_bytes()).map_err(|_| Reason::BadRequest)?);
        }
    }
    nominated.remove_from(headers);
    Ok(())
}

/// Checks the framing of a backend's answer and removes its hop-by-hop fields.
pub(super) fn sanitize(head: &mut response::Parts) -> Result<(), Error> {
    // Nobody asked for another protocol, so nobody may switch to one.
    if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Reason::UpstreamProtocol.into());
    }
    let headers = &mut head.headers;
    let mut doomed = Doomed::default();
    let (mut chunked, mut length) = (false, false);
    for (name, value) in headers.iter() {
        // Ambiguous or unknown framing (RFC 9112 section 6.3): what one reads as a body, another reads as the next
        // answer. Each framing field may appear once, and not with the other.
        if *name == header::CONTENT_LENGTH {
            if std::mem::replace(&mut length, true) {
                return Err(Reason::UpstreamProtocol.into());
            }
        } else if *name == header::TRANSFER_ENCODING {
            if std::mem::replace(&mut chunked, true) || !value.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Err(Reason::UpstreamProtocol.into());
            }
            doomed.hop_by_hop |= 1 << 6;
        } else if let Some(place) = hop_by_hop(name.as_str()) {
            doomed.hop_by_hop |= 1 << place;
            if place != 0 {
                continue;
            }
            for token in value.to_str().unwrap_or_default().split(',').map(str::trim) {
                if !is_usual(token)
                    && let Ok(name) = HeaderName::from_bytes(token.as_bytes())
                    && name != header::CONTENT_LENGTH
                {
                    doomed.others.push(name);
                }
            }
        }
    }
    if chunked && length {
        return Err(Reason::UpstreamProtocol.into());
    }
    doomed.remove_from(headers);
    Ok(())
}

/// The tokens of almost every `Connection`; they name no field that is not removed anyway.
fn is_usual(token: &str) -> bool {
    token.is_empty() || token.eq_ignore_ascii_case("keep-alive") || token.eq_ignore_ascii_case("close")
}

/// Fields to be removed: the usual ones by their places, others by name.
#[derive(Default)]
struct Doomed {
    hop_by_hop: u16,
    others: Vec<HeaderName>,
}

impl Doomed {
    fn remove_from(self, headers: &mut HeaderMap) {
        let mut places = self.hop_by_hop;
        while places != 0 {
            headers.remove(&HOP_BY_HOP[places.trailing_zeros() as usize]);
            places &= places - 1;
        }
        for name in self.others {
            headers.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(fields: &[(&str, &str)]) -> Result<HeaderMap, Reason> {
        let (mut head, ()) = http::Response::new(()).into_parts();
        for (name, value) in fields {
            head.headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        sanitize(&mut head).map_err(|error| error.reason())?;
        Ok(head.headers)
    }

    #[test]
    fn a_response_loses_its_hop_by_hop_fields() {
        let headers = response(&[
            ("connection", "keep-alive, X-Internal"),
            ("keep-alive", "timeout=5"),
            ("x-internal", "1"),
            ("x-kept", "1"),
            ("transfer-encoding", "Chunked"),
            ("upgrade", "h2c"),
            ("te", "trailers"),
            ("proxy-connection", "close"),
        ])
        .unwrap();
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }

    #[test]
    fn ambiguous_framing_is_a_protocol_error() {
        for fields in [
            [("transfer-encoding", "chunked"), ("content-length", "5")],
            [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            [("content-length", "5"), ("content-length", "5")],
            [("transfer-encoding", "gzip, chunked"), ("x", "y")],
            [("transfer-encoding", "identity"), ("x", "y")],
        ] {
            assert_eq!(response(&fields), Err(Reason::UpstreamProtocol), "{fields:?}");
        }
    }

    #[test]
    fn end_to_end_fields_cannot_be_nominated_away() {
        for token in ["authorization", "x-forwarded-for", "X-Real-IP", "Host"] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONNECTION, HeaderValue::from_str(token).unwrap());
            assert!(drop_nominated(&mut headers).is_err(), "{token} was accepted");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close, x-hop"));
        headers.insert("x-hop", HeaderValue::from_static("1"));
        drop_nominated(&mut headers).unwrap();
        assert!(!headers.contains_key("x-hop"));
    }
}
