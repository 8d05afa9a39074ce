//! The head of a response as the `h2` crate takes it (RFC 9113 section 8.3.2).

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::exchange::{Interim, Response};
use crate::fields::{Classes, Fields, Known};

/// What is about a connection or about framing has no place in HTTP/2 (section 8.2.2), whoever has put it there.
const NEVER: Classes = Classes::FRAMING.and(Classes::ENDS_IN_RESPONSES);

/// Whether no body follows a head (RFC 9110 section 6.4.1).
pub(super) fn is_bodiless(status: StatusCode, method: &Method) -> bool {
    *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// The head of an answer to a request of method `method`.
pub(super) fn head(response: &Response, method: &Method, date: &[u8; 29]) -> http::Response<()> {
    let mut head = of(response.status, &response.fields);
    let fields = head.headers_mut();
    if !response.fields.has(Known::Date)
        && let Ok(date) = HeaderValue::from_bytes(date)
    {
        fields.insert(header::DATE, date);
    }
    let (status, to_get) = (response.status, || response.body.length().filter(|exact| *exact > 0));
    let length = match is_bodiless(status, method) {
        false => response.body.length(),
        // What a GET would have got (RFC 9110 section 8.6).
        true if status == StatusCode::NO_CONTENT => None,
        true => response.body.absent().or_else(|| to_get().filter(|_| *method == Method::HEAD)),
    };
    if let Some(length) = length {
        fields.insert(header::CONTENT_LENGTH, length.into());
    }
    head
}

/// The head of an interim response.
pub(super) fn interim(interim: &Interim) -> http::Response<()> {
    of(interim.status, &interim.fields)
}

/// The fields behind a body.
pub(super) fn trailers(fields: &Fields) -> HeaderMap {
    of(StatusCode::OK, fields).into_parts().0.headers
}

fn of(status: StatusCode, fields: &Fields) -> http::Response<()> {
    let mut response = http::Response::new(());
    *response.status_mut() = status;
    let map = response.headers_mut();
    map.reserve(fields.len() + 2);
    for field in fields.iter().filter(|field| !NEVER.has(field.known())) {
        // Both were valid when they came in.
        let name = HeaderName::from_bytes(field.name().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value())) {
            map.append(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Body;
    use bytes::Bytes;

    const DATE: &[u8; 29] = b"Sun, 06 Nov 1994 08:49:37 GMT";

    fn length(response: &Response, method: &Method) -> Option<String> {
        let head = head(response, method, DATE);
        head.headers().get(header::CONTENT_LENGTH).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_length_is_the_body_s_own() {
        let mut response = Response::new(StatusCode::OK, Bytes::from("hello"));
        response.fields.append(&header::CONTENT_LENGTH, &HeaderValue::from_static("7"));
        response.fields.append(&header::CONNECTION, &HeaderValue::from_static("close"));
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(length(&response, &method).as_deref(), Some("5"));
        }
        assert!(!head(&response, &Method::GET, DATE).headers().contains_key(header::CONNECTION));
        for (status, method, expected) in [
            (StatusCode::OK, Method::HEAD, Some("9")),
            (StatusCode::NOT_MODIFIED, Method::GET, Some("9")),
            (StatusCode::NO_CONTENT, Method::GET, None),
        ] {
            let response = Response::new(status, Body::absent_of(9));
            assert_eq!(length(&response, &method).as_deref(), expected, "{status}");
        }
        assert_eq!(length(&Response::new(StatusCode::NOT_MODIFIED, Body::empty()), &Method::GET), None);
        assert_eq!(length(&Response::new(StatusCode::OK, Body::empty()), &Method::GET).as_deref(), Some("0"));
    }

    #[test]
    fn names_are_in_lower_case_and_every_line_is_there() {
        let mut response = Response::new(StatusCode::OK, Body::empty());
        for value in ["a=1", "b=2"] {
            response.fields.append(&header::SET_COOKIE, &HeaderValue::from_static(value));
        }
        let head = head(&response, &Method::GET, DATE);
        assert_eq!(head.headers().get_all(header::SET_COOKIE).iter().count(), 2);
        assert_eq!(head.headers()[header::DATE].as_bytes(), DATE);
    }
}
