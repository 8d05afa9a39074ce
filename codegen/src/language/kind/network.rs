//! Networks, as CIDR, and addresses.

use super::{ConfigPath, Constant, Cx, Kind, Value};
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{Cidr, TrustedProxy};
use crate::yaml::{self, Tree};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network, or a single address.
pub(crate) struct Network;

/// The address of a client; one of IPv4 that is mapped to IPv6 is the one of IPv4.
pub(crate) struct ClientAddress;

impl Kind<IpAddr> for ClientAddress {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<IpAddr> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let address: Result<IpAddr, _> = written.parse();
        if address.is_err() {
            let title = format!("{} is not an address", quoted(written));
            let label = "expected an address such as `203.0.113.9` or `2001:db8::9`";
            cx.sink.error_at(&codes::BAD_NETWORK, at, title, label);
        }
        address.ok().map(|address| address.to_canonical())
    }
    fn tree(&self, value: &IpAddr) -> Tree {
        Tree::text(value.to_string())
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        Kind::<Cidr>::codes(&Network)
    }
}

impl Kind<Cidr> for Network {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Cidr> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let (message, mend) = match parse_cidr(written) {
            Ok(cidr) => return Some(cidr),
            Err(error) => error,
        };
        let span = cx.source.whole_span(at);
        let title = format!("{} is not a network", quoted(written));
        let problem = cx.sink.error_at(&codes::BAD_NETWORK, at, title, message);
        if let Some(mend) = mend {
            let mend = if mend.contains(':') { yaml::scalar(&mend) } else { mend };
            problem.suggest("write the network", span, mend);
        }
        None
    }
    fn tree(&self, value: &Cidr) -> Tree {
        Tree::text(format!("{}/{}", value.address, value.prefix))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::LATE_VALUE_HERE, &codes::BAD_NETWORK]
    }
}

impl Constant<Cidr> for Network {
    fn value(&self, value: &Cidr) -> Value {
        let (function, address) = match value.address {
            IpAddr::V4(address) => ("Cidr::v4", address.octets().map(u64::from).to_vec()),
            IpAddr::V6(address) => ("Cidr::v6", address.segments().map(u64::from).to_vec()),
        };
        let address = Value::Array(address.into_iter().map(Value::Number).collect());
        Value::Call(function, vec![address, Value::Number(value.prefix.into())])
    }
}

/// A network of proxies, or `unix`.
pub(crate) struct Proxy;

/// Those who connect to a socket of this machine.
const UNIX: &str = "unix";

impl Kind<TrustedProxy> for Proxy {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<TrustedProxy> {
        if written == UNIX {
            return Some(TrustedProxy::Unix);
        }
        Network.read(cx, at, written).map(TrustedProxy::Network)
    }
    fn tree(&self, value: &TrustedProxy) -> Tree {
        match value {
            TrustedProxy::Network(network) => Network.tree(network),
            TrustedProxy::Unix => Tree::text(UNIX),
        }
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        Network.codes()
    }
}

impl Constant<TrustedProxy> for Proxy {
    fn value(&self, value: &TrustedProxy) -> Value {
        match value {
            TrustedProxy::Network(network) => {
                Value::Call("TrustedProxy::Network", vec![Network.value(network)])
            }
            TrustedProxy::Unix => Value::Path("TrustedProxy::Unix"),
        }
    }
}

/// Or what is wrong with it, and what was meant.
fn parse_cidr(text: &str) -> Result<Cidr, (String, Option<String>)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    if let Some((bare, zone)) = address.split_once('%') {
        let rest = prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
        let mend = bare.parse::<IpAddr>().ok().map(|_| format!("{bare}{rest}"));
        return Err((
            format!("the zone `{zone}` is a name of one machine's, and no part of an address"),
            mend,
        ));
    }
    let address: IpAddr =
        address.parse().map_err(|_| ("expected CIDR such as `10.0.0.0/8`".to_owned(), None))?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => most,
        Some(text) => prefix_length(address, text, most)?,
    };
    let network = mask(address, prefix);
    // Peers that come by IPv6 with such an address are known by their IPv4 address.
    if let IpAddr::V6(v6) = network
        && let (Some(v4), Some(prefix)) = (v6.to_ipv4_mapped(), prefix.checked_sub(96))
    {
        let mend = if prefix == 32 { v4.to_string() } else { format!("{v4}/{prefix}") };
        return Err(("an IPv4 network is written as one".to_owned(), Some(mend)));
    }
    if network != address {
        return Err(("bits beyond the prefix are set".to_owned(), Some(format!("{network}/{prefix}"))));
    }
    Ok(Cidr { address, prefix })
}

/// In decimal digits; others read a leading zero as octal, or not at all.
fn prefix_length(address: IpAddr, text: &str, most: u8) -> Result<u8, (String, Option<String>)> {
    let known = text.parse::<u8>().ok().filter(|prefix| *prefix <= most);
    let Some(prefix) = known else {
        return Err((format!("the prefix length is 0 to {most}"), None));
    };
    if prefix.to_string() != text {
        let mend = format!("{}/{prefix}", mask(address, prefix));
        return Err(("the prefix length is a number without zeros in front".to_owned(), Some(mend)));
    }
    Ok(prefix)
}

fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse_cidr;

    #[test]
    fn networks_have_no_bits_beyond_their_prefix() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "::/80", "fd00::/8", "192.0.2.1", "::1"] {
            assert!(parse_cidr(good).is_ok(), "{good}");
        }
        for bad in [
            "10.0.0.1/8",
            "10.0.0.0/33",
            "::1/64",
            "10.0.0.0/",
            "x",
            "",
            "10.0.0.0/-1",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "::ffff:10.0.0.0/104",
            "::ffff:10.0.0.1",
            "fe80::1%eth0",
            "fe80::%1/10",
        ] {
            assert!(parse_cidr(bad).is_err(), "{bad}");
        }
    }
}
