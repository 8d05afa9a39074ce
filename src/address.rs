//! Who the client is: its peer address, or, behind trusted proxies, the last address that they did not add themselves.

use std::net::{IpAddr, SocketAddr};

pub use castgate_contract::network::Network as Cidr;

use crate::fields::{Fields, Known};

/// Both ends of a client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The client's.
    pub(crate) source: SocketAddr,
    /// Where it has come in.
    pub(crate) destination: SocketAddr,
}

impl Ends {
    /// Of addresses as the system has them: IPv4 may come as IPv6.
    pub(crate) fn new(source: SocketAddr, destination: SocketAddr) -> Self {
        let [source, destination] =
            [source, destination].map(|end| SocketAddr::new(end.ip().to_canonical(), end.port()));
        Self { source, destination }
    }
}

/// Whose `X-Forwarded-*` is believed.
#[derive(Clone, Copy, Debug)]
pub enum TrustedProxy {
    /// That of peers of this network.
    Network(Cidr),
    /// That of whoever connects to a socket of this machine.
    Unix,
}

/// Whether a peer is one of them; who connects to a socket of this machine has no address.
pub(crate) fn is_trusted(proxies: &[TrustedProxy], peer: Option<IpAddr>) -> bool {
    proxies.iter().any(|proxy| match (proxy, peer) {
        (TrustedProxy::Network(network), Some(address)) => network.contains(address),
        (TrustedProxy::Unix, None) => true,
        _ => false,
    })
}

/// Walks `X-Forwarded-For` from the right over all its lines, past trusted addresses. What cannot be read ends the
/// walk: everything left of it may be made up. Without an address that can be read, the client of a peer without one has none.
pub(crate) fn client_ip(proxies: &[TrustedProxy], peer: Option<IpAddr>, fields: &Fields) -> Option<IpAddr> {
    let mut client = peer;
    for line in fields.all(Known::ForwardedFor).rev() {
        let Ok(line) = std::str::from_utf8(line) else { return client };
        for entry in line.rsplit(',') {
            let Some(address) = parse(entry.trim()) else { return client };
            client = Some(address);
            if !is_trusted(proxies, client) {
                return client;
            }
        }
    }
    client
}

/// An address with or without a port, IPv6 with or without brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|address: SocketAddr| address.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUSTED: &[TrustedProxy] = &[
        TrustedProxy::Network(Cidr::v4([10, 0, 0, 0], 8)),
        TrustedProxy::Network(Cidr::v6([0xfd00, 0, 0, 0, 0, 0, 0, 0], 8)),
        TrustedProxy::Unix,
    ];

    fn client_of(peer: Option<IpAddr>, lines: &[&str]) -> Option<IpAddr> {
        let mut fields = Fields::default();
        for line in lines {
            let name = http::HeaderName::from_static("x-forwarded-for");
            fields.append(&name, &line.parse().unwrap());
        }
        client_ip(TRUSTED, peer, &fields)
    }

    fn client(lines: &[&str]) -> String {
        client_of("10.0.0.1".parse().ok(), lines).unwrap().to_string()
    }

    #[test]
    fn who_comes_by_a_socket_of_this_machine_has_the_address_that_is_said_of_it_or_none() {
        assert_eq!(client_of(None, &["6.6.6.6, 1.2.3.4, 10.1.1.1"]), "1.2.3.4".parse().ok());
        assert_eq!(client_of(None, &["10.3.3.3"]), "10.3.3.3".parse().ok());
        assert_eq!(client_of(None, &[]), None);
        assert_eq!(client_of(None, &["1.2.3.4, garbage"]), None);
        assert!(is_trusted(TRUSTED, None) && !is_trusted(&TRUSTED[..2], None));
        assert!(!is_trusted(&TRUSTED[2..], "10.0.0.1".parse().ok()));
    }

    #[test]
    fn the_last_untrusted_address_is_the_client() {
        assert_eq!(client(&[]), "10.0.0.1");
        assert_eq!(client(&["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&["6.6.6.6, 1.2.3.4, 10.1.1.1"]), "1.2.3.4");
        assert_eq!(client(&["1.2.3.4", "10.1.1.1, 10.2.2.2"]), "1.2.3.4");
        assert_eq!(client(&["6.6.6.6, garbage, 10.1.1.1"]), "10.1.1.1");
        assert_eq!(client(&["[2001:db8::1]:443, fd00::1"]), "2001:db8::1");
        assert_eq!(client(&["::ffff:1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&["10.3.3.3"]), "10.3.3.3");
    }

    #[test]
    fn ranges() {
        let all = Cidr::v4([0, 0, 0, 0], 0);
        assert!(all.contains("1.2.3.4".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        assert!(Cidr::v6([0; 8], 0).contains("::1".parse().unwrap()));
        assert!(!Cidr::v4([10, 0, 0, 0], 8).contains("11.0.0.0".parse().unwrap()));
    }
}
