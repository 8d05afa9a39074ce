//! URLs of backends: `http://host[:port][/]`.

use crate::authority::Authority;
use std::fmt;

/// Where a backend is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackendUrl {
    /// A name in lower case, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// Not 0.
    pub port: u16,
    /// As it is shown, in lower case and without a slash at its end: `http://localhost:9001`.
    pub text: String,
}

/// Why a text is no URL of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// `https://`
    Tls,
    /// A few words.
    Malformed(&'static str),
}

impl BackendUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if text.starts_with("https://") {
            return Err(Mistake::Tls);
        }
        let malformed = |why| Err(Mistake::Malformed(why));
        let Some(rest) = text.strip_prefix("http://") else {
            return malformed("expected `http://host:port`");
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('/') {
            return malformed("a backend has no path; see a route's `rewrite`");
        }
        if authority.contains(['?', '#']) {
            return malformed("a backend has neither query nor fragment");
        }
        if authority.contains('@') {
            return malformed("a backend has no user and password");
        }
        let Authority { host, port } = Authority::parse(authority).map_err(Mistake::Malformed)?;
        let text = format!("http://{}", authority.to_ascii_lowercase());
        Ok(Self { host, port: port.unwrap_or(80), text })
    }

    /// What its `Host` says: in one form for all that mean the same (RFC 9110, section 4.2.3), so without port 80.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == 80 { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "TLS to backends is not in this version",
            Self::Malformed(why) => why,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_host_and_port() {
        for (text, host, port, authority) in [
            ("http://Localhost:9001/", "localhost", 9001, "localhost:9001"),
            ("http://a_b", "a_b", 80, "a_b"),
            ("http://a:80", "a", 80, "a"),
            ("http://[0::1]:80", "::1", 80, "[::1]"),
            ("http://[::1]:81", "::1", 81, "[::1]:81"),
        ] {
            let url = BackendUrl::parse(text).unwrap();
            assert_eq!((url.host.as_str(), url.port, url.authority().as_str()), (host, port, authority));
            assert_eq!(url.text, text.to_ascii_lowercase().trim_end_matches('/'));
        }
        for bad in [
            "",
            "localhost:1",
            "http://",
            "http://a/b",
            "http://a//",
            "http://a?x",
            "http://u@a",
            "http://a:0",
            "http://a:",
            "http://a:99999",
            "http://a:+1",
            "http://[::1",
            "http://[x]",
            "http://[::1]x",
            "http://a b",
            "http://a..b",
            "ftp://a",
            "HTTP://a",
            " http://a",
        ] {
            assert!(matches!(BackendUrl::parse(bad), Err(Mistake::Malformed(_))), "{bad}");
        }
        assert_eq!(BackendUrl::parse("https://a"), Err(Mistake::Tls));
    }
}
