//! Addresses to listen on: an IP address and a port, or a socket of this machine; and who gets there.

use crate::backend::Place;
use crate::unix;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where somebody listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// The path of a socket.
    Unix(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{}{path}", unix::SCHEME),
        }
    }
}

/// Whether this machine's connections to a backend come to who listens at `listener`. A file may have other paths
/// by links, which only the gateway finds.
pub fn leads_to(listener: &Address, backend: &Place) -> bool {
    match (listener, backend) {
        (Address::Ip(address), Place::Tcp { host, port }) => is_reached(*address, host, *port),
        (Address::Unix(path), Place::Unix(other)) => path == other,
        _ => false,
    }
}

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Not an IP address and a port. At start it may still be a name.
    NotAnAddress,
    /// An IPv4 address in the form of IPv6 (RFC 4291, section 2.5.5.2), which no IPv6 listener takes: it means this.
    Mapped(SocketAddr),
    /// No path of a socket.
    Unix(unix::Mistake),
}

/// Reads `0.0.0.0:8080`, `[::1]:8080` or `unix:/run/gateway.sock`.
pub fn parse(text: &str) -> Result<Address, Mistake> {
    match unix::path(text) {
        Some(path) => path.map(Address::Unix).map_err(Mistake::Unix),
        None => ip(text).map(Address::Ip),
    }
}

fn ip(text: &str) -> Result<SocketAddr, Mistake> {
    let address: SocketAddr = text.parse().map_err(|_| Mistake::NotAnAddress)?;
    let IpAddr::V6(ip) = address.ip() else { return Ok(address) };
    match ip.to_ipv4_mapped() {
        None => Ok(address),
        Some(ip) => Err(Mistake::Mapped(SocketAddr::new(ip.into(), address.port()))),
    }
}

/// Whether this machine's connections to a host (a name in lower case, or an address without brackets) come to who
/// listens at `listener`. Only where that is certain: `localhost` is the one name that is known everywhere (RFC 6761,
/// section 6.3), and a machine's other addresses may lead elsewhere before they get to it.
pub fn is_reached(listener: SocketAddr, host: &str, port: u16) -> bool {
    const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let is_there = |ip: IpAddr| {
        // Who connects to no address in particular gets to the loopback one.
        let ip = if ip.is_unspecified() { LOOPBACK[usize::from(ip.is_ipv6())] } else { ip };
        let is_everywhere = listener.ip().is_unspecified() && listener.is_ipv4() == ip.is_ipv4();
        ip == listener.ip() || is_everywhere && ip.is_loopback()
    };
    let is_host = match host.parse::<IpAddr>() {
        Ok(ip) => is_there(ip.to_canonical()),
        Err(_) => host.strip_suffix('.').unwrap_or(host) == "localhost" && LOOPBACK.into_iter().any(is_there),
    };
    port == listener.port() && is_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_connects_to_a_loopback_address_gets_to_who_listens_everywhere() {
        for (listener, there, elsewhere) in [
            (
                "0.0.0.0:80",
                &["127.0.0.1", "127.0.0.2", "0.0.0.0", "localhost", "localhost.", "::ffff:127.0.0.1"][..],
                &["10.0.0.1", "::1", "::", "a"][..],
            ),
            ("127.0.0.1:80", &["127.0.0.1", "0.0.0.0", "localhost"], &["127.0.0.2", "::1", "mylocalhost"]),
            ("[::]:80", &["::1", "::", "localhost"], &["127.0.0.1", "0.0.0.0", "fd00::1"]),
            ("10.0.0.1:80", &["10.0.0.1"], &["127.0.0.1", "0.0.0.0", "localhost"]),
        ] {
            let listener: SocketAddr = listener.parse().unwrap();
            assert!(there.iter().all(|host| is_reached(listener, host, 80)), "{listener}");
            assert!(!elsewhere.iter().any(|host| is_reached(listener, host, 80)), "{listener}");
            assert!(!there.iter().any(|host| is_reached(listener, host, 81)), "{listener}");
        }
    }

    #[test]
    fn a_socket_is_reached_by_its_path() {
        let tcp = Place::Tcp { host: "127.0.0.1".to_owned(), port: 80 };
        let socket = Place::Unix("/run/a.sock".to_owned());
        assert!(leads_to(&parse("unix:/run/a.sock").unwrap(), &socket));
        assert!(leads_to(&parse("unix:/./run//a.sock").unwrap(), &socket));
        assert!(leads_to(&parse("0.0.0.0:80").unwrap(), &tcp));
        for (listener, other) in
            [("unix:/run/b.sock", &socket), ("unix:/run/a.sock", &tcp), ("0.0.0.0:80", &socket)]
        {
            assert!(!leads_to(&parse(listener).unwrap(), other), "{listener}");
            assert_eq!(parse(listener).unwrap().to_string(), listener);
        }
    }

    #[test]
    fn an_address_is_written_in_its_own_family() {
        for good in ["0.0.0.0:8080", "127.0.0.1:0", "[::]:80", "[::1]:65535"] {
            assert_eq!(ip(good).map(|address| address.to_string()).as_deref(), Ok(good));
        }
        for bad in
            ["", "8080", ":8080", "*:80", "localhost:80", "127.0.0.1", "::1", "0.0.0.0:99999", " 1.1.1.1:1"]
        {
            assert_eq!(parse(bad), Err(Mistake::NotAnAddress), "{bad}");
        }
        assert_eq!(parse("unix:/run/a.sock"), Ok(Address::Unix("/run/a.sock".to_owned())));
        assert_eq!(parse("unix:a.sock"), Err(Mistake::Unix(unix::Mistake::NotAbsolute)));
        assert_eq!(parse("[::ffff:10.0.0.1]:81"), Err(Mistake::Mapped(([10, 0, 0, 1], 81).into())));
    }
}
