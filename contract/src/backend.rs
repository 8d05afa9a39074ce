//! URLs of backends: `http://host[:port][/]`, and sockets: `unix:/path`.

use crate::authority::Authority;
use crate::unix;
use std::fmt;

/// Where a backend is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackendUrl {
    /// What connections are made to.
    pub place: Place,
    /// As it is shown, in one spelling: `http://localhost:9001` in lower case and without a slash at its end.
    pub text: String,
}

/// What connections are made to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A port of a host.
    Tcp {
        /// A name in lower case, an IPv4 address, or an IPv6 address without brackets.
        host: String,
        /// Not 0.
        port: u16,
    },
    /// A socket on this machine, by its path.
    Unix(String),
}

/// Why a text is no URL of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// `https://`
    Tls,
    /// A few words.
    Malformed(&'static str),
    /// No path of a socket.
    Unix(unix::Mistake),
}

impl BackendUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        if text.starts_with("https://") {
            return Err(Mistake::Tls);
        }
        if let Some(path) = unix::path(text) {
            let path = path.map_err(Mistake::Unix)?;
            return Ok(Self { text: format!("{}{path}", unix::SCHEME), place: Place::Unix(path) });
        }
        let malformed = |why| Err(Mistake::Malformed(why));
        if text.starts_with("http://unix:") {
            return malformed("a socket is written without `http://`: `unix:/run/app.sock`");
        }
        let Some(rest) = text.strip_prefix("http://") else {
            return malformed("expected `http://host:port` or `unix:/path`");
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
        Ok(Self { place: Place::Tcp { host, port: port.unwrap_or(80) }, text })
    }

    /// Its host and port, if it is not a socket.
    pub fn host_and_port(&self) -> Option<(&str, u16)> {
        match &self.place {
            Place::Tcp { host, port } => Some((host, *port)),
            Place::Unix(_) => None,
        }
    }

    /// What its `Host` says: in one form for all that mean the same (RFC 9110, section 4.2.3), so without port 80. A
    /// socket is on this machine, and has no other name.
    pub fn authority(&self) -> String {
        let Some((host, port)) = self.host_and_port() else { return "localhost".to_owned() };
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        if port == 80 { host } else { format!("{host}:{port}") }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls => f.write_str("TLS to backends is not in this version"),
            Self::Malformed(why) => f.write_str(why),
            Self::Unix(why) => why.fmt(f),
        }
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
            assert_eq!((url.host_and_port(), url.authority().as_str()), (Some((host, port)), authority));
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
            "http://unix:/run/a",
            " http://a",
        ] {
            assert!(matches!(BackendUrl::parse(bad), Err(Mistake::Malformed(_))), "{bad}");
        }
        assert_eq!(BackendUrl::parse("https://a"), Err(Mistake::Tls));
    }

    #[test]
    fn a_socket_is_named_by_its_path_and_its_host_is_this_machine() {
        let socket = BackendUrl::parse("unix:/run//App.sock").unwrap();
        assert_eq!(socket.place, Place::Unix("/run/App.sock".to_owned()));
        assert_eq!((socket.text.as_str(), socket.authority().as_str()), ("unix:/run/App.sock", "localhost"));
    }
}
