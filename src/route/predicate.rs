//! What a route may ask besides host and path: a method, header fields, query parameters.

use castgate_contract::{methods, query};
use http::{HeaderName, Method};

use crate::fields::Fields;
use crate::introduction::Introduction;

/// The place of a method in [`methods::NAMES`].
pub(crate) fn method_index(method: &Method) -> usize {
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
        _ => methods::NAMES.len() - 1,
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

    /// In lower case.
    pub(super) fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The gateway's own word on the client counts as the last line.
    pub(super) fn accepts(&self, fields: &Fields, introduction: Option<&Introduction>) -> bool {
        let said = || introduction.and_then(|introduction| introduction.get(self.name.as_str()));
        let first = fields.get(&self.name).or_else(said);
        first == Some(self.value.as_bytes())
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
        query.is_some_and(|query| query::has(query, self.name, self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use castgate_contract::methods::Methods;

    #[test]
    fn the_first_line_of_a_field_counts() {
        let (name, mut fields) = (HeaderName::from_static("x-a"), Fields::default());
        fields.append(&name, &http::HeaderValue::from_static("1"));
        fields.append(&name, &http::HeaderValue::from_static("2"));
        assert!(HeaderMatch::new("x-a", "1").accepts(&fields, None));
        assert!(!HeaderMatch::new("x-a", "2").accepts(&fields, None));
    }

    #[test]
    fn every_method_has_the_place_of_its_name() {
        for name in methods::NAMES.into_iter().chain(["get", "PURGE"]) {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(Methods::nth(method_index(&method)), Methods::of(name), "{name}");
        }
    }
}
