//! Where a gateway listens, as it is written on the command line.

use std::fmt;
use std::str::FromStr;
use ureq::http::Uri;

/// `http://127.0.0.1:8080`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    authority: String,
    host: String,
}

impl Address {
    /// `127.0.0.1:8080`
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Without the port.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

impl FromStr for Address {
    type Err = &'static str;

    /// The error is one line without a full stop.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected an address such as http://127.0.0.1:8080";
        let uri: Uri = text.parse().map_err(|_| EXPECTED)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err("a gateway does not speak TLS: give its own address, with http://"),
            _ => return Err(EXPECTED),
        }
        let authority = uri.authority().filter(|_| uri.path() == "/" && uri.query().is_none());
        let authority = authority.filter(|authority| !authority.as_str().contains('@')).ok_or(EXPECTED)?;
        Ok(Self { authority: authority.as_str().to_owned(), host: authority.host().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn addresses_are_those_of_a_listener() {
        for (text, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://localhost:8080/", "localhost"),
            ("http://[::1]:8080", "[::1]"),
            ("http://gateway.internal", "gateway.internal"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.host(), host);
            assert_eq!(address.to_string(), text.trim_end_matches('/'));
        }
        for text in [
            "",
            "127.0.0.1:8080",
            "localhost",
            "https://localhost",
            "http://",
            "http://a/b",
            "http://a?b",
            "http://user@a",
            "ftp://a",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
