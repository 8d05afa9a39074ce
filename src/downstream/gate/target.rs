//! The target of a request as it came, in any of its four forms (RFC 9112 section 3.2).

use bytes::Bytes;
use castgate_contract::redirect::Scheme;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};

use crate::host::is_host;

/// A target as it came.
#[derive(Debug)]
pub(in crate::downstream) struct Target {
    /// The path and the query, or `*`.
    pub(super) target: PathAndQuery,
    pub(super) elsewhere: Option<Elsewhere>,
}

/// What a target names besides a path: of which host it is, and by which scheme; CONNECT names nothing but a host. Seldom there.
#[derive(Debug)]
pub(super) struct Elsewhere(Box<Uri>);

impl Target {
    /// `None` if it is no target.
    pub(in crate::downstream) fn read(text: Bytes) -> Option<Self> {
        if text.first() == Some(&b'/') {
            let target = PathAndQuery::from_maybe_shared(text).ok()?;
            return Some(Self { target, elsewhere: None });
        }
        let uri = Uri::from_maybe_shared(text).ok()?;
        let target = uri.path_and_query().cloned().unwrap_or_else(root);
        let is_elsewhere = uri.scheme().is_some() || uri.authority().is_some();
        Some(Self { target, elsewhere: is_elsewhere.then(|| Elsewhere(uri.into())) })
    }

    /// One that is nothing but a path, and perhaps a query, or `*`; `None` if it is neither.
    #[cfg(feature = "http2")]
    pub(in crate::downstream) fn of_path(target: PathAndQuery) -> Option<Self> {
        let is_one = target.as_str().starts_with('/') || target.as_str() == "*";
        is_one.then_some(Self { target, elsewhere: None })
    }

    /// That of a request which names none.
    #[cfg(feature = "http2")]
    pub(in crate::downstream) const fn root() -> Self {
        Self { target: root(), elsewhere: None }
    }

    /// The path and the query as text.
    pub(super) fn line(&self) -> Bytes {
        Bytes::copy_from_slice(self.target.as_str().as_bytes())
    }
}

impl Elsewhere {
    /// The host, if it may be asked on a connection of this scheme.
    pub(super) fn host(&self, scheme: Scheme) -> Option<HeaderValue> {
        let host = self.0.authority().filter(|host| is_host(host.as_str().as_bytes()))?;
        if self.0.scheme_str() != Some(scheme.as_str()) {
            return None;
        }
        HeaderValue::from_str(host.as_str()).ok()
    }
}

/// `/`
pub(super) const fn root() -> PathAndQuery {
    PathAndQuery::from_static("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<Target> {
        Target::read(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn every_form_is_read() {
        for (text, target, host) in [
            ("/a?b=c", "/a?b=c", None),
            ("//a/b", "//a/b", None),
            ("*", "*", None),
            ("http://a.example:80/b?c", "/b?c", Some(Some("a.example:80"))),
            ("http://a.example?c", "/?c", Some(Some("a.example"))),
            ("http://a.example", "/", Some(Some("a.example"))),
            ("https://a.example/b", "/b", Some(None)),
            ("http://u@a.example/b", "/b", Some(None)),
            ("a.example:80", "/", Some(None)),
        ] {
            let Target { target: found, elsewhere } = read(text).unwrap();
            assert_eq!(found.to_string(), target, "{text}");
            let found = elsewhere.map(|elsewhere| elsewhere.host(Scheme::Http));
            let found = found.as_ref().map(|host| host.as_ref().map(|host| host.to_str().unwrap()));
            assert_eq!(found, host, "{text}");
        }
        let Target { elsewhere, .. } = read("https://a.example/b").unwrap();
        assert_eq!(elsewhere.unwrap().host(Scheme::Https).unwrap(), "a.example");
        for text in ["", "a/b", "http:///b", "/a<b", "?a"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
