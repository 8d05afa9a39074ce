//! A request as people write it, `GET http://api.example.com/users?x=1`, and as the matcher sees it.
//!
//! What is made of host and path is what the runtime makes of them, so that a question asked here is answered as the
//! gateway would answer it.

mod path;

use crate::model::Method;
use std::fmt;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The token, as written.
    pub method: String,
    /// Lower-case, without port and trailing dot; empty if there is none.
    pub host: String,
    /// In canonical form.
    pub path: String,
    /// As written, without the `?`.
    pub query: Option<String>,
    /// Names are lower-case.
    pub headers: Vec<(String, String)>,
}

/// Why a text is not a request, or one that every gateway answers with 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError(pub String);

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Request {
    /// Parses `METHOD URL`, `METHOD /path`, either with ` HTTP/1.1` behind it, or only the URL or path (a GET).
    pub fn parse(line: &str) -> Result<Self, RequestError> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (method, target) = match words.as_slice() {
            [target] if is_target(target) => ("GET", *target),
            [method, target] => (*method, *target),
            [method, target, version] if version.starts_with("HTTP/") => (*method, *target),
            _ => return Err(RequestError("a request is a method and a URL or a path".to_owned())),
        };
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !method.bytes().all(is_token) {
            return Err(RequestError(format!("`{method}` is not a method")));
        }
        let target = target.split_once('#').map_or(target, |(target, _)| target);
        let (authority, rest) = match strip_scheme(target) {
            Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None if target.starts_with('/') => ("", target),
            None => return Err(RequestError(format!("`{target}` is neither a URL nor a path"))),
        };
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (rest, None),
        };
        let path = path::canonical(if path.is_empty() { "/" } else { path })
            .map_err(|why| RequestError(format!("the gateway answers this with 400: {why}")))?;
        Ok(Self { method: method.to_owned(), host: host(authority), path, query, headers: Vec::new() })
    }

    /// Adds a header field as curl's `-H` has it. `Host` says which host, unless the URL did.
    pub fn header(mut self, field: &str) -> Result<Self, RequestError> {
        let Some((name, value)) = field.split_once(':') else {
            return Err(RequestError(format!("`{field}` is not a header field; write `name: value`")));
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name == "host" && self.host.is_empty() {
            self.host = host(value);
        }
        self.headers.push((name, value.to_owned()));
        Ok(self)
    }

    /// The method, if it is one which a route can name.
    pub fn known_method(&self) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.as_str() == self.method)
    }

    /// The path's segments: `/` has one, which is empty.
    pub fn segments(&self) -> Vec<&str> {
        self.path.strip_prefix('/').unwrap_or(&self.path).split('/').collect()
    }

    /// The value of the first query parameter of this name, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.as_deref()?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs
            .into_iter()
            .find(|(key, _)| decode(key) == name.as_bytes())
            .map(|(_, value)| lossy(&decode(value)))
    }

    /// The values of all fields of this name, which is lower-case.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// `GET http://api.example.com/users?x=1`
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.host.is_empty() { "" } else { "http://" };
        write!(f, "{} {scheme}{}{}", self.method, self.host, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        Ok(())
    }
}

fn is_target(word: &str) -> bool {
    word.starts_with('/') || strip_scheme(word).is_some()
}

fn strip_scheme(target: &str) -> Option<&str> {
    let (scheme, rest) = target.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

/// Without user, port and trailing dot, in lower case.
fn host(authority: &str) -> String {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = match host.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        _ => host,
    };
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// `+` is a space; an escape which is none stays as it is.
fn decode(text: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let escape = rest.first_chunk::<2>().and_then(|[high, low]| digit(high).zip(digit(low)));
        let byte;
        (byte, bytes) = match (first, escape) {
            (b'+', _) => (b' ', rest),
            (b'%', Some((high, low))) => (high << 4 | low, &rest[2..]),
            _ => (*first, rest),
        };
        decoded.push(byte);
    }
    decoded
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A query parameter's name or value, escaped.
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_people_write_them() {
        let request = Request::parse("GET http://API.Example.com.:8080/a//b/../c?x=1&y=a+%62#f").unwrap();
        assert_eq!(request.to_string(), "GET http://api.example.com/a/c?x=1&y=a+%62");
        assert_eq!(request.parameter("y").as_deref(), Some("a b"));
        assert_eq!(Request::parse("/x").unwrap().to_string(), "GET /x");
        assert_eq!(Request::parse("PURGE /x HTTP/1.1").unwrap().known_method(), None);
        assert_eq!(Request::parse("https://a?q").unwrap().to_string(), "GET http://a/?q");
        let request = Request::parse("POST /x").unwrap().header("Host: A:80").unwrap();
        assert_eq!(request.host, "a");
        for bad in ["", "GET", "GET x", "G;T /x", "GET /a%2Fb", "GET /a b c", "GET ftp://a/"] {
            assert!(Request::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for text in ["", "a b", "\u{e4}&=+%", "x-1"] {
            assert_eq!(lossy(&decode(&encode(text))), text);
        }
    }
}
