//! How many may still forward an `OPTIONS`: what `Max-Forwards` says of it (RFC 9110 section 7.6.2). Of other methods it says nothing, and
//! `TRACE` goes on nowhere.

use http::{HeaderValue, header};

use crate::error::Reason;
use crate::exchange::Request;

/// `OPTIONS *` is about the gateway as a whole (RFC 9110 section 9.3.7); of any other method `*` is no target.
pub(super) const EVERYTHING: &str = "*";

/// The number of an `OPTIONS`, if one is said. More than can be counted is as many as can be; what is about the gateway nobody forwards.
///
/// # Errors
///
/// What is said is no number, or not one.
fn left(request: &Request) -> Result<Option<u32>, Reason> {
    if request.target.as_str() == EVERYTHING {
        return Ok(Some(0));
    }
    let mut said = request.fields.get_all(header::MAX_FORWARDS.as_str());
    let Some(number) = said.next() else { return Ok(None) };
    if said.next().is_some() || number.is_empty() || !number.iter().all(u8::is_ascii_digit) {
        return Err(Reason::BadRequest);
    }
    let digit = |left: u32, digit: &u8| left.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    Ok(Some(number.iter().fold(0, digit)))
}

/// Whether nobody else is to answer an `OPTIONS`.
///
/// # Errors
///
/// What is said is no number, or not one.
#[cold]
pub(super) fn are_over(request: &Request) -> Result<bool, Reason> {
    left(request).map(|left| left == Some(0))
}

/// The next may forward it once less.
#[cold]
pub(super) fn count_down(request: &mut Request) {
    if let Ok(Some(left)) = left(request) {
        request.fields.insert(&header::MAX_FORWARDS, &HeaderValue::from(left.saturating_sub(1)));
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use http::uri::PathAndQuery;

    use super::*;
    use crate::exchange::RequestBody;
    use crate::fields::Fields;

    fn of(target: &'static str, said: &[&str]) -> Result<Option<u32>, Reason> {
        let mut fields = Fields::default();
        for value in said {
            fields.append(&header::MAX_FORWARDS, &HeaderValue::from_str(value).unwrap());
        }
        let (method, target) = (Method::OPTIONS, PathAndQuery::from_static(target));
        left(&Request { method, target, version: http::Version::HTTP_11, fields, body: RequestBody::empty() })
    }

    #[test]
    fn it_is_one_number_of_any_size() {
        for (said, number) in [
            (&[][..], Ok(None)),
            (&["0"], Ok(Some(0))),
            (&["007"], Ok(Some(7))),
            (&["4294967296"], Ok(Some(u32::MAX))),
            (&["99999999999999999999"], Ok(Some(u32::MAX))),
            (&["-1"], Err(Reason::BadRequest)),
            (&[""], Err(Reason::BadRequest)),
            (&["1, 1"], Err(Reason::BadRequest)),
            (&["1", "1"], Err(Reason::BadRequest)),
        ] {
            assert_eq!(of("/", said), number, "{said:?}");
        }
    }

    #[test]
    fn what_is_about_the_gateway_nobody_forwards() {
        assert_eq!(of("*", &[]), Ok(Some(0)));
        assert_eq!(of("*", &["7"]), Ok(Some(0)));
    }
}
