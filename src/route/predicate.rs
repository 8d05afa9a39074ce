//! What a route may ask besides host and path: a method, header fields, query parameters.

use crate::introduction::Introduction;
use http::{HeaderMap, HeaderName, Method};

/// A set of methods: one bit for each that HTTP registers and one for all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Methods(u16);

/// The names of the bits, in their order; the last is the metrics' label for every other method.
pub(crate) const METHOD_NAMES: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "_OTHER"];

impl Methods {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// Every method, registered or not.
    pub const ALL: Self = Self((1 << METHOD_NAMES.len()) - 1);
    /// GET.
    pub const GET: Self = Self(1);
    /// HEAD.
    pub const HEAD: Self = Self(1 << 1);
    /// POST.
    pub const POST: Self = Self(1 << 2);
    /// PUT.
    pub const PUT: Self = Self(1 << 3);
    /// DELETE.
    pub const DELETE: Self = Self(1 << 4);
    /// OPTIONS.
    pub const OPTIONS: Self = Self(1 << 5);
    /// PATCH.
    pub const PATCH: Self = Self(1 << 6);

    pub(super) const fn bits(self) -> u16 {
        self.0
    }

    /// Of [`Methods::bits`].
    pub(super) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The methods of both sets.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets share a method.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The set of just this method.
    pub fn of(method: &Method) -> Self {
        Self(1 << Self::index(method))
    }

    /// The number of the method's bit.
    pub(crate) fn index(method: &Method) -> usize {
        match *method {
            Method::GET => 0,
            Method::HEAD => 1,
            Method::POST => 2,
            Method::PUT => 3,
            Method::DELETE => 4,
            Method::OPTIONS => 5,
            Method::PATCH => 6,
            Method::TRACE => 7,
            Method::CONNECT => 8,
            _ => METHOD_NAMES.len() - 1,
        }
    }

    /// The set as the value of `Allow` (RFC 9110 section 10.2.1).
    pub(crate) fn allow(self) -> String {
        let names = METHOD_NAMES[..7].iter().enumerate();
        names
            .filter(|(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, name)| *name)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// A header field whose first line must have exactly this value. The first, so that no request can have two values,
/// and match two routes that ask for either.
#[derive(Debug)]
pub struct HeaderMatch {
    name: HeaderName,
    value: &'static str,
}

impl HeaderMatch {
    /// `name` is lower-case; the compiler has checked it.
    pub const fn new(name: &'static str, value: &'static str) -> Self {
        Self { name: HeaderName::from_static(name), value }
    }

    /// The gateway's own word on the client counts as the last line.
    pub(super) fn accepts(&self, headers: &HeaderMap, introduction: Option<&Introduction>) -> bool {
        let said = || introduction.and_then(|introduction| introduction.get(&self.name));
        let first = headers.get(&self.name).or_else(said);
        first.is_some_and(|value| value.as_bytes() == self.value.as_bytes())
    }
}

/// A query parameter whose first occurrence must have exactly this value, percent-escapes and `+` decoded.
#[derive(Debug)]
pub struct QueryMatch {
    name: &'static str,
    value: &'static str,
}

impl QueryMatch {
    /// The decoded name and value.
    pub const fn new(name: &'static str, value: &'static str) -> Self {
        Self { name, value }
    }

    pub(super) fn accepts(&self, query: Option<&str>) -> bool {
        let Some(query) = query else { return false };
        query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find(|(name, _)| decodes_to(name, self.name))
            .is_some_and(|(_, value)| decodes_to(value, self.value))
    }
}

/// Compares the form-decoded (WHATWG URL section 5) text with `wanted`, without decoding into memory.
fn decodes_to(text: &str, wanted: &str) -> bool {
    let mut wanted = wanted.bytes();
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let escape = rest.first_chunk::<2>().and_then(|digits| hex(digits[0]).zip(hex(digits[1])));
        let byte;
        (byte, bytes) = match (first, escape) {
            (b'+', _) => (b' ', rest),
            (b'%', Some((high, low))) => (high << 4 | low, &rest[2..]),
            _ => (*first, rest),
        };
        if wanted.next() != Some(byte) {
            return false;
        }
    }
    wanted.next().is_none()
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_occurrence_of_a_parameter_counts() {
        let wanted = QueryMatch::new("debug", "on off");
        assert!(wanted.accepts(Some("a=b&debug=on+off&debug=no")));
        assert!(wanted.accepts(Some("de%62ug=on%20off")));
        assert!(!wanted.accepts(Some("debug=no&debug=on+off")));
        assert!(
            !wanted.accepts(Some("debug=on+of")) && !wanted.accepts(Some("debug")) && !wanted.accepts(None)
        );
    }

    #[test]
    fn the_first_line_of_a_field_counts() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", http::HeaderValue::from_static("1"));
        headers.append("x-a", http::HeaderValue::from_static("2"));
        assert!(HeaderMatch::new("x-a", "1").accepts(&headers, None));
        assert!(!HeaderMatch::new("x-a", "2").accepts(&headers, None));
    }

    #[test]
    fn allow_names_the_methods_in_one_order() {
        assert_eq!(Methods::POST.union(Methods::GET).allow(), "GET, POST");
        assert!(!Methods::of(&Method::PUT).intersects(Methods::GET));
        assert!(Methods::ALL.intersects(Methods::of(&Method::from_bytes(b"PURGE").unwrap())));
    }
}
