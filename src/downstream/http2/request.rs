//! A head as the `h2` crate hands it out becomes one as the gate takes it: pseudo-fields to method and target, `:authority` to Host, and
//! whatever would be another message in HTTP/1 is refused (RFC 9113 sections 8.2 and 8.3).

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version, header, request};

use crate::downstream::gate::{Arrival, Head, Target};
use crate::error::Reason;
use crate::exchange::Uploaded;
use crate::fields::Fields;

/// What has come, but for its body.
#[derive(Debug)]
pub(super) struct Came {
    pub(super) arrival: Arrival,
    pub(super) method: Method,
    /// The body that the head promises.
    pub(super) uploaded: Uploaded,
    pub(super) takes_trailers: bool,
}

/// What a connection knows of all its requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Fields of a head.
    pub(super) most_fields: usize,
    /// A proxy that is believed says itself by which scheme its client came.
    pub(super) any_scheme: bool,
}

/// Reads a head. `is_end` if nothing comes behind it.
pub(super) fn read(head: request::Parts, is_end: bool, terms: Terms) -> Came {
    let request::Parts { method, uri, headers, .. } = head;
    let field = |name: HeaderName| headers.get(name).map(HeaderValue::as_bytes);
    let length = field(header::CONTENT_LENGTH).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    let waits = field(header::EXPECT).is_some_and(|text| text.eq_ignore_ascii_case(b"100-continue"));
    let uploaded = match (is_end, length) {
        (_, Some(0)) => Uploaded::Empty,
        (true, _) => Uploaded::Nothing,
        (false, length) if waits => Uploaded::OnDemand(length),
        (false, length) => Uploaded::Body(length),
    };
    // The codec lets nothing else stand there.
    let takes_trailers = headers.contains_key(header::TE);
    let target = uri.path_and_query().cloned();
    let line = || {
        let text =
            target.as_ref().map_or(Bytes::new(), |target| Bytes::copy_from_slice(target.as_str().as_bytes()));
        Some((method.clone(), text))
    };
    let arrival = if headers.len() > terms.most_fields {
        Arrival::Refused(Reason::HeadersTooLarge, line())
    } else {
        let is_other_scheme = || uri.scheme_str().is_some_and(|scheme| scheme != "http") && !terms.any_scheme;
        let read = || {
            let target = match &target {
                Some(target) => Target::of_path(target.clone())?,
                // CONNECT has none.
                None => Target::root(),
            };
            let fields = fields(uri.authority().map(|authority| authority.as_str()), &headers)?;
            (!is_other_scheme()).then_some((target, fields))
        };
        match read() {
            Some((target, fields)) => {
                Arrival::Request(Head { method: method.clone(), target, version: Version::HTTP_2, fields })
            }
            None => Arrival::Refused(Reason::BadRequest, line()),
        }
    };
    Came { arrival, method, uploaded, takes_trailers }
}

/// The fields as HTTP/1 has them: with one Host, which is what `:authority` says, and one Cookie. `None` if there would be more than one
/// reading of them.
fn fields(authority: Option<&str>, headers: &HeaderMap) -> Option<Fields> {
    let mut fields = Fields::default();
    if let Some(authority) = authority {
        fields.append(&header::HOST, &HeaderValue::from_str(authority).ok()?);
    }
    for (name, value) in headers {
        let bytes = value.as_bytes();
        let is_space = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if is_space(bytes.first()) || is_space(bytes.last()) {
            return None;
        }
        match (name, authority) {
            (&header::HOST, Some(authority)) => {
                if !bytes.eq_ignore_ascii_case(authority.as_bytes()) {
                    return None;
                }
            }
            (&header::COOKIE, _) => {}
            _ => fields.append(name, value),
        }
    }
    // They are sent apart so that they can be compressed one by one (RFC 9113 section 8.2.3).
    let mut cookies = headers.get_all(header::COOKIE).iter();
    match (cookies.next(), cookies.next()) {
        (Some(cookie), None) => fields.append(&header::COOKIE, cookie),
        (Some(_), Some(_)) => {
            let all: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
            fields.append(&header::COOKIE, &HeaderValue::from_bytes(&all.join(&b"; "[..])).ok()?);
        }
        (None, _) => {}
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    const TERMS: Terms = Terms { most_fields: 10, any_scheme: false };

    fn came(uri: &str, lines: &[(&str, &str)], is_end: bool) -> Came {
        let mut request = Request::builder().uri(uri);
        for (name, value) in lines {
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        read(request.body(()).unwrap().into_parts().0, is_end, TERMS)
    }

    fn lines(came: &Came) -> Option<Vec<String>> {
        let Arrival::Request(head) = &came.arrival else { return None };
        let line = |field: crate::fields::Field<'_>| {
            format!("{}: {}", field.name(), String::from_utf8_lossy(field.value()))
        };
        Some(head.fields.iter().map(line).collect())
    }

    #[test]
    fn the_authority_is_the_host_and_cookies_are_one() {
        let lines = lines(&came(
            "http://a.example:80/b",
            &[
                ("cookie", "a=1"),
                ("host", "A.example:80"),
                ("cookie", "b=2"),
                ("x", "1"),
                ("x", "2"),
                ("cookie", "c=3"),
            ],
            true,
        ));
        let expected = ["host: a.example:80", "x: 1", "x: 2", "cookie: a=1; b=2; c=3"];
        assert_eq!(lines.unwrap(), expected);
        let lines = self::lines(&came("/b", &[("host", "a"), ("cookie", "a=1")], true));
        assert_eq!(lines.unwrap(), ["host: a", "cookie: a=1"]);
    }

    #[test]
    fn what_would_be_another_message_elsewhere_is_none() {
        for (uri, name, value) in [
            ("http://a/", "host", "b"),
            ("http://a/", "host", "a:80"),
            ("http://a/", "x", " a"),
            ("http://a/", "x", "a\t"),
            ("http://a/", "cookie", "a "),
            ("https://a/", "x", "a"),
        ] {
            let came = came(uri, &[(name, value)], true);
            assert!(
                matches!(came.arrival, Arrival::Refused(Reason::BadRequest, Some(_))),
                "{uri} {name}: {value}"
            );
        }
        let many: Vec<(&str, &str)> = (0..11).map(|_| ("x", "y")).collect();
        assert!(matches!(came("/", &many, true).arrival, Arrival::Refused(Reason::HeadersTooLarge, Some(_))));
    }

    #[test]
    fn a_head_says_what_comes_behind_it() {
        for (lines, is_end, uploaded) in [
            (&[][..], true, Uploaded::Nothing),
            (&[][..], false, Uploaded::Body(None)),
            (&[("content-length", "0")][..], true, Uploaded::Empty),
            (&[("content-length", "7")][..], false, Uploaded::Body(Some(7))),
            (&[("expect", "100-Continue")][..], false, Uploaded::OnDemand(None)),
            (&[("expect", "100-continue")][..], true, Uploaded::Nothing),
        ] {
            assert_eq!(came("/", lines, is_end).uploaded, uploaded, "{lines:?}");
        }
        assert!(came("/", &[("te", "trailers")], true).takes_trailers);
    }
}
