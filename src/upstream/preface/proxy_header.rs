//! A header of the PROXY protocol as it is sent (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>); the one that is received
//! is a door's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Initiator, Preface};
use crate::address::Ends;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2: of the sender's own; on behalf of somebody.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;
/// Of no family; streams of IPv4 and IPv6.
const UNSPECIFIED: u8 = 0x00;
const TCP4: u8 = 0x11;
const TCP6: u8 = 0x21;

/// `upstreams.NAME.proxy_protocol`: a version.
#[derive(Clone, Copy, Debug)]
pub enum ProxyHeader {
    /// Version 1, a line of text.
    Text,
    /// Version 2.
    Binary,
}

impl ProxyHeader {
    /// `v1`.
    pub const V1: &'static dyn Preface = &Self::Text;
    /// `v2`.
    pub const V2: &'static dyn Preface = &Self::Binary;
}

impl Preface for ProxyHeader {
    fn write(&self, buffer: &mut Vec<u8>, by: Initiator) {
        match (self, by) {
            // There is no LOCAL, and what may be refused is said only where nothing else is true (section 2.1).
            (Self::Text, Initiator::Client(ends) | Initiator::Gateway(Some(ends))) => line(buffer, ends),
            (Self::Text, Initiator::Unknown | Initiator::Gateway(None)) => {
                buffer.extend_from_slice(b"PROXY UNKNOWN\r\n");
            }
            (Self::Binary, Initiator::Client(ends)) => addresses(buffer, ends),
            // Nobody may refuse LOCAL; a PROXY without a family, anybody may.
            (Self::Binary, Initiator::Unknown | Initiator::Gateway(_)) => {
                block(buffer, LOCAL, UNSPECIFIED, &[]);
            }
        }
    }
}

/// The addresses of both ends. IPv4 beside IPv6 is IPv6, too.
enum Both {
    V4([Ipv4Addr; 2]),
    V6([Ipv6Addr; 2]),
}

impl Both {
    fn of(ends: Ends) -> Self {
        let v6 = |ip| match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        match (ends.source.ip(), ends.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => Self::V4([source, destination]),
            (source, destination) => Self::V6([v6(source), v6(destination)]),
        }
    }
}

/// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`
fn line(buffer: &mut Vec<u8>, ends: Ends) {
    let (family, [source, destination]) = match Both::of(ends) {
        Both::V4(both) => ("TCP4", both.map(|ip| ip.to_string())),
        Both::V6(both) => ("TCP6", both.map(in_hexadecimal)),
    };
    let (from, to) = (ends.source.port(), ends.destination.port());
    buffer.extend_from_slice(format!("PROXY {family} {source} {destination} {from} {to}\r\n").as_bytes());
}

/// In a line the dots of an IPv4 address are not for one within IPv6.
fn in_hexadecimal(ip: Ipv6Addr) -> String {
    match (ip.to_ipv4_mapped(), ip.segments()) {
        (Some(_), [.., high, low]) => format!("::ffff:{high:x}:{low:x}"),
        (None, _) => ip.to_string(),
    }
}

fn addresses(buffer: &mut Vec<u8>, ends: Ends) {
    let (family, both) = match Both::of(ends) {
        Both::V4(both) => (TCP4, both.map(|ip| ip.octets()).concat()),
        Both::V6(both) => (TCP6, both.map(|ip| ip.octets()).concat()),
    };
    let ports = [ends.source, ends.destination].map(|end| end.port().to_be_bytes()).concat();
    block(buffer, PROXY, family, &[both, ports].concat());
}

fn block(buffer: &mut Vec<u8>, command: u8, family: u8, rest: &[u8]) {
    buffer.extend_from_slice(SIGNATURE);
    // As there are 36 bytes at most, the length has one byte, too.
    buffer.extend_from_slice(&[command, family, 0, rest.len() as u8]);
    buffer.extend_from_slice(rest);
}

#[cfg(test)]
mod tests;
