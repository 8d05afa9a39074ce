//! A host and perhaps a port, as in `http://host:port`: of backends, of redirects, of the requests of tests.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// A name in lower case, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// Not 0.
    pub port: Option<u16>,
}

impl Authority {
    /// Reads `host`, `host:port`, `[::1]:port`. The error is a few words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
            let (host, after) = bracketed.split_once(']').ok_or("this `[` is not closed")?;
            let ip: Ipv6Addr = host.parse().map_err(|_| "not an IPv6 address")?;
            let port =
                if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or("expected a port")?) };
            (ip.to_string(), port)
        } else {
            let (host, port) = match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            };
            check_host(host)?;
            (host.to_ascii_lowercase(), port)
        };
        let port = match port {
            None => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok().filter(|port| *port > 0).ok_or("a port is 1 to 65535")?)
            }
            Some(_) => return Err("a port is 1 to 65535"),
        };
        Ok(Self { host, port })
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let name = host.strip_suffix('.').unwrap_or(host);
    if name.len() > 253 || !name.split('.').all(is_label) {
        return Err("not a host name or an IP address");
    }
    if is_numeric(name) && host.parse::<Ipv4Addr>().is_err() {
        return Err("not an IPv4 address, which has four numbers from 0 to 255");
    }
    Ok(())
}

/// Whether this may stand between the dots of a name (RFC 1123, section 2.1, and underscores, which are in use).
pub fn is_label(label: &str) -> bool {
    let is_label_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(is_label_byte)
}

/// Whether a name's last label is a number. No such name can be looked up, and what readers make of `127.1` or `0x7f.1`
/// differs (WHATWG URL, section 3.5, "ends in a number").
pub fn is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_a_whole_address() {
        let parsed = |text| Authority::parse(text).map(|Authority { host, port }| (host, port));
        assert_eq!(parsed("A.com:80"), Ok(("a.com".to_owned(), Some(80))));
        assert_eq!(parsed("[::1]"), Ok(("::1".to_owned(), None)));
        for good in ["127.0.0.1", "a_b", "1.a", "a.", "0xfg", "v1-2"] {
            assert!(parsed(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "256.1.1.1",
            "1.2.3",
            "127.1",
            "1.2.3.4.5",
            "01.2.3.4",
            "a.1",
            "0x7f.1",
            "a.0x1f",
            "1.2.3.4.",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "[::1",
            "[x]",
            "[::1]x",
            "a b",
            "a..b",
        ] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}
