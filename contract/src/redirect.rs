//! Where a redirect leads of which only some parts are named: what is not named stays as the client asked it.

use crate::template::{Prefix, add_query};
use std::fmt::Write;

/// The scheme of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

impl Scheme {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is meant where none is written (RFC 9110, section 4.2).
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// What this text says, in either case.
    pub fn read(text: &[u8]) -> Option<Self> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str().as_bytes()))
    }
}

/// The parts that are named; `T` is their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parts<T> {
    /// The scheme.
    pub scheme: Option<Scheme>,
    /// The host, without a port; an IPv6 address in brackets.
    pub host: Option<T>,
    /// The port.
    pub port: Option<u16>,
    /// The beginning of the path.
    pub prefix: Option<Prefix<T>>,
}

/// What a client has asked, as it sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The scheme.
    pub scheme: Scheme,
    /// In lower case, without port; empty if nobody knows.
    pub host: &'a str,
    /// The port, if it was written.
    pub port: Option<u16>,
    /// The canonical path.
    pub path: &'a str,
    /// The query, without `?`.
    pub query: Option<&'a str>,
}

impl<T: AsRef<str>> Parts<T> {
    /// Whether the redirect leads to a whole URL; else it is a path, which any scheme, host and port may have.
    pub fn is_absolute(&self) -> bool {
        self.scheme.is_some() || self.host.is_some() || self.port.is_some()
    }

    /// Scheme, host and port of where it leads. A scheme brings its port along (Gateway API, `RequestRedirect`).
    pub fn origin<'a>(&'a self, asked: &Asked<'a>) -> (Scheme, &'a str, u16) {
        let scheme = self.scheme.unwrap_or(asked.scheme);
        let kept = asked.port.filter(|_| self.scheme.is_none());
        let host = self.host.as_ref().map_or(asked.host, AsRef::as_ref);
        (scheme, host, self.port.or(kept).unwrap_or(scheme.default_port()))
    }

    /// The value of `Location`; `None` if it needs the host, and nobody knows that.
    pub fn location(&self, asked: &Asked<'_>) -> Option<String> {
        let mut location = String::new();
        if self.is_absolute() {
            let (scheme, host, port) = self.origin(asked);
            if host.is_empty() {
                return None;
            }
            location.extend([scheme.as_str(), "://", host]);
            if port != scheme.default_port() {
                write!(location, ":{port}").ok()?;
            }
        }
        match &self.prefix {
            Some(prefix) => location.extend(prefix.of(asked.path)),
            None => location.push_str(asked.path),
        }
        if let Some(query) = asked.query {
            add_query(&mut location, query);
        }
        Some(location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Parts<&str> = Parts { scheme: None, host: None, port: None, prefix: None };

    fn leads(parts: Parts<&str>, scheme: Scheme, host: &str, port: Option<u16>) -> Option<String> {
        parts.location(&Asked { scheme, host, port, path: "/old/x", query: Some("q=1") })
    }

    #[test]
    fn what_is_not_named_stays_as_it_was() {
        use Scheme::{Http, Https};
        let scheme = |scheme| Parts { scheme: Some(scheme), ..NOTHING };
        let (host, port) = (Parts { host: Some("n.test"), ..NOTHING }, Parts { port: Some(8443), ..NOTHING });
        let prefix = Parts { prefix: Some(Prefix { taken: 1, put: "/new" }), ..NOTHING };
        for (parts, asked, port, leads_to) in [
            (scheme(Https), Http, None, "https://a.test/old/x?q=1"),
            (scheme(Https), Http, Some(8080), "https://a.test/old/x?q=1"),
            (scheme(Http), Http, Some(8080), "http://a.test/old/x?q=1"),
            (Parts { port: Some(8443), ..scheme(Https) }, Http, None, "https://a.test:8443/old/x?q=1"),
            (Parts { port: Some(80), ..scheme(Https) }, Http, None, "https://a.test:80/old/x?q=1"),
            (host, Http, None, "http://n.test/old/x?q=1"),
            (host, Https, None, "https://n.test/old/x?q=1"),
            (host, Https, Some(443), "https://n.test/old/x?q=1"),
            (host, Http, Some(8080), "http://n.test:8080/old/x?q=1"),
            (port, Http, Some(8080), "http://a.test:8443/old/x?q=1"),
            (Parts { port: Some(443), ..NOTHING }, Https, Some(8080), "https://a.test/old/x?q=1"),
            (prefix, Https, Some(8080), "/new/x?q=1"),
            (Parts { prefix: prefix.prefix, ..host }, Http, None, "http://n.test/new/x?q=1"),
        ] {
            assert_eq!(leads(parts, asked, "a.test", port).as_deref(), Some(leads_to));
        }
        assert_eq!(leads(scheme(Https), Http, "", None), None);
        assert_eq!(leads(prefix, Http, "", None).as_deref(), Some("/new/x?q=1"));
        assert_eq!(leads(host, Http, "", None).as_deref(), Some("http://n.test/old/x?q=1"));
    }
}
