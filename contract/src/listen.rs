//! Addresses to listen on: an IP address and a port.

use std::net::{IpAddr, SocketAddr};

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Not an IP address and a port. At start it may still be a name.
    NotAnAddress,
    /// An IPv4 address in the form of IPv6 (RFC 4291, section 2.5.5.2), which no IPv6 listener takes: it means this.
    Mapped(SocketAddr),
}

/// Reads `0.0.0.0:8080` or `[::1]:8080`.
pub fn parse(text: &str) -> Result<SocketAddr, Mistake> {
    let address: SocketAddr = text.parse().map_err(|_| Mistake::NotAnAddress)?;
    let IpAddr::V6(ip) = address.ip() else { return Ok(address) };
    match ip.to_ipv4_mapped() {
        None => Ok(address),
        Some(ip) => Err(Mistake::Mapped(SocketAddr::new(ip.into(), address.port()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_in_its_own_family() {
        for good in ["0.0.0.0:8080", "127.0.0.1:0", "[::]:80", "[::1]:65535"] {
            assert_eq!(parse(good).map(|address| address.to_string()).as_deref(), Ok(good));
        }
        for bad in
            ["", "8080", ":8080", "*:80", "localhost:80", "127.0.0.1", "::1", "0.0.0.0:99999", " 1.1.1.1:1"]
        {
            assert_eq!(parse(bad), Err(Mistake::NotAnAddress), "{bad}");
        }
        assert_eq!(parse("[::ffff:10.0.0.1]:81"), Err(Mistake::Mapped(([10, 0, 0, 1], 81).into())));
    }
}
